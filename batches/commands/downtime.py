"""Acts about downtime forms: issue a pad of them, transcribe one, void one. Not here: the acts a form is entered by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.conf import settings

from batches.commands.attachments import Upload, attach, checked
from batches.commands.streams import batch_stream, locked, require_training
from batches.models import Batch, DowntimeForm, FormTranscription, MasterBatchRecord, TranscribedAct
from batches.queries.downtime import done_by, is_named_by_an_entry, issued_together
from batches.record.downtime import Sheet, together, write
from batches.rules import downtime as rules
from batches.rules.attachments import PHOTOS, FileKind
from batches.rules.downtime import ActFacts, FormStep
from batches.rules.states import FORMS, FormState, Stage, move
from lims.accounts.models import User
from lims.accounts.permissions import Permission
from lims.acts import Act
from lims.commands import command
from lims.files import is_whole, keep, path_of
from lims.ledger.models import SITE_STREAM, Entry
from lims.numbering import next_number
from lims.pdf.styles import PAPERS
from lims.recorded import add_all
from lims.refusals import refuse_if_any
from lims.signatures.meanings import Meaning
from lims.site import site, zone

SCANS = PHOTOS | {FileKind.PDF}


def form_stream(inputs: Mapping[str, Any]) -> str:
    """The stream of the batch a form is issued for; the site's for a blank one."""
    batch: Batch | None = inputs["form"].batch if "form" in inputs else inputs.get("batch")
    return batch.stream if batch is not None else SITE_STREAM


@command("form:issue", needs=Permission.ISSUE_FORMS, stream=form_stream)
def issue_forms(
    act: Act,
    *,
    step: FormStep,
    mbr: MasterBatchRecord,
    issued_to: User,
    number: int = 1,
    batch: Batch | None = None,
) -> list[DowntimeForm]:
    """Issue a pad of `number` forms for a step, each numbered and kept as a file; for a batch, or blank.

    Forms for a batch are of the version it is pinned to, whatever `mbr` says.

    Raises:
        Refused: FRM-01 none or too many, FRM-02 the batch has ended, TRN-*.
    """
    live = locked(batch) if batch is not None else None
    refuse_if_any(rules.issue_refusals(number=number, is_ended=live is not None and live.stage == Stage.ENDED))
    version = live.mbr if live is not None else mbr
    if live is None:
        require_training(version)
    first = int(next_number(DowntimeForm, "number", "F-", digits=6).removeprefix("F-"))
    numbers = [f"F-{first + index:06d}" for index in range(number)]
    made = []
    for each in numbers:
        content, pages = write(_sheet(act, each, step, version, issued_to, live), paper=PAPERS[settings.PAPER])
        digest, _size = keep([content])
        made.append(
            DowntimeForm(
                number=each,
                pad=numbers[0],
                step=step,
                mbr=version,
                batch=live,
                issued_to=issued_to,
                issued_at=act.at,
                pages=pages,
                sha256=digest,
            )
        )
    act.notes |= {"forms": numbers[0] if number == 1 else f"{numbers[0]} to {numbers[-1]}"}
    return add_all(made)


