"""Acts at the bedside: identity check, start, pause, resume, stop.

Vital signs with their alarms are in `vitals`, adverse events in `adverse_events`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from batches.commands.bedside import project_infusion
from batches.commands.judging import raise_for, raise_if_late
from batches.commands.scanning import Scans
from batches.commands.stops import stops_on
from batches.commands.streams import advance, batch_stream, locked, require, signed_by
from batches.models import Batch, Equipment, Infusion, InfusionEvent
from batches.queries import infusions as queries
from batches.rules import infusions as rules
from batches.rules.states import INFUSIONS, InfusionState, Stage, move
from batches.rules.times import done_refusals
from batches.rules.vitals import alarms
from lims.accounts.permissions import Permission
from lims.acts import Act
from lims.commands import command
from lims.refusals import Refusal, refuse_if_any
from lims.signatures.meanings import Meaning
from lims.site import zone


@stops_on(rules.MISMATCH)
@command(
    "infusion:check_identity",
    needs=Permission.INFUSE,
    stream=batch_stream,
    signed=signed_by("infusion:check_identity", Meaning.PERFORMED, Meaning.WITNESSED),
)
def check_identity(
    act: Act,
    *,
    batch: Batch,
    scanned_patient: str,
    scanned_coi: str,
    is_name_confirmed: bool,
    is_bag_good: bool,
    weight_kg: Decimal,
    catheter: str,
    pump_code: str = "",
    done_at: datetime | None = None,
    late_reason: str = "",
) -> Infusion:
    """Two people hold wristband, bag and batch against each other. Weight in kg.

    Raises:
        Refused: INF-01 to INF-05 and INF-14 from the batch, INF-20 a code that is not this batch's (a hard stop, which
            leaves a critical deviation), INF-21 to INF-23, INF-24 out of date before the planned end, INF-25 consent
            withdrawn, LOT-*/EQU-* from the pump, TIM-*.
    """
    live = locked(batch)
    require("infusion:check_identity", live)
    at = rules.settled(done_at, act.at)
    bag = queries.bag_of(live)
    scans = Scans(live, at)
    pump = scans.equipment(pump_code, Equipment.Kind.PUMP, field="pump_code") if pump_code.strip() else None
    refuse_if_any(
        [
            *rules.identity_refusals(
                scanned_patient=scanned_patient,
                scanned_coi=scanned_coi,
                patient_code=live.patient.code,
                coi=live.coi,
            ),
            *rules.bedside_refusals(is_name_confirmed=is_name_confirmed, is_bag_good=is_bag_good, weight_kg=weight_kg),
            *_expiry(live, bag, act.at),
            *rules.consent_refusals(queries.consents_missing(live)),
            *scans.refusals,
            *done_refusals(at, act.at, late_reason, after=bag.filled_at),
        ]
    )
    infusion = Infusion(
        batch=live,
        scanned_patient=scanned_patient,
        scanned_coi=scanned_coi,
        is_name_confirmed=is_name_confirmed,
        is_bag_good=is_bag_good,
        weight_kg=weight_kg,
        catheter=catheter,
        pump=pump,
        done_at=at,
        late_reason=late_reason,
    )
    live.due_act, live.due_at = "infusion:start", live.booked_infusion_at or at
    act.add(infusion, live)
    raise_if_late(act, batch=live, row=infusion)
    act.sign(infusion)
    return infusion


@command(
    "infusion:start",
    needs=Permission.INFUSE,
    stream=batch_stream,
    signed=signed_by("infusion:start", Meaning.PERFORMED),
)
def start_infusion(act: Act, *, batch: Batch, done_at: datetime | None = None, late_reason: str = "") -> InfusionEvent:
    """Start the infusion.

    Raises:
        Refused: INF-01 to INF-07 and INF-14 from the batch, INF-24 out of date before the planned end, INF-25 consent
            withdrawn, INF-26 baseline too old, INF-27 baseline beyond an action limit, TIM-*.
    """
    live = locked(batch)
    require("infusion:start", live)
    infusion = live.infusion
    process = live.mbr.process
    seen = queries.readings(infusion)
    baseline = queries.baseline_of(seen)
    assert baseline is not None  # the sequence asks for it
    at = rules.settled(done_at, act.at, after=baseline.taken_at)
    refuse_if_any(
        [
            *_expiry(live, queries.bag_of(live), at),
            *rules.consent_refusals(queries.consents_missing(live)),
            *rules.start_refusals(
                at=at,
                baseline_at=baseline.taken_at,
                within_minutes=process.baseline_within_minutes,
                stops=[a.words for a in alarms(process, baseline, None) if a.stops],
            ),
            *done_refusals(at, act.at, late_reason, after=max(infusion.done_at, baseline.taken_at)),
        ]
    )
    infusion.state = move(INFUSIONS, InfusionState(infusion.state), InfusionState.RUNNING)
    advance(live, Stage.INFUSING)
    event = InfusionEvent(infusion=infusion, kind=rules.START, done_at=at, late_reason=late_reason)
    act.add(event, infusion)
    project_infusion(live, infusion, act.at)
    act.add(live)
    raise_if_late(act, batch=live, row=event)
    act.sign(event)
    return event


@command(
    "infusion:pause",
    needs=Permission.INFUSE,
    stream=batch_stream,
    signed=signed_by("infusion:pause", Meaning.PERFORMED),
)
def pause_infusion(act: Act, *, batch: Batch, done_at: datetime | None = None, late_reason: str = "") -> InfusionEvent:
    """Pause the infusion; the reason is the act's. Raises Refused: INF-10 not running, INF-35 no reason, TIM-*."""
    live = locked(batch)
    require("infusion:pause", live)
    at, refusals = _moment(live, act, done_at, late_reason)
    refuse_if_any([*rules.pause_refusals(act.reason), *refusals])
    return _turn(act, live, InfusionState.PAUSED, rules.PAUSE, at=at, reason=act.reason, late_reason=late_reason)


