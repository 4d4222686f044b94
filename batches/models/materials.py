"""Lots and equipment: what touches the cells."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from lims.recorded import Recorded


class Lot(Recorded):
    """A lot of a material. A lot reserved for a patient can't be used for another."""

    class Kind(models.TextChoices):
        """What the material is used for."""

        ENZYME = "enzyme", _("Enzyme for isolation")
        DETACHMENT = "detachment", _("Detachment reagent")
        MEDIUM = "medium", _("Culture medium")
        DYE = "dye", _("Viability dye")
        VESSEL = "vessel", _("Culture vessel")
        VEHICLE = "vehicle", _("Vehicle for formulation")
        CONTAINER = "container", _("Final container")
        HARVEST_KIT = "harvest_kit", _("Harvest container")

    class State(models.TextChoices):
        """Whether the lot may be used."""

        QUARANTINE = "quarantine", _("In quarantine")
        RELEASED = "released", _("Released")
        REJECTED = "rejected", _("Rejected")

    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    name = models.CharField(_("material"), max_length=120)
    code = models.CharField(_("lot"), max_length=40, unique=True)
    supplier = models.CharField(_("supplier"), max_length=120, blank=True)
    expires_on = models.DateField(_("expires on"))
    state = models.CharField(_("state"), max_length=12, choices=State)
    patient = models.ForeignKey(
        "batches.Patient", models.PROTECT, null=True, blank=True, related_name="lots", verbose_name=_("reserved for")
    )

    class Meta:
        ordering = ["kind", "code"]

    def __str__(self) -> str:
        return self.code


class Equipment(Recorded):
    """One piece of equipment with its calibration."""

    class Kind(models.TextChoices):
        """What it is."""

        BSC = "bsc", _("Biosafety cabinet")
        INCUBATOR = "incubator", _("Incubator")
        COUNTER = "counter", _("Cell counter")
        CENTRIFUGE = "centrifuge", _("Centrifuge")
        PUMP = "pump", _("Infusion pump")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    calibration_due_on = models.DateField(_("calibration due on"))
    is_in_service = models.BooleanField(_("in service"), default=True)

    class Meta:
        ordering = ["kind", "code"]
        verbose_name_plural = "equipment"

    def __str__(self) -> str:
        return self.code
