"""Form of the isolation: shape only. Counting and seeding are parts of their own."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from batches.forms.counting import COUNT_DRAWN, COUNT_TEMPLATE, SQUARES_NOTE, CountingFields
from batches.forms.done import DoneForm
from batches.forms.passages import ALERTS_TEMPLATE
from batches.forms.seeding import SEEDING_DRAWN, SEEDING_TEMPLATE, SeedingFields
from lims.web.widgets import DateTimeLocal, DecimalInput, ScanInput, Textarea


class IsolationForm(SeedingFields, CountingFields, DoneForm):
    """Digest, count, seed P0. Times are typed: nothing is preset."""

    fat_processed_ml = forms.DecimalField(
        label=_("Fat processed"),
        max_digits=9,
        decimal_places=3,
        widget=DecimalInput(unit="mL", hint=_("Of the harvest")),
    )
    enzyme_lot = forms.CharField(label=_("Enzyme lot"), max_length=40, widget=ScanInput(hint=_("Scan the lot")))
    cabinet = forms.CharField(label=_("Cabinet"), max_length=40, widget=ScanInput(hint=_("Scan the cabinet")))
    digestion_started_at = forms.DateTimeField(label=_("Digestion started"), widget=DateTimeLocal())
    digestion_ended_at = forms.DateTimeField(label=_("Digestion ended"), widget=DateTimeLocal(hint=_("At 37 °C")))
    digestion_temp_c = forms.DecimalField(
        label=_("Digestion temperature"), max_digits=5, decimal_places=1, widget=DecimalInput(unit="°C")
    )
    suspension_ml = forms.DecimalField(
        label=_("Suspension volume"), max_digits=9, decimal_places=3, widget=DecimalInput(unit="mL")
    )
    medium_lot = forms.CharField(label=_("Medium lot"), max_length=40, widget=ScanInput(hint=_("Scan the lot")))
    medium_ml = forms.DecimalField(
        label=_("Medium volume"), max_digits=9, decimal_places=3, widget=DecimalInput(unit="mL")
    )
    incubator = forms.CharField(label=_("Incubator"), max_length=40, widget=ScanInput(hint=_("Scan the incubator")))
    shelf = forms.CharField(label=_("Shelf"), max_length=20, widget=ScanInput(hint=_("One shelf, one patient")))
    comment = forms.CharField(label=_("Comment on alerts"), required=False, widget=Textarea())

    drawn = [*COUNT_DRAWN, *SEEDING_DRAWN]
    figures_after = 2
    cards = [
        (
            _("Digest"),
            "",
            [
                "fat_processed_ml",
                "enzyme_lot",
                "cabinet",
                "digestion_started_at",
                "digestion_ended_at",
                "digestion_temp_c",
                "suspension_ml",
            ],
        ),
        (_("Count"), SQUARES_NOTE, [COUNT_TEMPLATE, ALERTS_TEMPLATE, "comment"]),
        (
            _("Seed P0"),
            "",
            [SEEDING_TEMPLATE, "medium_lot", "medium_ml", "done_at", "incubator", "shelf", "late_reason"],
        ),
    ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["done_at"].label = _("Seeded at")
        self.initial["done_at"] = None

    def inputs(self) -> dict[str, Any]:
        """What the command takes, from a valid form."""
        names = (
            *("fat_processed_ml", "enzyme_lot", "digestion_started_at", "digestion_ended_at", "digestion_temp_c"),
            *("suspension_ml", "drawn_ml", "medium_lot", "medium_ml", "cabinet", "incubator", "shelf"),
            *("done_at", "comment", "late_reason"),
        )
        return {
            "count": self.count_input(),
            "seeding": self.lines(),
            **{name: self.cleaned_data[name] for name in names},
        }
