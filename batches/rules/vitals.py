"""Vital signs and symptoms during an infusion: when they are due, what may be recorded, and what they alarm.

Here: the schedule, refusals, and the alarms that pause or end an infusion. Not here: the limits and the schedule
itself, which the master batch record holds, and the state of the infusion (`infusions`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from batches.rules.infusions import Course
from batches.rules.judging import Finding
from batches.rules.limits import Verdict
from batches.rules.process import Process
from batches.rules.protocol import Symptom, Vital, VitalsTime
from batches.rules.wording import Phrase, gettext_noop, quantity
from lims.refusals import Refusal

BASELINE = "baseline"
EXTRA = "extra"
# Nobody takes vital signs on the second: this long before its time a reading belongs to it.
EARLY = timedelta(minutes=3)

# The vital signs of a master batch record, by the field they are typed in.
FIELDS: Mapping[str, str] = {
    "systolic": "systolic_mmhg",
    "diastolic": "diastolic_mmhg",
    "heart_rate": "pulse_per_min",
    "respiratory_rate": "respiration_per_min",
    "spo2_pct": "spo2_pct",
    "temperature_c": "temperature_c",
}
# Beyond these a number was mistyped; what is dangerous, but true, is a matter of limits.
_POSSIBLE: Mapping[str, tuple[int, int]] = {
    "systolic": (30, 300),
    "diastolic": (10, 200),
    "heart_rate": (20, 300),
    "respiratory_rate": (1, 80),
    "spo2_pct": (30, 100),
    "temperature_c": (30, 44),
}

State = Literal["taken", "late", "overdue", "later", "left_out"]


@dataclasses.dataclass(frozen=True)
class Observed:
    """One reading: values by their key in the master batch record, symptoms that were there with their grade."""

    scheduled: str
    taken_at: datetime
    values: Mapping[str, Decimal | None]
    present: Mapping[str, int]


@dataclasses.dataclass(frozen=True)
class Due:
    """One time of the schedule. `due_at` moves while the infusion is paused, for times after its end."""

    time: VitalsTime
    due_at: datetime | None
    state: State
    is_next: bool = False


@dataclasses.dataclass(frozen=True)
class VitalFinding(Finding):
    """A vital sign against its limit and against the patient's own baseline."""

    vital: Vital | None = None
    baseline: Decimal | None = None

    @property
    def verdict(self) -> Verdict:
        """The graver of the value and its change."""
        assert self.vital is not None
        value = Decimal(self.value) if self.value is not None else None
        return self.vital.verdict(value, self.baseline)

    @property
    def sentence(self) -> str:
        """`Oxygen saturation 92 %, baseline 98 %: alert below 94 %, action below 90 %`."""
        limit = self.limit
        shown = quantity(Decimal(self.value), limit.unit, limit.decimals) if self.value is not None else "–"
        words = f"{limit.label} {shown}"
        if self.baseline is not None and limit.verdict(self.value) is not self.verdict:
            words += f", baseline {quantity(self.baseline, limit.unit, limit.decimals)}"
        return f"{words}: {limit.text}" if limit.text else words


@dataclasses.dataclass(frozen=True)
class Alarm:
    """Something that pauses an infusion, or ends it. `key` is the symptom or the vital sign."""

    key: str
    words: str
    stops: bool
    grade: int | None = None


def schedule(
    process: Process, course: Course, planned: timedelta, taken: Mapping[str, datetime], now: datetime
) -> list[Due]:
    """Every time of the schedule with its state; the first that is still to come is the next one."""
    late = timedelta(minutes=process.vitals_late_after_minutes)
    found: list[Due] = []
    for time in process.vitals_schedule:
        due_at = due_time(time, course, planned)
        state: State
        if time.key in taken:
            state = "late" if due_at is not None and taken[time.key] > due_at + late else "taken"
        elif time.after == "before":
            state = "left_out" if course.started_at is not None else "later"
        elif time.after == "start" and course.ended_at is not None and due_at is not None and due_at > course.ended_at:
            state = "left_out"
        elif due_at is None or now <= due_at + late or (time.after == "end" and course.ended_at is None):
            state = "later"
        else:
            state = "overdue"
        found.append(Due(time, due_at, state))
    first = next((i for i, due in enumerate(found) if due.state == "later"), None)
    return [dataclasses.replace(due, is_next=i == first) for i, due in enumerate(found)]


def due_time(time: VitalsTime, course: Course, planned: timedelta) -> datetime | None:
    """When a reading is due; unknown before the start, and for the baseline."""
    if course.started_at is None or time.after == "before":
        return None
    begins = course.started_at if time.after == "start" else course.planned_end(planned)
    return begins + timedelta(minutes=time.minutes)


def asked_now(dues: Sequence[Due], now: datetime) -> Due | None:
    """The reading to ask for: the newest that is due and not taken, or else the next one."""
    reached = [d for d in dues if d.state in ("overdue", "later") and d.due_at is not None and d.due_at <= now + EARLY]
    if reached:
        return reached[-1]
    return next((d for d in dues if d.is_next), None)


