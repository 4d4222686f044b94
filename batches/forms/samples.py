"""The form of a sample: shape only."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from batches.forms.done import DoneForm
from batches.rules.process_parts import SampleKind
from lims.web.widgets import DecimalInput, Select, Textarea


class SampleForm(DoneForm):
    """A sample of one of the kinds that can be taken now. Made with `kinds`, as the sampling plan has them."""

    kind = forms.ChoiceField(label=_("Kind of sample"), widget=Select(span=6))
    volume_ml = forms.DecimalField(
        label=_("Volume"),
        max_digits=9,
        decimal_places=3,
        initial=Decimal(0),
        widget=DecimalInput(unit="mL", hint=_("0 where only cells or no material are taken"), span=3),
    )
    cells_used = forms.DecimalField(
        label=_("Viable cells used"),
        max_digits=16,
        decimal_places=2,
        initial=Decimal(0),
        widget=DecimalInput(unit="cells", hint=_("In full, such as 1000000"), span=3),
    )
    comment = forms.CharField(
        label=_("Comment"), required=False, widget=Textarea(hint=_("Needed for a second sample of a kind"))
    )

    cards = [(_("Sample"), "", ["kind", "volume_ml", "cells_used", "done_at", "comment", "late_reason"])]

    def __init__(self, *args: Any, kinds: Sequence[SampleKind] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [("", ""), *((k.key, k.name) for k in kinds)]  # type: ignore[attr-defined]
        self.fields["done_at"].label = _("Taken at")
        if len(kinds) == 1:
            self.initial.setdefault("kind", kinds[0].key)
