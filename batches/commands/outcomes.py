"""Acts: pain before the infusion, and at the visits after it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from batches.commands.bedside import project_follow_up
from batches.commands.judging import raise_if_late
from batches.commands.streams import batch_stream, locked, require, signed_by
from batches.models import Batch, InfusionEvent, PainAssessment, PdasAnswer
from batches.rules import outcomes as rules
from batches.rules.infusions import STOP
from batches.rules.times import done_refusals
from lims.accounts.permissions import Permission
from lims.acts import Act
from lims.commands import command
from lims.recorded import add_all
from lims.refusals import Refusal, refuse_if_any
from lims.signatures.meanings import Meaning


@command(
    "baseline:record",
    needs=Permission.RECORD_OUTCOMES,
    stream=batch_stream,
    signed=signed_by("baseline:record", Meaning.PERFORMED),
)
def record_baseline(
    act: Act,
    *,
    batch: Batch,
    instrument: str,
    fps_score: int,
    answers: Sequence[int | None],
    rater: str,
    done_at: datetime,
    instrument_max: int | None = None,
    medication_change: str = "",
    comment: str = "",
    late_reason: str = "",
) -> PainAssessment:
    """Record pain before the infusion: face scale score with its coding, and 20 answers, None for a missing one.

    Raises:
        Refused: FUP-02 the infusion has begun, PAI-01 a score the scale does not have, PAI-02 no highest score, PAI-03
            an answer outside 0 to 3, TIM-*.
    """
    live = locked(batch)
    require("baseline:record", live)
    refuse_if_any(
        [
            *_refusals(instrument, instrument_max, fps_score, answers),
            *done_refusals(done_at, act.at, late_reason, after=live.patient.enrolled_at),
        ]
    )
    row = PainAssessment(
        batch=live,
        occasion=PainAssessment.Occasion.BASELINE,
        instrument=instrument,
        instrument_max=instrument_max,
        fps_score=fps_score,
        rater=rater,
        medication_change=medication_change,
        comment=comment,
        done_at=done_at,
        late_reason=late_reason,
    )
    return _add(act, row, answers)


@command(
    "follow_up:record",
    needs=Permission.RECORD_OUTCOMES,
    stream=batch_stream,
    signed=signed_by("follow_up:record", Meaning.PERFORMED),
)
def record_follow_up(
    act: Act,
    *,
    batch: Batch,
    instrument: str,
    fps_score: int,
    answers: Sequence[int | None],
    rater: str,
    done_at: datetime,
    instrument_max: int | None = None,
    medication_change: str = "",
    comment: str = "",
    late_reason: str = "",
) -> PainAssessment:
    """Record pain at a visit after the infusion. Out of window is flagged where it is shown, never refused.

    Raises:
        Refused: FUP-01 not infused, PAI-01 to PAI-03 as before the infusion, TIM-*.
    """
    live = locked(batch)
    require("follow_up:record", live)
    stopped = InfusionEvent.objects.get(infusion__batch=live, kind=STOP)
    refuse_if_any(
        [
            *_refusals(instrument, instrument_max, fps_score, answers),
            *done_refusals(done_at, act.at, late_reason, after=stopped.done_at),
        ]
    )
    row = PainAssessment(
        batch=live,
        occasion=PainAssessment.Occasion.FOLLOW_UP,
        instrument=instrument,
        instrument_max=instrument_max,
        fps_score=fps_score,
        rater=rater,
        medication_change=medication_change,
        comment=comment,
        done_at=done_at,
        late_reason=late_reason,
    )
    made = _add(act, row, answers)
    project_follow_up(live, act.at)
    act.add(live)
    return made


def _refusals(
    instrument: str, instrument_max: int | None, fps_score: int, answers: Sequence[int | None]
) -> list[Refusal]:
    return [
        *rules.score_refusals(instrument=instrument, highest=instrument_max, score=fps_score),
        *rules.answer_refusals(answers),
    ]


def _add(act: Act, row: PainAssessment, answers: Sequence[int | None]) -> PainAssessment:
    act.add(row)
    add_all(PdasAnswer(assessment=row, item=item, score=score) for item, score in enumerate(answers, 1))
    raise_if_late(act, batch=row.batch, row=row)
    act.sign(row)
    return row
