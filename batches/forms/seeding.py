"""The seeding part of a form: up to three lines of vessels, each with kind, number, lot and its share of suspension.

`SeedingFields` is a mixin: a form that seeds inherits it, is made with `process=`, names `SEEDING_TEMPLATE` in its
cards and `SEEDING_DRAWN` in `drawn`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from batches.rules.process import Process
from batches.rules.seeding import LINES, SeedingLine, seeding_field
from lims.web.widgets import DecimalInput, IntegerInput, ScanInput, Select

SEEDING_TEMPLATE: Final = "batches/seeding/lines.html"
_PARTS: Final = ("kind", "number", "lot", "ml")
SEEDING_DRAWN: Final = tuple(seeding_field(line, part) for line in LINES for part in _PARTS)


@dataclasses.dataclass(frozen=True)
class LineControls:
    """The controls of one line."""

    number: int
    fields: tuple[BoundField, ...]
    is_begun: bool


class SeedingFields(forms.Form):
    """Fields of the vessels seeded. The first line is asked for, the others may stay blank."""

    def __init__(self, *args: Any, process: Process, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [("", _("Choose")), *((kind.code, kind.name) for kind in process.vessel_kinds)]
        for line in LINES:
            asked = line == 1
            self.fields[seeding_field(line, "kind")] = forms.ChoiceField(
                label=_("Vessel"), choices=kinds, required=asked, widget=Select(span=3, hint=_("Growth area"))
            )
            self.fields[seeding_field(line, "number")] = forms.IntegerField(
                label=_("How many"), required=asked, max_value=9999, widget=IntegerInput(span=3)
            )
            self.fields[seeding_field(line, "lot")] = forms.CharField(
                label=_("Vessel lot"), max_length=40, required=asked, widget=ScanInput(span=3, hint=_("Scan the lot"))
            )
            self.fields[seeding_field(line, "ml")] = forms.DecimalField(
                label=_("Suspension to seed"),
                max_digits=9,
                decimal_places=3,
                required=asked,
                widget=DecimalInput(unit="mL", span=3, hint=_("Shared equally")),
            )

    def clean(self) -> dict[str, Any]:
        """A line that is begun is filled in whole."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for line in LINES[1:]:
            names = [seeding_field(line, part) for part in _PARTS]
            if any(data.get(name) not in (None, "") for name in names):
                for name in names:
                    if data.get(name) in (None, "") and name not in self.errors:
                        self.add_error(name, forms.ValidationError(_("Nothing typed. Fill it in."), "required"))
        return data

    @property
    def is_seeding_several(self) -> bool:
        """Whether a line after the first is begun."""
        return any(line.is_begun for line in self.seeding_lines[1:])

    @property
    def seeding_lines(self) -> list[LineControls]:
        """The lines with their controls, for the template."""
        return [
            LineControls(
                line,
                tuple(self[seeding_field(line, part)] for part in _PARTS),
                any(self[seeding_field(line, part)].value() not in (None, "") for part in _PARTS),
            )
            for line in LINES
        ]

    def lines(self) -> tuple[SeedingLine, ...]:
        """The lines as the command takes them, from a valid form."""
        return typed_lines(self.cleaned_data)


def typed_lines(data: Mapping[str, Any]) -> tuple[SeedingLine, ...]:
    """The lines that can be computed with so far: kind, number and volume typed."""
    found = []
    for line in LINES:
        kind, number, lot, ml = (data.get(seeding_field(line, part)) for part in _PARTS)
        if kind and number is not None and ml is not None:
            found.append(SeedingLine(kind, number, lot or "", ml, line))
    return tuple(found)
