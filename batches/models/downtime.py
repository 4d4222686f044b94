"""Downtime forms: numbered sheets of paper for a step, what was transcribed from one, and from it which acts."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from batches.rules.downtime import TITLES
from batches.rules.states import FormState
from lims.recorded import Recorded

_STATES = [
    (FormState.ISSUED, _("Issued")),
    (FormState.TRANSCRIBED, _("Transcribed")),
    (FormState.VOIDED, _("Voided")),
]


class DowntimeForm(Recorded):
    """One numbered form on paper, of the version it was printed from. A number is never given twice.

    `pad` is the number of the first form issued in the same act; `sha256` is the file of this form alone.
    """

    number = models.CharField(_("form"), max_length=12, unique=True)
    pad = models.CharField(max_length=12)
    step = models.CharField(_("step"), max_length=12, choices=[(step, _(words)) for step, words in TITLES.items()])
    mbr = models.ForeignKey("batches.MasterBatchRecord", models.PROTECT, related_name="+", verbose_name=_("version"))
    batch = models.ForeignKey(
        "batches.Batch", models.PROTECT, null=True, blank=True, related_name="downtime_forms", verbose_name=_("batch")
    )
    issued_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("issued to")
    )
    issued_at = models.DateTimeField(_("issued at"))
    pages = models.PositiveSmallIntegerField(_("pages"))
    sha256 = models.CharField(max_length=64)
    state = models.CharField(_("state"), max_length=12, choices=_STATES, default=FormState.ISSUED)
    void_reason = models.TextField(_("why it is void"), blank=True)

    unsigned_fields = ("state", "void_reason")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=FormState.VOIDED) ^ Q(void_reason=""), name="form_voided_with_a_reason"
            )
        ]

    def __str__(self) -> str:
        return self.number


class FormTranscription(Recorded):
    """A form transcribed into a batch, signed by its transcriber and by who compared the sheet with what was entered.

    The scanned sheet is its attachment.
    """

    form = models.OneToOneField(DowntimeForm, models.PROTECT, related_name="transcription")
    batch = models.ForeignKey("batches.Batch", models.PROTECT, related_name="transcriptions")

    signed_context = ("form", "batch")

    def __str__(self) -> str:
        return f"Form {self.form}"


class TranscribedAct(Recorded):
    """An act that recorded what stands on a form. An act is transcribed from one form at most."""

    transcription = models.ForeignKey(FormTranscription, models.PROTECT, related_name="acts")
    recorded_in = models.OneToOneField("ledger.Entry", models.PROTECT, related_name="+", verbose_name=_("recorded in"))

    signed_with = ("transcription",)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return str(self.recorded_in_id)
