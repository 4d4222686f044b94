"""What the label of autologous cells must say, for every combination of what is known of the donor."""

from __future__ import annotations

from itertools import product

import pytest

from batches.rules.identity import LabelCode, chain_of_identity, label_content, matches, read_label
from batches.rules.labels import DonorFacts, donor_refusals, print_refusals, statements
from batches.rules.states import VesselState
from batches.rules.vessels import VesselFacts, chosen

ONLY = "FOR AUTOLOGOUS USE ONLY"
NOT = "NOT EVALUATED FOR INFECTIOUS SUBSTANCES"
HAZARD = "BIOHAZARD"
REACTIVE = "WARNING: Reactive test results for HBV"
RISK = "WARNING: Advise patient of communicable disease risks"

# Screening complete, any test reactive, risk factor found.
EXPECTED = {
    (True, False, False): (ONLY,),
    (True, False, True): (ONLY, HAZARD, RISK),
    (True, True, False): (ONLY, HAZARD, REACTIVE),
    (True, True, True): (ONLY, HAZARD, REACTIVE, RISK),
    (False, False, False): (ONLY, NOT),
    (False, False, True): (ONLY, NOT, HAZARD, RISK),
    (False, True, False): (ONLY, NOT, HAZARD, REACTIVE),
    (False, True, True): (ONLY, NOT, HAZARD, REACTIVE, RISK),
}
LABEL = LabelCode("CI-260042-J", "B-0042", "P1-01", "L-000012")


@pytest.mark.parametrize("known", list(product((True, False), repeat=3)))
def test_a_label_says_what_the_donor_s_status_asks_for(known: tuple[bool, bool, bool]) -> None:
    complete, reactive, risk = known
    said = statements(is_screening_complete=complete, is_any_reactive=reactive, has_risk_factor=risk, agents="HBV")
    assert said == EXPECTED[known]


@pytest.mark.parametrize(("tested", "screened"), [(True, False), (False, True), (False, False)])
def test_testing_without_screening_is_not_complete_nor_the_other_way_round(tested: bool, screened: bool) -> None:
    assert not DonorFacts(tested, False, screened, False).is_complete
    assert DonorFacts(True, False, True, False).is_complete


def test_a_reactive_test_is_named() -> None:
    assert [r.code for r in donor_refusals(DonorFacts(True, True, True, False, " "))] == ["LAB-05"]
    assert list(donor_refusals(DonorFacts(True, True, True, False, "HBV"))) == []


@pytest.mark.parametrize(
    ("chosen", "reason", "is_approved", "codes"),
    [
        (["P0-02"], "", False, []),
        (["P0-01"], "", False, ["LAB-01", "LAB-02"]),
        (["P0-01"], "The old one is torn, destroyed.", False, ["LAB-02"]),
        (["P0-01"], "torn", True, ["LAB-01"]),
        (["P0-01"], "The old one is torn, destroyed.", True, []),
        ([], "", False, ["LAB-03"]),
        (["P9-01"], "", False, ["LAB-04"]),
    ],
)
def test_a_second_copy_needs_a_reason_and_qa(
    chosen: list[str], reason: str, is_approved: bool, codes: list[str]
) -> None:
    known = ["P0-01", "P0-02"]
    found = print_refusals(chosen=chosen, known=known, printed=["P0-01"], reason=reason, is_approved=is_approved)
    assert [r.code for r in found] == codes


def coi() -> str:
    return chain_of_identity(year=2026, serial=42)


def test_the_symbol_of_a_label_is_read_back_and_matches_each_of_its_parts_and_nothing_else() -> None:
    label = LABEL._replace(coi=coi())
    symbol = label_content(label)
    assert " " not in symbol, "codes scanned one after another are separated by blanks"
    assert read_label(symbol) == read_label(f"]d1{symbol}") == label
    assert all(matches(symbol, part) for part in (label.coi, label.batch, label.container))
    assert not matches(symbol, "P-0042")
    assert not matches(symbol, label.serial), "a serial number is nobody's identity"
    assert not matches("", "") and not matches(symbol, "")


def test_a_symbol_with_a_wrong_check_character_or_a_part_missing_is_none() -> None:
    good = coi()
    wrong = good[:-1] + ("A" if good[-1] != "A" else "B")
    assert read_label(label_content(LABEL._replace(coi=wrong))) is None
    assert read_label(f"{good}/B-0042/P1-01") is None
    assert read_label(f"{good}/B-0042//L-1") is None


def test_a_vessel_is_chosen_by_its_label_and_another_batch_s_label_is_a_hard_stop() -> None:
    vessel = VesselFacts(1, "P1-01", 1, VesselState.IN_CULTURE)
    own = label_content(LABEL._replace(coi=coi()))
    found, refusals = chosen([own], batch_number="B-0042", coi=coi(), vessels=[vessel])
    assert (found, refusals) == ([vessel], [])
    for foreign in (LABEL._replace(coi=coi(), batch="B-0043"), LABEL._replace(coi="CI-260001-1")):
        found, refusals = chosen([label_content(foreign)], batch_number="B-0042", coi=coi(), vessels=[vessel])
        assert found == []
        assert [r.code for r in refusals] == ["PAS-05"]
