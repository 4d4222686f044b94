"""The dose, by worked examples (formulas 12 to 14)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batches.rules import dose

TARGET = Decimal(100_000_000)


def test_the_target_and_its_overage_are_needed_at_harvest(worked):
    assert float(dose.needed_at_harvest(TARGET, Decimal("0.15"))) == pytest.approx(worked["dose"]["required"])
    assert dose.needed_at_harvest(TARGET, Decimal("0.15")) == Decimal(115_000_000)


def test_dose_fraction_and_whole_doses(worked):
    cells = Decimal(138_000_000)
    assert float(dose.dose_fraction(cells, TARGET)) == worked["dose"]["fraction"]
    assert dose.whole_doses(cells, TARGET, kept_back=cells / 10) == worked["dose"]["doses"]
    assert dose.whole_doses(Decimal(5), TARGET, kept_back=Decimal(10)) == 0


def test_cells_for_each_kilogram(worked):
    assert float(dose.cells_per_kg(TARGET, Decimal(60))) == pytest.approx(worked["dose"]["cells_per_kg"])
    assert dose.cells_per_kg(TARGET, Decimal(0)) is None


def test_the_lower_end_of_the_interval_decides_whether_the_target_is_met():
    assert dose.meets_target(Decimal(117_000_000), Decimal(115_000_000)) is True
    assert dose.meets_target(Decimal(114_999_999), Decimal(115_000_000)) is False
    assert dose.meets_target(None, TARGET) is None


def test_doublings_left_to_the_target():
    assert round(dose.doublings_to_target(Decimal(12_112_500), TARGET), 2) == Decimal("3.05")
    assert dose.doublings_to_target(Decimal(200_000_000), TARGET) == 0
    assert dose.doublings_to_target(Decimal(0), TARGET) is None


def test_viability_is_not_used_twice_for_the_dose_volume():
    assert dose.volume_for_dose_ml(TARGET, Decimal(1_250_000)) == 80
    assert dose.volume_for_dose_ml(TARGET, Decimal(0)) is None


@pytest.mark.parametrize(
    ("volume", "weight", "expected"),
    [(100, 50, "2.5"), (100, 70, "3.5"), (50, 60, "6"), (20, 60, "15"), (100, 60, "3")],
)
def test_the_endotoxin_limit_counts_the_whole_bag_in_the_hour(volume, weight, expected):
    limit = dose.endotoxin_limit_eu_per_ml(
        k_eu_per_kg_h=Decimal(5), volume_ml=Decimal(volume), weight_kg=Decimal(weight), minutes=Decimal(30)
    )
    assert limit == Decimal(expected)


def test_published_endotoxin_examples(worked):
    for name, example in worked["endotoxin"].items():
        weight = Decimal(name.split("kg")[0])
        limit = dose.endotoxin_limit_eu_per_ml(
            k_eu_per_kg_h=Decimal(5), volume_ml=Decimal(100), weight_kg=weight, minutes=Decimal(30)
        )
        assert float(limit) == pytest.approx(example["limit_EU_per_ml"])
        assert float(limit * 100) == pytest.approx(example["limit_EU_per_dose"])


def test_a_bag_over_two_hours_counts_half():
    limit = dose.endotoxin_limit_eu_per_ml(
        k_eu_per_kg_h=Decimal(5), volume_ml=Decimal(100), weight_kg=Decimal(60), minutes=Decimal(120)
    )
    assert limit == 6


def test_without_a_weight_there_is_no_endotoxin_limit():
    limit = dose.endotoxin_limit_eu_per_ml(
        k_eu_per_kg_h=Decimal(5), volume_ml=Decimal(100), weight_kg=None, minutes=Decimal(30)
    )
    assert limit is None


@given(st.decimals(30, 150, places=1), st.decimals("0.1", 20, places=1))
def test_a_lighter_patient_never_has_a_higher_endotoxin_limit(weight, lighter_by):
    def limit(kilograms):
        return dose.endotoxin_limit_eu_per_ml(
            k_eu_per_kg_h=Decimal(5), volume_ml=Decimal(100), weight_kg=kilograms, minutes=Decimal(30)
        )

    assert limit(weight - lighter_by) < limit(weight)
