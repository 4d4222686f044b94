"""Forms of issuing, booking and ending a batch: shape only."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from lims.web.widgets import DateTimeLocal, Textarea


class IssueForm(forms.Form):
    """A batch to be issued. Everything but the booking follows from the patient and the process."""

    booked_infusion_at = forms.DateTimeField(
        label=_("Booked infusion"), required=False, widget=DateTimeLocal(hint=_("May be booked later"))
    )

    cards = [(_("Booking"), "", ["booked_infusion_at"])]


class BookingForm(forms.Form):
    """The time of the infusion."""

    booked_infusion_at = forms.DateTimeField(label=_("Booked infusion"), widget=DateTimeLocal())

    cards = [(_("Booking"), "", ["booked_infusion_at"])]


class EndForm(forms.Form):
    """Why a batch ends."""

    reason = forms.CharField(label=_("Why this batch ends"), widget=Textarea(rows=3))

    cards = [(_("End"), _("Nothing more can be recorded in it"), ["reason"])]
