"""Form of the fill: shape only."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from batches.forms.counting import COUNT_DRAWN, COUNT_TEMPLATE, SQUARES_NOTE, CountingFields
from batches.forms.done import DoneForm
from batches.forms.passages import ALERTS_TEMPLATE
from lims.web.widgets import DecimalInput, ScanInput, Textarea, YesNo


class FillForm(CountingFields, DoneForm):
    """Formulation, fill, count of the bulk, label."""

    used_ml = forms.DecimalField(
        label=_("Cell suspension used"),
        max_digits=9,
        decimal_places=3,
        widget=DecimalInput(unit="mL", hint=_("Of what was harvested")),
    )
    vehicle_lot = forms.CharField(label=_("Vehicle lot"), max_length=40, widget=ScanInput(hint=_("Scan the lot")))
    container_lot = forms.CharField(label=_("Container lot"), max_length=40, widget=ScanInput(hint=_("Scan the lot")))
    container_code = forms.CharField(
        label=_("Container"), max_length=40, widget=ScanInput(hint=_("Scan the container itself"))
    )
    volume_ml = forms.DecimalField(
        label=_("Filled volume"), max_digits=9, decimal_places=3, widget=DecimalInput(unit="mL")
    )
    storage_temp_c = forms.DecimalField(
        label=_("Storage temperature"), max_digits=5, decimal_places=1, widget=DecimalInput(unit="°C")
    )
    is_appearance_good = forms.ChoiceField(
        label=_("Whitish, no clumps, no foreign matter, no leak"),
        choices=[("no", _("No")), ("yes", _("Yes"))],
        widget=YesNo(span=6),
    )
    scanned_coi = forms.CharField(
        label=_("Label on the container"),
        max_length=80,
        widget=ScanInput(hint=_("Scan the label on the container"), span=6),
    )
    comment = forms.CharField(label=_("Comment on alerts"), required=False, widget=Textarea())

    drawn = list(COUNT_DRAWN)
    figures_after = 2
    cards = [
        (
            _("Formulate and fill"),
            "",
            ["used_ml", "vehicle_lot", "volume_ml", "container_lot", "container_code", "done_at"],
        ),
        (_("Count the bulk"), SQUARES_NOTE, [COUNT_TEMPLATE, ALERTS_TEMPLATE, "comment"]),
        (
            _("Label and store"),
            _("A label of another patient stops the step"),
            ["scanned_coi", "is_appearance_good", "storage_temp_c", "late_reason"],
        ),
    ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["done_at"] = None
        self.fields["done_at"].label = _("Formulation ended")
        self.fields["drawn_ml"].label = _("Drawn for tests")
        self.fields["drawn_ml"].widget.attrs["data-hint"] = _("With what was counted")
