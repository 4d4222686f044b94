"""The export of one batch: its record, its evidence and its files in one ZIP that can be checked offline.

The same facts give the same bytes. Not here: the evidence itself (lims/ledger/evidence.py) and how it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from django.utils.translation import gettext as _

from batches.models import Attachment, Batch, PaperPassage
from batches.record.contents import compose
from batches.record.facts import gather as gather_facts
from batches.record.writers import json, pdf
from lims.files import is_whole, path_of
from lims.ledger.evidence import Evidence, gather, heads_of
from lims.ledger.exporting import Members, cover, cover_key, evidence_files, seal, write_zip
from lims.ledger.models import Head
from lims.program import program

Progress = Callable[[int, int], None]

_TRIES = 5


class Unexportable(Exception):
    """The batch can't be exported whole now; the text says why."""


@dataclass(frozen=True)
class Written:
    """What was written, and what it shows. `heads` says up to which entry each stream is in it."""

    pages: int
    is_draft: bool
    record_head: str
    heads: Mapping[str, int]


def write_export(batch: Batch, out: BinaryIO, *, progress: Progress | None = None) -> Written:
    """Write the export of `batch` as a ZIP.

    Raises:
        Unexportable: a file of the record is missing or damaged, or the record changed while it was read.
        Whatever printing the record or writing a checkpoint raises.
    """
    streams = [batch.stream, batch.patient.stream]
    with TemporaryDirectory() as folder:
        for _try in range(_TRIES):
            cover(streams)
            cover_key()
            members, evidence, written, about = _gathered(batch, streams, Path(folder) / "record.pdf", progress)
            # An act sealed meanwhile would leave the record and the rows telling two stories.
            if _stand(heads_of(streams)) == _stand(evidence.heads):
                write_zip(seal(members, evidence, about), out)
                return written
    raise Unexportable(_("The record changed while it was exported. Try again when nobody is working on it."))


def _gathered(
    batch: Batch, streams: list[str], printed: Path, progress: Progress | None
) -> tuple[Members, Evidence, Written, dict[str, object]]:
    transcribed = set(PaperPassage.objects.filter(batch=batch).values_list("pk", flat=True))
    evidence = gather(streams, besides={PaperPassage: transcribed})
    facts = gather_facts(batch)
    record = compose(facts)
    with printed.open("wb") as out:
        pages = pdf.write(record, out, progress=progress)
    members: Members = {
        "record.pdf": printed,
        "record.json": json.dumps(record).encode(),
        **_attachments(batch),
        **evidence_files(evidence),
    }
    about: dict[str, object] = {
        "batch": batch.number,
        "patient": batch.patient.code,
        "laboratory": facts.site_name,
        "is_synthetic": facts.is_synthetic,
        "program": program(),
    }
    heads = {stream: head.seq for stream, head in evidence.heads.items()}
    return members, evidence, Written(pages, record.is_draft, facts.head_hash, heads), about


def _attachments(batch: Batch) -> Members:
    kept: Members = {}
    for file in Attachment.objects.filter(batch=batch):
        if not is_whole(file.sha256):
            raise Unexportable(
                _("The file {name} of this record is missing or damaged. Restore it, and tell QA.").format(
                    name=file.name
                )
            )
        kept[f"attachments/{file.sha256}"] = path_of(file.sha256)
    return kept


def _stand(heads: Mapping[str, Head]) -> dict[str, str]:
    return {stream: head.hash for stream, head in heads.items()}
