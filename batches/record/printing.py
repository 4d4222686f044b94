"""From a request to a file: the one way, for the worker and for the console."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Protocol

from batches.models import Batch, PrintRequest
from batches.record.contents import compose
from batches.record.export import Written, write_export
from batches.record.facts import gather
from batches.record.writers import pdf
from lims.files import keep
from lims.ledger import trail
from lims.ledger.forms import FilterForm
from lims.site import zone

Progress = Callable[[int, int], None]


class Writer(Protocol):
    """Writes a file about a batch."""

    def __call__(self, batch: Batch, out: BinaryIO, *, progress: Progress | None = None) -> Written: ...


def write_record(
    batch: Batch, out: BinaryIO, *, is_uncontrolled: bool = False, progress: Progress | None = None
) -> Written:
    """Write the batch record of `batch` as PDF. Raises MissingGlyph, WrongPhoto or OSError from the writer."""
    facts = gather(batch)
    record = compose(facts, is_uncontrolled=is_uncontrolled)
    pages = pdf.write(record, out, progress=progress)
    return Written(pages, record.is_draft, facts.head_hash)


def make(request: PrintRequest, *, progress: Progress | None = None) -> dict[str, object]:
    """Make the file of a request, keep it under its digest, and return what is recorded of it."""
    match PrintRequest.Kind(request.kind):
        case PrintRequest.Kind.RECORD:
            return _keep(write_record, request, progress)
        case PrintRequest.Kind.EXPORT:
            return _keep(write_export, request, progress)
        case kind:
            pieces = trail.as_csv if kind == PrintRequest.Kind.TRAIL_CSV else trail.as_json
            sha256, size = keep(pieces(FilterForm(request.wanted).wanted(), zone(), progress=progress))
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


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as made:
        while piece := made.read(1 << 16):
            yield piece
