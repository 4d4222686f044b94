"""What is typed to look something up in the ledger."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from lims.accounts.models import User
from lims.ledger.reading import Wanted
from lims.site import zone
from lims.web.widgets import DateInput, Select, TextInput

_REFUSED = {"refused": True, "recorded": False}


class FilterForm(forms.Form):
    """Which entries to show. Every field may be left blank."""

    stream = forms.CharField(
        label=_("Stream"), required=False, max_length=40, widget=TextInput({"placeholder": "B-0001"}, span=3)
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
        label=_("Act"), required=False, max_length=60, widget=TextInput({"placeholder": "passage:"}, span=3)
    )
    outcome = forms.ChoiceField(
        label=_("Outcome"),
        required=False,
        choices=[("", _("Recorded or refused")), ("recorded", _("Recorded")), ("refused", _("Refused"))],
        widget=Select(span=3),
    )
    since = forms.DateField(label=_("From day"), required=False, widget=DateInput(span=3))
    until = forms.DateField(label=_("To day"), required=False, widget=DateInput(span=3))

    def wanted(self) -> Wanted:
        """Which entries; days are the laboratory's, both included. What can't be read filters nothing."""
        asked = self.cleaned_data if self.is_valid() else {}
        since, until = asked.get("since"), asked.get("until")
        return Wanted(
            stream=asked.get("stream", "").strip(),
            person=asked.get("person"),
            act=asked.get("act", "").strip(),
            is_refused=_REFUSED.get(asked.get("outcome", "")),
            since=_begin(since) if since else None,
            until=_begin(until + timedelta(days=1)) if until else None,
        )


def _begin(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone())
