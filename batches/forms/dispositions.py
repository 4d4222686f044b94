"""The form of the decision about a product: shape only. Its fields stand on the page and belong to the bar below it."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from batches.rules.release import DECISIONS
from lims.web.widgets import PasswordInput, Textarea, TextInput

FORM_ID = "decide"


class DispositionForm(forms.Form):
    """What QA types with a decision. What stops a decision is told by the rules, on the page and when it is signed."""

    decision = forms.ChoiceField(
        choices=[(d.value, d.value) for d in DECISIONS],
        error_messages={"required": _("Press one of the buttons to decide.")},
        widget=forms.HiddenInput(),
    )
    grounds = forms.CharField(
        label=_("Grounds"),
        widget=Textarea({"form": FORM_ID}, hint=_("What the decision rests on; for a rejection, why"), rows=3),
    )
    physician_informed = forms.CharField(
        label=_("Physician informed of what is pending"),
        required=False,
        max_length=200,
        widget=TextInput({"form": FORM_ID}, hint=_("Who, when and how; needed for a conditional release"), span=12),
    )
    username = forms.CharField(
        label=_("Your user name"),
        required=False,
        widget=TextInput({"form": FORM_ID, "autocapitalize": "none", "spellcheck": "false"}),
    )
    password = forms.CharField(label=_("Your password"), strip=False, widget=PasswordInput({"form": FORM_ID}))
