"""May this bag be filled from these cells? Volumes, identity of the label, and no more cells than there were.

Not here: the count of the bulk (`counts`), the infusion, and whether the product may be released.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from batches.rules.counting import CountErrors, CountResult
from batches.rules.counts import left_ml
from batches.rules.identity import matches
from batches.rules.intervals import as_decimal, lognormal_interval
from batches.rules.judging import Finding
from batches.rules.limits import Limit
from batches.rules.process import Process
from batches.rules.wording import cells, volume
from lims.refusals import Refusal


@dataclass(frozen=True)
class HarvestedPart:
    """One final cell harvest: its suspension in mL, what was taken out of it, and its count."""

    suspension_ml: Decimal
    drawn_ml: Decimal
    sampled_ml: Decimal
    count: CountResult

    @property
    def left_ml(self) -> Decimal:
        """Suspension left for the product."""
        return left_ml(self.suspension_ml, self.drawn_ml, self.sampled_ml)


def available_ml(parts: Sequence[HarvestedPart]) -> Decimal:
    """Suspension of all final cell harvests that is left for the product, in mL."""
    return sum((part.left_ml for part in parts), Decimal(0))


def most_cells(parts: Sequence[HarvestedPart], used_ml: Decimal, errors: CountErrors) -> Decimal | None:
    """Viable cells in so much of the pooled suspension at most: the upper ends of the 95 % intervals.

    A counter that does not tell how many cells it saw leaves only the errors of its volumes to widen it by.
    """
    available = available_ml(parts)
    if available <= 0:
        return None
    most = Decimal(0)
    for part in parts:
        total, high = part.count.total_viable, part.count.total_viable_high
        if total is None or part.suspension_ml <= 0:
            return None
        if high is None:
            cv = as_decimal(math.sqrt(sum(float(e) ** 2 for e in (errors.dilution_cv, errors.volume_cv))))
            high = lognormal_interval(total, cv)[1]
        most += high * part.left_ml / part.suspension_ml
    return most * used_ml / available


def expires_at(process: Process, done_at: datetime) -> datetime:
    """The end of formulation and the hours of the master batch record."""
    return done_at + timedelta(seconds=int(process.expiry_hours * 3600))


def volume_refusals(
    *, used_ml: Decimal, available: Decimal, volume_ml: Decimal, drawn_ml: Decimal
) -> Iterator[Refusal]:
    """FIL-02 more suspension than there is, FIL-05 a volume that can't be."""
    if used_ml <= 0:
        yield Refusal("FIL-05", "Cells are used from a volume above 0 mL. Enter it.", "used_ml")
    elif used_ml > available:
        yield Refusal(
            "FIL-02",
            "{used} were used, {available} were left after the final cell harvest. Check both volumes.",
            "used_ml",
            {"used": volume(used_ml), "available": volume(available)},
        )
    if volume_ml <= 0:
        yield Refusal("FIL-05", "A filled container holds more than 0 mL. Enter its volume.", "volume_ml")
    if drawn_ml < 0:
        yield Refusal("FIL-05", "A volume is 0 mL or more. Enter 0 if nothing was drawn.", "drawn_ml")


def label_refusals(*, scanned_coi: str, coi: str) -> Iterator[Refusal]:
    """FIL-03: a label of another chain of identity is a hard stop."""
    if not matches(scanned_coi, coi):
        yield Refusal(
            "FIL-03",
            "The label says {scanned}, this batch is {coi}. Stop: put the container aside and call QA.",
            "scanned_coi",
            {"scanned": scanned_coi, "coi": coi},
        )


def cells_refusals(count: CountResult | None, *, drawn_ml: Decimal, most: Decimal | None) -> Iterator[Refusal]:
    """FIL-04: the bulk can't hold more cells than went into it. Only intervals that do not meet are refused.

    Two honest counts of one suspension differ by chance, so the lower end of one is held against the upper of the
    other.
    """
    if count is None or count.viable_per_ml is None or count.total_viable is None or most is None:
        return
    low = count.total_viable_low if count.total_viable_low is not None else count.total_viable
    # What was drawn for tests came out of the same bulk.
    lowest = low + count.viable_per_ml * max(drawn_ml, Decimal(0))
    if lowest > most:
        yield Refusal(
            "FIL-04",
            "{filled} cells are filled at least, {most} were there at most. Check the count and the volumes.",
            "used_ml",
            {"filled": cells(lowest), "most": cells(most)},
        )


def container_refusals(*, is_used: bool, code: str) -> Iterator[Refusal]:
    """FIL-06: a container is filled once."""
    if is_used:
        yield Refusal(
            "FIL-06", "Container {code} is filled already. Scan the one in your hand.", "container_code", {"code": code}
        )


def appearance_refusals(*, is_good: bool, comment: str) -> Iterator[Refusal]:
    """FIL-07: a bag that does not look as it should may be recorded, with a comment; it raises a deviation."""
    if not is_good and not comment.strip():
        yield Refusal("FIL-07", "Say what is wrong with the look of the bag. QA will decide.", "comment")


def findings(process: Process, count: CountResult | None) -> list[Finding]:
    """Dose and viability of the bag held against the specification."""
    if count is None:
        return []
    low, high = process.dose_range
    found = [
        Finding(
            Limit("dose", "Viable cells in the bag", "cells", action_below=low, action_above=high, decimals=0),
            count.total_viable,
        )
    ]
    if process.has_row("viability"):
        row = process.row("viability")
        limit = Limit("bag_viability_pct", "Viability of the bag", "%", action_below=row.low, decimals=row.decimals)
        found.append(Finding(limit, count.viability_pct))
    return found
