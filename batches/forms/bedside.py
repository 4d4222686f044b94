"""Forms at the bedside: shape only. A time is asked for only when something was not done just now."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from batches.rules.process import Process
from batches.rules.protocol import Symptom
from batches.rules.vitals import EXTRA, Due, grade_field_of, symptom_field
from batches.rules.wording import volume
from lims.web.templatetags.lims_tags import FieldError, field_errors
from lims.web.widgets import (
    Checkbox,
    Choice,
    DateTimeLocal,
    DecimalInput,
    IntegerInput,
    ScanInput,
    Select,
    Textarea,
    TextInput,
    YesNo,
)

# The time of what was not done just now, folded away.
EARLIER = "batches/infusions/earlier.html"


class JustNowForm(forms.Form):
    """A form of an act done just now. A time is typed only if it was done earlier."""

    done_at = forms.DateTimeField(
        label=_("Done at"), required=False, widget=DateTimeLocal(hint=_("Blank means just now"), span=6)
    )
    late_reason = forms.CharField(
        label=_("Reason for a late entry"),
        required=False,
        widget=Textarea(hint=_("Only if this was done more than 15 minutes ago"), rows=1),
    )


class IdentityForm(JustNowForm):
    """The identity check: two codes, what two people look at, and the patient today."""

    scanned_patient = forms.CharField(
        label=_("Wristband"), max_length=40, widget=ScanInput(span=6, hint=_("Scan the patient code"))
    )
    scanned_coi = forms.CharField(
        label=_("Bag label"), max_length=80, widget=ScanInput(span=6, hint=_("Scan the chain of identity"))
    )
    is_name_confirmed = forms.BooleanField(
        label=_("The patient said name and birth date, and both are those shown"),
        required=False,
        widget=Checkbox(span=12),
    )
    is_bag_good = forms.BooleanField(
        label=_("Bag intact, content whitish, no clumps after gentle mixing"), required=False, widget=Checkbox(span=12)
    )
    weight_kg = forms.DecimalField(
        label=_("Weight today"), max_digits=5, decimal_places=1, widget=DecimalInput(unit="kg")
    )
    catheter = forms.CharField(
        label=_("Catheter and site"), max_length=120, widget=TextInput(hint=_("For example 22 G, left forearm"))
    )
    pump_code = forms.CharField(
        label=_("Pump"), max_length=40, required=False, widget=ScanInput(hint=_("Scan it; blank for gravity"))
    )

    drawn = ("done_at", "late_reason")
    cards = [
        (_("Scan both codes"), _("A mismatch stops everything"), ["scanned_patient", "scanned_coi"]),
        (
            _("Look and ask, both of you"),
            "",
            ["batches/infusions/patient.html", "is_name_confirmed", "is_bag_good"],
        ),
        (_("Patient and line"), "", ["weight_kg", "catheter", "pump_code", EARLIER]),
    ]


class StartForm(JustNowForm):
    """The start of the flow."""


class PauseForm(JustNowForm):
    """A pause by hand."""

    reason = forms.CharField(label=_("Why it is paused"), widget=TextInput(span=12))


class ResumeForm(JustNowForm):
    """A paused infusion goes on."""

    reason = forms.CharField(
        label=_("Why it may go on"),
        required=False,
        widget=TextInput(span=12, hint=_("After a symptom: what the physician decided")),
    )


class StopForm(JustNowForm):
    """The end. Nothing is preset: what was infused is read from the bag and the pump."""

    infused_ml = forms.DecimalField(label=_("Volume infused"), max_digits=9, decimal_places=3)
    reason = forms.CharField(
        label=_("Why it ends before the bag is empty"),
        required=False,
        widget=TextInput(span=12, hint=_("Only if less than the whole bag was infused; say where the rest went")),
    )

    field_order = ["infused_ml", "reason", "done_at", "late_reason"]

    def __init__(self, *args: Any, bag_ml: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hint = _("The bag held %(volume)s") % {"volume": volume(bag_ml)}
        self.fields["infused_ml"].widget = DecimalInput(unit="mL", hint=hint, span=6)


@dataclasses.dataclass(frozen=True)
class Question:
    """One symptom with its two controls."""

    symptom: Symptom
    answer: BoundField
    grade: BoundField

    @property
    def reasons(self) -> list[FieldError]:
        """Every reason that stands at one of them."""
        return [*field_errors(self.answer), *field_errors(self.grade)]


class VitalsForm(JustNowForm):
    """One reading: the time of the schedule, the values, each symptom with no answer preset."""

    scheduled = forms.ChoiceField(label=_("Reading"), widget=Select(span=12))
    systolic = forms.IntegerField(label=_("Upper pressure"), widget=IntegerInput(unit="mmHg"))
    diastolic = forms.IntegerField(label=_("Lower pressure"), widget=IntegerInput(unit="mmHg"))
    heart_rate = forms.IntegerField(label=_("Pulse"), widget=IntegerInput(unit="/min"))
    respiratory_rate = forms.IntegerField(label=_("Breaths"), widget=IntegerInput(unit="/min"))
    spo2_pct = forms.DecimalField(
        label=_("Oxygen saturation"), max_digits=5, decimal_places=2, widget=DecimalInput(unit="%")
    )
    temperature_c = forms.DecimalField(
        label=_("Temperature"), max_digits=5, decimal_places=1, required=False, widget=DecimalInput(unit="°C")
    )
    comment = forms.CharField(label=_("Comment"), required=False, widget=Textarea(rows=1))

    values = ("systolic", "diastolic", "heart_rate", "respiratory_rate", "spo2_pct", "temperature_c")

    def __init__(self, *args: Any, process: Process, dues: Sequence[Due], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._process = process
        asked = next((d.time for d in dues if d.time.key == self.initial.get("scheduled")), None)
        if not self.is_bound and asked is not None and asked.with_temperature:
            # Shown as needed; which reading was chosen in the end is the rule's to judge.
            self.fields["temperature_c"].required = True
        open_times = [
            (d.time.key, d.time.name) for d in dues if d.state in ("later", "overdue") or d.time.after == "before"
        ]
        scheduled = self.fields["scheduled"]
        assert isinstance(scheduled, forms.ChoiceField)
        scheduled.choices = [*open_times, (EXTRA, _("Extra reading"))]
        for symptom in process.symptoms:
            self.fields[symptom_field(symptom.code)] = forms.ChoiceField(
                label=symptom.name, choices=[("no", _("No")), ("yes", _("Yes"))], widget=YesNo()
            )
            grades = [(str(g), str(g)) for g in symptom.grades]
            self.fields[grade_field_of(symptom.code)] = forms.ChoiceField(
                label=_("Grade"), choices=grades, required=False, widget=Choice(choices=grades)
            )

    @property
    def questions(self) -> list[Question]:
        """The symptoms in the order of the process."""
        return [Question(s, self[symptom_field(s.code)], self[grade_field_of(s.code)]) for s in self._process.symptoms]

    @property
    def measured(self) -> list[BoundField]:
        """The controls of the values."""
        return [self[name] for name in self.values]

    def inputs(self) -> dict[str, Any]:
        """What the command asks for. A grade belongs to a symptom that is there."""
        data = self.cleaned_data
        answers: dict[str, bool | None] = {}
        grades: dict[str, int | None] = {}
        for symptom in self._process.symptoms:
            answer = data.get(symptom_field(symptom.code))
            answers[symptom.code] = {"yes": True, "no": False}.get(answer or "")
            grade = data.get(grade_field_of(symptom.code))
            grades[symptom.code] = int(grade) if grade and answer == "yes" else None
        kept = ("scheduled", *self.values, "comment", "done_at", "late_reason")
        return {name: data[name] for name in kept} | {"answers": answers, "grades": grades}
