"""The counting part of a form: how it was counted, volumes, the squares of two chambers or a counter's figures.

`CountingFields` is a mixin: a form that counts inherits it, names `COUNT_TEMPLATE` in its cards, and `COUNT_DRAWN`
in `drawn`. Shape only: what a blank square or an impossible dilution means is said by the rules.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from batches.commands.counting import CountInput
from batches.models import Count
from batches.rules.attachments import LARGEST_BYTES
from batches.rules.counts import CHAMBERS, SQUARES, CountRead, SquareRead, square_field
from lims.web.widgets import Choice, DecimalInput, IntegerInput, PhotoInput, ScanInput

COUNT_TEMPLATE: Final = "batches/counting/count.html"
SQUARES_NOTE: Final = _("Large squares of 10⁻⁴\u00a0mL")
COUNTER_FILE_TYPES: Final = ".csv,.txt,.pdf,.xlsx"
_SQUARE_FIELDS: Final = [
    square_field(chamber, square, what) for chamber in CHAMBERS for square in SQUARES for what in ("live", "dead")
]
COUNT_DRAWN: Final = (
    "count_method",
    "sample_ml",
    "dye_ml",
    "predilution",
    "drawn_ml",
    *_SQUARE_FIELDS,
    "live_per_ml",
    "dead_per_ml",
    "live_counted",
    "dead_counted",
    "counter",
    "counter_file",
)


@dataclasses.dataclass(frozen=True)
class SquareControls:
    """The two boxes of one square."""

    name: str
    live: BoundField
    dead: BoundField


@dataclasses.dataclass(frozen=True)
class ChamberControls:
    """One chamber as the eye sees it: two rows of two large squares."""

    name: str
    squares: tuple[SquareControls, ...]


class CountingFields(forms.Form):
    """Fields of one count. `drawn_ml` is what left the suspension for it and was not returned."""

    count_method = forms.ChoiceField(
        label=_("Counted with"),
        choices=Count.Method.choices,
        initial=Count.Method.HEMOCYTOMETER,
        widget=Choice(span=12),
    )
    sample_ml = forms.DecimalField(
        label=_("Sample"), max_digits=9, decimal_places=3, widget=DecimalInput(unit="mL", span=3)
    )
    dye_ml = forms.DecimalField(
        label=_("Dye"), max_digits=9, decimal_places=3, widget=DecimalInput(unit="mL", hint=_("Trypan blue"), span=3)
    )
    predilution = forms.DecimalField(
        label=_("Diluted before"),
        max_digits=7,
        decimal_places=2,
        initial=1,
        widget=DecimalInput(unit="×", hint=_("1 if not diluted"), span=3),
    )
    drawn_ml = forms.DecimalField(
        label=_("Drawn, not returned"),
        max_digits=9,
        decimal_places=3,
        widget=DecimalInput(unit="mL", hint=_("Everything taken to count"), span=3),
    )
    live_per_ml = forms.DecimalField(
        label=_("Live cells per mL"), max_digits=16, decimal_places=2, required=False, widget=DecimalInput(unit="/mL")
    )
    dead_per_ml = forms.DecimalField(
        label=_("Dead cells per mL"), max_digits=16, decimal_places=2, required=False, widget=DecimalInput(unit="/mL")
    )
    live_counted = forms.IntegerField(
        label=_("Live cells counted"), max_value=9_999_999, required=False, widget=IntegerInput(span=3)
    )
    dead_counted = forms.IntegerField(
        label=_("Dead cells counted"), max_value=9_999_999, required=False, widget=IntegerInput(span=3)
    )
    counter = forms.CharField(label=_("Counter"), max_length=40, required=False, widget=ScanInput())
    counter_file = forms.FileField(
        label=_("File of the counter"),
        required=False,
        max_length=200,
        widget=PhotoInput(
            span=6,
            accept=COUNTER_FILE_TYPES,
            hint=_("CSV, PDF or XLSX, at most %(size)s MB") % {"size": LARGEST_BYTES // 1_000_000},
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for chamber in CHAMBERS:
            for square in SQUARES:
                for what, label, css in (("live", _("Live"), ""), ("dead", _("Dead"), "dead")):
                    self.fields[square_field(chamber, square, what)] = forms.IntegerField(
                        label=label,
                        max_value=99_999,
                        required=False,
                        widget=IntegerInput({"class": css} if css else {}),
                    )

    @property
    def chambers(self) -> list[ChamberControls]:
        """The chambers with their controls, for the template."""
        return [
            ChamberControls(
                chamber,
                tuple(
                    SquareControls(
                        f"{chamber}{square}",
                        self[square_field(chamber, square, "live")],
                        self[square_field(chamber, square, "dead")],
                    )
                    for square in SQUARES
                ),
            )
            for chamber in CHAMBERS
        ]

    def count_input(self) -> CountInput:
        """The count as the command takes it, from a valid form."""
        data = self.cleaned_data
        typed = {f.name: getattr(count_read(data), f.name) for f in dataclasses.fields(CountRead)}
        return CountInput(**typed, counter=data.get("counter") or "", counter_file=data.get("counter_file"))


def count_read(data: Mapping[str, Any]) -> CountRead:
    """What has been typed of a count so far: the live figures ask while half of the fields are blank."""
    predilution = data.get("predilution")
    return CountRead(
        method=data.get("count_method") or Count.Method.HEMOCYTOMETER.value,
        sample_ml=data.get("sample_ml"),
        dye_ml=data.get("dye_ml"),
        predilution=Decimal(1) if predilution is None else predilution,
        squares=tuple(
            SquareRead(
                chamber,
                square,
                data.get(square_field(chamber, square, "live")),
                data.get(square_field(chamber, square, "dead")),
            )
            for chamber in CHAMBERS
            for square in SQUARES
        ),
        live_per_ml=data.get("live_per_ml"),
        dead_per_ml=data.get("dead_per_ml"),
        live_counted=data.get("live_counted"),
        dead_counted=data.get("dead_counted"),
    )