@command(
    "infusion:resume",
    needs=Permission.INFUSE,
    stream=batch_stream,
    signed=signed_by("infusion:resume", Meaning.PERFORMED),
)
def resume_infusion(act: Act, *, batch: Batch, done_at: datetime | None = None, late_reason: str = "") -> InfusionEvent:
    """Let a paused infusion go on; the reason is the act's.

    Raises:
        Refused: INF-11 not paused, INF-24 out of date before the end, INF-25 consent withdrawn, INF-33 an alarm that
            ends the infusion, INF-34 a forced pause without the physician's reason, TIM-*.
    """
    live = locked(batch)
    require("infusion:resume", live)
    infusion = live.infusion
    process = live.mbr.process
    course = queries.course_of(infusion, act.at)
    raised = queries.alarms_since_start(process, queries.readings(infusion), course.started_at)
    at, refusals = _moment(live, act, done_at, late_reason)
    remaining = max(course.left(queries.planned_of(process)), timedelta())
    bag = queries.bag_of(live)
    refuse_if_any(
        [
            *rules.resume_refusals(
                reason=act.reason,
                stops=list(dict.fromkeys(a.words for a in raised if a.stops)),
                was_forced=queries.is_pause_forced(infusion),
            ),
            *rules.expiry_refusals(bag.expires_at, (at + remaining).astimezone(zone())),
            *rules.consent_refusals(queries.consents_missing(live)),
            *refusals,
        ]
    )
    return _turn(act, live, InfusionState.RUNNING, rules.RESUME, at=at, reason=act.reason, late_reason=late_reason)


@command(
    "infusion:stop", needs=Permission.INFUSE, stream=batch_stream, signed=signed_by("infusion:stop", Meaning.PERFORMED)
)
def stop_infusion(
    act: Act,
    *,
    batch: Batch,
    infused_ml: Decimal,
    done_at: datetime | None = None,
    late_reason: str = "",
) -> InfusionEvent:
    """End the infusion, with the volume infused in mL; the reason is the act's. It can't be started again.

    Too short, too long, too fast or too old a product raises a deviation in the same act.

    Raises:
        Refused: INF-12 not running, INF-30 more than the bag held, INF-31 less than all without a reason, TIM-*.
    """
    live = locked(batch)
    require("infusion:stop", live)
    bag = queries.bag_of(live)
    at, refusals = _moment(live, act, done_at, late_reason)
    refuse_if_any([*rules.stop_refusals(infused_ml=infused_ml, bag_ml=bag.volume_ml, reason=act.reason), *refusals])
    advance(live, Stage.INFUSED)
    event = _turn(
        act,
        live,
        InfusionState.STOPPED,
        rules.STOP,
        at=at,
        reason=act.reason,
        late_reason=late_reason,
        infused_ml=infused_ml,
    )
    raise_for(
        act,
        batch=live,
        source=event,
        at=at,
        step="infusion",
        findings=rules.findings(
            live.mbr.process,
            done=queries.course_of(live.infusion, act.at),
            formulated_at=bag.filled_at,
            infused_ml=infused_ml,
            viable_per_ml=bag.viable_per_ml,
        ),
        comment=act.reason,
    )
    return event


def _expiry(live: Batch, bag: queries.Bag, at: datetime) -> list[Refusal]:
    planned_end = (at + queries.planned_of(live.mbr.process)).astimezone(zone())
    return list(rules.expiry_refusals(bag.expires_at, planned_end))


def _moment(live: Batch, act: Act, done_at: datetime | None, late_reason: str) -> tuple[datetime, list[Refusal]]:
    """When an event happened, never before the one it follows."""
    last = max(e.done_at for e in live.infusion.events.all())
    at = rules.settled(done_at, act.at, after=last)
    return at, list(done_refusals(at, act.at, late_reason, after=last))


def _turn(
    act: Act,
    live: Batch,
    to: InfusionState,
    kind: str,
    *,
    at: datetime,
    reason: str,
    late_reason: str,
    infused_ml: Decimal | None = None,
) -> InfusionEvent:
    """Record one event, move the state and what is due next, and sign the event."""
    infusion = live.infusion
    infusion.state = move(INFUSIONS, InfusionState(infusion.state), to)
    event = InfusionEvent(
        infusion=infusion, kind=kind, reason=reason, infused_ml=infused_ml, done_at=at, late_reason=late_reason
    )
    act.add(event, infusion)
    project_infusion(live, infusion, act.at)
    act.add(live)
    raise_if_late(act, batch=live, row=event)
    act.sign(event)
    return event
