"""Requested prints and exports: the request is recorded; the job beside it is where the work stands."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
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
    """Somebody asked for a file: the printed record of a batch, its export, or the audit trail as data.

    `wanted` is which entries of the audit trail, as they were typed into its filter.
    """

    class Kind(models.TextChoices):
        """What is asked for."""

        RECORD = "record", _("Printed record")
        EXPORT = "export", _("Export for checking offline")
        TRAIL_CSV = "trail_csv", _("Audit trail, CSV")
        TRAIL_JSON = "trail_json", _("Audit trail, JSON")

    kind = models.CharField(max_length=10, choices=Kind, default=Kind.RECORD)
    batch = models.ForeignKey("batches.Batch", models.PROTECT, null=True, related_name="print_requests")
    wanted = models.JSONField(default=dict, blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["record", "export"], batch__isnull=False)
                | Q(kind__in=["trail_csv", "trail_json"], batch__isnull=True),
                name="print_request_of_a_batch_or_of_the_trail",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.batch or ''}, {self.requested_at:%Y-%m-%d %H:%M}"


class PrintedRecord(Recorded):
    """The file made for a request: kept under its SHA-256, made once for each request.

    `pages` are those of the record in it; the audit trail as data has none, is no draft and stands at no head.
    """

    request = models.OneToOneField(PrintRequest, models.PROTECT, related_name="printed")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    pages = models.PositiveIntegerField(default=0)
    is_draft = models.BooleanField(default=False)
    record_head = models.CharField(max_length=64, blank=True)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.request}, {self.size} bytes"


class PrintJob(models.Model):
    """Where the making of a file stands. Not part of the record: the row is the queue, Celery hurries it."""

    request = models.OneToOneField(PrintRequest, models.PROTECT, related_name="job")
    state = models.CharField(max_length=8, choices=_STATES, default=DocumentState.QUEUED)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    touched_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.request} {self.state}"
