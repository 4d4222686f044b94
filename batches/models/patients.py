"""The patient: who the cells come from and go back to, consent, eligibility."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from lims.recorded import Recorded


class Patient(Recorded):
    """A person under a code. Name and birth date are shown at the bedside and on the patient's own pages only."""

    class Sex(models.TextChoices):
        """Sex as in the clinic's register."""

        FEMALE = "female", _("Female")
        MALE = "male", _("Male")
        OTHER = "other", _("Other")

    code = models.CharField(_("patient code"), max_length=12, unique=True)
    name = models.CharField(_("name"), max_length=120)
    birth_date = models.DateField(_("birth date"))
    sex = models.CharField(_("sex"), max_length=8, choices=Sex)
    medical_record_number = models.CharField(_("medical record number"), max_length=40, unique=True)
    weight_kg = models.DecimalField(_("weight"), max_digits=5, decimal_places=1, validators=[MinValueValidator(1)])
    weighed_on = models.DateField(_("weighed on"))
    diagnosis = models.CharField(_("diagnosis"), max_length=200)
    pain_site = models.CharField(_("pain site"), max_length=120)
    pain_since_on = models.DateField(_("pain since"), null=True, blank=True)
    prior_treatment = models.TextField(_("treatment so far, and why it was not enough"), blank=True)
    enrolled_at = models.DateTimeField(_("enrolled at"))

    unsigned_fields = ("weight_kg", "weighed_on")

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code

    @property
    def stream(self) -> str:
        """The ledger stream of this patient."""
        return self.code


class Weighing(Recorded):
    """A newer weight, signed with the reason for it; the patient's own row has the newest one."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="weighings")
    weight_kg = models.DecimalField(_("weight"), max_digits=5, decimal_places=1, validators=[MinValueValidator(1)])
    weighed_on = models.DateField(_("weighed on"))
    reason = models.TextField(_("why it was recorded"))

    signed_context = ("patient",)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.patient} {self.weight_kg} kg"


class Consent(Recorded):
    """One signed consent form: treatment or tissue donation, by version."""

    class Kind(models.TextChoices):
        """What the patient consents to."""

        TREATMENT = "treatment", _("Treatment")
        TISSUE_DONATION = "tissue_donation", _("Tissue donation")

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="consents")
    kind = models.CharField(_("consent to"), max_length=20, choices=Kind)
    form_version = models.CharField(_("form version"), max_length=40)
    signed_on = models.DateField(_("signed on"))
    withdrawn_on = models.DateField(_("withdrawn on"), null=True, blank=True)
    withdrawal_reason = models.TextField(_("reason for withdrawal"), blank=True)

    signed_context = ("patient",)

    class Meta:
        ordering = ["signed_on", "id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.form_version}"


class Eligibility(Recorded):
    """One assessment against the criteria of a master batch record version."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="assessments_of_eligibility")
    mbr = models.ForeignKey("batches.MasterBatchRecord", models.PROTECT, related_name="+")
    assessed_at = models.DateTimeField(_("assessed at"))
    is_eligible = models.BooleanField(_("eligible"))
    comment = models.TextField(_("comment"), blank=True)

    signed_context = ("patient", "mbr")

    class Meta:
        verbose_name_plural = "eligibilities"
        ordering = ["assessed_at", "id"]

    def __str__(self) -> str:
        return f"{self.patient} {self.assessed_at:%Y-%m-%d}"


class EligibilityAnswer(Recorded):
    """The answer to one criterion: yes, no or not applicable."""

    class Answer(models.TextChoices):
        """Answers to a criterion. None is preset."""

        YES = "yes", _("Yes")
        NO = "no", _("No")
        NOT_APPLICABLE = "not_applicable", _("Not applicable")

    eligibility = models.ForeignKey(Eligibility, models.PROTECT, related_name="answers")
    code = models.CharField(max_length=20)
    criterion = models.TextField()
    answer = models.CharField(max_length=16, choices=Answer)

    signed_with = ("eligibility",)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["eligibility", "code"], name="eligibility_answer_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.answer}"
