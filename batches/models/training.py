"""Who was trained for which version of the process."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from lims.recorded import Recorded


class TrainingRecord(Recorded):
    """One person trained for one version. `valid_until` is the last day; blank when the training does not run out."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="trainings")
    mbr = models.ForeignKey("batches.MasterBatchRecord", models.PROTECT, related_name="trainings")
    trained_on = models.DateField(_("trained on"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    trainer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("trainer"))
    note = models.TextField(_("note"), blank=True)
    recorded_at = models.DateTimeField(_("recorded at"))
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)

    unsigned_fields = ("withdrawn_at",)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_until__isnull=True) | models.Q(valid_until__gte=models.F("trained_on")),
                name="training_ends_after_it_began",
            ),
            models.CheckConstraint(condition=~models.Q(person=models.F("trainer")), name="training_by_another"),
        ]

    def __str__(self) -> str:
        return f"{self.person}, {self.mbr}"
