"""Forms of issuing a controlled copy: shape only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from batches.models import DOCUMENT_LABELS
from batches.rules.documents import LONGEST_REASON, Document
from lims.web.widgets import Checkboxes, Select, Textarea, TextInput


class RecipientForm(forms.Form):
    """For whom a copy is, and why there is another one."""

    recipient = forms.CharField(
        label=_("For whom"), max_length=120, widget=TextInput(hint=_("Printed on every page"), span=6)
    )
    reason = forms.CharField(
        label=_("Why another copy"),
        max_length=LONGEST_REASON,
        required=False,
        widget=Textarea(hint=_("Needed from the second copy of a document on"), rows=2),
    )

    cards = [(_("Copy"), "", ["recipient", "reason"])]


class CopyForm(RecipientForm):
    """Which document, and how much of it."""

    document = forms.TypedChoiceField(label=_("Document"), coerce=Document, widget=Select(span=6))
    deviation = forms.ChoiceField(
        label=_("Deviation"), required=False, widget=Select(hint=_("For a deviation report"), span=6)
    )
    sections = forms.MultipleChoiceField(
        label=_("Sections"),
        required=False,
        widget=Checkboxes(hint=_("Of the batch record. None ticked is the complete record"), span=12),
    )

    cards = [
        (_("Document"), "", ["document", "deviation", "sections"]),
        (_("Copy"), "", ["recipient", "reason"]),
    ]

    def __init__(
        self,
        *args: Any,
        documents: Sequence[Document],
        sections: Sequence[tuple[str, str]],
        deviations: Sequence[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        choices: dict[str, Sequence[tuple[str, Any]]] = {
            "document": [(d.value, DOCUMENT_LABELS[d]) for d in documents],
            "deviation": [("", "–"), *deviations],
            "sections": sections,
        }
        for name, given in choices.items():
            self.fields[name].choices = given  # type: ignore[attr-defined]
