"""A paper backlog of passages, transcribed: what the paper says, and what it adds up to."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from batches.models.done import Done
from batches.models.fields import cell_number, per_cent, square_cm
from lims.recorded import Recorded


class PaperImport(Done, Recorded):
    """One file of transcribed passages, signed by its transcriber and its checker."""

    file_name = models.CharField(_("file"), max_length=200)
    sha256 = models.CharField(max_length=64, unique=True)
    column_map = models.JSONField(default=dict, blank=True)

    def __str__(self) -> str:
        return self.file_name


class PaperPassage(Recorded):
    """One passage as the paper has it, marked as transcribed, with the totals recomputed."""

    paper = models.ForeignKey(PaperImport, models.PROTECT, related_name="passages")
    batch = models.ForeignKey("batches.Batch", models.PROTECT, null=True, blank=True, related_name="paper_passages")
    line = models.CharField(_("batch or line"), max_length=40)
    row = models.PositiveIntegerField(_("row"))
    generation = models.PositiveSmallIntegerField(_("passage"))
    seeded_on = models.DateField(_("seeded on"), null=True, blank=True)
    harvested_on = models.DateField(_("harvested on"), null=True, blank=True)
    days = models.DecimalField(_("days"), max_digits=6, decimal_places=2, null=True, blank=True)
    area_cm2 = square_cm(_("area"), null=True, blank=True)
    cells_seeded = cell_number(_("viable cells seeded"), null=True, blank=True)
    cells_harvested = cell_number(_("viable cells harvested"))
    viability_pct = per_cent(_("viability"), null=True, blank=True)
    reported_total = models.DecimalField(_("printed total"), max_digits=30, decimal_places=2, null=True, blank=True)
    computed_total = models.DecimalField(_("computed total"), max_digits=30, decimal_places=2, null=True, blank=True)
    is_disagreeing = models.BooleanField(_("printed and computed totals disagree"), default=False)

    signed_with = ("paper",)

    class Meta:
        ordering = ["row"]
        constraints = [models.UniqueConstraint(fields=["line", "generation"], name="paper_passage_once")]

    def __str__(self) -> str:
        return f"{self.line} P{self.generation}"
