"""From a request to a file: the one way, for the worker and for the console."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from batches.models import Batch, IssuedCopy, MasterBatchRecord, PrintRequest
from batches.record import blocks, words
from batches.record.archive import write_year
from batches.record.contents import Copy, compose, compose_version
from batches.record.documents import document_facts, facts_for
from batches.record.export import Unexportable, Written, write_export
from batches.record.facts import Facts, gather
from batches.record.writers import json, pdf
from batches.rules.documents import Document, document_refusals
from lims import clock
from lims.accounts.permissions import Role
from lims.files import keep
from lims.ledger import trail
from lims.ledger.evidence import heads_of
from lims.ledger.exporting import checkpoint_of, cover
from lims.ledger.forms import FilterForm
from lims.ledger.models import SITE_STREAM, Checkpoint, CheckpointHead
from lims.pdf.archive import Attachment
from lims.pdf.seal import seal
from lims.pdf.styles import PAPERS
from lims.refusals import refuse_if_any
from lims.signatures.models import Signature
from lims.site import site, zone

Progress = Callable[[int, int], None]

_TRIES = 5


def write_record(
    batch: Batch,
    out: BinaryIO,
    *,
    working_print: int = 0,
    is_uncontrolled: bool = False,
    progress: Progress | None = None,
    checkpoint: bytes | None = None,
) -> Written:
    """Write the batch record of `batch` as PDF, with its data inside; not sealed yet.

    `working_print` is which print it is; `checkpoint` is the one that covers the record's head, to lie in the file too.
    Raises MissingGlyph, WrongPhoto or OSError from the writer.
    """
    facts = gather(batch)
    record = compose(facts, working_print=working_print, is_uncontrolled=is_uncontrolled)
    return _write(facts, record, out, progress, checkpoint)


def write_sealed_print(asked: PrintRequest, out: BinaryIO, *, progress: Progress | None = None) -> Written:
    """Write the batch record somebody asked for as PDF under the seal of the site; raises what `write_record` does."""
    batch, number = _batch_of(asked), int(asked.wanted.get("print", 0))
    reason = _("Batch record {number} as kept").format(number=batch.number)
    return _sealed(out, reason, lambda made: write_record(batch, made, working_print=number, progress=progress))


def write_sealed_copy(issued: IssuedCopy, out: BinaryIO, *, progress: Progress | None = None) -> Written:
    """Write an issued copy under the seal of the site, from the record as it stands now.

    Raises:
        Refused: DOC-*, the document can't be issued any more.
        Unexportable: the record changed while it was read.
        Whatever `write_record` or writing a checkpoint raises.
    """
    if issued.mbr is not None:
        return _write_sealed_version(issued, issued.mbr, out, progress)
    document = Document(issued.document)
    assert issued.batch is not None  # a constraint
    facts, covering = _covered(issued.batch)
    about = issued.about if document is Document.DEVIATION else ""
    sections = tuple(issued.sections)
    refuse_if_any(document_refusals(document, document_facts(facts), deviation=about, sections=sections))
    facts = facts_for(facts, document, issued.about)
    record = compose(facts, document=document, copy=_copy(issued, covering))
    checkpoint = _file_of(covering, facts.heads)
    reason = _("{copy} as issued").format(copy=issued)
    written = _sealed(out, reason, lambda made: _write(facts, record, made, progress, checkpoint))
    # A master batch record says nothing of the batch: no act of the batch makes it old.
    return replace(written, heads={}) if document is Document.MASTER else written


def _write_sealed_version(
    issued: IssuedCopy, mbr: MasterBatchRecord, out: BinaryIO, progress: Progress | None
) -> Written:
    """A version by itself: approved under an act of the site, whose stream the checkpoint covers. No chain lies in it:
    that of the site is every act of the laboratory.
    """
    cover([SITE_STREAM])
    heads = CheckpointHead.objects.filter(stream=SITE_STREAM).select_related("checkpoint")
    covered = heads.latest("checkpoint__number")
    record = compose_version(mbr, _copy(issued, covered.checkpoint))
    attachments = [
        _data(record),
        _checkpoint(_file_of(covered.checkpoint, [SITE_STREAM])),
    ]

    def write(made: BinaryIO) -> Written:
        paper = PAPERS[settings.PAPER]
        pages = pdf.write(record, made, progress=progress, paper=paper, attachments=attachments)
        return Written(pages, False, covered.hash, {})

    return _sealed(out, _("{copy} as issued").format(copy=issued), write)


def make(request: PrintRequest, *, progress: Progress | None = None) -> dict[str, object]:
    """Make the file of a request, keep it under its digest, and return what is recorded of it."""
    match PrintRequest.Kind(request.kind):
        case PrintRequest.Kind.RECORD:
            return _keep(lambda out: write_sealed_print(request, out, progress=progress))
        case PrintRequest.Kind.EXPORT:
            return _keep(lambda out: write_export(_batch_of(request), out, progress=progress))
        case PrintRequest.Kind.COPY:
            return _keep(lambda out: write_sealed_copy(request.copy, out, progress=progress))
        case PrintRequest.Kind.YEAR:
            year = int(request.wanted["year"])
            return _keep(lambda out: write_year(year, out, progress=progress))
        case kind:
            pieces = trail.as_csv if kind == PrintRequest.Kind.TRAIL_CSV else trail.as_json
            # Times were typed in the zone of the laboratory.
            with timezone.override(zone()):
                wanted = FilterForm(request.wanted).wanted()
            sha256, size = keep(pieces(wanted, zone(), progress=progress))
            return {"sha256": sha256, "size": size}


def print_to(path: Path, batch: Batch) -> str:
    """Write an uncontrolled copy to `path`, whole or not at all; return its SHA-256."""
    return _whole(path, lambda out: write_record(batch, out, is_uncontrolled=True))


def export_to(path: Path, batch: Batch) -> str:
    """Write the export of a batch to `path`, whole or not at all; return its SHA-256."""
    return _whole(path, lambda out: write_export(batch, out))


def _copy(issued: IssuedCopy, covering: Checkpoint) -> Copy:
    """What an issued copy says of itself on every page."""
    return Copy(
        number=issued.number,
        about=issued.about,
        recipient=issued.recipient,
        issued=_issued(issued),
        check_code=issued.check_code,
        checkpoint=f"{covering.number} ({covering.hash[:16]})",
        sections=tuple(issued.sections),
    )


def _file_of(covering: Checkpoint, streams: Iterable[str]) -> bytes:
    """A checkpoint without the names of other streams."""
    own = covering.heads.filter(stream__in=list(streams)).values_list("stream", "seq", "hash")
    return checkpoint_of(covering.number, own.order_by("stream"))


def _issued(copy: IssuedCopy) -> str:
    """Who issued a copy under which signature, when, and why once more."""
    given = Signature.objects.get(subject_model=IssuedCopy._meta.label, subject_pk=str(copy.pk))
    told = _("Issued by {who}, {role}, {when}.").format(
        who=given.printed_name, role=Role(given.role).label, when=words.at(given.at, zone())
    )
    return _("{told} Reason: {reason}").format(told=told, reason=copy.reason) if copy.reason else told


def _covered(batch: Batch) -> tuple[Facts, Checkpoint]:
    """The facts of a batch, and the newest checkpoint: it covers the head they end at."""
    streams = [batch.stream, batch.patient.stream]
    for _try in range(_TRIES):
        cover(streams)
        facts = gather(batch)
        # An act sealed meanwhile may be half in the facts, and the checkpoint does not know it.
        if facts.heads == {stream: head.seq for stream, head in heads_of(streams).items()}:
            covering = CheckpointHead.objects.filter(stream=batch.stream, seq=facts.head_seq).first()
            if covering is not None:
                return facts, covering.checkpoint
    raise Unexportable(_("The record changed while it was read. Try again when nobody is working on it."))


def _write(
    facts: Facts, record: blocks.Record, out: BinaryIO, progress: Progress | None, checkpoint: bytes | None
) -> Written:
    pages = pdf.write(
        record,
        out,
        progress=progress,
        paper=PAPERS[settings.PAPER],
        attachments=_attachments(facts, record, checkpoint),
    )
    return Written(pages, record.is_draft, facts.head_hash, facts.heads)


def _sealed(out: BinaryIO, reason: str, write: Callable[[BinaryIO], Written]) -> Written:
    here = site()
    with TemporaryDirectory() as folder:
        aside, sealed = Path(folder) / "record.pdf", Path(folder) / "sealed.pdf"
        with aside.open("wb") as made:
            written = write(made)
        seal(aside, sealed, reason=reason, location=here.name if here else "", at=clock.now())
        out.writelines(_pieces(sealed))
    return written


def export_year_to(path: Path, year: int) -> str:
    """Write all records of a year to `path`, whole or not at all; return its SHA-256."""
    return _whole(path, lambda out: write_year(year, out))


def _batch_of(request: PrintRequest) -> Batch:
    assert request.batch is not None  # the constraint of its kind
    return request.batch


def _keep(write: Callable[[BinaryIO], object]) -> dict[str, object]:
    with TemporaryDirectory() as folder:
        aside = Path(folder) / "made"
        with aside.open("wb") as out:
            written = write(out)
        sha256, size = keep(_pieces(aside))
    return {"sha256": sha256, "size": size, **(asdict(written) if isinstance(written, Written) else {})}


def _whole(path: Path, write: Callable[[BinaryIO], object]) -> str:
    aside = path.with_name(path.name + ".part")
    try:
        with aside.open("wb") as out:
            write(out)
        with aside.open("rb") as made:
            digest = hashlib.file_digest(made, "sha256").hexdigest()
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    return digest


def _attachments(facts: Facts, record: blocks.Record, checkpoint: bytes | None) -> Sequence[Attachment]:
    """The record as data, and the entries it was read from, exactly as they are sealed: linked, they give the head."""
    own = sorted((e for e in facts.entries if e.stream == facts.batch.stream), key=lambda e: e.seq)
    attachments = [
        _data(record),
        Attachment(
            "chain.jsonl",
            "application/jsonl",
            "Source",
            _("The sealed entries of the stream {stream}, one to a line").format(stream=facts.batch.stream),
            (bytes(entry.payload) + b"\n" for entry in own),
        ),
    ]
    if checkpoint is not None:
        attachments.append(_checkpoint(checkpoint))
    return attachments


def _data(record: blocks.Record) -> Attachment:
    return Attachment("record.json", "application/json", "Data", _("The batch record as data"), json.pieces(record))


def _checkpoint(content: bytes) -> Attachment:
    what = _("The checkpoint that covers the head of the stream")
    return Attachment("checkpoint.json", "application/json", "Data", what, [content])


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as made:
        while piece := made.read(1 << 16):
            yield piece
