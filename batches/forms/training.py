"""Forms about training: shape only."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from batches.models import MasterBatchRecord
from batches.queries.training import to_be_trained
from lims.accounts.models import User
from lims.web.widgets import Checkboxes, DateInput, Select, Textarea


class TrainingForm(forms.Form):
    """A training that has taken place, of one person or of several. Nobody is chosen beforehand."""

    mbr = forms.ModelChoiceField(
        label=_("Trained for"),
        queryset=MasterBatchRecord.objects.none(),
        empty_label="",
        widget=Select(hint=_("The version of the master batch record")),
    )
    trained_on = forms.DateField(label=_("Trained on"), widget=DateInput())
    valid_until = forms.DateField(
        label=_("Valid until"), required=False, widget=DateInput(hint=_("The last day; blank when it does not run out"))
    )
    trainer = forms.ModelChoiceField(label=_("Trainer"), queryset=User.objects.none(), empty_label="", widget=Select())
    people = forms.ModelMultipleChoiceField(
        label=_("Who was trained"), queryset=User.objects.none(), widget=Checkboxes(span=12)
    )
    note = forms.CharField(
        label=_("Note"), required=False, widget=Textarea(hint=_("What was taught and how it was examined"))
    )

    cards = [
        (_("Training"), "", ["mbr", "trained_on", "valid_until", "trainer"]),
        (_("People"), "", ["people", "note"]),
    ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, rows in (
            ("mbr", MasterBatchRecord.objects.all()),
            ("trainer", to_be_trained()),
            ("people", to_be_trained()),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = rows


class WithdrawalForm(forms.Form):
    """Why a training no longer counts."""

    reason = forms.CharField(label=_("Reason"), widget=Textarea())

    cards = [(_("Withdrawal"), _("What was done under it stays covered"), ["reason"])]
