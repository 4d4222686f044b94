"""Forms of printing labels: shape only. What is asked of the donor is answered, never preset the first time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lims.web.widgets import Checkboxes, Textarea, TextInput, YesNo

_NO_YES = [("no", _("No")), ("yes", _("Yes"))]


class LabelsForm(forms.Form):
    """What labels are for, and what is known of the donor. Made with `choices`, code and words of each container."""

    chosen = forms.MultipleChoiceField(label=_("Labels for"), widget=Checkboxes(span=12))
    is_screened = forms.ChoiceField(
        label=_("Donor screening complete"), choices=_NO_YES, widget=YesNo(hint=_("History and examination"))
    )
    has_risk_factor = forms.ChoiceField(
        label=_("Risk factor found"), choices=_NO_YES, widget=YesNo(hint=_("Of a communicable disease"))
    )
    agents = forms.CharField(
        label=_("Reactive for"), max_length=120, required=False, widget=TextInput(hint=_("Only after a reactive test"))
    )

    cards = [
        (_("Labels"), "", ["chosen"]),
        (_("Donor"), _("Decides what the label must say"), ["is_screened", "has_risk_factor", "agents"]),
    ]

    def __init__(self, *args: Any, choices: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["chosen"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = choices

    def inputs(self) -> dict[str, Any]:
        """What the command takes, from a valid form."""
        data = dict(self.cleaned_data)
        return data | {name: data[name] == "yes" for name in ("is_screened", "has_risk_factor")}


class ReprintForm(LabelsForm):
    """Labels that were printed before."""

    reprint_reason = forms.CharField(
        label=_("Why it is printed again"), widget=Textarea(hint=_("And where the old label is: destroyed, stuck here"))
    )

    cards = [
        (_("Labels"), _("Each gets the next copy number"), ["chosen", "reprint_reason"]),
        (_("Donor"), _("Decides what the label must say"), ["is_screened", "has_risk_factor", "agents"]),
    ]
