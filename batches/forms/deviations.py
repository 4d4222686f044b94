"""Forms of deviations: shape only."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from batches.forms.done import DoneForm
from batches.models import Deviation
from lims.web.widgets import Choice, Textarea, TextInput, YesNo


class RaiseForm(DoneForm):
    """A deviation somebody saw."""

    title = forms.CharField(label=_("Title"), max_length=200, widget=TextInput(span=6))
    description = forms.CharField(
        label=_("What happened"), widget=Textarea(hint=_("What, where, which value, who noticed"), rows=3)
    )
    immediate_action = forms.CharField(label=_("Immediate action"), required=False, widget=Textarea())
    severity = forms.ChoiceField(label=_("Severity"), choices=Deviation.Severity.choices, widget=Choice(span=12))

    cards = [
        (_("Deviation"), "", ["title", "done_at", "description", "immediate_action", "severity", "late_reason"]),
    ]


class AssessForm(forms.Form):
    """QA's view of a deviation."""

    severity = forms.ChoiceField(label=_("Severity"), choices=Deviation.Severity.choices, widget=Choice(span=12))
    root_cause = forms.CharField(label=_("Cause"), widget=Textarea())
    product_impact = forms.CharField(label=_("Effect on the product"), widget=Textarea())
    action = forms.CharField(label=_("Action"), widget=Textarea(hint=_("What is done now, and so that it stays so")))

    cards = [(_("Assessment"), "", ["severity", "root_cause", "product_impact", "action"])]


class CloseForm(forms.Form):
    """QA's conclusion."""

    conclusion = forms.CharField(label=_("Conclusion"), widget=Textarea(rows=3))
    is_product_acceptable = forms.TypedChoiceField(
        label=_("Is the product acceptable?"),
        choices=(("no", _("No")), ("yes", _("Yes"))),
        coerce=lambda answer: answer == "yes",
        widget=YesNo(span=6),
    )

    cards = [(_("Conclusion"), "", ["conclusion", "is_product_acceptable"])]
