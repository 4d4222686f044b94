"""Counts as they are typed: every reason against one, and blank is never zero."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

import pytest

from batches.rules.counting import DEFAULT_ERRORS
from batches.rules.counts import (
    COUNTER,
    HEMOCYTOMETER,
    CountRead,
    SquareRead,
    count_refusals,
    left_ml,
    result_of,
    suspension_refusals,
)

LIVE = {"A": (41, 39, 44, 40), "B": (37, 43, 36, 43)}
DEAD = {"A": (5, 4, 6, 4), "B": (4, 6, 5, 4)}


def read(**changes: object) -> CountRead:
    """The count of the drawn passage: 323 live and 38 dead in eight squares, dilution 2."""
    squares = tuple(
        SquareRead(chamber, at + 1, LIVE[chamber][at], DEAD[chamber][at]) for chamber in "AB" for at in range(4)
    )
    count = CountRead(HEMOCYTOMETER, Decimal("0.10"), Decimal("0.10"), squares=squares)
    return dataclasses.replace(count, **changes)  # type: ignore[arg-type]


def with_square(count: CountRead, chamber: str, square: int, **changes: int | None) -> CountRead:
    """The count with one square typed otherwise."""
    squares = tuple(
        dataclasses.replace(s, **changes) if (s.chamber, s.square) == (chamber, square) else s for s in count.squares
    )
    return dataclasses.replace(count, squares=squares)


def by_counter(**changes: object) -> CountRead:
    """A counter's figures."""
    count = CountRead(
        COUNTER,
        Decimal("0.1"),
        Decimal("0.1"),
        live_per_ml=Decimal(800000),
        dead_per_ml=Decimal(40000),
        live_counted=800,
        dead_counted=40,
    )
    return dataclasses.replace(count, **changes)  # type: ignore[arg-type]


def codes(count: CountRead, **kwargs: Decimal) -> list[tuple[str, str | None]]:
    return [(r.code, r.field) for r in count_refusals(count, **kwargs)]


def test_a_whole_count_is_not_refused_and_gives_the_figures_of_the_handbook() -> None:
    assert codes(read(), drawn_ml=Decimal("0.20")) == []
    result = result_of(read(), DEFAULT_ERRORS, Decimal("15.0"))
    assert result is not None
    assert result.viable_per_ml == 323 * 2 * 10000 / Decimal(8)
    assert result.total_viable == Decimal("12112500")


def test_a_blank_square_is_not_taken_for_zero() -> None:
    blank = with_square(read(), "B", 3, dead=None)
    assert codes(blank) == [("CNT-04", "b3_dead")]
    zero = with_square(read(), "B", 3, dead=0)
    assert codes(zero) == []


def test_one_whole_chamber_is_a_count_and_no_chamber_is_none() -> None:
    one = read(squares=tuple(s for s in read().squares if s.chamber == "A"))
    assert codes(one) == []
    none = read(squares=tuple(dataclasses.replace(s, live=None, dead=None) for s in read().squares))
    assert codes(none) == [("CNT-04", "a1_live")]
    assert result_of(none, DEFAULT_ERRORS, Decimal(10)) is None


def test_a_count_of_nothing_is_refused_but_dead_cells_alone_are_a_count() -> None:
    nothing = read(squares=tuple(dataclasses.replace(s, live=0, dead=0) for s in read().squares))
    assert codes(nothing) == [("CNT-01", "a1_live")]
    dead = with_square(nothing, "A", 1, dead=3)
    assert codes(dead) == []
    result = result_of(dead, DEFAULT_ERRORS, Decimal(10))
    assert result is not None
    assert (result.total_viable, result.viability_pct) == (0, 0)


def test_a_negative_count_is_refused_beside_its_square() -> None:
    assert ("CNT-02", "a2_live") in codes(with_square(read(), "A", 2, live=-1))
    assert ("CNT-02", "dead_per_ml") in codes(by_counter(dead_per_ml=Decimal(-1)))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sample_ml": Decimal(0)}, "sample_ml"),
        ({"sample_ml": None}, "sample_ml"),
        ({"dye_ml": Decimal("-0.1")}, "dye_ml"),
        ({"predilution": Decimal("0.5")}, "predilution"),
    ],
)
def test_an_impossible_dilution_is_refused_and_gives_no_figures(changes: dict[str, object], field: str) -> None:
    assert ("CNT-03", field) in codes(read(**changes))
    assert result_of(read(**changes), DEFAULT_ERRORS, Decimal(10)) is None


def test_a_sample_larger_than_what_was_drawn_is_refused_unless_it_was_diluted_before() -> None:
    assert codes(read(), drawn_ml=Decimal("0.05")) == [("CNT-06", "drawn_ml")]
    assert codes(read(predilution=Decimal(2)), drawn_ml=Decimal("0.05")) == []


def test_a_counter_is_read_with_its_figures_and_never_multiplied_by_the_dilution_again() -> None:
    assert codes(by_counter()) == []
    result = result_of(by_counter(), DEFAULT_ERRORS, Decimal(10))
    assert result is not None
    assert result.total_viable == 8_000_000
    assert codes(by_counter(live_per_ml=None)) == [("CNT-05", "live_per_ml")]
    assert codes(by_counter(dead_counted=None)) == [("CNT-05", "dead_counted")]
    assert codes(by_counter(live_per_ml=Decimal(0), dead_per_ml=Decimal(0))) == [("CNT-01", "live_per_ml")]


def test_more_can_not_leave_a_suspension_than_it_held() -> None:
    assert left_ml(Decimal("15.0"), Decimal("0.2")) == Decimal("14.8")
    assert [r.code for r in suspension_refusals(Decimal("15.0"), Decimal("0.2"), Decimal("14.8"))] == []
    assert [r.code for r in suspension_refusals(Decimal("15.0"), Decimal("0.2"), Decimal("14.9"))] == ["SUS-03"]
    assert [r.code for r in suspension_refusals(Decimal(0), Decimal(0))] == ["SUS-01"]
    assert [(r.code, r.field) for r in suspension_refusals(Decimal(5), Decimal(-1))] == [("SUS-02", "drawn_ml")]
