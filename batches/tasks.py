"""What happens later: fetch by id, do it, call a command. Every task may run twice without harm."""

from __future__ import annotations

import logging

from celery import shared_task
from django.db import transaction
from django.db.models import Q

from batches.commands.documents import TASK, keep_export, keep_print, keep_trail, keep_year
from batches.commands.issued import keep_copy
from batches.models import PrintJob, PrintRequest
from batches.record.printing import make
from batches.rules.documents import LOST_AFTER, MAX_ATTEMPTS, WAITING_AFTER
from batches.rules.states import DocumentState
from lims import clock
from lims.later import hurry

logger = logging.getLogger(__name__)

_KEEP = {
    PrintRequest.Kind.RECORD: keep_print,
    PrintRequest.Kind.EXPORT: keep_export,
    PrintRequest.Kind.TRAIL_CSV: keep_trail,
    PrintRequest.Kind.TRAIL_JSON: keep_trail,
    PrintRequest.Kind.COPY: keep_copy,
    PrintRequest.Kind.YEAR: keep_year,
}


@shared_task(name=TASK)
def make_print(request_id: int) -> None:
    """Make the file of a request, unless it is made or another worker is at it."""
    job = _claim(request_id)
    if job is None:
        return
    request = PrintRequest.objects.select_related("batch__patient").get(pk=request_id)

    def progress(done: int, total: int) -> None:
        PrintJob.objects.filter(pk=job.pk).update(done=done, total=total, touched_at=clock.now())

    try:
        made = make(request, progress=progress)
        _KEEP[PrintRequest.Kind(request.kind)](None, request=request, made=made)
    except Exception as error:
        logger.exception("Making %s failed", request)
        PrintJob.objects.filter(pk=job.pk).update(
            state=DocumentState.FAILED, error=str(error)[:500] or type(error).__name__, touched_at=clock.now()
        )


def _claim(request_id: int) -> PrintJob | None:
    """Take a waiting job, or one whose worker was lost; None when there is nothing to do."""
    with transaction.atomic():
        job = PrintJob.objects.select_for_update().filter(request_id=request_id).first()
        if job is None or job.state in (DocumentState.READY, DocumentState.FAILED):
            return None
        if job.state == DocumentState.RUNNING and clock.now() - job.touched_at < LOST_AFTER:
            return None
        job.attempts += 1
        if job.attempts > MAX_ATTEMPTS:
            job.state, job.error = DocumentState.FAILED, f"Given up after {MAX_ATTEMPTS} attempts."
            job.save()
            return None
        job.state, job.done = DocumentState.RUNNING, 0
        job.save()
        return job


@shared_task(name="batches.tasks.sweep_print_requests")
def sweep_print_requests() -> int:
    """Hurry the prints and exports whose message or worker was lost; return how many."""
    now = clock.now()
    lost = PrintJob.objects.filter(
        Q(state=DocumentState.QUEUED, touched_at__lt=now - WAITING_AFTER)
        | Q(state=DocumentState.RUNNING, touched_at__lt=now - LOST_AFTER)
    ).values_list("request_id", flat=True)
    found = list(lost)
    for request_id in found:
        hurry(TASK, request_id)
    return len(found)
