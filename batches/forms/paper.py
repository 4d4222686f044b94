"""Forms of a paper import: the file with the names of its columns, then the signed import. Shape only."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from batches.rules.paper import COLUMNS, MOST_BYTES
from lims.web.widgets import TextInput

LABELS = {
    "batch": _("Batch or line"),
    "passage": _("Passage"),
    "seeded_on": _("Seeded on"),
    "harvested_on": _("Harvested on"),
    "days": _("Days"),
    "area_cm2": _("Growth area, cm²"),
    "cells_seeded": _("Viable cells seeded"),
    "cells_harvested": _("Viable cells harvested"),
    "viability_pct": _("Viability, %"),
    "reported_total": _("Printed cumulative total"),
}


class PaperFileForm(forms.Form):
    """A file to look at. A column with a name of its own is named here; the others are found by ours."""

    file = forms.FileField(
        label=_("File"),
        widget=forms.FileInput(
            attrs={"class": "input", "accept": ".csv,text/csv", "data-span": "12", "data-hint": _("CSV in UTF-8")}
        ),
    )

    cards = [
        (_("File"), "", ["file"]),
        (_("Names of columns"), _("Only where the file names them differently"), [f"map_{name}" for name in COLUMNS]),
    ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in COLUMNS:
            self.fields[f"map_{name}"] = forms.CharField(
                label=LABELS[name], required=False, max_length=60, widget=TextInput(hint=name)
            )

    def clean_file(self) -> UploadedFile:
        """A file small enough to be read whole."""
        file: UploadedFile = self.cleaned_data["file"]
        if file.size is not None and file.size > MOST_BYTES:
            raise forms.ValidationError(_("The file is larger than 2 MB. Split it."), code="PAP-10")
        return file

    @property
    def column_map(self) -> dict[str, str]:
        """The names that were given."""
        given = {name: str(self.cleaned_data.get(f"map_{name}", "")).strip() for name in COLUMNS}
        return {name: theirs for name, theirs in given.items() if theirs and theirs != name}


class PaperImportForm(forms.Form):
    """The import of a file that was looked at; the file waits under its SHA-256."""

    sha256 = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput())
    file_name = forms.CharField(max_length=200, widget=forms.HiddenInput())
    column_map = forms.CharField(widget=forms.HiddenInput())

    def clean_column_map(self) -> dict[str, str]:
        """The names of columns, as they were looked at."""
        try:
            given = json.loads(self.cleaned_data["column_map"])
        except ValueError as error:
            raise forms.ValidationError(_("The names of columns are lost. Choose the file again.")) from error
        if not isinstance(given, dict) or not all(isinstance(v, str) for v in given.values()):
            raise forms.ValidationError(_("The names of columns are lost. Choose the file again."))
        return {str(name): value for name, value in given.items()}