def observation_refusals(
    process: Process,
    *,
    scheduled: str,
    done_at: datetime,
    course: Course,
    planned: timedelta,
    taken: Mapping[str, datetime],
    values: Mapping[str, Decimal | int | None],
    answers: Mapping[str, bool | None],
    grades: Mapping[str, int | None],
) -> Iterator[Refusal]:
    """VIT-01 to VIT-03 the time, VIT-04 and VIT-05 the values, VIT-06 to VIT-09 the symptoms; all at once.

    `values` are by the field they are typed in, `answers` and `grades` by symptom. Blank is not «no».
    """
    time = next((t for t in process.vitals_schedule if t.key == scheduled), None)
    if time is None and scheduled != EXTRA:
        yield Refusal("VIT-01", "This time is not on the schedule. Choose one that is.", "scheduled")
    elif time is not None:
        yield from _time_refusals(time, done_at=done_at, course=course, planned=planned, taken=taken)
    yield from _value_refusals(values, asks_temperature=time is not None and time.with_temperature)
    for symptom in process.symptoms:
        yield from _symptom_refusals(symptom, answers.get(symptom.code), grades.get(symptom.code))


def _time_refusals(
    time: VitalsTime, *, done_at: datetime, course: Course, planned: timedelta, taken: Mapping[str, datetime]
) -> Iterator[Refusal]:
    if time.after == "before":
        if course.started_at is not None:
            yield Refusal(
                "VIT-03", "The infusion has begun: baseline comes before it. Choose another time.", "scheduled"
            )
        return
    if time.key in taken:
        yield Refusal(
            "VIT-02",
            "{name} is recorded already. Choose another time, or an extra reading.",
            "scheduled",
            {"name": time.name},
        )
    due_at = due_time(time, course, planned)
    if due_at is None or (time.after == "end" and course.ended_at is None) or done_at < due_at - EARLY:
        yield Refusal(
            "VIT-03", "{name} has not come yet. Record an extra reading instead.", "scheduled", {"name": time.name}
        )


def _value_refusals(values: Mapping[str, Decimal | int | None], *, asks_temperature: bool) -> Iterator[Refusal]:
    for field, (low, high) in _POSSIBLE.items():
        value = values.get(field)
        if value is None:
            if field != "temperature_c":
                yield Refusal("VIT-04", "Not measured. Measure it and enter it.", field)
            elif asks_temperature:
                yield Refusal("VIT-04", "The temperature is due at this time. Measure it and enter it.", field)
        elif not low <= value <= high:
            yield Refusal(
                "VIT-05",
                "{value} can't be true; {low} to {high} can. Check what you typed.",
                field,
                {"value": value, "low": low, "high": high},
            )
    systolic, diastolic = values.get("systolic"), values.get("diastolic")
    if systolic is not None and diastolic is not None and diastolic >= systolic:
        yield Refusal("VIT-05", "The lower pressure is not below the upper one. Check both.", "diastolic")


def _symptom_refusals(symptom: Symptom, is_present: bool | None, grade: int | None) -> Iterator[Refusal]:
    field, grade_field = symptom_field(symptom.code), grade_field_of(symptom.code)
    if is_present is None:
        yield Refusal("VIT-06", "{symptom} is not answered. Ask the patient.", field, {"symptom": symptom.name})
    elif is_present and grade is None:
        yield Refusal("VIT-07", "{symptom} is there. Choose its grade.", grade_field, {"symptom": symptom.name})
    elif is_present and grade not in symptom.grades:
        yield Refusal(
            "VIT-08",
            "CTCAE knows no grade {grade} of {symptom}. Choose one of those offered.",
            grade_field,
            {"grade": grade, "symptom": symptom.name},
        )
    elif not is_present and grade is not None:
        yield Refusal(
            "VIT-09",
            "{symptom} has a grade, but is answered no. Correct one of them.",
            grade_field,
            {"symptom": symptom.name},
        )


def symptom_field(code: str) -> str:
    """The form field that asks for a symptom."""
    return f"symptom_{code}"


def grade_field_of(code: str) -> str:
    """The form field of a symptom's grade."""
    return f"grade_{code}"


def vital_findings(process: Process, seen: Observed, baseline: Observed | None) -> list[VitalFinding]:
    """Each value measured, against its limit and the baseline."""
    return [
        VitalFinding(
            vital.limit, seen.values[vital.key], vital, baseline.values.get(vital.key) if baseline is not None else None
        )
        for vital in process.vitals
        if seen.values.get(vital.key) is not None
    ]


def alarms(process: Process, seen: Observed, baseline: Observed | None) -> list[Alarm]:
    """What pauses or ends the infusion: symptoms that do, and vital signs beyond an action limit, which end it."""
    found = []
    for symptom in process.symptoms:
        grade = seen.present.get(symptom.code)
        if grade is None:
            continue
        stops = symptom.stops_from_grade is not None and grade >= symptom.stops_from_grade
        if stops or symptom.pauses:
            words = Phrase(gettext_noop("{symptom}, grade {grade}"), symptom=symptom.name, grade=grade)
            found.append(Alarm(symptom.code, words, stops, grade))
    for finding in vital_findings(process, seen, baseline):
        if finding.verdict is Verdict.ACTION:
            found.append(Alarm(finding.limit.key, finding.sentence, stops=True))
    return found


def new_alarms(now: Sequence[Alarm], before: Sequence[Alarm]) -> list[Alarm]:
    """Alarms that the reading before did not have, or had with a lower grade: told once, not at every reading."""
    known = {(a.key, a.stops, a.grade) for a in before}
    return [a for a in now if (a.key, a.stops, a.grade) not in known]
