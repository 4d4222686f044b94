"""Acts about prints and exports: asking for one, keeping the file made, one at the console.

Not here: issuing controlled copies (issued.py).

They are acts of the site stream: printing a record must not change the record that is printed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from batches.models import Batch, PrintedRecord, PrintJob, PrintRequest
from batches.rules.states import DocumentState
from lims.accounts.permissions import Permission
from lims.acts import Act
from lims.commands import command
from lims.later import hurry

TASK = "batches.tasks.make_print"


@command("record:request_print", needs=Permission.PRINT_RECORDS)
def request_print(act: Act, *, batch: Batch) -> PrintRequest:
    """Ask for the printed record of a batch, numbered. The row is the queue; the message only wakes a worker."""
    number = batch.print_requests.filter(kind=PrintRequest.Kind.RECORD).count() + 1
    return ask(act, kind=PrintRequest.Kind.RECORD, batch=batch, wanted={"print": str(number)})


@command("record:request_export", needs=Permission.EXPORT_RECORDS)
def request_export(act: Act, *, batch: Batch) -> PrintRequest:
    """Ask for the export of a batch, to be checked without this program."""
    return ask(act, kind=PrintRequest.Kind.EXPORT, batch=batch)


@command("ledger:request_export", needs=Permission.EXPORT_RECORDS)
def request_trail(act: Act, *, kind: PrintRequest.Kind, wanted: Mapping[str, str]) -> PrintRequest:
    """Ask for the audit trail as data: the entries `wanted`, as they were typed into its filter."""
    return ask(act, kind=kind, wanted=dict(wanted))


@command("year:request_export", needs=Permission.EXPORT_RECORDS)
def request_year(act: Act, *, year: int) -> PrintRequest:
    """Ask for all issued and kept records of a year in one file."""
    return ask(act, kind=PrintRequest.Kind.YEAR, wanted={"year": str(year)})


@command("record:retry_print", needs=Permission.PRINT_RECORDS)
def retry_print(act: Act, *, request: PrintRequest) -> PrintRequest:
    """Put a failed print back into the queue."""
    return retry(act, request)


@command("record:retry_export", needs=Permission.EXPORT_RECORDS)
def retry_export(act: Act, *, request: PrintRequest) -> PrintRequest:
    """Put a failed export back into the queue."""
    return retry(act, request)


@command("record:keep_print", needs=Permission.PRINT_RECORDS)
def keep_print(act: Act, *, request: PrintRequest, made: dict[str, Any]) -> PrintedRecord:
    """Keep the file made for a request; the second worker to come finds the first one's."""
    return keep(act, request, made)


@command("record:export", needs=Permission.EXPORT_RECORDS)
def keep_export(act: Act, *, request: PrintRequest, made: dict[str, Any]) -> PrintedRecord:
    """Keep the export of a batch; its SHA-256 is what the laboratory states to whoever checks it."""
    return keep(act, request, made)


@command("ledger:export", needs=Permission.EXPORT_RECORDS)
def keep_trail(act: Act, *, request: PrintRequest, made: dict[str, Any]) -> PrintedRecord:
    """Keep the audit trail as data."""
    return keep(act, request, made)


@command("year:export", needs=Permission.EXPORT_RECORDS)
def keep_year(act: Act, *, request: PrintRequest, made: dict[str, Any]) -> PrintedRecord:
    """Keep the records of a year in one file."""
    return keep(act, request, made)


@command("record:print_uncontrolled", needs=Permission.PRINT_RECORDS)
def record_uncontrolled_print(act: Act, *, batch: Batch, sha256: str, by: str) -> None:
    """Leave in the ledger that somebody printed an uncontrolled copy at the console."""
    act.notes |= {"batch": batch.number, "sha256": sha256, "by": by}


@command("record:export_at_console", needs=Permission.EXPORT_RECORDS)
def record_export_at_console(act: Act, *, batch: Batch, sha256: str, by: str) -> None:
    """Leave in the ledger that somebody exported a batch at the console."""
    act.notes |= {"batch": batch.number, "sha256": sha256, "by": by}


@command("year:export_at_console", needs=Permission.EXPORT_RECORDS)
def record_year_at_console(act: Act, *, year: int, sha256: str, by: str) -> None:
    """Leave in the ledger that somebody exported the records of a year at the console."""
    act.notes |= {"year": str(year), "sha256": sha256, "by": by}


def ask(
    act: Act, *, kind: PrintRequest.Kind, batch: Batch | None = None, wanted: dict[str, str] | None = None
) -> PrintRequest:
    """Ask for a file inside an act: the row that waits, its job, and a message that only wakes a worker."""
    assert act.actor is not None
    request = PrintRequest(kind=kind, batch=batch, wanted=wanted or {}, requested_by=act.actor, requested_at=act.at)
    act.add(request)
    act.notes |= _named(request)
    PrintJob.objects.create(request=request)
    _wake(request)
    return request


def retry(act: Act, request: PrintRequest) -> PrintRequest:
    """Put a failed job back into the queue; any other is left as it is."""
    job = PrintJob.objects.select_for_update().get(request=request)
    if job.state == DocumentState.FAILED:
        job.state, job.attempts, job.error = DocumentState.QUEUED, 0, ""
        job.save()
    act.notes |= _named(request)
    _wake(request)
    return request


def keep(act: Act, request: PrintRequest, made: dict[str, Any]) -> PrintedRecord:
    """Record the file made for a request, once."""
    job = PrintJob.objects.select_for_update().get(request=request)
    printed = PrintedRecord.objects.filter(request=request).first()
    if printed is None:
        printed = PrintedRecord(request=request, made_at=act.at, **made)
        act.add(printed)
        act.notes |= {**_named(request), "sha256": printed.sha256}
    job.state, job.error = DocumentState.READY, ""
    job.save()
    return printed


def _named(request: PrintRequest) -> dict[str, str]:
    """What a request is about, as its acts note it."""
    if request.batch is not None:
        return {"batch": request.batch.number, **request.wanted}
    return {"format": str(request.kind), **{f"only {name}": value for name, value in request.wanted.items()}}


def _wake(request: PrintRequest) -> None:
    transaction.on_commit(lambda: hurry(TASK, request.pk))
