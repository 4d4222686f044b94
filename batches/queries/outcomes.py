"""Pain before and after one infusion: which assessments there are, how long after, and what changed.

Not here: scores, windows and changes (`rules.scores`, `rules.outcomes`), and any statistics over patients.
"""

from __future__ import annotations

import dataclasses
from datetime import date, datetime, timedelta
from decimal import Decimal

from batches.models import Batch, InfusionEvent, PainAssessment
from batches.rules.outcomes import Assessed, face_change, pdas_change
from batches.rules.protocol import FollowUpWindow
from batches.rules.scores import Instrument, PdasResult, days_since, pdas, window_of
from lims import clock
from lims.site import zone


@dataclasses.dataclass(frozen=True)
class Outcome:
    """One assessment beside the baseline. `days` are since the infusion, negative before it."""

    row: PainAssessment
    assessed: Assessed
    pdas: PdasResult
    days: int | None
    window: FollowUpWindow | None
    face_change: Decimal | None
    pdas_change: Decimal | None
    is_baseline: bool


def infused_on(batch: Batch) -> date | None:
    """The day of the infusion, in the site's zone; none before its start."""
    start = InfusionEvent.objects.filter(infusion__batch=batch, kind=InfusionEvent.Kind.START).first()
    return start.done_at.astimezone(zone()).date() if start else None


def assessed(row: PainAssessment) -> Assessed:
    """A recorded assessment as the rules read it; an item without a row is missing."""
    by_item = {a.item: a.score for a in row.answers.all()}
    return Assessed(
        Instrument(row.instrument),
        row.instrument_max,
        row.fps_score,
        tuple(by_item.get(item) for item in range(1, 21)),
    )


def baseline_row(batch: Batch) -> PainAssessment | None:
    """The newest assessment before the infusion: the one follow-ups are compared with."""
    rows = batch.pain_assessments.prefetch_related("answers").filter(occasion=PainAssessment.Occasion.BASELINE)
    return rows.order_by("done_at", "id").last()


def outcomes(batch: Batch) -> list[Outcome]:
    """Every assessment in order, each beside the baseline."""
    rows = list(batch.pain_assessments.prefetch_related("answers").order_by("done_at", "id"))
    before = [r for r in rows if r.occasion == PainAssessment.Occasion.BASELINE]
    baseline = assessed(before[-1]) if before else None
    infused = infused_on(batch)
    here = zone()
    windows = [w for w in batch.mbr.process.follow_up if w.asks_scores and w.day > 0]
    found = []
    for row in rows:
        now = assessed(row)
        is_baseline = row.occasion == PainAssessment.Occasion.BASELINE
        days = days_since(infused, row.done_at.astimezone(here).date()) if infused is not None else None
        found.append(
            Outcome(
                row=row,
                assessed=now,
                pdas=pdas(now.answers),
                days=days,
                window=window_of(windows, days) if days is not None else None,
                face_change=None if is_baseline else face_change(baseline, now),
                pdas_change=None if is_baseline else pdas_change(baseline, now),
                is_baseline=is_baseline,
            )
        )
    return found


def primary_window(batch: Batch) -> FollowUpWindow | None:
    """The window that the outcome of the treatment is read in."""
    return next((w for w in batch.mbr.process.follow_up if w.is_primary), None)


def waits_for_primary(batch: Batch) -> bool:
    """Whether the follow-up of the primary window is still to come: not recorded, and its last day not over."""
    window, infused = primary_window(batch), infused_on(batch)
    if window is None or infused is None:
        return False
    here = zone()
    if days_since(infused, clock.now().astimezone(here).date()) > window.last_day:
        return False
    taken = batch.pain_assessments.filter(occasion=PainAssessment.Occasion.FOLLOW_UP).values_list("done_at", flat=True)
    return not any(window.contains(days_since(infused, at.astimezone(here).date())) for at in taken)


def next_visit(batch: Batch, on: date) -> tuple[FollowUpWindow, date] | None:
    """The next visit that asks for scores, with its day, as a worklist shows it; none when all are over."""
    infused = infused_on(batch)
    if infused is None:
        return None
    days = days_since(infused, on)
    for window in sorted(batch.mbr.process.follow_up, key=lambda w: w.day):
        if window.asks_scores and window.day > 0 and window.last_day >= days:
            return window, infused + timedelta(days=window.day)
    return None


def visit_at(on: date) -> datetime:
    """Noon of a visit's day in the site's zone, for a list that sorts by time."""
    return datetime(on.year, on.month, on.day, 12, tzinfo=zone())
