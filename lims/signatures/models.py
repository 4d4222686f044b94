"""Signatures as they were given. Whether one still holds is computed (standing.py), never stored."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from lims.ledger.models import AppendOnly
from lims.signatures.meanings import Meaning


class Signature(AppendOnly):
    """One person's signature under one subject, sealed in one entry.

    `digest` covers the subject and the rows below it as they stood; names and role are frozen as they were printed.
    `position` is the place among the signatures of its act.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    entry = models.ForeignKey("ledger.Entry", models.PROTECT, related_name="signatures")
    signer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="signatures")
    username = models.CharField(max_length=40)
    printed_name = models.CharField(max_length=120)
    role = models.CharField(max_length=20)
    meaning = models.CharField(max_length=30, choices=Meaning)
    at = models.DateTimeField()
    position = models.PositiveSmallIntegerField()
    subject_model = models.CharField(max_length=60)
    subject_pk = models.CharField(max_length=40)
    digest = models.CharField(max_length=64)

    sealed_in = "entry"

    class Meta:
        ordering = ["at", "entry", "position"]
        indexes = [models.Index(fields=["subject_model", "subject_pk"], name="signature_subject")]

    def __str__(self) -> str:
        return f"{self.get_meaning_display()}, {self.printed_name}"
