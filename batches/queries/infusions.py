"""What is asked about an infusion: its course, the bag, the readings and their alarms, the figures at its end.

Not here: the arithmetic (`rules.infusions`, `rules.vitals`, `rules.figures`), and what the bedside page draws
(`bedside`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Min

from batches.models import Batch, Consent, Fill, Infusion, InfusionEvent, Vitals
from batches.queries.counts import count_result
from batches.rules.figures import Figure, infusion_figures
from batches.rules.infusions import Course, Happening, course, minutes
from batches.rules.process import Process
from batches.rules.vitals import BASELINE, FIELDS, Alarm, Observed, alarms

# How a pause made by the system, with the reading that called for it, begins its reason.
FORCED = "Paused by the system: "


@dataclasses.dataclass(frozen=True)
class Bag:
    """What hangs at the bedside: the filled product without what was drawn for tests."""

    volume_ml: Decimal
    viable_per_ml: Decimal | None
    filled_at: datetime
    expires_at: datetime

    @property
    def viable_cells(self) -> Decimal | None:
        """Viable cells in the bag."""
        return None if self.viable_per_ml is None else self.viable_per_ml * self.volume_ml


def bag_of(batch: Batch) -> Bag:
    """The bag of a filled batch, its concentration from the count of the fill."""
    fill = Fill.objects.select_related("count").get(batch=batch)
    per_ml = count_result(fill.count, process=batch.mbr.process).viable_per_ml
    return Bag(fill.volume_ml - fill.drawn_ml, per_ml, fill.done_at, fill.expires_at)


def happenings(events: Iterable[InfusionEvent]) -> list[Happening]:
    """Events as the rules read them, in the order they were recorded when two share a time."""
    return [Happening(e.kind, e.done_at) for e in sorted(events, key=lambda e: (e.done_at, e.pk))]


def course_of(infusion: Infusion, now: datetime) -> Course:
    """The course of an infusion as it stands at `now`."""
    return course(happenings(infusion.events.all()), now)


def planned_of(process: Process) -> timedelta:
    """The planned time of an infusion."""
    return timedelta(minutes=float(process.infusion_minutes_planned))


def observed(row: Vitals) -> Observed:
    """A reading as the rules read it."""
    values: dict[str, Decimal | None] = {}
    for field, key in FIELDS.items():
        value = getattr(row, field)
        values[key] = None if value is None else Decimal(value)
    present = {s.symptom: s.grade or 1 for s in row.symptoms.all() if s.is_present}
    return Observed(row.scheduled, row.done_at, values, present)


def readings(infusion: Infusion) -> list[Observed]:
    """Every reading in the order it was taken."""
    rows = infusion.vitals.prefetch_related("symptoms").order_by("done_at", "id")
    return [observed(row) for row in rows]


def baseline_of(seen: Sequence[Observed]) -> Observed | None:
    """The newest baseline; one that grew old is taken again."""
    return next((o for o in reversed(seen) if o.scheduled == BASELINE), None)


def alarms_since_start(process: Process, seen: Sequence[Observed], started_at: datetime | None) -> list[Alarm]:
    """Every alarm of the readings since the start. An alarm that ends the infusion does not go away by itself."""
    if started_at is None:
        return []
    baseline = baseline_of(seen)
    return [
        a for o in seen if o.scheduled != BASELINE and o.taken_at >= started_at for a in alarms(process, o, baseline)
    ]


def is_pause_forced(infusion: Infusion) -> bool:
    """Whether the newest event is a pause that a reading forced."""
    last = max(infusion.events.all(), key=lambda e: (e.done_at, e.pk), default=None)
    return last is not None and last.kind == InfusionEvent.Kind.PAUSE and last.reason.startswith(FORCED)


def consents_missing(batch: Batch) -> list[str]:
    """Names of the consents the process asks for that are withdrawn or were never given."""
    held = set(
        Consent.objects.filter(patient=batch.patient_id, withdrawn_on__isnull=True).values_list("kind", flat=True)
    )
    return [c.name for c in batch.mbr.process.consents if c.key not in held]


def consents_signed_after(batch: Batch, day: date) -> list[tuple[str, date]]:
    """Each consent that holds today but was signed later than `day` only, with the day it was signed."""
    held = Consent.objects.filter(patient=batch.patient_id, withdrawn_on__isnull=True)
    first = dict(held.values_list("kind").annotate(Min("signed_on")))
    return [(c.name, first[c.key]) for c in batch.mbr.process.consents if c.key in first and first[c.key] > day]


@dataclasses.dataclass(frozen=True)
class Given:
    """What an infusion came to: its times, its pauses, what was given of the bag."""

    course: Course
    bag: Bag
    infused_ml: Decimal | None

    @property
    def viable_cells(self) -> Decimal | None:
        """Viable cells given: concentration × volume infused."""
        per_ml = self.bag.viable_per_ml
        return None if per_ml is None or self.infused_ml is None else per_ml * self.infused_ml


def given_of(infusion: Infusion, now: datetime) -> Given:
    """An infusion as it stands; its batch comes with its process."""
    stop = next((e for e in infusion.events.all() if e.kind == InfusionEvent.Kind.STOP), None)
    return Given(course_of(infusion, now), bag_of(infusion.batch), stop.infused_ml if stop else None)


def figures_of(infusion: Infusion, now: datetime) -> list[Figure]:
    """The figures of an ended infusion, as every screen and the printed record show them; none before its end."""
    given = given_of(infusion, now)
    done = given.course
    if done.ended_at is None:
        return []
    return infusion_figures(
        infusion.batch.mbr.process,
        viable_per_ml=given.bag.viable_per_ml,
        bag_volume_ml=given.bag.volume_ml,
        infused_ml=given.infused_ml,
        minutes=done.total_minutes,
        flow_minutes=done.flow_minutes,
        weight_kg=infusion.weight_kg,
        hours_from_formulation=minutes(done.ended_at - given.bag.filled_at) / 60,
    )
