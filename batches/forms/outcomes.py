"""The form of a pain assessment: shape only. A blank item is a missing answer, and stays one."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from batches.forms.done import DoneForm
from batches.rules.outcomes import PDAS_TOPICS, Assessed
from batches.rules.scores import PDAS_ITEMS, Instrument
from lims.web.widgets import Choice, DateTimeLocal, IntegerInput, Select, Textarea, TextInput

INSTRUMENTS = [
    (Instrument.FPS_R.value, _("Faces Pain Scale, revised: 0, 2, 4, 6, 8, 10")),
    (Instrument.FPS.value, _("Faces Pain Scale, 1990: 0 to 6")),
    (Instrument.WONG_BAKER.value, _("Wong-Baker faces: 0, 2, 4, 6, 8, 10")),
    (Instrument.OTHER.value, _("Another face scale")),
]
# The dash is the blank: a missing answer, and what every item is until somebody answers it.
_SCORES = [*((str(n), str(n)) for n in range(4)), ("", "–")]


@dataclasses.dataclass(frozen=True)
class Item:
    """One PDAS item: its code, what it is about, its control."""

    code: str
    topic: str
    bound: BoundField


class PainForm(DoneForm):
    """Face scale with its coding, and the twenty items of PDAS."""

    done_at = forms.DateTimeField(label=_("Assessed at"), widget=DateTimeLocal())
    rater = forms.CharField(label=_("Rater"), max_length=120, widget=TextInput())
    instrument = forms.ChoiceField(label=_("Face scale"), choices=[("", ""), *INSTRUMENTS], widget=Select(span=6))
    instrument_max = forms.IntegerField(
        label=_("Its highest score"), required=False, widget=IntegerInput(span=3, hint=_("Only for another scale"))
    )
    fps_score = forms.IntegerField(
        label=_("Score"), widget=IntegerInput(span=3, hint=_("Pain now, as the patient points at it"))
    )
    medication_change = forms.CharField(
        label=_("Change of medication"), required=False, widget=Textarea(hint=_("Pain medicine since the last visit"))
    )
    comment = forms.CharField(label=_("Comment"), required=False, widget=Textarea())

    cards = [
        (_("Visit"), "", ["done_at", "rater", "late_reason"]),
        (_("Face scale"), _("Score and coding are kept together"), ["instrument", "instrument_max", "fps_score"]),
        (
            _("PDAS, the past week"),
            _("0 no difficulty, 3 can't do it; – is a missing answer"),
            ["batches/outcomes/items.html"],
        ),
        (_("Besides"), "", ["medication_change", "comment"]),
    ]
    drawn = tuple(code.lower() for code in PDAS_ITEMS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for code in PDAS_ITEMS:
            self.fields[code.lower()] = forms.TypedChoiceField(
                label=PDAS_TOPICS[code],
                choices=_SCORES,
                coerce=int,
                empty_value=None,
                required=False,
                widget=Choice(choices=_SCORES),
            )

    @property
    def items(self) -> list[Item]:
        """The items in order, for the template."""
        return [Item(code, _now(PDAS_TOPICS[code]), self[code.lower()]) for code in PDAS_ITEMS]

    def inputs(self) -> dict[str, Any]:
        """What the command asks for."""
        data = self.cleaned_data
        kept = {name: value for name, value in data.items() if name not in self.drawn}
        return kept | {"answers": answers_of(data)}


def answers_of(data: Mapping[str, Any]) -> list[int | None]:
    """The answers in order, from what is valid so far."""
    return [data.get(code.lower()) for code in PDAS_ITEMS]


def assessed_of(data: Mapping[str, Any]) -> Assessed | None:
    """What is typed so far, as the rules read it; nothing before a scale is chosen and nothing is answered."""
    answers = answers_of(data)
    if not data.get("instrument") and all(a is None for a in answers):
        return None
    return Assessed(
        Instrument(data.get("instrument") or Instrument.OTHER),
        data.get("instrument_max"),
        data.get("fps_score") if data.get("instrument") else None,
        tuple(answers),
    )
