"""What the bedside page shows at one moment: the clock, the bag, every reading with its verdict, what comes next.

Not here: the rules behind it (`rules.infusions`, `rules.vitals`), and how it is drawn (the view and its templates).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from batches.models import Batch, Infusion, Vitals
from batches.queries import infusions as queries
from batches.queries.infusions import Bag
from batches.rules.dose import cells_per_kg
from batches.rules.infusions import Course
from batches.rules.limits import Verdict
from batches.rules.process import Process
from batches.rules.states import InfusionState
from batches.rules.vitals import (
    BASELINE,
    EXTRA,
    FIELDS,
    Alarm,
    Due,
    Observed,
    alarms,
    asked_now,
    schedule,
    vital_findings,
)
from batches.rules.wording import MINUS, Phrase, cells, number, quantity


@dataclasses.dataclass(frozen=True)
class Cell:
    """One value of a reading as the table shows it."""

    text: str
    verdict: Verdict


@dataclasses.dataclass(frozen=True)
class ReadingRow:
    """One line of the table: a time of the schedule, or an extra reading. `tone` is ok, alert, action, now, pending."""

    name: str
    at: datetime | None
    tone: str
    words: str
    cells: tuple[Cell, ...] = ()
    symptoms: tuple[str, ...] = ()
    is_taken: bool = False
    pk: int | None = None


@dataclasses.dataclass(frozen=True)
class Coming:
    """What is to be done next, and when."""

    at: datetime
    words: str


@dataclasses.dataclass(frozen=True)
class Warning_:
    """Something a person at the bedside must act on now."""

    tone: str
    title: str
    text: str


@dataclasses.dataclass(frozen=True)
class Bedside:
    """Everything the page shows, but its forms."""

    batch: Batch
    infusion: Infusion
    process: Process
    state: InfusionState
    now: datetime
    course: Course
    planned: timedelta
    bag: Bag
    dues: tuple[Due, ...]
    rows: tuple[ReadingRow, ...]
    coming: Coming | None
    warnings: tuple[Warning_, ...]
    asked: Due | None
    stops: tuple[str, ...]
    is_forced: bool

    @property
    def planned_end(self) -> datetime:
        """When the infusion ends if it flows on from now."""
        return self.course.planned_end(self.planned)

    @property
    def planned_ml(self) -> Decimal:
        """What has flowed by now at the planned rate, in mL."""
        share = min(Decimal(self.course.flowed // timedelta(seconds=1)) / _seconds(self.planned), Decimal(1))
        return self.bag.volume_ml * share

    @property
    def rate_ml_min(self) -> Decimal:
        """Planned rate in mL/min."""
        return self.bag.volume_ml / self.process.infusion_minutes_planned

    @property
    def dose_words(self) -> str:
        """Viable cells in the bag."""
        return cells(self.bag.viable_cells) if self.bag.viable_cells is not None else "–"

    @property
    def per_kg_words(self) -> str:
        """Viable cells for each kg of today's weight."""
        value = cells_per_kg(self.bag.viable_cells, self.infusion.weight_kg)
        return cells(value) if value is not None else "–"


def bedside_of(batch: Batch, now: datetime) -> Bedside:
    """The bedside of a batch whose identity is checked. A handful of queries, however many readings there are."""
    infusion = Infusion.objects.select_related("pump").prefetch_related("events", "vitals__symptoms").get(batch=batch)
    process = batch.mbr.process
    course = queries.course_of(infusion, now)
    planned = queries.planned_of(process)
    taken = list(infusion.vitals.all())
    seen = [queries.observed(v) for v in taken]
    dues = tuple(schedule(process, course, planned, {v.scheduled: v.done_at for v in taken}, now))
    raised = queries.alarms_since_start(process, seen, course.started_at)
    stops = tuple(dict.fromkeys(a.words for a in raised if a.stops))
    state = InfusionState(infusion.state)
    is_forced = queries.is_pause_forced(infusion)
    return Bedside(
        batch=batch,
        infusion=infusion,
        process=process,
        state=state,
        now=now,
        course=course,
        planned=planned,
        bag=queries.bag_of(batch),
        dues=dues,
        rows=tuple(_rows(process, taken, seen, dues, now)),
        coming=_coming(process, course, dues, now),
        warnings=tuple(_warnings(state, dues, stops, is_forced, raised)),
        asked=_asked(state, taken, dues, now),
        stops=stops,
        is_forced=is_forced,
    )


