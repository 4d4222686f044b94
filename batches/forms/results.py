"""Forms of test results: shape only. What is asked depends on the test."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from batches.forms.done import DoneForm
from batches.models import TestResult
from batches.rules.attachments import LARGEST_BYTES
from batches.rules.specification import ResultKind, SpecificationRow
from lims.web.widgets import Choice, DecimalInput, PhotoInput, Select, Textarea, TextInput

REPORT_TYPES = ".pdf,.csv,.xlsx,image/jpeg,image/png"


class ResultForm(DoneForm):
    """The result of one test. Made with `row`, the row of the specification; fields it does not ask are left out."""

    censor = forms.ChoiceField(
        label=_("Result is"), required=False, choices=TestResult.Censor.choices, widget=Select(span=3)
    )
    number = forms.DecimalField(label=_("Result"), max_digits=16, decimal_places=4, widget=DecimalInput(span=3))
    choice = forms.ChoiceField(label=_("Result"), widget=Choice(span=12))
    text = forms.CharField(label=_("Result"), widget=Textarea())
    method_version = forms.CharField(
        label=_("Method and version"), max_length=80, widget=TextInput(hint=_("As in the test instruction"), span=6)
    )
    report = forms.FileField(
        label=_("Report or instrument file"),
        required=False,
        max_length=200,
        widget=PhotoInput(
            accept=REPORT_TYPES,
            span=6,
            hint=_("PDF, CSV, XLSX, JPEG or PNG, at most %(size)s MB") % {"size": LARGEST_BYTES // 1_000_000},
        ),
    )
    comment = forms.CharField(
        label=_("Comment"), required=False, widget=Textarea(hint=_("Needed when the result does not meet its limit"))
    )

    def __init__(self, *args: Any, row: SpecificationRow, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        asked = {
            ResultKind.NUMBER: ("censor", "number"),
            ResultKind.CHOICE: ("choice",),
            ResultKind.TEXT: ("text",),
        }[row.result_kind]
        for name in ("censor", "number", "choice", "text"):
            if name not in asked:
                del self.fields[name]
        if "number" in self.fields:
            self.fields["number"].widget.attrs["data-unit"] = row.unit
        if "choice" in self.fields:
            self.fields["choice"].choices = [(c, c) for c in row.choices]  # type: ignore[attr-defined]
        self.fields["done_at"].label = _("Tested at")
        self.cards = [
            (_("Result"), "", [*asked, "done_at", "method_version", "report", "comment", "late_reason"]),
        ]


class InvalidForm(forms.Form):
    """Why a result is invalid."""

    reason = forms.CharField(
        label=_("Why this result is invalid"),
        widget=Textarea(hint=_("What failed, and how you know. The result stays readable.")),
    )

    cards = [(_("Reason"), "", ["reason"])]


class NothingForm(forms.Form):
    """An act that asks nothing but a signature."""
