"""Forms of lots and equipment: shape only."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from batches.models import Equipment, Lot, Patient
from lims.web.widgets import Choice, DateInput, ScanInput, Select, Textarea, TextInput


class LotForm(forms.Form):
    """A lot as it says on its label. It waits in quarantine until somebody releases it."""

    kind = forms.ChoiceField(label=_("Used as"), choices=[("", ""), *Lot.Kind.choices], widget=Select())
    name = forms.CharField(label=_("Material"), max_length=120, widget=TextInput())
    code = forms.CharField(label=_("Lot"), max_length=40, widget=ScanInput(hint=_("Scan the label")))
    supplier = forms.CharField(label=_("Supplier"), max_length=120, required=False, widget=TextInput())
    expires_on = forms.DateField(label=_("Expires on"), widget=DateInput(hint=_("The last day it may be used")))
    patient = forms.CharField(
        label=_("Reserved for"),
        max_length=12,
        required=False,
        widget=ScanInput(hint=_("Patient code, if no other patient may get it")),
    )

    cards = [(_("Lot"), "", ["kind", "name", "code", "supplier", "expires_on", "patient"])]

    def clean_patient(self) -> Patient | None:
        """The patient of the code, or nobody."""
        code = self.cleaned_data["patient"].strip()
        if not code:
            return None
        found = Patient.objects.filter(code__iexact=code).first()
        if found is None:
            raise forms.ValidationError(_("No patient has this code. Scan it again."))
        return found


class LotDecisionForm(forms.Form):
    """What becomes of a lot. Nothing is preset."""

    state = forms.ChoiceField(label=_("The lot is"), widget=Choice(span=12))
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        widget=Textarea(hint=_("Needed for anything but the first release")),
    )

    cards = [(_("Decision"), "", ["state", "reason"])]

    def __init__(self, *args: Any, but: Collection[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["state"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(value, label) for value, label in Lot.State.choices if value not in but]


class EquipmentForm(forms.Form):
    """A piece of equipment with the day its next calibration is due."""

    kind = forms.ChoiceField(label=_("Kind"), choices=[("", ""), *Equipment.Kind.choices], widget=Select())
    code = forms.CharField(label=_("Code"), max_length=40, widget=ScanInput(hint=_("Scan its tag")))
    name = forms.CharField(label=_("Name"), max_length=120, widget=TextInput())
    calibration_due_on = forms.DateField(label=_("Calibration due on"), widget=DateInput())

    cards = [(_("Equipment"), "", ["kind", "code", "name", "calibration_due_on"])]


class CalibrationForm(forms.Form):
    """A calibration done: when the next one is due."""

    calibration_due_on = forms.DateField(label=_("Next calibration due on"), widget=DateInput())
    reason = forms.CharField(
        label=_("Certificate"), required=False, widget=TextInput(hint=_("Its number, and who calibrated"), span=6)
    )

    cards = [(_("Calibration"), "", ["calibration_due_on", "reason"])]


class ServiceForm(forms.Form):
    """Why equipment goes out of service, or comes back."""

    to = forms.ChoiceField(choices=[("in", "in"), ("out", "out")], widget=forms.HiddenInput())
    reason = forms.CharField(label=_("Reason"), widget=Textarea())

    cards = [(_("Service"), "", ["reason"])]

    def __init__(self, *args: Any, to: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["to"] = to
