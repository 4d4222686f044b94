"""Forms of a passage, of the final cell harvest: shape only. Counting, seeding and vessels are parts of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from batches.commands.passages import Detached
from batches.forms.counting import COUNT_DRAWN, COUNT_TEMPLATE, SQUARES_NOTE, CountingFields
from batches.forms.done import DoneForm
from batches.forms.seeding import SEEDING_DRAWN, SEEDING_TEMPLATE, SeedingFields
from batches.forms.vessels import VESSELS_DRAWN, VESSELS_TEMPLATE, VesselFields
from lims.web.widgets import DateTimeLocal, DecimalInput, ScanInput, Textarea

ALERTS_TEMPLATE: Final = "batches/passages/alerts.html"
_DETACH: Final = [
    VESSELS_TEMPLATE,
    "confluence_pct",
    "reagent_lot",
    "cabinet",
    "exposure_started_at",
    "exposure_ended_at",
    "suspension_ml",
]


class DetachFields(VesselFields, CountingFields, DoneForm):
    """What a passage and a final cell harvest ask alike. Times are typed: nothing is preset.

    Made with `in_words`, what is in culture, which stands in the head of the first card.
    """

    confluence_pct = forms.DecimalField(
        label=_("Confluence"), max_digits=5, decimal_places=2, widget=DecimalInput(unit="%", span=3)
    )
    reagent_lot = forms.CharField(
        label=_("Detachment reagent lot"), max_length=40, widget=ScanInput(hint=_("Scan the lot"), span=5)
    )
    cabinet = forms.CharField(label=_("Cabinet"), max_length=40, widget=ScanInput(hint=_("Scan the cabinet")))
    exposure_started_at = forms.DateTimeField(label=_("Exposure started"), widget=DateTimeLocal())
    exposure_ended_at = forms.DateTimeField(
        label=_("Exposure ended"), widget=DateTimeLocal(hint=_("Suspension is made"))
    )
    suspension_ml = forms.DecimalField(
        label=_("Suspension volume"), max_digits=9, decimal_places=3, widget=DecimalInput(unit="mL")
    )
    sampled_ml = forms.DecimalField(
        label=_("Suspension for samples"),
        max_digits=9,
        decimal_places=3,
        initial=0,
        widget=DecimalInput(unit="mL", hint=_("0 if none is taken")),
    )
    comment = forms.CharField(label=_("Comment on alerts"), required=False, widget=Textarea())

    def __init__(self, *args: Any, in_words: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.in_words = in_words
        # The step ends when its last cell is seeded or counted, not when this page was opened.
        self.initial["done_at"] = None

    def detached(self) -> Detached:
        """What the command takes, from a valid form."""
        return Detached(vessels=self.codes(), count=self.count_input(), **_named(self.cleaned_data))


class PassageForm(SeedingFields, DetachFields):
    """Detach, count, reseed. Made with `process`, `vessels` and the `generation` in culture."""

    medium_lot = forms.CharField(label=_("Medium lot"), max_length=40, widget=ScanInput(hint=_("Scan the lot")))
    medium_ml = forms.DecimalField(
        label=_("Medium volume"), max_digits=9, decimal_places=3, widget=DecimalInput(unit="mL")
    )
    incubator = forms.CharField(label=_("Incubator"), max_length=40, widget=ScanInput(hint=_("Scan the incubator")))
    shelf = forms.CharField(label=_("Shelf"), max_length=20, widget=ScanInput(hint=_("One shelf, one patient")))

    drawn = [*VESSELS_DRAWN, *COUNT_DRAWN, *SEEDING_DRAWN]
    figures_after = 2

    def __init__(self, *args: Any, generation: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["done_at"].label = _("Seeded at")
        reseed = [SEEDING_TEMPLATE, "medium_lot", "medium_ml", "done_at", "incubator", "shelf", "late_reason"]
        self.cards = [
            (_("Detach"), self.in_words, _DETACH),
            (_("Count"), SQUARES_NOTE, [COUNT_TEMPLATE, "sampled_ml", ALERTS_TEMPLATE, "comment"]),
            (_("Reseed into P%(next)s") % {"next": generation + 1}, "", reseed),
        ]


class CellHarvestForm(DetachFields):
    """Detach and count for the product."""

    drawn = [*VESSELS_DRAWN, *COUNT_DRAWN]
    figures_after = 2

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["done_at"].label = _("Counted at")
        count = [COUNT_TEMPLATE, "sampled_ml", "done_at", ALERTS_TEMPLATE, "comment", "late_reason"]
        self.cards = [(_("Detach"), self.in_words, _DETACH), (_("Count"), SQUARES_NOTE, count)]


def _named(data: Mapping[str, Any]) -> dict[str, Any]:
    names = (
        "confluence_pct",
        "reagent_lot",
        "exposure_started_at",
        "exposure_ended_at",
        "suspension_ml",
        "drawn_ml",
        "sampled_ml",
        "cabinet",
    )
    return {name: data[name] for name in names}
