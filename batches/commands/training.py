"""Acts about training, in the stream of the site. Not here: that every act in a batch asks for it (streams.py)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from batches.models import MasterBatchRecord, TrainingRecord
from batches.rules.training import record_refusals, withdrawal_refusals
from lims.accounts.models import User
from lims.accounts.permissions import Permission
from lims.acts import Act
from lims.commands import command
from lims.refusals import refuse_if_any
from lims.signatures.meanings import Meaning
from lims.site import zone


@command("training:record", needs=Permission.MANAGE_TRAINING, signed=(Meaning.APPROVED,))
def record_training(
    act: Act,
    *,
    people: Collection[User],
    mbr: MasterBatchRecord,
    trained_on: date,
    trainer: User,
    valid_until: date | None = None,
    note: str = "",
) -> list[TrainingRecord]:
    """Record that people were trained for a version, each by a row of its own that whoever acts approves.

    Raises:
        Refused: TRN-03 to TRN-07.
    """
    refuse_if_any(
        record_refusals(
            people=people,
            approver=act.actor,
            trainer=trainer,
            trained_on=trained_on,
            valid_until=valid_until,
            today=act.at.astimezone(zone()).date(),
        )
    )
    rows = [
        TrainingRecord(
            person=person,
            mbr=mbr,
            trained_on=trained_on,
            valid_until=valid_until,
            trainer=trainer,
            note=note.strip(),
            recorded_at=act.at,
        )
        for person in people
    ]
    act.add(*rows)
    for row in rows:
        act.sign(row)
    return rows


@command("training:withdraw", needs=Permission.MANAGE_TRAINING, signed=(Meaning.APPROVED,))
def withdraw_training(act: Act, *, record: TrainingRecord) -> TrainingRecord:
    """Withdraw a training: from now on it covers nothing. What was done under it stays covered.

    Raises:
        Refused: TRN-08 no reason, TRN-09 withdrawn already.
    """
    live = TrainingRecord.objects.get(pk=record.pk)
    refuse_if_any(withdrawal_refusals(is_withdrawn=live.withdrawn_at is not None, reason=act.reason))
    live.withdrawn_at = act.at
    act.add(live)
    act.sign(live)
    return live
