"""The archive's copy of every released record, issued when the history is told: the worker makes them one by one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from batches.commands.issued import issue_document
from batches.demonstration.way import Way
from batches.models import Batch
from batches.rules.documents import Document
from batches.rules.states import DispositionState
from lims import clock
from lims.signatures.meanings import Meaning

_FOR: Final = "Archive of the laboratory"


def issue_records(ways: Iterable[Way], *, at: datetime) -> None:
    """Issue the record of each batch that is released for good, once."""
    for way in ways:
        batch = Batch.objects.filter(
            patient__medical_record_number=way.record_number, disposition=DispositionState.RELEASED
        ).first()
        if batch is None:
            continue
        qa = way.crew.qa
        with clock.replaying(at):
            way.record(
                "issue record",
                issue_document,
                qa,
                (Meaning.ISSUED, qa),
                batch=batch,
                document=Document.BATCH_RECORD,
                recipient=_FOR,
            )
