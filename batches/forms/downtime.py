"""Forms about downtime forms: shape only."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from batches.models import Batch
from batches.queries.training import to_be_trained
from batches.rules.attachments import LARGEST_BYTES
from batches.rules.downtime import MOST_AT_ONCE, TITLES
from batches.rules.states import Stage
from lims.accounts.models import User
from lims.act_words import words_of
from lims.ledger.models import Entry
from lims.web.templatetags.lims_tags import when_long
from lims.web.widgets import Checkbox, Checkboxes, IntegerInput, PhotoInput, Select, Textarea


class IssueFormsForm(forms.Form):
    """A pad of forms for one step."""

    step = forms.ChoiceField(
        label=_("Step"),
        choices=[("", ""), *((step.value, _(words)) for step, words in TITLES.items())],
        widget=Select(),
    )
    batch = forms.ModelChoiceField(
        label=_("Batch"),
        queryset=Batch.objects.none(),
        to_field_name="number",
        required=False,
        empty_label="",
        widget=Select(hint=_("Blank: the identity is written in by hand")),
    )
    number = forms.IntegerField(
        label=_("How many"), initial=1, widget=IntegerInput(hint=_("At most %(most)s at once") % {"most": MOST_AT_ONCE})
    )
    issued_to = forms.ModelChoiceField(
        label=_("Issued to"), queryset=User.objects.none(), empty_label="", widget=Select()
    )

    cards = [
        (_("Issue"), _("Each form is numbered and has to be accounted for"), ["step", "batch", "number", "issued_to"])
    ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, rows in (
            ("batch", Batch.objects.exclude(stage=Stage.ENDED).order_by("-id")),
            ("issued_to", to_be_trained()),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = rows


class ActsField(forms.ModelMultipleChoiceField):
    """Acts of a batch, each told by what it was, when it was recorded and by whom."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{gettext(words_of(obj.name))}, {when_long(obj.at)}, {obj.actor_name}"


class TranscribeForm(forms.Form):
    """Which acts entered a sheet, and the sheet itself. Made with `acts`, those that may have."""

    acts = ActsField(label=_("Entered by"), queryset=Entry.objects.none(), widget=Checkboxes(span=12))
    scan = forms.FileField(
        label=_("Scanned sheet"),
        max_length=200,
        widget=PhotoInput(
            span=12,
            accept="application/pdf,image/jpeg,image/png",
            hint=_("All pages as one PDF, or a photo; at most %(size)s MB") % {"size": LARGEST_BYTES // 1_000_000},
        ),
    )

    cards = [(_("Sheet"), _("Whoever checks compares it with what was entered, line by line"), ["acts", "scan"])]

    def __init__(self, *args: Any, acts: QuerySet[Entry], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["acts"]
        assert isinstance(field, ActsField)
        field.queryset = acts


class VoidForm(forms.Form):
    """Why a form is void."""

    is_blank = forms.BooleanField(label=_("Nothing is written on this form"), required=False, widget=Checkbox(span=12))
    void_reason = forms.CharField(
        label=_("Why it is void"), widget=Textarea(hint=_("And what became of the sheet: destroyed, lost, kept"))
    )

    cards = [(_("Void"), "", ["is_blank", "void_reason"])]
