"""Acts about a batch as a whole: issue, booking, early end."""

from __future__ import annotations

from datetime import datetime

from batches.commands.streams import advance, batch_stream, locked, require, require_training
from batches.models import Batch, Patient
from batches.queries.patients import consents_required, effective_process, patient_facts
from batches.rules.identity import chain_of_identity
from batches.rules.patients import issue_refusals, no_process
from batches.rules.states import Stage
from lims.accounts.permissions import Permission
from lims.acts import Act
from lims.commands import command
from lims.ledger.append import open_stream
from lims.numbering import next_number
from lims.refusals import Refusal, Refused, refuse_if_any
from lims.signatures.meanings import Meaning
from lims.site import zone


@command("batch:issue", needs=Permission.ISSUE_BATCHES, stream=None, signed=(Meaning.ISSUED, Meaning.CHECKED))
def issue_batch(act: Act, *, patient: Patient, booked_infusion_at: datetime | None = None) -> Batch:
    """Issue a batch for a patient: number, chain of identity, pinned to the effective master batch record.

    Raises:
        Refused: BAT-01 to BAT-03 from the patient's consents and eligibility, BAT-04 no effective master batch
            record, BAT-05 a booking in the past, TRN-01 and TRN-02 from training.
    """
    mbr = effective_process()
    if mbr is None:
        raise Refused(no_process())
    require_training(mbr)
    refusals = list(issue_refusals(patient_facts(patient), consents_required=consents_required(mbr)))
    if booked_infusion_at is not None and booked_infusion_at <= act.at:
        refusals.append(Refusal("BAT-05", "This time has passed. Book a time to come.", "booked_infusion_at"))
    refuse_if_any(refusals)
    number = next_number(Batch, "number", "B-", digits=4)
    open_stream(act, number)
    batch = Batch(
        number=number,
        coi=_next_code(act.at.astimezone(zone()).year),
        patient=patient,
        mbr=mbr,
        mbr_digest=mbr.digest,
        issued_at=act.at,
        booked_infusion_at=booked_infusion_at,
    )
    act.add(batch)
    act.sign(batch)
    return batch


def _next_code(year: int) -> str:
    """The next chain-of-identity code of a year; the batch number drawn before it holds the lock."""
    issued = Batch.objects.filter(coi__startswith=f"CI-{year % 100:02d}").count()
    return chain_of_identity(year=year, serial=issued + 1)


@command("batch:book", needs=Permission.INFUSE, stream=batch_stream)
def book_infusion(act: Act, *, batch: Batch, booked_infusion_at: datetime) -> Batch:
    """Book the infusion, or move the booking.

    Raises:
        Refused: BAT-05 a time that has passed, BAT-09 and BAT-10 a batch that waits for no infusion.
    """
    live = locked(batch)
    require("batch:book", live)
    if booked_infusion_at <= act.at:
        raise Refused(Refusal("BAT-05", "This time has passed. Book a time to come.", "booked_infusion_at"))
    live.booked_infusion_at = booked_infusion_at
    act.add(live)
    return live


@command("batch:end", needs=Permission.DECIDE_DISPOSITION, stream=batch_stream, signed=(Meaning.APPROVED,))
def end_batch(act: Act, *, batch: Batch) -> Batch:
    """End a batch; the reason is the act's. Raises Refused BAT-06 to BAT-09 and BAT-11, what stands against it."""
    live = locked(batch)
    if not act.reason.strip():
        raise Refused(Refusal("BAT-07", "Say why this batch ends.", "reason"))
    require("batch:end", live)
    advance(live, Stage.ENDED)
    act.add(live)
    act.sign(live)
    return live
