"""Samples: when they are offered, and their window."""

from __future__ import annotations

from decimal import Decimal

import pytest

from batches.rules.limits import Verdict
from batches.rules.process_parts import SampleKind
from batches.rules.samples import OFFERED_AT, SampleInput, offered, sample_refusals, window_limit, window_text
from batches.rules.specification import SamplingPoint
from batches.rules.states import Stage

MEDIUM = SampleKind(
    "spent", "Spent medium", SamplingPoint.SPENT_MEDIUM, Decimal(0), Decimal(10), ("sterility",), True, 48, 72
)
CELLS = SampleKind("flow", "Cells", SamplingPoint.CELL_HARVEST, Decimal(1_000_000), Decimal(0), ("cd73",))


def codes(
    kind: SampleKind | None,
    *,
    ml: str = "10",
    used: str = "0",
    comment: str = "",
    before: int = 0,
    left: Decimal | None = None,
    stage: Stage = Stage.CULTURE,
) -> list[str]:
    given = SampleInput("any", Decimal(ml), Decimal(used), comment)
    return [r.code for r in sample_refusals(given, kind, stage=stage, taken_before=before, cells_left=left)]


def test_every_sampling_point_says_when_it_is_offered() -> None:
    assert set(OFFERED_AT) == set(SamplingPoint)


def test_the_plan_offers_what_the_stage_has() -> None:
    assert offered((MEDIUM, CELLS), Stage.CULTURE) == (MEDIUM,)
    assert offered((MEDIUM, CELLS), Stage.FILLED) == (CELLS,)
    assert offered((MEDIUM, CELLS), Stage.INFUSED) == ()


def test_cells_are_taken_from_what_there_is_and_no_more() -> None:
    at = {"ml": "0", "stage": Stage.CELL_HARVEST}
    assert codes(CELLS, used="1000000", left=Decimal(1_000_000), **at) == []  # type: ignore[arg-type]
    assert codes(CELLS, used="1000001", left=Decimal(1_000_000), **at) == ["SAM-06"]  # type: ignore[arg-type]
    assert codes(CELLS, used="1", left=None, **at) == ["SAM-06"]  # type: ignore[arg-type]
    assert codes(CELLS, used="0", left=Decimal(1), **at) == ["SAM-05"]  # type: ignore[arg-type]


def test_a_negative_volume_is_no_volume() -> None:
    assert codes(MEDIUM, ml="-1") == ["SAM-05"]


def test_an_unknown_kind_is_not_taken() -> None:
    assert codes(None) == ["SAM-02"]


def test_a_second_one_says_why() -> None:
    assert codes(MEDIUM, before=1) == ["SAM-04"]
    assert codes(MEDIUM, before=1, comment="First bottle leaked.") == []


@pytest.mark.parametrize(
    ("hours", "verdict"),
    [("47.9", Verdict.ALERT), ("48", Verdict.WITHIN), ("72", Verdict.WITHIN), ("72.1", Verdict.ALERT)],
)
def test_spent_medium_is_taken_two_to_three_days_before_the_harvest(hours: str, verdict: Verdict) -> None:
    limit = window_limit(MEDIUM)
    assert limit is not None
    assert limit.verdict(Decimal(hours)) is verdict


def test_a_sample_without_a_window_is_never_out_of_it() -> None:
    assert window_limit(CELLS) is None
    assert window_text(CELLS) == ""
