"""What every form of an act asks: when it was done, and why it is late if it is."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lims import clock
from lims.web.widgets import DateTimeLocal, Textarea


class DoneForm(forms.Form):
    """A form of an act done at a time. The time is preset to now; a late entry says why."""

    done_at = forms.DateTimeField(label=_("Done at"), widget=DateTimeLocal())
    late_reason = forms.CharField(
        label=_("Reason for a late entry"),
        required=False,
        widget=Textarea(hint=_("Only if this was done more than 15 minutes ago"), rows=1),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("done_at", clock.now())
