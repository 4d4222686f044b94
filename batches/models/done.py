"""Two times, always: when it was done is typed here; when it was recorded is the act's."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from lims.recorded import Recorded


class Done(Recorded):
    """Something a person did at a time, with the reason when it was recorded late."""

    done_at = models.DateTimeField(_("done at"))
    late_reason = models.TextField(_("reason for the late entry"), blank=True)

    class Meta:
        abstract = True
