"""Requested files and issued copies: the request is recorded; the job beside it is where the work stands."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from batches.rules.documents import Document
from batches.rules.states import DocumentState
from lims.recorded import Recorded

_STATES = [
    (DocumentState.QUEUED, _("Queued")),
    (DocumentState.RUNNING, _("Running")),
    (DocumentState.READY, _("Ready")),
    (DocumentState.FAILED, _("Failed")),
]
DOCUMENT_LABELS = {
    Document.BATCH_RECORD: _("Batch record"),
    Document.ANALYSIS: _("Certificate of analysis"),
    Document.RELEASE: _("Release certificate"),
    Document.SHIPPING: _("Shipping papers"),
    Document.INFUSION: _("Infusion record"),
    Document.DEVIATION: _("Deviation report"),
    Document.MASTER: _("Master batch record"),
}


class PrintRequest(Recorded):
    """Somebody asked for a file: a print of a batch's record, an issued copy, an export, or what is kept of a year.

    `wanted` is which print of its batch's record it is, which entries of the audit trail, as they were typed into its
    filter, or which year; for a copy of no batch, what it is about.
    """

    class Kind(models.TextChoices):
        """What is asked for."""

        RECORD = "record", _("Printed record")
        EXPORT = "export", _("Export for checking offline")
        TRAIL_CSV = "trail_csv", _("Audit trail, CSV")
        TRAIL_JSON = "trail_json", _("Audit trail, JSON")
        COPY = "copy", _("Issued copy")
        YEAR = "year", _("All records of a year")

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
                | Q(kind__in=["trail_csv", "trail_json", "year"], batch__isnull=True)
                | Q(kind="copy"),
                name="print_request_of_a_batch_or_of_none",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.batch or ''}, {self.requested_at:%Y-%m-%d %H:%M}"


class PrintedRecord(Recorded):
    """The file made for a request: kept under its SHA-256, made once for each request.

    `pages` are those of the record in it; the audit trail as data has none, is no draft and stands at no head.
    `heads` says up to which entry each stream is in it.
    """

    request = models.OneToOneField(PrintRequest, models.PROTECT, related_name="printed")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    pages = models.PositiveIntegerField(default=0)
    is_draft = models.BooleanField(default=False)
    record_head = models.CharField(max_length=64, blank=True)
    heads = models.JSONField(default=dict, blank=True)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.request}, {self.size} bytes"


class IssuedCopy(Recorded):
    """A controlled copy: numbered, signed for, and found again by the code on every page of it.

    `about` is what is counted: a batch, one of its deviations, or a version of the master batch record, which is
    issued with no batch and is `mbr` then. No `sections` are all of them.
    """

    request = models.OneToOneField(PrintRequest, models.PROTECT, related_name="copy")
    batch = models.ForeignKey("batches.Batch", models.PROTECT, null=True, related_name="issued_copies")
    mbr = models.ForeignKey(
        "batches.MasterBatchRecord", models.PROTECT, null=True, default=None, related_name="issued_copies"
    )
    document = models.CharField(_("document"), max_length=12, choices=list(DOCUMENT_LABELS.items()))
    about = models.CharField(max_length=32)
    number = models.PositiveIntegerField(_("copy"))
    sections = models.JSONField(default=list, blank=True)
    recipient = models.CharField(_("for whom"), max_length=120)
    reason = models.TextField(_("reason"), blank=True)
    check_code = models.CharField(_("check code"), max_length=12, unique=True)
    supersedes = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="superseded_by")
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()

    signed_context = ("batch", "mbr")

    class Meta:
        verbose_name_plural = "issued copies"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["document", "about", "number"], name="issued_copy_numbered_once"),
            models.CheckConstraint(condition=Q(number=1) | ~Q(reason=""), name="issued_copy_again_with_a_reason"),
            models.CheckConstraint(
                condition=Q(batch__isnull=False, mbr__isnull=True)
                | Q(batch__isnull=True, mbr__isnull=False, document=Document.MASTER.value),
                name="issued_copy_of_a_batch_or_a_version",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_document_display()} {self.about}, copy {self.number}"

    @property
    def file_name(self) -> str:
        """What its file is called where it is handed out."""
        return f"{self.about.replace(' ', '-')}-{self.document}-copy-{self.number}.pdf"


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
