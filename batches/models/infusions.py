"""The infusion at the bedside: identity, events, vital signs, symptoms, adverse events."""

from __future__ import annotations

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from batches.models.done import Done
from batches.models.fields import degrees_c, millilitres, per_cent
from batches.rules.states import InfusionState
from lims.recorded import Recorded

_INFUSION_STATES = [
    (InfusionState.CHECKED, _("Identity checked")),
    (InfusionState.RUNNING, _("Running")),
    (InfusionState.PAUSED, _("Paused")),
    (InfusionState.STOPPED, _("Stopped")),
]


class Infusion(Done, Recorded):
    """The one infusion of a batch. It begins with the identity check of two people; `done_at` is that check."""

    batch = models.OneToOneField("batches.Batch", models.PROTECT, related_name="infusion")
    scanned_patient = models.CharField(_("wristband"), max_length=40)
    scanned_coi = models.CharField(_("bag"), max_length=80)
    is_name_confirmed = models.BooleanField(_("name and birth date confirmed with the patient"))
    is_bag_good = models.BooleanField(_("bag intact, whitish, no clumps"))
    weight_kg = models.DecimalField(_("weight today"), max_digits=5, decimal_places=1)
    catheter = models.CharField(_("catheter and site"), max_length=120)
    pump = models.ForeignKey(
        "batches.Equipment", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("pump")
    )
    state = models.CharField(max_length=10, choices=_INFUSION_STATES, default=InfusionState.CHECKED)

    signed_context = ("batch",)
    unsigned_fields = ("state",)

    def __str__(self) -> str:
        return f"Infusion of {self.batch}"


class InfusionEvent(Done, Recorded):
    """Start, pause, resume or stop."""

    class Kind(models.TextChoices):
        """What happened to the flow."""

        START = "start", _("Started")
        PAUSE = "pause", _("Paused")
        RESUME = "resume", _("Resumed")
        STOP = "stop", _("Stopped")

    infusion = models.ForeignKey(Infusion, models.PROTECT, related_name="events")
    kind = models.CharField(max_length=8, choices=Kind)
    reason = models.TextField(_("reason"), blank=True)
    infused_ml = millilitres(_("volume infused"), null=True, blank=True)

    signed_context = ("infusion__batch",)

    class Meta:
        ordering = ["done_at", "id"]

    def __str__(self) -> str:
        return f"{self.infusion} {self.kind}"


class Vitals(Done, Recorded):
    """Vital signs with the symptom checklist of one scheduled time."""

    infusion = models.ForeignKey(Infusion, models.PROTECT, related_name="vitals")
    scheduled = models.CharField(_("scheduled"), max_length=20)
    heart_rate = models.PositiveSmallIntegerField(_("heart rate"), validators=[MaxValueValidator(300)])
    systolic = models.PositiveSmallIntegerField(_("systolic pressure"), validators=[MaxValueValidator(300)])
    diastolic = models.PositiveSmallIntegerField(_("diastolic pressure"), validators=[MaxValueValidator(250)])
    respiratory_rate = models.PositiveSmallIntegerField(_("respiratory rate"), validators=[MaxValueValidator(100)])
    spo2_pct = per_cent(_("oxygen saturation"))
    temperature_c = degrees_c(_("temperature"), null=True, blank=True)
    comment = models.TextField(_("comment"), blank=True)

    signed_context = ("infusion__batch",)

    class Meta:
        verbose_name_plural = "vitals"
        ordering = ["done_at", "id"]
        # A baseline that grew old is taken again, and extra readings have no time of their own.
        constraints = [
            models.UniqueConstraint(
                fields=["infusion", "scheduled"],
                condition=~models.Q(scheduled__in=["baseline", "extra"]),
                name="vitals_once_per_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.infusion} {self.scheduled}"


class SymptomAnswer(Recorded):
    """Whether one symptom was there, asked and answered. Blank is not «no»: every symptom has a row."""

    vitals = models.ForeignKey(Vitals, models.PROTECT, related_name="symptoms")
    symptom = models.CharField(max_length=20)
    is_present = models.BooleanField()
    grade = models.PositiveSmallIntegerField(_("grade"), null=True, blank=True)

    signed_with = ("vitals",)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["vitals", "symptom"], name="symptom_asked_once")]

    def __str__(self) -> str:
        return f"{self.symptom} {self.is_present}"


class AdverseEvent(Done, Recorded):
    """An adverse event. `done_at` is its onset."""

    class Relation(models.TextChoices):
        """How far the product caused it."""

        UNRELATED = "unrelated", _("Unrelated")
        UNLIKELY = "unlikely", _("Unlikely")
        POSSIBLE = "possible", _("Possible")
        PROBABLE = "probable", _("Probable")
        DEFINITE = "definite", _("Definite")

    batch = models.ForeignKey("batches.Batch", models.PROTECT, related_name="adverse_events")
    term = models.CharField(_("event"), max_length=120)
    grade = models.PositiveSmallIntegerField(_("CTCAE grade"))
    ctcae_version = models.CharField(_("CTCAE version"), max_length=10)
    is_serious = models.BooleanField(_("serious"))
    relation = models.CharField(_("relation to the product"), max_length=12, choices=Relation)
    action = models.TextField(_("action taken"))
    outcome = models.TextField(_("outcome"), blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    signed_context = ("batch",)

    class Meta:
        ordering = ["done_at", "id"]

    def __str__(self) -> str:
        return f"{self.term} grade {self.grade}"


class AdverseEventCheck(Done, Recorded):
    """Adverse events asked for and assessed: none, or those recorded. Nothing recorded is not «none»."""

    batch = models.ForeignKey("batches.Batch", models.PROTECT, related_name="adverse_event_checks")
    is_none = models.BooleanField(_("assessed, none"))
    comment = models.TextField(_("comment"), blank=True)

    signed_context = ("batch",)

    class Meta:
        ordering = ["done_at", "id"]

    def __str__(self) -> str:
        return f"{self.batch} adverse events assessed"
