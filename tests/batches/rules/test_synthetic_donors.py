"""The synthetic donors: always the same, and true enough to be replayed through strict rules."""

import csv
import io
from decimal import Decimal

import pytest
from django.core.management import call_command

from batches.management.commands.generate_synthetic_donors import TABLE, table_text
from batches.rules.growth import population_doublings
from batches.rules.synthetic_donors import COLUMNS, DONORS, NEEDED_AT_HARVEST, VESSELS_BY_AREA, SyntheticDonor, donors


@pytest.fixture(scope="module")
def table() -> list[dict[str, str]]:
    """The rows of the file."""
    return list(csv.DictReader(io.StringIO(TABLE.read_text(encoding="utf-8"))))


@pytest.fixture(scope="module")
def made() -> tuple[SyntheticDonor, ...]:
    """The donors made anew."""
    return donors()


def test_the_file_is_what_the_generator_makes():
    assert TABLE.read_text(encoding="utf-8") == table_text()


def test_the_command_writes_the_same_file_anywhere(tmp_path, capsys):
    call_command("generate_synthetic_donors", out=tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == TABLE.read_bytes()
    assert f"{DONORS} synthetic donors" in capsys.readouterr().out


def test_there_are_28_donors_under_the_agreed_columns(table):
    assert tuple(table[0]) == COLUMNS
    assert sorted({row["synthetic_donor"] for row in table}) == [f"SYN-{number:02d}" for number in range(1, 29)]


def test_most_reach_the_dose_and_a_few_fail_in_different_ways(made):
    outcomes = [donor.outcome for donor in made]
    assert outcomes.count("reached") >= 20
    assert {"contaminated", "not reached", "past limit"} <= set(outcomes)


def test_no_donor_is_seeded_with_cells_that_were_not_there(made):
    for donor in made:
        for before, after in zip(donor.passages, donor.passages[1:], strict=False):
            assert after.seeded < before.harvested
            assert after.day_start == before.day_harvest
            assert after.passage == before.passage + 1


def test_every_passage_lasts_and_is_seeded_into_real_vessels(made):
    for donor in made:
        for passage in donor.passages:
            assert passage.day_harvest > passage.day_start
            assert passage.area_cm2 in VESSELS_BY_AREA
            assert passage.passage <= 5
            if passage.seeded is not None:
                assert 1000 <= passage.seeded / passage.area_cm2 <= 5000


def test_a_culture_past_its_doublings_is_never_seeded_again(made):
    for donor in made:
        assert all(passage.cpdl is None or passage.cpdl <= 12 for passage in donor.passages[:-1])


def test_reached_means_enough_cells_and_young_enough(made):
    for donor in made:
        last = donor.passages[-1]
        if donor.outcome == "reached":
            assert last.harvested >= NEEDED_AT_HARVEST
            assert last.cpdl <= 12
        if donor.outcome == "contaminated":
            assert last.harvested is None


def test_the_printed_figures_follow_from_the_printed_cells(table):
    cumulative: dict[str, Decimal] = {}
    for row in table:
        if not row["pd"]:
            continue
        pd = population_doublings(Decimal(row["cells_seeded_viable"]), Decimal(row["cells_harvested_viable"]))
        assert abs(pd - Decimal(row["pd"])) <= Decimal("0.005")
        name = row["synthetic_donor"]
        cumulative[name] = cumulative.get(name, Decimal(0)) + pd
        assert abs(cumulative[name] - Decimal(row["cpdl_from_p1"])) <= Decimal("0.005")
        hours = (Decimal(row["day_harvest"]) - Decimal(row["day_start"])) * 24
        assert abs(hours / pd - Decimal(row["doubling_time_h"])) <= Decimal("0.05")


def test_another_seed_gives_other_donors():
    assert donors(seed=1, number=3) != donors(number=3)
    assert donors(seed=1, number=3) == donors(seed=1, number=3)
