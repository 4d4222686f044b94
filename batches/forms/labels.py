"""Forms of printing labels: shape only. What is asked of the donor is answered, never preset the first time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from batches.rules.states import LabelState
from batches.rules.vessels import codes_in
from lims.web.widgets import Checkboxes, Choice, ScanInput, Textarea, TextInput, YesNo

_DONOR = (_("Donor"), _("Decides what the label must say"), ["is_screened", "has_risk_factor", "agents"])
_NO_YES = [("no", _("No")), ("yes", _("Yes"))]


class DonorForm(forms.Form):
    """What is known of the donor besides the tests of the record."""

    is_screened = forms.ChoiceField(
        label=_("Donor screening complete"), choices=_NO_YES, widget=YesNo(hint=_("History and examination"))
    )
    has_risk_factor = forms.ChoiceField(
        label=_("Risk factor found"), choices=_NO_YES, widget=YesNo(hint=_("Of a communicable disease"))
    )
    agents = forms.CharField(
        label=_("Reactive for"), max_length=120, required=False, widget=TextInput(hint=_("Only after a reactive test"))
    )

    def inputs(self) -> dict[str, Any]:
        """What the command takes, from a valid form."""
        data = dict(self.cleaned_data)
        return data | {name: data[name] == "yes" for name in ("is_screened", "has_risk_factor")}


class LabelsForm(DonorForm):
    """What labels are for. Made with `choices`, code and words of each container."""

    chosen = forms.MultipleChoiceField(label=_("Labels for"), widget=Checkboxes(span=12))

    cards = [(_("Labels"), "", ["chosen"]), _DONOR]

    def __init__(self, *args: Any, choices: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["chosen"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = choices


class ReprintForm(LabelsForm):
    """Labels that were printed before."""

    reprint_reason = forms.CharField(
        label=_("Why it is printed again"), widget=Textarea(hint=_("And where the old label is: destroyed, stuck here"))
    )

    cards = [(_("Labels"), _("Each gets the next copy number"), ["chosen", "reprint_reason"]), _DONOR]


class FillLabelForm(DonorForm):
    """The first label of the container that is to be filled."""

    container_code = forms.CharField(
        label=_("Container"), max_length=40, widget=ScanInput(hint=_("Scan the empty container itself"), span=6)
    )

    cards = [(_("Container"), _("In your hand, before it is filled"), ["container_code"]), _DONOR]


class AccountForm(forms.Form):
    """What became of labels: each scanned in, one after the other."""

    # Enter, which a scanner ends with, begins the next code in the same field.
    scanned = forms.CharField(
        label=_("Scan each label"),
        max_length=4000,
        widget=TextInput(
            {"data-scan-many": "1", "autocapitalize": "characters", "spellcheck": "false", "enterkeyhint": "next"},
            hint=_("One after the other. A torn one: type its serial number"),
            span=12,
        ),
    )
    fate = forms.ChoiceField(
        label=_("What became of them"),
        choices=[
            (LabelState.APPLIED, _("Applied")),
            (LabelState.DESTROYED, _("Destroyed")),
            (LabelState.ATTACHED, _("Attached to the record")),
            (LabelState.RETURNED, _("Returned")),
        ],
        widget=Choice(hint=_("Applied: read back from the container"), span=12),
    )
    note = forms.CharField(
        label=_("Why and how"), required=False, widget=Textarea(hint=_("Unless applied: why, and how it was done"))
    )

    cards = [(_("Labels"), _("With a witness, who saw each of them"), ["scanned", "fate", "note"])]

    def inputs(self) -> dict[str, Any]:
        """What the command takes, from a valid form."""
        data = self.cleaned_data
        return {"scanned": codes_in(data["scanned"]), "fate": LabelState(data["fate"]), "note": data["note"]}
