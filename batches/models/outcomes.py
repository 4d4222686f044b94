"""Pain before and after: face scale and pain disability (PDAS) by item."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from batches.models.done import Done
from lims.recorded import Recorded


class PainAssessment(Done, Recorded):
    """One assessment. Scores of different instruments are never mixed; coding is kept with the score."""

    class Occasion(models.TextChoices):
        """Before the infusion, or after it."""

        BASELINE = "baseline", _("Before the infusion")
        FOLLOW_UP = "follow_up", _("Follow-up")

    batch = models.ForeignKey("batches.Batch", models.PROTECT, related_name="pain_assessments")
    occasion = models.CharField(_("occasion"), max_length=10, choices=Occasion)
    instrument = models.CharField(_("face scale"), max_length=20)
    instrument_max = models.PositiveSmallIntegerField(_("highest score"), null=True, blank=True)
    fps_score = models.PositiveSmallIntegerField(_("face scale score"))
    rater = models.CharField(_("rater"), max_length=120)
    medication_change = models.TextField(_("change of medication"), blank=True)
    comment = models.TextField(_("comment"), blank=True)

    signed_context = ("batch",)

    class Meta:
        ordering = ["done_at", "id"]

    def __str__(self) -> str:
        return f"{self.batch} {self.occasion}"


class PdasAnswer(Recorded):
    """One PDAS item, 0 to 3; null is a missing answer, kept as such."""

    assessment = models.ForeignKey(PainAssessment, models.PROTECT, related_name="answers")
    item = models.PositiveSmallIntegerField()
    score = models.PositiveSmallIntegerField(null=True, blank=True)

    signed_with = ("assessment",)

    class Meta:
        ordering = ["item"]
        constraints = [
            models.UniqueConstraint(fields=["assessment", "item"], name="pdas_item_once"),
            models.CheckConstraint(
                condition=models.Q(score__isnull=True) | models.Q(score__lte=3), name="pdas_score_0_to_3"
            ),
        ]

    def __str__(self) -> str:
        return f"PDAS{self.item:02d} {self.score}"
