"""Culture: isolation, vessels with their lineage, culture days, passages, the fill."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from batches.models.done import Done
from batches.models.fields import degrees_c, millilitres, per_cent, square_cm
from batches.rules.states import VesselState
from lims.recorded import Recorded

_VESSEL_STATES = [
    (VesselState.IN_CULTURE, _("In culture")),
    (VesselState.DETACHED, _("Detached")),
    (VesselState.DISCARDED, _("Discarded")),
    (VesselState.CONTAMINATED, _("Contaminated")),
]


class Isolation(Done, Recorded):
    """Digestion of the fat, count of nucleated cells and seeding of P0. `done_at` is the seeding."""

    batch = models.OneToOneField("batches.Batch", models.PROTECT, related_name="isolation")
    fat_processed_ml = millilitres(_("fat processed"))
    enzyme_lot = models.ForeignKey("batches.Lot", models.PROTECT, related_name="+", verbose_name=_("enzyme lot"))
    digestion_started_at = models.DateTimeField(_("digestion started"))
    digestion_ended_at = models.DateTimeField(_("digestion ended"))
    digestion_temp_c = degrees_c(_("digestion temperature"))
    suspension_ml = millilitres(_("suspension volume"))
    drawn_ml = millilitres(_("drawn, not returned"))
    medium_lot = models.ForeignKey("batches.Lot", models.PROTECT, related_name="+", verbose_name=_("medium lot"))
    medium_ml = millilitres(_("medium volume"))
    cabinet = models.ForeignKey("batches.Equipment", models.PROTECT, related_name="+", verbose_name=_("cabinet"))
    incubator = models.ForeignKey("batches.Equipment", models.PROTECT, related_name="+", verbose_name=_("incubator"))
    shelf = models.CharField(_("shelf"), max_length=20)
    comment = models.TextField(_("comment"), blank=True)

    signed_context = ("batch",)

    def __str__(self) -> str:
        return f"Isolation of {self.batch}"


class Passage(Done, Recorded):
    """Cells of generation n detached, counted and, unless this is the final cell harvest, reseeded as n + 1.

    `done_at` is the end of the step: the reseeding, or the count of the final cell harvest.
    """

    batch = models.ForeignKey("batches.Batch", models.PROTECT, related_name="passages")
    generation = models.PositiveSmallIntegerField(_("passage"))
    is_final = models.BooleanField(_("final cell harvest"), default=False)
    confluence_pct = per_cent(_("confluence"))
    reagent_lot = models.ForeignKey(
        "batches.Lot", models.PROTECT, related_name="+", verbose_name=_("detachment reagent lot")
    )
    exposure_started_at = models.DateTimeField(_("exposure started"))
    exposure_ended_at = models.DateTimeField(_("exposure ended"))
    suspension_ml = millilitres(_("suspension volume"))
    drawn_ml = millilitres(_("drawn, not returned"))
    sampled_ml = millilitres(_("suspension used for samples"), default=0)
    cabinet = models.ForeignKey("batches.Equipment", models.PROTECT, related_name="+", verbose_name=_("cabinet"))
    medium_lot = models.ForeignKey(
        "batches.Lot", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("medium lot")
    )
    medium_ml = millilitres(_("medium volume"), null=True, blank=True)
    incubator = models.ForeignKey(
        "batches.Equipment", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("incubator")
    )
    shelf = models.CharField(_("shelf"), max_length=20, blank=True)
    comment = models.TextField(_("comment on alerts"), blank=True)

    signed_context = ("batch",)

    class Meta:
        ordering = ["done_at", "id"]

    def __str__(self) -> str:
        return f"{self.batch} P{self.generation}"


class Vessel(Recorded):
    """A culture vessel, named within its batch. It was seeded in the isolation or in a passage, never in both."""

    batch = models.ForeignKey("batches.Batch", models.PROTECT, related_name="vessels")
    isolation = models.ForeignKey(Isolation, models.PROTECT, null=True, blank=True, related_name="vessels")
    passage = models.ForeignKey(Passage, models.PROTECT, null=True, blank=True, related_name="vessels")
    generation = models.PositiveSmallIntegerField(_("passage"))
    code = models.CharField(_("vessel"), max_length=20)
    kind = models.CharField(_("kind"), max_length=20)
    area_cm2 = square_cm(_("growth area"))
    lot = models.ForeignKey("batches.Lot", models.PROTECT, related_name="+", verbose_name=_("vessel lot"))
    suspension_ml = millilitres(_("suspension seeded"))
    state = models.CharField(_("state"), max_length=16, choices=_VESSEL_STATES, default=VesselState.IN_CULTURE)

    signed_with = ("isolation", "passage")
    unsigned_fields = ("state",)

    class Meta:
        ordering = ["generation", "code"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "code"], name="vessel_named_once"),
            models.CheckConstraint(
                condition=models.Q(isolation__isnull=True) ^ models.Q(passage__isnull=True), name="vessel_seeded_once"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Detachment(Recorded):
    """A vessel detached in a passage. Vessels detached together are pooled."""

    passage = models.ForeignKey(Passage, models.PROTECT, related_name="detachments")
    vessel = models.OneToOneField(Vessel, models.PROTECT, related_name="detachment")

    signed_with = ("passage",)

    def __str__(self) -> str:
        return f"{self.vessel} in {self.passage}"


class VesselLoss(Done, Recorded):
    """A vessel discarded or found contaminated."""

    vessel = models.OneToOneField(Vessel, models.PROTECT, related_name="loss")
    is_contaminated = models.BooleanField(_("contaminated"))
    reason = models.TextField(_("reason"))

    signed_context = ("vessel__batch",)

    def __str__(self) -> str:
        return f"{self.vessel} lost"


class Observation(Done, Recorded):
    """What was seen on a culture day."""

    class Morphology(models.TextChoices):
        """Shape of the cells."""

        SPINDLE = "spindle", _("Spindle-shaped")
        FLATTENED = "flattened", _("Flattened, enlarged")
        MIXED = "mixed", _("Mixed")
        ROUNDED = "rounded", _("Rounded, detaching")

    class Medium(models.TextChoices):
        """Look of the medium."""

        CLEAR = "clear", _("Clear")
        TURBID = "turbid", _("Turbid")
        DISCOLOURED = "discoloured", _("Discoloured")

    batch = models.ForeignKey("batches.Batch", models.PROTECT, related_name="observations")
    generation = models.PositiveSmallIntegerField(_("passage"))
    confluence_pct = per_cent(_("confluence"))
    morphology = models.CharField(_("morphology"), max_length=12, choices=Morphology)
    medium = models.CharField(_("medium"), max_length=12, choices=Medium)
    comment = models.TextField(_("comment"), blank=True)

    signed_context = ("batch",)

    class Meta:
        ordering = ["done_at", "id"]

    def __str__(self) -> str:
        return f"{self.batch} P{self.generation} observed"


class MediumChange(Done, Recorded):
    """Medium of all vessels in culture changed."""

    batch = models.ForeignKey("batches.Batch", models.PROTECT, related_name="medium_changes")
    generation = models.PositiveSmallIntegerField(_("passage"))
    lot = models.ForeignKey("batches.Lot", models.PROTECT, related_name="+", verbose_name=_("medium lot"))
    volume_ml = millilitres(_("medium volume"))
    comment = models.TextField(_("comment"), blank=True)

    signed_context = ("batch",)

    class Meta:
        ordering = ["done_at", "id"]

    def __str__(self) -> str:
        return f"{self.batch} P{self.generation} medium"


class Fill(Done, Recorded):
    """Formulation and filling of the final container. `done_at` is the end of formulation; expiry runs from it."""

    batch = models.OneToOneField("batches.Batch", models.PROTECT, related_name="fill")
    used_ml = millilitres(_("cell suspension used"))
    vehicle_lot = models.ForeignKey("batches.Lot", models.PROTECT, related_name="+", verbose_name=_("vehicle lot"))
    container_lot = models.ForeignKey("batches.Lot", models.PROTECT, related_name="+", verbose_name=_("container lot"))
    container_code = models.CharField(_("container"), max_length=40)
    volume_ml = millilitres(_("filled volume"))
    drawn_ml = millilitres(_("drawn for tests, not returned"))
    storage_temp_c = degrees_c(_("storage temperature"))
    is_appearance_good = models.BooleanField(_("whitish, no clumps, no foreign matter, no leak"))
    scanned_coi = models.CharField(_("chain of identity on the label"), max_length=80)
    expires_at = models.DateTimeField(_("expires at"))
    comment = models.TextField(_("comment"), blank=True)

    signed_context = ("batch",)

    def __str__(self) -> str:
        return f"Fill of {self.batch}"
