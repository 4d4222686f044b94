"""From a request to a file: the one way, for the worker and for the console."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Protocol

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from batches.models import Batch, PrintRequest
from batches.record import blocks
from batches.record.contents import compose
from batches.record.export import Written, write_export
from batches.record.facts import Facts, gather
from batches.record.writers import json, pdf
from lims import clock
from lims.files import keep
from lims.ledger import trail
from lims.ledger.forms import FilterForm
from lims.pdf.archive import Attachment
from lims.pdf.seal import seal
from lims.pdf.styles import PAPERS
from lims.site import site, zone

Progress = Callable[[int, int], None]


class Writer(Protocol):
    """Writes a file about a batch."""

    def __call__(self, batch: Batch, out: BinaryIO, *, progress: Progress | None = None) -> Written: ...


def write_record(
    batch: Batch,
    out: BinaryIO,
    *,
    is_uncontrolled: bool = False,
    progress: Progress | None = None,
    checkpoint: bytes | None = None,
) -> Written:
    """Write the batch record of `batch` as PDF, with its data inside; not sealed yet.

    `checkpoint` is the one that covers the record's head, to lie in the file too. Raises MissingGlyph, WrongPhoto or
    OSError from the writer.
    """
    facts = gather(batch)
    record = compose(facts, is_uncontrolled=is_uncontrolled)
    pages = pdf.write(
        record,
        out,
        progress=progress,
        paper=PAPERS[settings.PAPER],
        attachments=_attachments(facts, record, checkpoint),
    )
    return Written(pages, record.is_draft, facts.head_hash)


def write_sealed_record(batch: Batch, out: BinaryIO, *, progress: Progress | None = None) -> Written:
    """Write the batch record of `batch` as PDF under the seal of the site. Raises what `write_record` raises."""
    here = site()
    with TemporaryDirectory() as folder:
        aside, sealed = Path(folder) / "record.pdf", Path(folder) / "sealed.pdf"
        with aside.open("wb") as made:
            written = write_record(batch, made, progress=progress)
        reason = _("Batch record {number} as kept").format(number=batch.number)
        seal(aside, sealed, reason=reason, location=here.name if here else "", at=clock.now())
        out.writelines(_pieces(sealed))
    return written


def make(request: PrintRequest, *, progress: Progress | None = None) -> dict[str, object]:
    """Make the file of a request, keep it under its digest, and return what is recorded of it."""
    match PrintRequest.Kind(request.kind):
        case PrintRequest.Kind.RECORD:
            return _keep(write_sealed_record, request, progress)
        case PrintRequest.Kind.EXPORT:
            return _keep(write_export, request, progress)
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


def _keep(write: Writer, request: PrintRequest, progress: Progress | None) -> dict[str, object]:
    assert request.batch is not None  # the constraint of its kind
    with TemporaryDirectory() as folder:
        aside = Path(folder) / "made"
        with aside.open("wb") as out:
            written = write(request.batch, out, progress=progress)
        sha256, size = keep(_pieces(aside))
    return {"sha256": sha256, "size": size, **asdict(written)}


def _whole(path: Path, write: Callable[[BinaryIO], Written]) -> str:
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
        Attachment("record.json", "application/json", "Data", _("The batch record as data"), json.pieces(record)),
        Attachment(
            "chain.jsonl",
            "application/jsonl",
            "Source",
            _("The sealed entries of the stream {stream}, one to a line").format(stream=facts.batch.stream),
            (bytes(entry.payload) + b"\n" for entry in own),
        ),
    ]
    if checkpoint is not None:
        name, what = "checkpoint.json", _("The checkpoint that covers the head of the stream")
        attachments.append(Attachment(name, "application/json", "Data", what, [checkpoint]))
    return attachments


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as made:
        while piece := made.read(1 << 16):
            yield piece
