"""Seeding: no drop is lost and none is invented."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from batches.commands.process import installed_content
from batches.rules.process import Process
from batches.rules.seeding import MOST_VESSELS, SeedingLine, area_cm2, seeding_refusals, shares_ml

PROCESS = Process.parse(installed_content())


def codes(*lines: SeedingLine, left: str = "14.8") -> list[tuple[str, str | None]]:
    return [(r.code, r.field) for r in seeding_refusals(lines, process=PROCESS, left_ml=Decimal(left))]


@given(st.integers(1, MOST_VESSELS), st.integers(MOST_VESSELS, 10_000_000))
def test_the_shares_of_a_line_add_up_and_each_vessel_gets_something(number: int, microlitres: int) -> None:
    total = Decimal(microlitres) / 1000
    shares = shares_ml(SeedingLine("T175", number, "L", total))
    assert len(shares) == number
    assert sum(shares) == total
    assert min(shares) > 0
    assert max(shares) - min(shares) < Decimal("0.001") * number


def test_everything_left_may_be_seeded_and_no_drop_more() -> None:
    assert codes(SeedingLine("CS5", 1, "L", Decimal("14.8"))) == []
    assert codes(SeedingLine("CS5", 1, "L", Decimal("14.801"))) == [("SEE-05", "seed1_ml")]
    both = (SeedingLine("T175", 1, "L", Decimal("8.0")), SeedingLine("T75", 2, "M", Decimal("7.0"), 3))
    assert codes(*both) == [("SEE-05", "seed3_ml")]


def test_no_vessel_unknown_vessels_and_no_volume_are_refused_at_their_line() -> None:
    assert codes() == [("SEE-01", "seed1_kind")]
    assert codes(SeedingLine("BUCKET", 1, "L", Decimal(1))) == [("SEE-02", "seed1_kind")]
    assert codes(SeedingLine("T75", 0, "L", Decimal(1), 2)) == [("SEE-03", "seed2_number")]
    assert codes(SeedingLine("T75", MOST_VESSELS + 1, "L", Decimal(1))) == [("SEE-03", "seed1_number")]
    assert codes(SeedingLine("T75", 1, "L", Decimal(0))) == [("SEE-04", "seed1_ml")]


def test_the_area_is_that_of_every_vessel() -> None:
    lines = (SeedingLine("T175", 2, "L", Decimal(1)), SeedingLine("T75", 1, "L", Decimal(1)))
    assert area_cm2(PROCESS, lines) == 425
    assert area_cm2(PROCESS, (SeedingLine("BUCKET", 1, "L", Decimal(1)),)) is None
