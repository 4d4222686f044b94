"""What is asked for as a file: shape only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from batches.models import PrintRequest
from lims.ledger.forms import FilterForm
from lims.web.widgets import Select

Kind = PrintRequest.Kind


class TrailForm(FilterForm):
    """Which part of the audit trail, and as which file."""

    kind = forms.ChoiceField(
        label=_("File"),
        choices=[(Kind.TRAIL_CSV, _("CSV, for a spreadsheet")), (Kind.TRAIL_JSON, _("JSON, for a program"))],
        widget=Select(span=3),
    )

    @property
    def filters(self) -> list[str]:
        """The fields that say which part."""
        return [name for name in self.fields if name != "kind"]


class YearForm(forms.Form):
    """Which year's records, of those in which a batch was issued."""

    year = forms.TypedChoiceField(label=_("Year"), coerce=int, widget=Select())

    def __init__(self, *args: Any, years: Sequence[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["year"].choices = [(year, str(year)) for year in years]  # type: ignore[attr-defined]
