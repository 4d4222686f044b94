"""From squares or a counter's figures to viable cells, with worked examples (formulas 1 to 3 and 15 to 18)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batches.rules.counting import (
    CountErrors,
    Square,
    count_by_counter,
    count_hemocytometer,
    dilution_factor,
    replicate_limit_pct,
    squares_needed,
)


def squares(live, dead=None, *, chamber="A"):
    """A chamber of squares with these counts."""
    dead = dead or [0] * len(live)
    return [Square(chamber, at, alive, gone) for at, (alive, gone) in enumerate(zip(live, dead, strict=True), 1)]


def test_160_live_cells_in_four_squares_are_eight_million_in_ten_millilitres(worked):
    example = worked["hemocytometer"]
    count = count_hemocytometer(squares([40] * 4, [2] * 4), dilution=Decimal(2), volume_ml=Decimal(10))
    assert count.viable_per_ml == Decimal(800_000)
    assert count.total_per_ml == Decimal(840_000)
    assert count.total_viable == Decimal(8_000_000)
    assert float(count.viability_pct) == pytest.approx(example["viability_pct"], rel=1e-12)
    assert [float(count.viability_low_pct), float(count.viability_high_pct)] == pytest.approx(
        example["viability_wilson95"]
    )
    assert [float(count.viable_per_ml_low), float(count.viable_per_ml_high)] == pytest.approx(
        example["poisson95_per_ml"]
    )
    assert [float(count.total_viable_low), float(count.total_viable_high)] == pytest.approx(
        worked["propagation"]["tvc_95_lognormal"], rel=1e-5
    )


def test_squares_are_summed_before_anything_is_divided():
    count = count_hemocytometer(squares([52, 48, 55, 45], [3, 2, 4, 3]), dilution=Decimal(2), volume_ml=Decimal(10))
    assert count.viable_per_ml == Decimal(1_000_000)
    assert count.total_viable == Decimal(10_000_000)
    assert round(count.viability_pct, 1) == Decimal("94.3")


def test_equal_parts_of_sample_and_dye_dilute_by_two():
    assert dilution_factor(Decimal("0.10"), Decimal("0.10")) == 2
    assert dilution_factor(Decimal("0.10"), Decimal("0.30"), Decimal(10)) == 40
    assert dilution_factor(Decimal(0), Decimal("0.10")) is None


def test_another_chamber_uses_its_own_square_volume():
    errors = CountErrors(square_volume_ml=Decimal("0.00005"))
    assert count_hemocytometer(squares([40]), dilution=Decimal(1), errors=errors).viable_per_ml == Decimal(800_000)


def test_an_empty_chamber_has_a_count_of_zero_and_no_viability():
    count = count_hemocytometer(squares([0, 0]), dilution=Decimal(2), volume_ml=Decimal(5))
    assert count.viable_per_ml == 0
    assert count.total_viable == 0
    assert count.viability_pct is None
    assert count.total_viable_low is None
    assert count.viable_per_ml_high > 0


def test_no_squares_say_nothing():
    count = count_hemocytometer([], dilution=Decimal(2), volume_ml=Decimal(5))
    assert count.viable_per_ml is None
    assert count.total_viable is None
    assert count.live is None


@pytest.mark.parametrize(("live", "dead", "dilution"), [(-1, 0, 2), (1, -1, 2), (1, 0, "0.5")])
def test_impossible_counts_are_refused(live, dead, dilution):
    with pytest.raises(ValueError, match=r"negative|at least 1"):
        count_hemocytometer([Square("A", 1, live, dead)], dilution=Decimal(dilution))


def test_duplicates_are_judged_by_what_chance_explains(worked):
    for example in worked["duplicates"]:
        pair = squares([example["n1"]]) + squares([example["n2"]], chamber="B")
        count = count_hemocytometer(pair, dilution=Decimal(1))
        assert float(count.replicate_difference_pct) == pytest.approx(example["reldiff_pct"], rel=1e-9)
        assert float(count.replicate_limit_pct) == pytest.approx(example["limit_pct"], rel=1e-9)
        assert count.is_repeat_needed is example["repeat"]


def test_chance_alone_explains_two_fifths_at_fifty_cells(worked):
    by_chance = CountErrors(replicate_cv=Decimal(0), replicate_floor_pct=Decimal(0))
    for cells, expected in worked["duplicate_poisson_only_limit"].items():
        assert float(replicate_limit_pct(Decimal(cells), by_chance)) == pytest.approx(expected, rel=1e-9)


def test_good_large_counts_may_still_differ_by_the_floor():
    assert replicate_limit_pct(Decimal(1_000_000)) == 15


def test_one_chamber_has_nothing_to_be_compared_with():
    count = count_hemocytometer(squares([40, 41]), dilution=Decimal(2))
    assert count.replicate_difference_pct is None
    assert count.is_repeat_needed is None


def test_chambers_with_unlike_numbers_of_squares_are_compared_by_square():
    even = squares([40, 40, 40, 40]) + squares([40, 40], chamber="B")
    assert count_hemocytometer(even, dilution=Decimal(2)).replicate_difference_pct == 0


def test_squares_needed_for_ten_per_cent(worked):
    system = (Decimal("0.04"), Decimal("0.02"), Decimal("0.01"))
    for mean, example in worked["squares_for_cv10"].items():
        assert squares_needed(Decimal(mean), Decimal("0.1")) == example["poisson_only"]
        assert squares_needed(Decimal(mean), Decimal("0.1"), system) == example["with_4_2_1pct"]


def test_no_number_of_squares_beats_the_error_of_the_chamber():
    assert squares_needed(Decimal(20), Decimal("0.04"), (Decimal("0.04"),)) is None


def test_a_counter_is_not_diluted_again_and_its_viability_is_recomputed():
    count = count_by_counter(
        live_per_ml=Decimal(900_000), dead_per_ml=Decimal(100_000), volume_ml=Decimal(10), live=450, dead=50
    )
    assert count.total_viable == Decimal(9_000_000)
    assert count.viability_pct == 90
    assert count.total_viable_low < 9_000_000 < count.total_viable_high


def test_a_counter_that_does_not_tell_what_it_saw_has_no_interval():
    count = count_by_counter(live_per_ml=Decimal(900_000), dead_per_ml=Decimal(0), volume_ml=Decimal(10))
    assert count.total_viable == Decimal(9_000_000)
    assert count.total_viable_low is None
    assert count.counted is None


@given(
    st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), max_size=18),
    st.decimals(1, 100, places=2),
    st.decimals(0, 1000, places=2),
)
def test_any_count_gives_cells_that_are_not_negative_and_an_interval_that_holds_them(pairs, dilution, volume):
    seen = [Square("AB"[at % 2], at, live, dead) for at, (live, dead) in enumerate(pairs)]
    count = count_hemocytometer(seen, dilution=dilution, volume_ml=volume)
    if not seen:
        assert count.total_viable is None
        return
    assert count.total_viable >= 0
    if count.total_viable_low is not None:
        assert count.total_viable_low <= count.total_viable <= count.total_viable_high
    if count.viability_pct is not None:
        assert 0 <= count.viability_pct <= 100
