"""Counts as they were read: squares, or an automated counter's figures. Every figure is computed from these."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from batches.models.fields import cell_number, millilitres
from lims.recorded import Recorded


class Count(Recorded):
    """One count of one suspension: at isolation, in a passage or of the filled product."""

    class Method(models.TextChoices):
        """How the cells were counted."""

        HEMOCYTOMETER = "hemocytometer", _("Hemocytometer")
        COUNTER = "counter", _("Automated counter")

    isolation = models.OneToOneField("batches.Isolation", models.PROTECT, null=True, blank=True, related_name="count")
    passage = models.OneToOneField("batches.Passage", models.PROTECT, null=True, blank=True, related_name="count")
    fill = models.OneToOneField("batches.Fill", models.PROTECT, null=True, blank=True, related_name="count")
    method = models.CharField(_("counted with"), max_length=16, choices=Method)
    sample_ml = millilitres(_("sample"))
    diluent_ml = millilitres(_("dye"))
    predilution = models.DecimalField(_("dilution before"), max_digits=7, decimal_places=2, default=1)
    square_volume_ml = models.DecimalField(max_digits=10, decimal_places=8, null=True, blank=True)
    live_per_ml = cell_number(_("live cells per mL"), null=True, blank=True)
    dead_per_ml = cell_number(_("dead cells per mL"), null=True, blank=True)
    live_counted = models.PositiveIntegerField(_("live cells counted"), null=True, blank=True)
    dead_counted = models.PositiveIntegerField(_("dead cells counted"), null=True, blank=True)
    counter = models.ForeignKey(
        "batches.Equipment", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("counter")
    )

    signed_with = ("isolation", "passage", "fill")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(
                    models.Q(isolation__isnull=False, passage__isnull=True, fill__isnull=True)
                    | models.Q(isolation__isnull=True, passage__isnull=False, fill__isnull=True)
                    | models.Q(isolation__isnull=True, passage__isnull=True, fill__isnull=False)
                ),
                name="count_of_one_suspension",
            )
        ]

    def __str__(self) -> str:
        return f"Count {self.pk}"


class SquareCount(Recorded):
    """Live and dead cells in one large square of one chamber."""

    count = models.ForeignKey(Count, models.PROTECT, related_name="squares")
    chamber = models.CharField(max_length=2)
    square = models.PositiveSmallIntegerField()
    live = models.PositiveIntegerField(_("live"))
    dead = models.PositiveIntegerField(_("dead"))

    signed_with = ("count",)

    class Meta:
        ordering = ["chamber", "square"]
        constraints = [models.UniqueConstraint(fields=["count", "chamber", "square"], name="square_counted_once")]

    def __str__(self) -> str:
        return f"{self.chamber}{self.square}"


class Attachment(Recorded):
    """A file kept under its SHA-256: a photo of an observation, a counter's file, a scanned result or downtime form."""

    batch = models.ForeignKey("batches.Batch", models.PROTECT, related_name="attachments")
    observation = models.ForeignKey(
        "batches.Observation", models.PROTECT, null=True, blank=True, related_name="attachments"
    )
    count = models.ForeignKey(Count, models.PROTECT, null=True, blank=True, related_name="attachments")
    result = models.ForeignKey("batches.TestResult", models.PROTECT, null=True, blank=True, related_name="attachments")
    transcription = models.ForeignKey(
        "batches.FormTranscription", models.PROTECT, null=True, blank=True, related_name="attachments"
    )
    name = models.CharField(_("name"), max_length=200)
    content_type = models.CharField(max_length=60)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)

    signed_with = ("observation", "count", "result", "transcription")

    def __str__(self) -> str:
        return self.name
