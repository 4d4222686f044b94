"""From a batch to a PDF file: the one way, for the worker and for the console."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from django.conf import settings
from django.utils.translation import gettext as _

from batches.models import Batch
from batches.record import blocks
from batches.record.contents import compose
from batches.record.facts import Facts, gather
from batches.record.writers import json, pdf
from lims import clock
from lims.files import keep
from lims.pdf.archive import Attachment
from lims.pdf.seal import seal
from lims.pdf.styles import PAPERS

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Printed:
    """What was written, and what it shows."""

    pages: int
    is_draft: bool
    record_head: str
    number: str
    site_name: str


def write_record(
    batch: Batch,
    out: BinaryIO,
    *,
    is_uncontrolled: bool = False,
    progress: Progress | None = None,
    checkpoint: bytes | None = None,
) -> Printed:
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
    return Printed(pages, record.is_draft, facts.head_hash, facts.batch.number, facts.site_name)


def keep_record(
    batch: Batch, *, progress: Progress | None = None, checkpoint: bytes | None = None
) -> dict[str, object]:
    """Write the record, seal it, keep the file under its digest, and return what is recorded of it."""
    with TemporaryDirectory() as folder:
        aside, sealed = Path(folder) / "record.pdf", Path(folder) / "sealed.pdf"
        with aside.open("wb") as out:
            printed = write_record(batch, out, progress=progress, checkpoint=checkpoint)
        reason = _("Batch record {number} as kept").format(number=printed.number)
        seal(aside, sealed, reason=reason, location=printed.site_name, at=clock.now())
        sha256, size = keep(_pieces(sealed))
    return {
        "sha256": sha256,
        "size": size,
        "pages": printed.pages,
        "is_draft": printed.is_draft,
        "record_head": printed.record_head,
    }


def print_to(path: Path, batch: Batch) -> str:
    """Write an uncontrolled copy to `path`, whole or not at all; return its SHA-256."""
    aside = path.with_name(path.name + ".part")
    try:
        with aside.open("wb") as out:
            write_record(batch, out, is_uncontrolled=True)
        digest = hashlib.sha256(aside.read_bytes()).hexdigest()
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
