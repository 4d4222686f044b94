"""May this sample be taken? Which kinds the sampling plan offers at a stage, and what a sample must be.

Not here: the tests a sample answers (the sampling plan names them) and their results (results.py).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from batches.rules.limits import Limit
from batches.rules.process_parts import SampleKind
from batches.rules.specification import SamplingPoint
from batches.rules.states import Stage
from batches.rules.wording import cells, number, volume
from lims.refusals import Refusal

_BEFORE_INFUSION = frozenset(
    {Stage.ISSUED, Stage.HARVESTED, Stage.RECEIVED, Stage.CULTURE, Stage.CELL_HARVEST, Stage.FILLED}
)

# When the material of a sampling point is at hand. What is read from the record is never taken.
OFFERED_AT: Final[Mapping[SamplingPoint, frozenset[Stage]]] = {
    SamplingPoint.DONOR: _BEFORE_INFUSION,
    SamplingPoint.RECEIPT: frozenset({Stage.RECEIVED}),
    SamplingPoint.PASSAGE: frozenset({Stage.CULTURE, Stage.CELL_HARVEST}),
    SamplingPoint.SPENT_MEDIUM: frozenset({Stage.CULTURE, Stage.CELL_HARVEST}),
    SamplingPoint.CELL_HARVEST: frozenset({Stage.CELL_HARVEST, Stage.FILLED}),
    SamplingPoint.FILL: frozenset({Stage.FILLED}),
    SamplingPoint.RECORD: frozenset(),
}
# Donor blood is drawn within thirty days of the harvest, so often before the batch is issued (21 CFR 1271.80).
DONOR_BEFORE_ISSUE: Final = timedelta(days=30)


@dataclasses.dataclass(frozen=True)
class SampleInput:
    """A sample as it was typed. Volume in mL, cells are viable cells."""

    kind: str
    volume_ml: Decimal
    cells_used: Decimal
    comment: str


def offered(plan: Sequence[SampleKind], stage: Stage) -> tuple[SampleKind, ...]:
    """The kinds of sample that may be taken at a stage, in the order of the plan."""
    return tuple(kind for kind in plan if stage in OFFERED_AT[kind.taken_at])


def sample_refusals(
    sample: SampleInput,
    kind: SampleKind | None,
    *,
    stage: Stage,
    taken_before: int,
    cells_left: Decimal | None,
) -> Iterator[Refusal]:
    """SAM-02 not in the plan or not now, SAM-04 a second one without a reason, SAM-05 nothing taken, SAM-06 too many.

    `cells_left` are the viable cells of the newest count less those that earlier samples used; nothing when no cell
    has been counted.
    """
    if kind is None or stage not in OFFERED_AT[kind.taken_at]:
        yield Refusal("SAM-02", "This sample is not taken at this stage. Choose another one.", "kind")
        return
    if taken_before and not sample.comment.strip():
        yield Refusal(
            "SAM-04", "{kind} was sampled before. Say why it is sampled again.", "comment", {"kind": kind.name}
        )
    if sample.volume_ml < 0 or (kind.volume_ml > 0 and sample.volume_ml <= 0):
        yield Refusal(
            "SAM-05",
            "This sample has a volume above 0 mL, {planned} by the plan. Enter what was taken.",
            "volume_ml",
            {"planned": volume(kind.volume_ml)},
        )
    if sample.cells_used < 0 or (kind.cells > 0 and sample.cells_used <= 0):
        yield Refusal(
            "SAM-05",
            "This sample uses cells, {planned} by the plan. Enter how many.",
            "cells_used",
            {"planned": cells(kind.cells)},
        )
    elif sample.cells_used > 0 and (cells_left is None or sample.cells_used > cells_left):
        yield Refusal(
            "SAM-06",
            "{used} cells are more than there are, {left} by the newest count. Check the number.",
            "cells_used",
            {"used": cells(sample.cells_used), "left": cells(max(cells_left or Decimal(0), Decimal(0)))},
        )


def medium_refusals(kind: SampleKind | None, *, done_at: datetime, harvested_at: datetime | None) -> Iterator[Refusal]:
    """SAM-07: once the last cells are harvested there is no spent medium; an earlier sample may be entered late."""
    if kind is None or kind.taken_at is not SamplingPoint.SPENT_MEDIUM or harvested_at is None:
        return
    if done_at > harvested_at:
        yield Refusal(
            "SAM-07",
            "The cells were harvested before this time, so no medium was on them. Enter when it was taken, "
            "or raise a deviation if it was not.",
            "done_at",
        )


def rows_answered(kind: SampleKind, *, computed: Collection[str]) -> tuple[str, ...]:
    """The rows of the specification somebody will enter a result for: those the record itself gives are left out."""
    return tuple(key for key in kind.rows if key not in computed)


def window_limit(kind: SampleKind) -> Limit | None:
    """SAM-03: the hours before the final cell harvest a sample belongs in, as a limit that only ever alerts."""
    low, high = kind.hours_before_harvest_low, kind.hours_before_harvest_high
    if low is None or high is None:
        return None
    return Limit(
        key=f"window:{kind.key}",
        label=f"{kind.name} ({window_text(kind)})",
        unit="h",
        alert_below=Decimal(low),
        alert_above=Decimal(high),
        decimals=1,
    )


def window_text(kind: SampleKind) -> str:
    """`48 to 72 h before the final cell harvest`; empty for a sample without a window."""
    low, high = kind.hours_before_harvest_low, kind.hours_before_harvest_high
    if low is None or high is None:
        return ""
    return f"{number(low)} to {number(high)}\u00a0h before the final cell harvest"