@command(
    "form:transcribe",
    needs=Permission.TRANSCRIBE_FORMS,
    stream=batch_stream,
    signed=(Meaning.TRANSCRIBED, Meaning.CHECKED),
)
def transcribe_form(
    act: Act, *, batch: Batch, form: DowntimeForm, acts: Sequence[UUID], scan: Upload | None
) -> FormTranscription:
    """Say that a form's sheet was entered by these acts, with the sheet itself; a second person compared both.

    Raises:
        Refused: FRM-03 transcribed or void, FRM-04 issued for another batch, FRM-05 no act, FRM-06 an act that was not
            recorded from it, FRM-07 no scan, FRM-11 an act done before the form was issued, FRM-12 the file of an empty
            form as the scan, ATT-*, TRN-*.
    """
    live = locked(batch)
    row = _live(form)
    file, found = checked(scan, accepted=SCANS, field="scan")
    facts = _acts(acts)
    refuse_if_any(
        [
            *rules.open_refusals(FormState(row.state)),
            *rules.batch_refusals(issued_for=row.batch.number if row.batch else None, batch=live.number),
            *rules.acts_refusals(FormStep(row.step), facts, stream=live.stream, issued_at=row.issued_at),
            *rules.scan_refusals(is_there=scan is not None, is_blank=file is not None and _is_blank(file.upload, row)),
            *found,
        ]
    )
    assert file is not None  # refused above
    row.state = move(FORMS, FormState(row.state), FormState.TRANSCRIBED)
    transcription = FormTranscription(form=row, batch=live)
    act.add(row, transcription)
    add_all(TranscribedAct(transcription=transcription, recorded_in_id=pk) for pk in acts)
    attach(act, file, batch=live, transcription=transcription)
    act.notes |= {"form": row.number}
    act.sign(transcription)
    return transcription


@command("form:void", needs=Permission.ISSUE_FORMS, stream=form_stream)
def void_form(act: Act, *, form: DowntimeForm, void_reason: str, is_blank: bool) -> DowntimeForm:
    """Account for a form that was not used.

    Raises:
        Refused: FRM-03 transcribed or void, FRM-08 no reason, FRM-09 something is written on it,
            FRM-10 a late entry names it, TRN-*.
    """
    row = _live(form)
    if row.batch is not None:
        locked(row.batch)
    refuse_if_any(
        [
            *rules.open_refusals(FormState(row.state)),
            *rules.void_refusals(is_blank=is_blank, reason=void_reason, is_named=is_named_by_an_entry(row)),
        ]
    )
    row.state = move(FORMS, FormState(row.state), FormState.VOIDED)
    row.void_reason = void_reason.strip()
    act.add(row)
    act.notes |= {"form": row.number}
    return row


def _live(form: DowntimeForm) -> DowntimeForm:
    return DowntimeForm.objects.select_for_update(of=("self",)).select_related("batch").get(pk=form.pk)


def _acts(chosen: Sequence[UUID]) -> list[ActFacts]:
    entries = Entry.objects.in_bulk(list(chosen))
    before = {
        a.recorded_in_id: a.transcription.form.number
        for a in TranscribedAct.objects.filter(recorded_in__in=entries).select_related("transcription__form")
    }
    done = done_by(entries)
    found = [entries[pk] for pk in chosen if pk in entries]
    return [ActFacts(e.name, e.stream, e.at, e.is_refused, before.get(e.pk, ""), done.get(e.pk)) for e in found]


def _is_blank(scan: Upload, form: DowntimeForm) -> bool:
    """Whether a file is what is handed out before anything is written on it: any one form, or the pad of this one."""
    digest = sha256()
    for chunk in scan.chunks():
        digest.update(chunk)
    if DowntimeForm.objects.filter(sha256=digest.hexdigest()).exists():
        return True
    pad = list(issued_together(form).values_list("sha256", flat=True))
    if len(pad) == 1 or not all(map(is_whole, pad)):
        return False
    return sha256(together(path_of(each).read_bytes() for each in pad)).digest() == digest.digest()


def _sheet(
    act: Act, number: str, step: FormStep, mbr: MasterBatchRecord, issued_to: User, batch: Batch | None
) -> Sheet:
    here = site()
    return Sheet(
        number=number,
        step=step,
        process=mbr.process,
        version=f"{mbr.code} version {mbr.version}",
        issued_to=issued_to.printed_name,
        issued_by=act.actor_name,
        issued_at=act.at,
        site_name=here.name if here else "",
        zone=zone(),
        is_synthetic=bool(here and here.is_demonstration),
        batch=batch.number if batch is not None else "",
        coi=batch.coi if batch is not None else "",
        patient=batch.patient.code if batch is not None else "",
    )
