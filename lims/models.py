"""The laboratory itself: one site, named, with its time zone."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from lims.recorded import Recorded


class Site(Recorded):
    """The one laboratory of this installation. A demonstration stays one: no act changes `is_demonstration`."""

    name = models.CharField(_("name"), max_length=120)
    time_zone = models.CharField(_("time zone"), max_length=60)
    is_demonstration = models.BooleanField(default=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="site_is_one")]

    def __str__(self) -> str:
        return self.name
