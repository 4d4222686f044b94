"""Forms of the harvest and its receipt: shape only."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from batches.forms.done import DoneForm
from batches.models import Harvest
from lims.web.widgets import Checkbox, DateTimeLocal, DecimalInput, ScanInput, Select, Textarea, TextInput


class HarvestForm(DoneForm):
    """The harvest of fat."""

    body_site = forms.CharField(label=_("Site"), max_length=60, initial=_("Abdomen"), widget=TextInput())
    side = forms.ChoiceField(label=_("Side"), choices=[("", ""), *Harvest.Side.choices], widget=Select())
    volume_ml = forms.DecimalField(
        label=_("Fat volume"), max_digits=9, decimal_places=3, widget=DecimalInput(unit="mL")
    )
    anaesthesia = forms.CharField(label=_("Anaesthesia"), max_length=120, widget=TextInput())
    operator = forms.CharField(label=_("Operator"), max_length=120, widget=TextInput())
    started_at = forms.DateTimeField(label=_("Started at"), widget=DateTimeLocal())
    container_code = forms.CharField(label=_("Container"), max_length=40, widget=ScanInput())
    dispatched_at = forms.DateTimeField(label=_("Dispatched at"), widget=DateTimeLocal())
    transport_temp_c = forms.DecimalField(
        label=_("Transport temperature"), max_digits=5, decimal_places=1, widget=DecimalInput(unit="°C")
    )

    cards = [
        (_("Harvest"), "", ["body_site", "side", "volume_ml", "anaesthesia", "operator", "started_at", "done_at"]),
        (_("Transport"), "", ["container_code", "dispatched_at", "transport_temp_c", "late_reason"]),
    ]


class ReceiptForm(DoneForm):
    """The receipt of the tissue, with three codes to scan."""

    scanned_coi = forms.CharField(label=_("Chain of identity on the container"), max_length=40, widget=ScanInput())
    scanned_patient = forms.CharField(label=_("Patient code on the request form"), max_length=40, widget=ScanInput())
    scanned_container = forms.CharField(label=_("Container"), max_length=40, widget=ScanInput())
    temperature_min_c = forms.DecimalField(
        label=_("Lowest temperature"), max_digits=5, decimal_places=1, widget=DecimalInput(unit="°C")
    )
    temperature_max_c = forms.DecimalField(
        label=_("Highest temperature"), max_digits=5, decimal_places=1, widget=DecimalInput(unit="°C")
    )
    is_intact = forms.BooleanField(label=_("Container intact, no leak"), required=False, widget=Checkbox())
    is_labelled = forms.BooleanField(label=_("Label legible and complete"), required=False, widget=Checkbox())
    comment = forms.CharField(label=_("Comment"), required=False, widget=Textarea())

    cards = [
        (_("Identity"), _("Two people, all three codes"), ["scanned_coi", "scanned_patient", "scanned_container"]),
        (
            _("Condition"),
            "",
            ["done_at", "temperature_min_c", "temperature_max_c", "is_intact", "is_labelled", "comment", "late_reason"],
        ),
    ]
