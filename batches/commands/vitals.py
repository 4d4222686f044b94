"""The act of taking vital signs and asking for symptoms. What it alarms pauses the infusion in the same act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from batches.commands.bedside import project_infusion
from batches.commands.judging import raise_deviation, raise_for, raise_if_late
from batches.commands.streams import batch_stream, locked, require, signed_by
from batches.models import Batch, Deviation, Infusion, InfusionEvent, SymptomAnswer, Vitals
from batches.queries import infusions as queries
from batches.rules import infusions, vitals
from batches.rules.states import INFUSIONS, InfusionState, move
from batches.rules.times import done_refusals
from lims.accounts.permissions import Permission
from lims.acts import Act
from lims.commands import command
from lims.recorded import add_all
from lims.refusals import refuse_if_any
from lims.signatures.meanings import Meaning


@command(
    "infusion:observe",
    needs=Permission.INFUSE,
    stream=batch_stream,
    signed=signed_by("infusion:observe", Meaning.PERFORMED),
)
def record_vitals(
    act: Act,
    *,
    batch: Batch,
    scheduled: str,
    heart_rate: int,
    systolic: int,
    diastolic: int,
    respiratory_rate: int,
    spo2_pct: Decimal,
    answers: Mapping[str, bool | None],
    grades: Mapping[str, int | None],
    temperature_c: Decimal | None = None,
    comment: str = "",
    done_at: datetime | None = None,
    late_reason: str = "",
) -> Vitals:
    """Record one reading: pressures in mmHg, rates per minute, saturation in %, temperature in °C.

    `answers` and `grades` are by symptom. A symptom that pauses, or a value beyond an action limit, pauses a running
    infusion at once and raises a deviation; a missing comment never delays that.

    Raises:
        Refused: INF-08 no identity check, VIT-01 to VIT-09 from time, values and symptoms, TIM-*.
    """
    live = locked(batch)
    require("infusion:observe", live)
    infusion = live.infusion
    process = live.mbr.process
    course = queries.course_of(infusion, act.at)
    taken = dict(infusion.vitals.values_list("scheduled", "done_at"))
    at = infusions.settled(done_at, act.at, after=course.started_at if scheduled != vitals.BASELINE else None)
    values: dict[str, Decimal | int | None] = {
        "heart_rate": heart_rate,
        "systolic": systolic,
        "diastolic": diastolic,
        "respiratory_rate": respiratory_rate,
        "spo2_pct": spo2_pct,
        "temperature_c": temperature_c,
    }
    refuse_if_any(
        [
            *vitals.observation_refusals(
                process,
                scheduled=scheduled,
                done_at=at,
                course=course,
                planned=queries.planned_of(process),
                taken=taken,
                values=values,
                answers=answers,
                grades=grades,
            ),
            *done_refusals(at, act.at, late_reason, after=infusion.done_at),
        ]
    )
    earlier = queries.readings(infusion)
    row = Vitals(
        infusion=infusion,
        scheduled=scheduled,
        heart_rate=heart_rate,
        systolic=systolic,
        diastolic=diastolic,
        respiratory_rate=respiratory_rate,
        spo2_pct=spo2_pct,
        temperature_c=temperature_c,
        comment=comment,
        done_at=at,
        late_reason=late_reason,
    )
    act.add(row)
    add_all(
        SymptomAnswer(vitals=row, symptom=s.code, is_present=bool(answers[s.code]), grade=grades.get(s.code))
        for s in process.symptoms
    )
    raise_if_late(act, batch=live, row=row)
    act.sign(row)
    seen = queries.observed(row)
    baseline = None if scheduled == vitals.BASELINE else queries.baseline_of(earlier)
    raised = vitals.alarms(process, seen, baseline)
    # A new baseline stands alone: it is what later readings are compared with.
    before = vitals.alarms(process, earlier[-1], queries.baseline_of(earlier)) if earlier and baseline else []
    fresh = vitals.new_alarms(raised, before)
    if course.is_flowing and raised:
        _pause(act, infusion, raised)
    _raise_deviations(act, live, row, fresh, seen, baseline, comment)
    project_infusion(live, infusion, act.at)
    act.add(live)
    return row


def _pause(act: Act, infusion: Infusion, raised: Sequence[vitals.Alarm]) -> None:
    """The flow ends when the alarm is recorded, not when the reading was due."""
    infusion.state = move(INFUSIONS, InfusionState(infusion.state), InfusionState.PAUSED)
    reason = queries.FORCED + "; ".join(a.words for a in raised)
    event = InfusionEvent(infusion=infusion, kind=infusions.PAUSE, reason=reason, done_at=act.at)
    act.add(event, infusion)
    act.sign(event)


def _raise_deviations(
    act: Act,
    live: Batch,
    row: Vitals,
    fresh: Sequence[vitals.Alarm],
    seen: vitals.Observed,
    baseline: vitals.Observed | None,
    comment: str,
) -> None:
    keys = {a.key for a in fresh}
    found = [f for f in vitals.vital_findings(live.mbr.process, seen, baseline) if f.limit.key in keys]
    raise_for(act, batch=live, source=row, at=row.done_at, step="infusion", findings=found, comment=comment)
    for alarm in fresh:
        if alarm.grade is None:
            continue
        raise_deviation(
            act,
            batch=live,
            at=row.done_at,
            title=f"{alarm.words}, infusion",
            description=comment.strip() or f"{alarm.words} at a reading of the infusion.",
            limit=f"symptom_{alarm.key}",
            source=row,
            severity=Deviation.Severity.CRITICAL if alarm.stops else Deviation.Severity.MAJOR,
        )
