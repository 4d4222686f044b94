"""May these cells be detached, reseeded or harvested? The reasons against it, and the values held against limits.

Not here: the count (`counts`), the vessels seeded (`seeding`), and whether a passage may come now at all (`sequence`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from batches.rules.judging import Finding
from batches.rules.lineage import Growth
from batches.rules.process import Process
from batches.rules.times import not_before
from batches.rules.vessels import VesselFacts
from batches.rules.wording import number, rounded
from lims.refusals import Refusal

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)


def vessels_refusals(vessels: Sequence[VesselFacts], *, field: str = "vessels") -> Iterator[Refusal]:
    """PAS-01 no vessel, PAS-02 vessels of several passages: what is counted together is of one passage."""
    if not vessels:
        yield Refusal("PAS-01", "No vessel is chosen. Scan each vessel you detach.", field)
    if len({v.generation for v in vessels}) > 1:
        yield Refusal(
            "PAS-02",
            "These vessels are of {passages}. Log each passage by itself.",
            field,
            {"passages": " and ".join(f"P{g}" for g in sorted({v.generation for v in vessels}))},
        )


def limit_refusals(generation: int, growth: Growth | None, process: Process) -> Iterator[Refusal]:
    """PAS-03 a passage past the limit, PAS-04 cells at the limit of cumulative doublings: neither may be reseeded.

    The highest of the lineage counts, not the mean (a pool is as old as its oldest part).
    """
    if generation + 1 > process.passage_limit:
        yield Refusal(
            "PAS-03",
            "Passage {next} is past the limit of P{limit}. Harvest the cells, or ask QA.",
            "vessels",
            {"next": f"P{generation + 1}", "limit": process.passage_limit},
        )
    if growth is None:
        return
    limit = process.cpdl_limit
    compared = process.limits["cumulative_pdl"].compared
    if generation > 0 and growth.before.highest >= limit:
        yield old_refusal(growth.before.highest, limit)
    elif compared(growth.after.highest) > limit:
        yield old_refusal(growth.after.highest, limit)


def old_refusal(doublings: Decimal, limit: Decimal) -> Refusal:
    """PAS-04: cells that doubled so often are harvested or discarded, not reseeded."""
    return Refusal(
        "PAS-04",
        "These cells have doubled {doublings} times since P0, the limit is {limit}. Harvest them, or ask QA.",
        "vessels",
        {"doublings": number(rounded(doublings, 2)), "limit": number(limit)},
    )


def confluence_refusals(confluence_pct: Decimal, *, field: str = "confluence_pct") -> Iterator[Refusal]:
    """CUL-02: a share of the area is from 0 to 100 per cent."""
    if not 0 <= confluence_pct <= 100:
        yield Refusal("CUL-02", "Confluence is from 0 to 100 %. Enter what you saw.", field)


def medium_refusals(medium_ml: Decimal, *, field: str = "medium_ml") -> Iterator[Refusal]:
    """CUL-03: cells need medium."""
    if medium_ml <= 0:
        yield Refusal("CUL-03", "Medium has a volume above 0 mL. Enter what was used.", field)


def order_refusals(
    *,
    seeded_at: datetime | None,
    exposure_started_at: datetime,
    exposure_ended_at: datetime,
    done_at: datetime,
) -> Iterator[Refusal]:
    """TIM-02: detached after they were seeded, exposure ended after it began, the step ended after the exposure."""
    if seeded_at is not None:
        yield from not_before(exposure_started_at, seeded_at, "exposure_started_at")
    yield from not_before(exposure_ended_at, exposure_started_at, "exposure_ended_at")
    yield from not_before(done_at, exposure_ended_at, "done_at")


def shelf_refusals(*, is_shared: bool, incubator: str, shelf: str) -> Iterator[Refusal]:
    """CUL-04: one shelf of an incubator holds the vessels of one patient."""
    if is_shared:
        yield Refusal(
            "CUL-04",
            "Shelf {shelf} of {incubator} holds another patient's cells. Use a shelf of its own.",
            "shelf",
            {"shelf": shelf, "incubator": incubator},
        )


def findings(
    process: Process,
    *,
    confluence_pct: Decimal | None,
    exposure_started_at: datetime | None,
    exposure_ended_at: datetime | None,
    done_at: datetime | None,
    culture_started_at: datetime | None,
    growth: Growth | None,
    is_final: bool,
) -> list[Finding]:
    """What a passage or a final cell harvest is held against, besides its count and the density it seeds."""
    limits = process.limits
    found = [Finding(limits["confluence_at_detachment_pct"], confluence_pct)]
    if exposure_started_at is not None and exposure_ended_at is not None:
        found.append(Finding(limits["detach_minutes"], _minutes(exposure_started_at, exposure_ended_at)))
    if not is_final and exposure_ended_at is not None and done_at is not None:
        found.append(Finding(limits["suspension_to_seeding_min"], _minutes(exposure_ended_at, done_at)))
    if culture_started_at is not None and exposure_started_at is not None:
        days = Decimal((exposure_started_at - culture_started_at) / _DAY).quantize(Decimal("0.001"))
        found.append(Finding(limits["culture_days"], days))
    if growth is not None:
        found.append(Finding(limits["pd_per_passage"], growth.doublings))
        found.append(Finding(limits["doubling_time_h"], growth.doubling_time_h))
        found.append(Finding(limits["cumulative_pdl"], growth.after.highest))
        if is_final:
            found.append(Finding(limits["passage_number"], growth.generation))
    return [f for f in found if f.value is not None]


def _minutes(start: datetime, end: datetime) -> Decimal:
    return Decimal((end - start) / _MINUTE).quantize(Decimal("0.001"))
