"""What is typed to look something up in the ledger."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lims.accounts.models import User
from lims.act_words import known_acts
from lims.ledger.reading import Wanted, read_with
from lims.web.widgets import Checkbox, DateTimeLocal, Select, TextInput

_REFUSED = {"refused": True, "recorded": False}
# A time typed to the minute means the whole of it.
_MINUTE = timedelta(minutes=1) - timedelta(microseconds=1)


class FilterForm(forms.Form):
    """Which entries to show. Every field may be left blank."""

    stream = forms.CharField(
        label=_("Batch or other stream"),
        required=False,
        max_length=40,
        widget=TextInput({"placeholder": "B-0001"}, hint=_("A batch comes with its patient"), span=3),
    )
    person = forms.ModelChoiceField(
        label=_("Person"),
        required=False,
        queryset=User.objects.order_by("printed_name"),
        to_field_name="username",
        empty_label=_("Anyone"),
        widget=Select(span=3),
    )
    act = forms.CharField(
        label=_("Act"),
        required=False,
        max_length=60,
        widget=TextInput({"placeholder": "passage:", "list": "acts", "autocomplete": "off"}, span=3),
    )
    outcome = forms.ChoiceField(
        label=_("Outcome"),
        required=False,
        choices=[("", _("Recorded or refused")), ("recorded", _("Recorded")), ("refused", _("Refused"))],
        widget=Select(span=3),
    )
    since = forms.DateTimeField(label=_("From"), required=False, widget=DateTimeLocal(span=3))
    until = forms.DateTimeField(label=_("To"), required=False, widget=DateTimeLocal(span=3))
    reasoned = forms.BooleanField(label=_("Only changes with a reason"), required=False, widget=Checkbox(span=6))

    def wanted(self) -> Wanted:
        """Which entries; a batch is read with its patient. What can't be read filters nothing."""
        asked = self.cleaned_data if self.is_valid() else {}
        stream, until = asked.get("stream", "").strip(), asked.get("until")
        return Wanted(
            stream=stream,
            also=read_with(stream),
            person=asked.get("person"),
            act=_act(asked.get("act", "").strip()),
            is_refused=_REFUSED.get(asked.get("outcome", "")),
            since=asked.get("since"),
            until=until + _MINUTE if until else None,
            has_reason=asked.get("reasoned", False),
        )


def _act(typed: str) -> str:
    """The name of an act, or how names begin, from either or from its words."""
    return next((name for name, words in known_acts() if gettext(words).lower() == typed.lower()), typed)
