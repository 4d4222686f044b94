"""From a batch to a PDF file: the one way, for the worker and for the console."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from batches.models import Batch
from batches.record.contents import compose
from batches.record.facts import gather
from batches.record.writers import pdf
from lims.files import keep

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Printed:
    """What was written, and what it shows."""

    pages: int
    is_draft: bool
    record_head: str


def write_record(
    batch: Batch, out: BinaryIO, *, is_uncontrolled: bool = False, progress: Progress | None = None
) -> Printed:
    """Write the batch record of `batch` as PDF. Raises MissingGlyph, WrongPhoto or OSError from the writer."""
    facts = gather(batch)
    record = compose(facts, is_uncontrolled=is_uncontrolled)
    pages = pdf.write(record, out, progress=progress)
    return Printed(pages, record.is_draft, facts.head_hash)


def keep_record(batch: Batch, *, progress: Progress | None = None) -> dict[str, object]:
    """Write the record, keep the file under its digest, and return what is recorded of it."""
    with TemporaryDirectory() as folder:
        aside = Path(folder) / "record.pdf"
        with aside.open("wb") as out:
            printed = write_record(batch, out, progress=progress)
        sha256, size = keep(_pieces(aside))
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


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as made:
        while piece := made.read(1 << 16):
            yield piece
