"""Acts about prints: asking for one, keeping the file made, an uncontrolled print at the console.

They are acts of the site stream: printing a record must not change the record that is printed.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction

from batches.models import Batch, PrintedRecord, PrintJob, PrintRequest
from batches.rules.states import DocumentState
from lims.accounts.permissions import Permission
from lims.acts import Act
from lims.commands import command
from lims.later import hurry

TASK = "batches.tasks.make_print"


def _wake(request: PrintRequest) -> None:
    transaction.on_commit(lambda: hurry(TASK, request.pk))


@command("record:request_print", needs=Permission.PRINT_RECORDS)
def request_print(act: Act, *, batch: Batch) -> PrintRequest:
    """Ask for the printed record of a batch. The row is the queue; the message only wakes a worker."""
    assert act.actor is not None
    request = PrintRequest(batch=batch, requested_by=act.actor, requested_at=act.at)
    act.add(request)
    act.notes["batch"] = batch.number
    PrintJob.objects.create(request=request)
    _wake(request)
    return request


@command("record:retry_print", needs=Permission.PRINT_RECORDS)
def retry_print(act: Act, *, request: PrintRequest) -> PrintRequest:
    """Put a failed print back into the queue."""
    job = PrintJob.objects.select_for_update().get(request=request)
    if job.state == DocumentState.FAILED:
        job.state, job.attempts, job.error = DocumentState.QUEUED, 0, ""
        job.save()
    act.notes["batch"] = request.batch.number
    _wake(request)
    return request


@command("record:keep_print", needs=Permission.PRINT_RECORDS)
def keep_print(act: Act, *, request: PrintRequest, made: dict[str, Any]) -> PrintedRecord:
    """Keep the file made for a request; the second worker to come finds the first one's."""
    job = PrintJob.objects.select_for_update().get(request=request)
    printed = PrintedRecord.objects.filter(request=request).first()
    if printed is None:
        printed = PrintedRecord(request=request, made_at=act.at, **made)
        act.add(printed)
        act.notes |= {"batch": request.batch.number, "sha256": printed.sha256}
    job.state, job.error = DocumentState.READY, ""
    job.save()
    return printed


@command("record:print_uncontrolled", needs=Permission.PRINT_RECORDS)
def record_uncontrolled_print(act: Act, *, batch: Batch, sha256: str, by: str) -> None:
    """Leave in the ledger that somebody printed an uncontrolled copy at the console."""
    act.notes |= {"batch": batch.number, "sha256": sha256, "by": by}
