"""The periodic review of access: who had which account, and what QA answered. Kept as it stood on the day.

Source: EU GMP Annex 11, 12.3; interval in settings (`ACCESS_REVIEW_MONTHS`). Not here: reviewing (access_review.py).
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from lims.accounts.permissions import Role
from lims.recorded import Recorded


class AccessReview(Recorded):
    """One review of every account, signed by the person of QA who did it."""

    at = models.DateTimeField(_("reviewed"))
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d}"


class AccessReviewLine(Recorded):
    """One account as it stood, and the answer."""

    class Answer(models.TextChoices):
        """What should become of an account."""

        KEEP = "keep", _("Keep")
        CHANGE = "change", _("Change")
        DISABLE = "disable", _("Disable")

    review = models.ForeignKey(AccessReview, models.PROTECT, related_name="lines")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    username = models.CharField(max_length=40)
    printed_name = models.CharField(max_length=120)
    role = models.CharField(_("role"), max_length=20, choices=Role)
    state = models.CharField(_("state"), max_length=20)
    is_shared = models.BooleanField(_("shared"))
    has_second_factor = models.BooleanField(_("second factor"))
    last_sign_in_at = models.DateTimeField(_("last sign-in"), null=True, blank=True)
    answer = models.CharField(_("answer"), max_length=10, choices=Answer)
    comment = models.CharField(_("comment"), max_length=500, blank=True)

    signed_with = ("review",)

    class Meta:
        ordering = ["printed_name", "username"]
        constraints = [models.UniqueConstraint(fields=["review", "user"], name="access_review_line_once")]
