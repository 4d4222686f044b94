"""Labels that were printed: each copy of each, with what it said."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from batches.rules.labels import LabelKind
from lims.recorded import Recorded


class LabelPrint(Recorded):
    """One copy of one label. `serial` is the container's own and stays; `copy` counts its prints from 1.

    `statements` is what the label said of infection, as it was known then; `sha256` the file, `page` its place in it.
    """

    KINDS = (
        (LabelKind.TUBE, _("Tube")),
        (LabelKind.VESSEL, _("Vessel")),
        (LabelKind.BAG, _("Bag")),
    )

    batch = models.ForeignKey("batches.Batch", models.PROTECT, related_name="label_prints")
    kind = models.CharField(_("label"), max_length=8, choices=KINDS)
    container = models.CharField(_("container"), max_length=40)
    serial = models.CharField(_("serial number"), max_length=12)
    copy = models.PositiveSmallIntegerField(_("copy"))
    is_tested = models.BooleanField(_("donor tested"))
    is_reactive = models.BooleanField(_("a test was reactive"))
    is_screened = models.BooleanField(_("donor screened"))
    has_risk_factor = models.BooleanField(_("risk factor found"))
    agents = models.CharField(_("reactive for"), max_length=120, blank=True)
    statements = models.JSONField(_("statements"))
    reason = models.TextField(_("why it was printed again"), blank=True)
    printed_at = models.DateTimeField(_("printed at"))
    sha256 = models.CharField(max_length=64)
    page = models.PositiveSmallIntegerField(_("page"))

    signed_context = ("batch",)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["serial", "copy"], name="label_copy_once"),
            models.UniqueConstraint(fields=["batch", "kind", "container", "copy"], name="label_container_copy_once"),
            models.CheckConstraint(
                condition=models.Q(copy=1) | (models.Q(copy__gt=1) & ~models.Q(reason="")),
                name="label_printed_again_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.serial} copy {self.copy}"