def _asked(state: InfusionState, taken: Sequence[Vitals], dues: Sequence[Due], now: datetime) -> Due | None:
    """The reading to ask for; before the start the baseline, again when it has been taken once."""
    if state is InfusionState.CHECKED:
        return next((d for d in dues if d.time.key == BASELINE), None)
    return asked_now(dues, now)


def _rows(
    process: Process, taken: Sequence[Vitals], seen: Sequence[Observed], dues: Sequence[Due], now: datetime
) -> Iterator[ReadingRow]:
    """Readings in the order of time, then what is still to come."""
    names = {d.time.key: _short(d) for d in dues} | {EXTRA: _("Extra")}
    baseline = queries.baseline_of(seen)
    lates = {d.time.key for d in dues if d.state == "late"}
    for row, reading in zip(taken, seen, strict=True):
        yield _taken(process, row, reading, baseline, names.get(row.scheduled, row.scheduled), row.scheduled in lates)
    for due in dues:
        name = names[due.time.key]
        if due.state in ("taken", "late"):
            continue
        if due.state == "left_out":
            yield ReadingRow(name, due.due_at, "pending", _("left out"))
        elif due.state == "overdue":
            yield ReadingRow(name, due.due_at, "alert", _("overdue"))
        else:
            yield ReadingRow(name, due.due_at, *(("now", _until(due, now)) if due.is_next else ("pending", "")))


def _taken(
    process: Process, row: Vitals, reading: Observed, baseline: Observed | None, name: str, is_late: bool
) -> ReadingRow:
    compared = None if reading.scheduled == BASELINE else baseline
    verdicts = {f.limit.key: f.verdict for f in vital_findings(process, reading, compared)}

    def cell(text: str, *fields: str) -> Cell:
        found = {verdicts.get(FIELDS[field], Verdict.NOT_JUDGED) for field in fields}
        return Cell(text, _gravest(found))

    shown = (
        cell(f"{row.systolic}/{row.diastolic}", "systolic", "diastolic"),
        cell(str(row.heart_rate), "heart_rate"),
        cell(str(row.respiratory_rate), "respiratory_rate"),
        cell(number(row.spo2_pct, 0), "spo2_pct"),
        cell(number(row.temperature_c, 1) if row.temperature_c is not None else "–", "temperature_c"),
    )
    known = {s.code: s.name for s in process.symptoms}
    there = tuple(
        _("%(symptom)s, grade %(grade)s") % {"symptom": known.get(code, code), "grade": grade}
        for code, grade in reading.present.items()
    )
    worst = _gravest({c.verdict for c in shown})
    if worst is not Verdict.ACTION and any(True for _a in alarms(process, reading, compared)):
        worst = Verdict.ACTION
    tone = {Verdict.ACTION: "action", Verdict.ALERT: "alert"}.get(worst, "ok")
    if there and tone == "ok":
        tone = "alert"
    words = _("late") if is_late else ""
    return ReadingRow(name, row.done_at, tone, words, shown, there, is_taken=True, pk=row.pk)


def _short(due: Due) -> str:
    """A time of the schedule as narrow as the table: `+15 min` for one after the end."""
    time = due.time
    return f"+{quantity(Decimal(time.minutes), 'min')}" if time.after == "end" and time.minutes else time.name


