"""The form of an audit-trail review: a tick and a note for each entry to look at. Shape only; nothing is ticked."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from batches.queries.reviewing import Trail, TrailItem
from batches.rules.reviewing import Positions
from lims.web.widgets import Checkbox, Textarea, TextInput


@dataclasses.dataclass(frozen=True)
class Line:
    """One entry with its tick and its note."""

    item: TrailItem
    tick: forms.BoundField
    note: forms.BoundField


class ReviewForm(forms.Form):
    """What the reviewer says. `batch_seq` and `patient_seq` are how far the page showed the trail."""

    batch_seq = forms.IntegerField(min_value=0)
    patient_seq = forms.IntegerField(min_value=0)
    conclusion = forms.CharField(
        label=_("Conclusion"),
        widget=Textarea(hint=_("What was found, and whether it touches the product"), rows=3),
    )

    def __init__(self, *args: Any, trail: Trail, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.trail = trail
        for item in trail.risky:
            self.fields[f"looked_{item.entry.id}"] = forms.BooleanField(
                label=_("Looked at"), required=False, widget=Checkbox()
            )
            self.fields[f"note_{item.entry.id}"] = forms.CharField(
                label=_("Note"), required=False, max_length=2000, widget=TextInput()
            )
        self.drawn = [name for name in self.fields if name != "conclusion"]
        self.cards = [
            (_("To look at"), _("Each by itself, then ticked"), ["batches/reviewing/risky.html"]),
            (_("Everything else"), "", ["batches/reviewing/others.html"]),
            (_("Conclusion"), "", ["conclusion"]),
        ]

    def lines(self) -> Sequence[Line]:
        """Every entry to look at, with its fields."""
        return [Line(item, self[f"looked_{item.entry.id}"], self[f"note_{item.entry.id}"]) for item in self.trail.risky]

    def read(self) -> Positions:
        """How far the page showed the trail."""
        return Positions(self.cleaned_data["batch_seq"], self.cleaned_data["patient_seq"])

    def looked_at(self) -> dict[UUID, str]:
        """The note of each entry that is ticked."""
        given = self.cleaned_data
        ids = [item.entry.id for item in self.trail.risky]
        return {pk: given[f"note_{pk}"] for pk in ids if given[f"looked_{pk}"]}
