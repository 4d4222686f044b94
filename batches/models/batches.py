"""The batch: one product for one patient, pinned to one version of the process."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from batches.rules.states import DispositionState, Stage
from lims.recorded import Recorded

STAGE_LABELS = {
    Stage.ISSUED: _("Issued"),
    Stage.HARVESTED: _("Harvested"),
    Stage.RECEIVED: _("Received"),
    Stage.CULTURE: _("In culture"),
    Stage.CELL_HARVEST: _("Cells harvested"),
    Stage.FILLED: _("Filled"),
    Stage.INFUSING: _("Infusing"),
    Stage.INFUSED: _("Infused"),
    Stage.ENDED: _("Ended"),
}
DISPOSITION_LABELS = {
    DispositionState.PENDING: _("Not decided"),
    DispositionState.RELEASED_CONDITIONALLY: _("Released conditionally"),
    DispositionState.RELEASED: _("Released"),
    DispositionState.REJECTED: _("Rejected"),
    DispositionState.LATE_OOS: _("Out of specification after infusion"),
}


class Batch(Recorded):
    """One batch. The columns from `generation` on repeat what lists show and sort; no figure is taken from them."""

    number = models.CharField(_("batch"), max_length=12, unique=True)
    coi = models.CharField(_("chain of identity"), max_length=20, unique=True)
    patient = models.ForeignKey("batches.Patient", models.PROTECT, related_name="batches")
    mbr = models.ForeignKey("batches.MasterBatchRecord", models.PROTECT, related_name="batches")
    mbr_digest = models.CharField(max_length=64)
    issued_at = models.DateTimeField(_("issued at"))
    booked_infusion_at = models.DateTimeField(_("booked infusion"), null=True, blank=True)
    stage = models.CharField(max_length=16, choices=list(STAGE_LABELS.items()), default=Stage.ISSUED)
    disposition = models.CharField(
        max_length=24, choices=list(DISPOSITION_LABELS.items()), default=DispositionState.PENDING
    )
    generation = models.PositiveSmallIntegerField(null=True, blank=True)
    latest_viable_cells = models.DecimalField(max_digits=16, decimal_places=0, null=True, blank=True)
    due_act = models.CharField(max_length=60, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)

    signed_context = ("mbr",)
    unsigned_fields = (
        "booked_infusion_at",
        "stage",
        "disposition",
        "generation",
        "latest_viable_cells",
        "due_act",
        "due_at",
    )

    class Meta:
        verbose_name_plural = "batches"
        ordering = ["number"]
        indexes = [models.Index(fields=["stage", "due_at"], name="batch_stage_due")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(stage__in=[Stage.INFUSING, Stage.INFUSED], disposition__in=["pending", "rejected"]),
                name="batch_infused_only_when_released",
            )
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def stream(self) -> str:
        """The ledger stream of this batch."""
        return self.number