def _until(due: Due, now: datetime) -> str:
    """How long a reading has still time: `in 3 min`."""
    if due.due_at is None:
        return _("before the start")
    left = (due.due_at - now).total_seconds()
    return _("in %(time)s") % {"time": quantity(Decimal(int(left // 60) + 1), "min")} if left > 0 else _("now")


def _gravest(verdicts: set[Verdict]) -> Verdict:
    return next((v for v in (Verdict.ACTION, Verdict.ALERT) if v in verdicts), Verdict.WITHIN)


def _coming(process: Process, course: Course, dues: Sequence[Due], now: datetime) -> Coming | None:
    """The next reading or the next mixing of the bag, both in one line when they fall together."""
    due = next((d for d in dues if d.is_next and d.due_at is not None), None)
    times: list[tuple[datetime, str]] = []
    if due is not None and due.due_at is not None and (due.time.after != "end" or course.ended_at is not None):
        times.append((due.due_at, _("vital signs")))
    if course.is_flowing and course.started_at is not None and process.mix_every_minutes > 0:
        every = timedelta(minutes=process.mix_every_minutes)
        mixed = course.started_at + every * ((now - course.started_at) // every + 1)
        if mixed < course.planned_end(queries.planned_of(process)):
            times.append((mixed, _("mix the bag")))
    if not times:
        return None
    at = min(time for time, _words in times)
    together = [words for time, words in times if time - at < timedelta(minutes=1)]
    said = ", ".join(together)
    return Coming(at, said[:1].upper() + said[1:])


def _warnings(
    state: InfusionState, dues: Sequence[Due], stops: Sequence[str], is_forced: bool, raised: Sequence[Alarm]
) -> Iterator[Warning_]:
    under_way = state in (InfusionState.RUNNING, InfusionState.PAUSED)
    if under_way and stops:
        yield Warning_(
            "action",
            _("Stop the infusion: %(what)s") % {"what": "; ".join(stops)},
            _("It is not resumed. Call the physician, then stop it and record what was infused."),
        )
    elif state is InfusionState.PAUSED and is_forced:
        words = "; ".join(dict.fromkeys(a.words for a in raised[-3:]))
        yield Warning_(
            "action",
            _("Paused by the system: %(what)s") % {"what": words},
            _("Call the physician. Resume with the physician's reason, or stop."),
        )
    overdue = [d for d in dues if d.state == "overdue"]
    if overdue:
        yield Warning_(
            "alert",
            _("Overdue: the vital signs of %(times)s") % {"times": ", ".join(f"«{_short(d)}»" for d in overdue)},
            _("Take them now. What was taken in time is recorded with its own time and the reason it is late."),
        )


def stop_words(process: Process) -> list[str]:
    """What ends an infusion, as the line above the buttons says it: `SpO₂ below 90 %`."""
    found = []
    for vital in process.vitals:
        limit = vital.limit
        label = lowered(limit.label)
        if limit.action_below is not None:
            found.append(Phrase("{label} is below {edge}", label=label, edge=quantity(limit.action_below, limit.unit)))
        if limit.action_above is not None:
            found.append(Phrase("{label} is above {edge}", label=label, edge=quantity(limit.action_above, limit.unit)))
    return [str(f) for f in found]


def pause_words(process: Process) -> list[str]:
    """The symptoms that pause an infusion."""
    return [lowered(s.name) for s in process.symptoms if s.pauses]


def lowered(name: str) -> str:
    """A name inside a sentence."""
    return name[:1].lower() + name[1:]


def left_words(left: timedelta) -> str:
    """Minutes and seconds left, with a minus once the planned time is over: `18:24`."""
    seconds = int(abs(left).total_seconds())
    sign = MINUS if left < timedelta() and seconds else ""
    return f"{sign}{seconds // 60}:{seconds % 60:02d}"


def _seconds(span: timedelta) -> Decimal:
    return Decimal(span // timedelta(seconds=1)) or Decimal(1)
