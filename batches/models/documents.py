"""Requested prints: the request is recorded; the job beside it is where the work stands."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from batches.rules.states import DocumentState
from lims.recorded import Recorded

_STATES = [
    (DocumentState.QUEUED, _("Queued")),
    (DocumentState.RUNNING, _("Running")),
    (DocumentState.READY, _("Ready")),
    (DocumentState.FAILED, _("Failed")),
]


class PrintRequest(Recorded):
    """Somebody asked for a printed batch record."""

    batch = models.ForeignKey("batches.Batch", models.PROTECT, related_name="print_requests")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Record of {self.batch}, {self.requested_at:%Y-%m-%d %H:%M}"


class PrintedRecord(Recorded):
    """A file made from the record: kept under its SHA-256, made once for each request."""

    request = models.OneToOneField(PrintRequest, models.PROTECT, related_name="printed")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    pages = models.PositiveIntegerField()
    is_draft = models.BooleanField()
    record_head = models.CharField(max_length=64)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.request}, {self.pages} pages"


class PrintJob(models.Model):
    """Where the making of a print stands. Not part of the record: the row is the queue, Celery hurries it."""

    request = models.OneToOneField(PrintRequest, models.PROTECT, related_name="job")
    state = models.CharField(max_length=8, choices=_STATES, default=DocumentState.QUEUED)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    touched_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.request} {self.state}"
