"""The form of a correction: shape only. The field of the value depends on what the value is."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from batches.queries.corrections import CorrectableValue
from batches.rules.corrections import Kind
from lims.web.widgets import DateTimeLocal, DecimalInput, IntegerInput, ScanInput, Select, Textarea, TextInput

_UNITS = {
    Kind.ML: "mL",
    Kind.DEGREES_C: "°C",
    Kind.PER_CENT: "%",
    Kind.KG: "kg",
    Kind.CELLS: _("cells"),
    Kind.PER_ML: _("per mL"),
    Kind.FACTOR: "×",
}


class CorrectionForm(forms.Form):
    """The right value and why. Made with `corrected`, the value as it stands."""

    reason = forms.CharField(
        label=_("Reason"), widget=Textarea(hint=_("How the wrong value came about, and where the right one is from"))
    )

    cards = [(_("Correction"), "", ["value", "reason"])]

    def __init__(self, *args: Any, corrected: CorrectableValue, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["value"] = _value_field(corrected)
        self.order_fields(["value", "reason"])


def _value_field(corrected: CorrectableValue) -> forms.Field:
    entry = corrected.entry
    field: Any = corrected.row._meta.get_field(corrected.field)
    shape: dict[str, Any] = {"label": _("Right value"), "required": not entry.is_optional}
    match entry.kind:
        case Kind.TIME:
            return forms.DateTimeField(widget=DateTimeLocal(), **shape)
        case Kind.CHOICE:
            return forms.ChoiceField(choices=[("", ""), *field.choices], widget=Select(span=6), **shape)
        case Kind.LOT | Kind.EQUIPMENT:
            return forms.CharField(max_length=40, widget=ScanInput(), **shape)
        case Kind.WHOLE:
            return forms.IntegerField(widget=IntegerInput(), **shape)
        case Kind.TEXT if field.max_length:
            return forms.CharField(max_length=field.max_length, widget=TextInput(span=6), **shape)
        case Kind.TEXT:
            return forms.CharField(widget=Textarea(), **shape)
        case _:
            return forms.DecimalField(
                max_digits=field.max_digits,
                decimal_places=field.decimal_places,
                widget=DecimalInput(unit=str(_UNITS[entry.kind])),
                **shape,
            )
