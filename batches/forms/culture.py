"""Forms of culture days: shape only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from batches.forms.done import DoneForm
from batches.forms.vessels import VESSELS_DRAWN, VESSELS_TEMPLATE, VesselFields
from batches.models import Observation
from batches.rules.attachments import LARGEST_BYTES
from lims.web.widgets import Choice, DecimalInput, PhotoInput, ScanInput, Select, Textarea, YesNo


class ObservationForm(DoneForm):
    """What was seen under the microscope. Made with `generations`, the passages in culture."""

    generation = forms.TypedChoiceField(label=_("Passage"), coerce=int, widget=Select(span=3))
    confluence_pct = forms.DecimalField(
        label=_("Confluence"), max_digits=5, decimal_places=2, widget=DecimalInput(unit="%", span=3)
    )
    morphology = forms.ChoiceField(
        label=_("Shape of the cells"), choices=Observation.Morphology.choices, widget=Choice(span=12)
    )
    medium = forms.ChoiceField(
        label=_("Look of the medium"), choices=Observation.Medium.choices, widget=Choice(span=12)
    )
    photo = forms.FileField(
        label=_("Photo"),
        required=False,
        max_length=200,
        widget=PhotoInput(span=6, hint=_("JPEG or PNG, at most %(size)s MB") % {"size": LARGEST_BYTES // 1_000_000}),
    )
    comment = forms.CharField(
        label=_("Comment"),
        required=False,
        widget=Textarea(hint=_("Needed when the medium is not clear: what you saw and did")),
    )

    def __init__(self, *args: Any, generations: Sequence[int] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["generation"]
        field.choices = [(g, f"P{g}") for g in generations]  # type: ignore[attr-defined]
        self.fields["done_at"].label = _("Seen at")
        if len(generations) == 1:
            # Nothing to choose from is nothing to ask.
            self.initial["generation"] = generations[0]
            field.required = False
            field.widget = forms.HiddenInput()
        asked = [name for name in ("generation", "confluence_pct", "done_at") if not self[name].is_hidden]
        self.cards = [
            (_("Look"), "", [*asked, "morphology", "medium"]),
            (_("Keep"), _("A photo shows more than words"), ["photo", "comment", "late_reason"]),
        ]


class MediumChangeForm(DoneForm):
    """A change of medium in every vessel in culture."""

    medium_lot = forms.CharField(
        label=_("Medium lot"), max_length=40, widget=ScanInput(hint=_("Scan the bottle in your hand"))
    )
    medium_ml = forms.DecimalField(
        label=_("Medium volume"),
        max_digits=9,
        decimal_places=3,
        widget=DecimalInput(unit="mL", hint=_("Over all vessels")),
    )
    comment = forms.CharField(
        label=_("Comment"), required=False, widget=Textarea(hint=_("Needed when the change comes late"))
    )

    cards = [(_("Change medium"), "", ["medium_lot", "medium_ml", "done_at", "comment", "late_reason"])]


class VesselLossForm(VesselFields, DoneForm):
    """Vessels discarded or found contaminated."""

    is_contaminated = forms.ChoiceField(
        label=_("Contaminated"),
        choices=[("no", _("No")), ("yes", _("Yes"))],
        widget=YesNo(hint=_("Yes raises a critical deviation"), span=4),
    )
    reason_for_loss = forms.CharField(label=_("Reason"), widget=Textarea())

    cards = [
        (_("Vessels"), "", [VESSELS_TEMPLATE]),
        (_("Why"), "", ["is_contaminated", "done_at", "reason_for_loss", "late_reason"]),
    ]
    drawn = list(VESSELS_DRAWN)
