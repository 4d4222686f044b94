"""Forms about a patient: shape only."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from batches.models import Consent, EligibilityAnswer, Patient
from batches.rules.protocol import Criterion
from lims import clock
from lims.web.templatetags.lims_tags import FieldError, field_errors
from lims.web.widgets import Choice, DateInput, DateTimeLocal, DecimalInput, Select, Textarea, TextInput


def _weight() -> forms.DecimalField:
    return forms.DecimalField(label=_("Weight"), max_digits=5, decimal_places=1, widget=DecimalInput(unit="kg"))


class EnrolForm(forms.Form):
    """A patient, as in the clinic's register."""

    name = forms.CharField(label=_("Name"), max_length=120, widget=TextInput(span=6))
    birth_date = forms.DateField(label=_("Birth date"), widget=DateInput(span=3))
    sex = forms.ChoiceField(label=_("Sex"), choices=[("", ""), *Patient.Sex.choices], widget=Select(span=3))
    medical_record_number = forms.CharField(label=_("Medical record number"), max_length=40, widget=TextInput(span=6))
    weight_kg = _weight()
    weighed_on = forms.DateField(label=_("Weighed on"), widget=DateInput())
    diagnosis = forms.CharField(label=_("Diagnosis"), max_length=200, widget=TextInput(span=6))
    pain_site = forms.CharField(label=_("Pain site"), max_length=120, widget=TextInput(span=3))
    pain_since_on = forms.DateField(
        label=_("Pain since"), required=False, widget=DateInput(hint=_("The day, or the first of the month"), span=3)
    )
    prior_treatment = forms.CharField(
        label=_("Treatment so far, and why it was not enough"), required=False, widget=Textarea(rows=3)
    )

    cards = [
        (
            _("Person"),
            _("Everywhere else the patient is known by a code"),
            ["name", "birth_date", "sex", "medical_record_number"],
        ),
        (_("Weight"), "", ["weight_kg", "weighed_on"]),
        (_("Pain"), "", ["diagnosis", "pain_site", "pain_since_on", "prior_treatment"]),
    ]


class ConsentForm(forms.Form):
    """A consent form the patient has signed."""

    kind = forms.ChoiceField(label=_("Consent to"), choices=Consent.Kind.choices, widget=Choice(span=6))
    form_version = forms.CharField(
        label=_("Form version"), max_length=40, widget=TextInput(hint=_("As printed on the form"), span=3)
    )
    signed_on = forms.DateField(label=_("Signed on"), widget=DateInput(span=3))

    cards = [(_("Consent"), _("The paper form stays in the clinic's file"), ["kind", "form_version", "signed_on"])]


class WithdrawalForm(forms.Form):
    """A consent withdrawn."""

    withdrawn_on = forms.DateField(label=_("Withdrawn on"), widget=DateInput())
    withdrawal_reason = forms.CharField(
        label=_("What the patient said"), widget=Textarea(hint=_("A patient need give no reason. Say so then."))
    )

    cards = [(_("Withdrawal"), "", ["withdrawn_on", "withdrawal_reason"])]


class WeighForm(forms.Form):
    """A newer weight."""

    weight_kg = _weight()
    weighed_on = forms.DateField(label=_("Weighed on"), widget=DateInput())
    reason = forms.CharField(label=_("Reason"), widget=Textarea(hint=_("The endotoxin limit follows the weight")))

    cards = [(_("Weight"), "", ["weight_kg", "weighed_on", "reason"])]


@dataclasses.dataclass(frozen=True)
class Question:
    """One criterion as the page draws it."""

    criterion: Criterion
    bound: forms.BoundField
    errors: Sequence[FieldError]


class EligibilityForm(forms.Form):
    """The criteria of a master batch record, each to be answered. No answer is preset."""

    assessed_at = forms.DateTimeField(label=_("Assessed at"), widget=DateTimeLocal())
    comment = forms.CharField(label=_("Comment"), required=False, widget=Textarea())

    def __init__(self, *args: Any, criteria: Sequence[Criterion], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.criteria = criteria
        self.initial.setdefault("assessed_at", clock.now())
        answer = EligibilityAnswer.Answer
        for criterion in criteria:
            choices = [(answer.NO.value, answer.NO.label), (answer.YES.value, answer.YES.label)]
            if criterion.not_applicable_allowed:
                choices.append((answer.NOT_APPLICABLE.value, answer.NOT_APPLICABLE.label))
            self.fields[f"criterion_{criterion.code}"] = forms.ChoiceField(
                label=criterion.text, choices=choices, widget=Choice()
            )
        self.drawn = [f"criterion_{c.code}" for c in criteria]
        self.cards = [
            (_("Criteria"), _("Each needs an answer"), ["batches/patients/criteria.html"]),
            (_("Assessment"), "", ["assessed_at", "comment"]),
        ]

    def questions(self) -> list[Question]:
        """Each criterion with its field and what is wrong there, in the order of the protocol."""
        fields = [(c, self[f"criterion_{c.code}"]) for c in self.criteria]
        return [Question(criterion, bound, field_errors(bound)) for criterion, bound in fields]

    def answers(self) -> dict[str, str]:
        """The answers by the code of the criterion."""
        return {c.code: self.cleaned_data[f"criterion_{c.code}"] for c in self.criteria}
