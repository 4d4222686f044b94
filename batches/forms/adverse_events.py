"""Forms of adverse events: shape only."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from batches.forms.bedside import JustNowForm
from batches.models import AdverseEvent
from batches.rules.adverse_events import CTCAE, GRADES
from lims.web.widgets import Choice, DateTimeLocal, Select, Textarea, TextInput, YesNo

_GRADES = [(str(g), str(g)) for g in GRADES]


class AdverseEventForm(JustNowForm):
    """One adverse event. `done_at` is its onset."""

    term = forms.CharField(
        label=_("Event"), max_length=120, widget=TextInput(span=6, hint=_("The CTCAE term, for example Headache"))
    )
    ctcae_version = forms.ChoiceField(
        label=_("CTCAE version"), choices=[("5.0", "5.0"), ("6.0", "6.0")], initial=CTCAE, widget=Select(span=6)
    )
    grade = forms.TypedChoiceField(
        label=_("Grade"), choices=_GRADES, coerce=int, widget=Choice(span=6, hint=_("1 mild to 5 death"))
    )
    is_serious = forms.ChoiceField(
        label=_("Serious: death, danger to life, hospital, lasting harm"),
        choices=[("no", _("No")), ("yes", _("Yes"))],
        widget=YesNo(span=6),
    )
    relation = forms.ChoiceField(
        label=_("Relation to the product"), choices=[("", ""), *AdverseEvent.Relation.choices], widget=Select(span=6)
    )
    action = forms.CharField(label=_("Action taken"), widget=Textarea())
    outcome = forms.CharField(label=_("Outcome"), required=False, widget=Textarea())
    ended_at = forms.DateTimeField(
        label=_("Ended at"), required=False, widget=DateTimeLocal(hint=_("Blank while it lasts"), span=6)
    )

    cards = [
        (_("What happened"), "", ["term", "ctcae_version", "grade", "is_serious", "done_at", "ended_at"]),
        (_("What was done"), "", ["relation", "action", "outcome", "late_reason"]),
    ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["done_at"].label = _("Began at")

    def inputs(self) -> dict[str, Any]:
        """What the command asks for."""
        return self.cleaned_data | {"is_serious": self.cleaned_data["is_serious"] == "yes"}


class AdverseEventCheckForm(JustNowForm):
    """Adverse events asked for. «None» is an answer of its own, and not preset."""

    is_none = forms.ChoiceField(
        label=_("Adverse events of this infusion"),
        choices=[("none", _("Assessed, none")), ("some", _("Assessed, those recorded"))],
        widget=Choice(choices=[("none", _("Assessed, none")), ("some", _("Assessed, those recorded"))], span=12),
    )
    comment = forms.CharField(label=_("Comment"), required=False, widget=Textarea())

    cards = [(_("Assessment"), "", ["is_none", "comment", "done_at", "late_reason"])]

    def inputs(self) -> dict[str, Any]:
        """What the command asks for."""
        return self.cleaned_data | {"is_none": self.cleaned_data["is_none"] == "none"}
