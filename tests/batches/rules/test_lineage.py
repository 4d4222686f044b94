"""Lineage: splitting keeps the age of cells, pooling weighs it, and the oldest part is never forgotten."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from batches.rules.growth import Lineage
from batches.rules.lineage import SeededVessel, grown

SEEDED_AT = datetime(2026, 10, 15, 1, 40, tzinfo=UTC)


def vessel(ml: str = "1.7", **changes: object) -> SeededVessel:
    made = SeededVessel(
        code="P1-01",
        generation=1,
        kind="T175",
        area_cm2=Decimal(175),
        suspension_ml=Decimal(ml),
        viable_per_ml=Decimal(512500),
        cv=Decimal("0.08"),
        seeded_at=SEEDED_AT,
        before=Lineage(Decimal(0), Decimal(0)),
    )
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


def test_the_drawn_passage_grows_as_the_drawing_says() -> None:
    growth = grown(
        [vessel(), vessel()],
        generation=1,
        harvested=Decimal("12112500"),
        harvested_at=SEEDED_AT + timedelta(hours=119, minutes=35),
    )
    assert growth.seeded == Decimal("1742500.0")
    assert growth.doublings is not None
    assert growth.doubling_time_h is not None
    assert growth.doublings.quantize(Decimal("0.01")) == Decimal("2.80")
    assert growth.doubling_time_h.quantize(Decimal("0.1")) == Decimal("42.8")
    assert growth.area_cm2 == 350


def test_two_halves_of_one_count_share_its_error_and_two_counts_do_not() -> None:
    shared = grown([vessel(), vessel()], generation=1, harvested=None, harvested_at=None).seeded_cv
    later = vessel(seeded_at=SEEDED_AT + timedelta(hours=1))
    apart = grown([vessel(), later], generation=1, harvested=None, harvested_at=None).seeded_cv
    assert shared is not None
    assert apart is not None
    assert round(shared, 6) == Decimal("0.08")
    assert round(apart, 6) == round(Decimal("0.08") / Decimal(2).sqrt(), 6)


def test_p0_has_no_doublings_and_starts_the_count_at_zero() -> None:
    growth = grown([vessel(generation=0)], generation=0, harvested=Decimal(10**6), harvested_at=SEEDED_AT)
    assert (growth.seeded, growth.doublings, growth.doubling_time_h) == (None, None, None)
    assert growth.after == Lineage(Decimal(0), Decimal(0))


def test_a_pool_weighs_its_parts_by_cells_and_keeps_the_oldest_for_the_limit() -> None:
    young = vessel("1", before=Lineage(Decimal(2), Decimal(2)))
    old = vessel("3", before=Lineage(Decimal(6), Decimal(7)))
    growth = grown([young, old], generation=1, harvested=(young.cells + old.cells) * 2, harvested_at=SEEDED_AT)
    assert growth.before == Lineage(Decimal(5), Decimal(7))
    assert growth.after == Lineage(Decimal(6), Decimal(8))


def test_cells_that_did_not_grow_get_no_younger_and_have_no_doubling_time() -> None:
    before = Lineage(Decimal(4), Decimal(5))
    parts = [vessel(before=before)]
    for harvested in (Decimal(0), parts[0].cells / 2, parts[0].cells):
        growth = grown(parts, generation=1, harvested=harvested, harvested_at=SEEDED_AT + timedelta(days=5))
        assert growth.after == before
        assert growth.doubling_time_h is None


@given(
    st.lists(st.tuples(st.integers(1, 5000), st.integers(0, 900), st.integers(0, 300)), min_size=1, max_size=8),
    st.integers(0, 10**9),
)
def test_the_mean_never_passes_the_highest_and_neither_ever_falls(
    parts: list[tuple[int, int, int]], harvested: int
) -> None:
    vessels = [
        vessel(
            str(Decimal(ml) / 1000),
            before=Lineage(Decimal(mean) / 100, Decimal(mean + more) / 100),
        )
        for ml, mean, more in parts
    ]
    growth = grown(vessels, generation=1, harvested=Decimal(harvested), harvested_at=SEEDED_AT + timedelta(days=5))
    assert growth.after.mean <= growth.after.highest + Decimal("1e-9")
    assert growth.after.highest >= max(v.before.highest for v in vessels)
    assert growth.doubling_time_h is None or growth.doubling_time_h > 0
