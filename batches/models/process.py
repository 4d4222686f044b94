"""The master batch record: the approved, versioned process a batch is pinned to. Its limits are data."""

from __future__ import annotations

import json
from functools import cached_property, lru_cache

from django.db import models
from django.utils.translation import gettext_lazy as _

from batches.rules.process import Process
from lims.recorded import Recorded


class MasterBatchRecord(Recorded):
    """One version of a process. `digest` is the SHA-256 of its content; at most one version of a code is effective."""

    class State(models.TextChoices):
        """Whether new batches are issued from this version."""

        EFFECTIVE = "effective", _("Effective")
        SUPERSEDED = "superseded", _("Superseded")

    code = models.CharField(_("code"), max_length=20)
    version = models.PositiveIntegerField(_("version"))
    title = models.CharField(_("title"), max_length=200)
    state = models.CharField(_("state"), max_length=12, choices=State)
    content = models.JSONField()
    digest = models.CharField(max_length=64)

    unsigned_fields = ("state",)

    class Meta:
        ordering = ["code", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="mbr_code_version"),
            models.UniqueConstraint(
                fields=["code"], condition=models.Q(state="effective"), name="mbr_one_effective_version"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"

    @cached_property
    def process(self) -> Process:
        """The content as the rules read it."""
        return _read(json.dumps(self.content, sort_keys=True))


@lru_cache(maxsize=8)
def _read(content: str) -> Process:
    """A content read once: every act of every batch asks for it, and a version never changes."""
    return Process.parse(json.loads(content))
