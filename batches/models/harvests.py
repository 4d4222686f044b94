"""The harvest of adipose tissue and its receipt in the laboratory."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from batches.models.done import Done
from batches.models.fields import degrees_c, millilitres
from lims.recorded import Recorded


class Harvest(Done, Recorded):
    """Adipose tissue taken from the patient. `done_at` is the end of the harvest."""

    class Side(models.TextChoices):
        """Side of the body."""

        LEFT = "left", _("Left")
        RIGHT = "right", _("Right")
        BOTH = "both", _("Both")

    batch = models.OneToOneField("batches.Batch", models.PROTECT, related_name="harvest")
    body_site = models.CharField(_("site"), max_length=60, default="abdomen")
    side = models.CharField(_("side"), max_length=8, choices=Side)
    volume_ml = millilitres(_("fat volume"))
    anaesthesia = models.CharField(_("anaesthesia"), max_length=120)
    started_at = models.DateTimeField(_("started at"))
    operator = models.CharField(_("operator"), max_length=120)
    container_code = models.CharField(_("container"), max_length=40)
    dispatched_at = models.DateTimeField(_("dispatched at"))
    transport_temp_c = degrees_c(_("transport temperature set"))

    signed_context = ("batch",)

    def __str__(self) -> str:
        return f"Harvest of {self.batch}"


class Receipt(Done, Recorded):
    """The tissue received and identified by two people. `done_at` is when it was received."""

    batch = models.OneToOneField("batches.Batch", models.PROTECT, related_name="receipt")
    scanned_coi = models.CharField(_("chain of identity on the container"), max_length=40)
    scanned_patient = models.CharField(_("patient code on the request form"), max_length=40)
    scanned_container = models.CharField(_("container"), max_length=40)
    temperature_min_c = degrees_c(_("lowest temperature"))
    temperature_max_c = degrees_c(_("highest temperature"))
    is_intact = models.BooleanField(_("container intact"))
    is_labelled = models.BooleanField(_("label legible and complete"))
    comment = models.TextField(_("comment"), blank=True)

    signed_context = ("batch",)

    def __str__(self) -> str:
        return f"Receipt of {self.batch}"
