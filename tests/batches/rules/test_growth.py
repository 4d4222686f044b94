"""Doublings, time, density, yield and lineage, with worked examples (formulas 4 to 11)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batches.rules import growth
from batches.rules.growth import Lineage

CELLS = st.integers(min_value=1, max_value=10**12).map(Decimal)


def test_eightfold_in_five_days_is_three_doublings_of_forty_hours(worked):
    example = worked["population_doubling"]
    seeded, harvested = Decimal(500_000), Decimal(4_000_000)
    pd = growth.population_doublings(seeded, harvested)
    assert pd == 3
    assert growth.doubling_time_h(Decimal(120), pd) == 40
    assert growth.fold_expansion(seeded, harvested) == 8
    rate = growth.specific_rate_per_day(seeded, harvested, Decimal(120))
    assert float(rate) == pytest.approx(example["mu_per_day"], rel=1e-12)


def test_the_published_plan_of_a_first_passage():
    pd = growth.population_doublings(Decimal(1_750_000), Decimal(12_000_000))
    assert round(pd, 2) == Decimal("2.78")
    assert round(growth.doubling_time_h(Decimal(120), pd), 1) == Decimal("43.2")


@pytest.mark.parametrize(("seeded", "harvested"), [(None, 5), (5, None), (0, 5), (5, 0)])
def test_doublings_without_cells_at_both_ends_are_unknown(seeded, harvested):
    assert growth.population_doublings(seeded, harvested) is None


@given(CELLS, CELLS, st.decimals(min_value="0.01", max_value=2000, places=2))
def test_a_culture_that_did_not_grow_never_has_a_doubling_time(seeded, harvested, hours):
    pd = growth.population_doublings(seeded, harvested)
    time = growth.doubling_time_h(hours, pd)
    if harvested <= seeded:
        assert pd <= 0
        assert time is None
    elif time is not None:
        assert time > 0


@given(CELLS, CELLS)
def test_doublings_there_and_back_cancel(seeded, harvested):
    there = growth.population_doublings(seeded, harvested)
    back = growth.population_doublings(harvested, seeded)
    assert abs(there + back) <= Decimal("1e-11")


def test_doublings_add_up_along_the_lineage(worked):
    lineage = Lineage(Decimal(0), Decimal(0))
    reached = []
    for pd in worked["cumulative_pdl"]["pd"]:
        lineage = growth.cumulative_pdl(lineage, Decimal(str(pd)))
        reached.append(float(lineage.mean))
    assert reached == worked["cumulative_pdl"]["cpdl"]
    assert lineage.highest == lineage.mean


def test_a_pool_keeps_its_weighted_mean_and_its_highest():
    pool = growth.lineage_cpdl([(Decimal(300), Decimal(2), Decimal(2)), (Decimal(100), Decimal(6), Decimal(7))])
    assert pool == Lineage(Decimal(3), Decimal(7))


def test_a_source_that_gave_no_cells_does_not_age_the_pool():
    pool = growth.lineage_cpdl([(Decimal(300), Decimal(2), Decimal(2)), (Decimal(0), Decimal(9), Decimal(9))])
    assert pool == Lineage(Decimal(2), Decimal(2))


def test_a_lineage_starts_at_zero():
    assert growth.lineage_cpdl([]) == Lineage(Decimal(0), Decimal(0))


def test_losing_cells_does_not_make_a_culture_younger():
    before = Lineage(Decimal(5), Decimal(6))
    assert growth.cumulative_pdl(before, Decimal("-1.5")) == before
    assert growth.cumulative_pdl(before, None) == before


@given(st.lists(st.tuples(CELLS, st.decimals(0, 30, places=3), st.decimals(0, 30, places=3)), max_size=8))
def test_a_pool_is_never_older_than_its_oldest_source(given_sources):
    sources = [(cells, min(one, other), max(one, other)) for cells, one, other in given_sources]
    pool = growth.lineage_cpdl(sources)
    assert pool.mean <= pool.highest + Decimal("1e-11")


def test_seeding_two_million_at_four_thousand_needs_three_flasks(worked):
    example = worked["seeding"]
    area = growth.area_for_density_cm2(Decimal(2_000_000), Decimal(4_000))
    assert float(area) == example["area_cm2"]
    assert growth.vessels_for_area(area, Decimal(175)) == example["t175_flasks"]
    assert round(growth.seeding_density_per_cm2(Decimal(2_000_000), Decimal(525))) == 3810


def test_split_thaw_and_yield(worked):
    assert growth.split_ratio(Decimal(175), Decimal(700)) == worked["split"]["ratio"]
    assert growth.thaw_recovery_pct(Decimal(5_000_000), Decimal(4_300_000)) == worked["thaw"]["recovery_pct"]
    assert growth.yield_per_ml_fat(Decimal(360_000), Decimal("1.2")) == worked["yield_per_ml"]["per_ml"]


def test_the_volume_to_seed_and_the_vessels_to_harvest_from():
    assert growth.seeding_volume_ml(Decimal(4000), Decimal(500), Decimal(800_000)) == Decimal("2.5")
    assert growth.vessels_for_cells(Decimal(130_000_000), Decimal(35_000), Decimal(3180)) == 2


def test_nothing_is_divided_by_nothing():
    assert growth.seeding_density_per_cm2(Decimal(5), Decimal(0)) is None
    assert growth.seeding_volume_ml(Decimal(4000), Decimal(500), Decimal(0)) is None
    assert growth.area_for_density_cm2(Decimal(5), Decimal(0)) is None
    assert growth.split_ratio(Decimal(0), Decimal(5)) is None
    assert growth.vessels_for_area(Decimal(5), Decimal(0)) is None
    assert growth.vessels_for_cells(Decimal(5), Decimal(0), Decimal(75)) is None
    assert growth.thaw_recovery_pct(Decimal(0), Decimal(5)) is None
    assert growth.yield_per_ml_fat(Decimal(5), Decimal(0)) is None
    assert growth.fold_expansion(0, 5) is None
    assert growth.specific_rate_per_day(5, 0, Decimal(24)) is None
    assert growth.doubling_time_h(Decimal(0), Decimal(1)) is None
