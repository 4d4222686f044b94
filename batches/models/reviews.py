"""Reviews of a batch's audit trail: how far it was read, what was looked at, what was concluded."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from lims.recorded import Recorded


class AuditTrailReview(Recorded):
    """One review. It covers the entries up to `batch_seq` and `patient_seq`; what comes later needs another one."""

    batch = models.ForeignKey("batches.Batch", models.PROTECT, related_name="audit_trail_reviews")
    batch_seq = models.PositiveIntegerField(_("reviewed to entry, batch"))
    patient_seq = models.PositiveIntegerField(_("reviewed to entry, patient"))
    reviewed_at = models.DateTimeField(_("reviewed at"))
    conclusion = models.TextField(_("conclusion"))

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.batch} audit trail to {self.batch_seq}"


class ReviewedEntry(Recorded):
    """One entry that was looked at by itself, with what the reviewer noted."""

    review = models.ForeignKey(AuditTrailReview, models.PROTECT, related_name="entries")
    entry = models.ForeignKey("ledger.Entry", models.PROTECT, related_name="+")
    risks = models.CharField(_("looked at because of"), max_length=120)
    note = models.TextField(_("note"), blank=True)

    signed_with = ("review",)

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "reviewed entries"
        constraints = [models.UniqueConstraint(fields=["review", "entry"], name="reviewed_entry_once")]

    def __str__(self) -> str:
        return f"{self.review} {self.entry_id}"
