"""Acts: record an adverse event; assess that there was none, or that those recorded are all."""

from __future__ import annotations

from datetime import datetime

from batches.commands.judging import raise_if_late
from batches.commands.streams import batch_stream, locked, require, signed_by
from batches.models import AdverseEvent, AdverseEventCheck, Batch, InfusionEvent
from batches.rules import adverse_events as rules
from batches.rules.infusions import START, settled
from batches.rules.times import done_refusals
from lims.accounts.permissions import Permission
from lims.acts import Act
from lims.commands import command
from lims.refusals import refuse_if_any
from lims.signatures.meanings import Meaning


@command(
    "adverse_event:record",
    needs=Permission.INFUSE,
    stream=batch_stream,
    signed=signed_by("adverse_event:record", Meaning.PERFORMED),
)
def record_adverse_event(
    act: Act,
    *,
    batch: Batch,
    term: str,
    grade: int,
    is_serious: bool,
    relation: str,
    action: str,
    outcome: str = "",
    ended_at: datetime | None = None,
    ctcae_version: str = rules.CTCAE,
    done_at: datetime | None = None,
    late_reason: str = "",
) -> AdverseEvent:
    """Record an adverse event; `done_at` is its onset, so telling it a day later is no deviation of the batch.

    Raises:
        Refused: INF-09 nothing infused, AEV-01 a grade CTCAE does not know, AEV-03 before the infusion, AEV-04 grade 4
            or 5 that is not serious, AEV-05 an impossible end, TIM-*.
    """
    live = locked(batch)
    require("adverse_event:record", live)
    started = InfusionEvent.objects.get(infusion__batch=live, kind=START)
    at = settled(done_at, act.at, after=started.done_at)
    refuse_if_any(
        [
            *rules.event_refusals(
                term=term,
                grade=grade,
                is_serious=is_serious,
                onset_at=at,
                ended_at=ended_at,
                started_at=started.done_at,
                now=act.at,
                symptoms=live.mbr.process.symptoms,
            ),
            *done_refusals(at, act.at, late_reason),
        ]
    )
    event = AdverseEvent(
        batch=live,
        term=term,
        grade=grade,
        ctcae_version=ctcae_version,
        is_serious=is_serious,
        relation=relation,
        action=action,
        outcome=outcome,
        ended_at=ended_at,
        done_at=at,
        late_reason=late_reason,
    )
    act.add(event)
    act.sign(event)
    return event


@command(
    "adverse_event:assess",
    needs=Permission.INFUSE,
    stream=batch_stream,
    signed=signed_by("adverse_event:assess", Meaning.PERFORMED),
)
def assess_adverse_events(
    act: Act,
    *,
    batch: Batch,
    is_none: bool,
    comment: str = "",
    done_at: datetime | None = None,
    late_reason: str = "",
) -> AdverseEventCheck:
    """Say that adverse events were asked for: none, or those recorded.

    Raises:
        Refused: INF-09 nothing infused, INF-15 the infusion goes on, AEV-02 «none» though some are recorded,
            AEV-06 «those recorded» though none is, TIM-*.
    """
    live = locked(batch)
    require("adverse_event:assess", live)
    started = InfusionEvent.objects.get(infusion__batch=live, kind=START)
    at = settled(done_at, act.at, after=started.done_at)
    refuse_if_any(
        [
            *rules.check_refusals(is_none=is_none, events=live.adverse_events.count()),
            *done_refusals(at, act.at, late_reason, after=started.done_at),
        ]
    )
    check = AdverseEventCheck(batch=live, is_none=is_none, comment=comment, done_at=at, late_reason=late_reason)
    act.add(check)
    raise_if_late(act, batch=live, row=check)
    act.sign(check)
    return check
