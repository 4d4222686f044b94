"""The vessels meant: scanned by their labels one after the other, or ticked in the list of those in culture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from batches.rules.vessels import codes_in
from lims.web.widgets import Checkboxes, TextInput

VESSELS_TEMPLATE: Final = "batches/vessels/choice.html"
VESSELS_DRAWN: Final = ("scanned", "vessels")


class VesselFields(forms.Form):
    """Fields that name vessels. Made with `vessels`, pairs of code and words of those in culture."""

    # Enter, which a scanner ends with, begins the next code in the same field.
    scanned = forms.CharField(
        label=_("Scan each vessel"),
        required=False,
        max_length=2000,
        widget=TextInput(
            {
                "data-scan-many": "1",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "enterkeyhint": "next",
            },
            hint=_("Scan the label of each, one after the other"),
            span=6,
        ),
    )
    vessels = forms.MultipleChoiceField(label=_("Or tick them"), required=False, widget=Checkboxes(span=6))

    def __init__(self, *args: Any, vessels: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["vessels"].choices = list(vessels)  # type: ignore[attr-defined]

    def codes(self) -> list[str]:
        """Every code ticked or scanned, from a valid form."""
        return typed_codes(self.cleaned_data)


def typed_codes(data: Mapping[str, Any]) -> list[str]:
    """Every code ticked or scanned so far."""
    return [*(data.get("vessels") or ()), *codes_in(data.get("scanned") or "")]
