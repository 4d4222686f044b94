"""Notices: what certain people must know of, until one of them says that they do.

Not here: raising one (raising.py), acknowledging one (commands.py), e-mail (tasks.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lims.accounts.permissions import Role
from lims.recorded import Recorded, RecordedQuerySet

if TYPE_CHECKING:
    from lims.accounts.models import User


class NoticeQuerySet(RecordedQuerySet):
    """Notices by whom they are for."""

    def of(self, user: User) -> NoticeQuerySet:
        """Those for a person's role, or for the person; the oldest first."""
        found: NoticeQuerySet = self.filter(Q(role=user.role) | Q(person=user)).order_by("id")
        return found

    def open(self) -> NoticeQuerySet:
        """Those nobody has acknowledged."""
        found: NoticeQuerySet = self.filter(acknowledged_at__isnull=True)
        return found


class Notice(Recorded):
    """One notice, for everybody of a role or for one person, raised inside the act that causes it.

    `message` is an English template, translated when it is shown; `params` are its figures, as text.
    """

    raised_at = models.DateTimeField(_("raised at"))
    role = models.CharField(_("for the role"), max_length=20, choices=Role, blank=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="notices", verbose_name=_("for")
    )
    message = models.TextField(_("notice"))
    params = models.JSONField(default=dict, blank=True)
    acknowledged_at = models.DateTimeField(_("acknowledged at"), null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("acknowledged by"),
    )
    comment = models.TextField(_("comment"), blank=True)

    objects = NoticeQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(role="", person__isnull=False) | (~Q(role="") & Q(person__isnull=True)),
                name="notice_for_role_or_person",
            ),
            models.CheckConstraint(
                condition=Q(acknowledged_at__isnull=True, acknowledged_by__isnull=True)
                | (Q(acknowledged_at__isnull=False, acknowledged_by__isnull=False) & ~Q(comment="")),
                name="notice_acknowledged_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"Notice {self.pk}"

    @property
    def text(self) -> str:
        """The notice in the reader's language."""
        return gettext(self.message).format(**self.params)

    @property
    def is_open(self) -> bool:
        """Whether nobody has acknowledged it."""
        return self.acknowledged_at is None


class NoticeMail(models.Model):
    """That a notice is to be mailed. Not part of the record: the row is the queue, Celery hurries it."""

    notice = models.OneToOneField(Notice, models.PROTECT, related_name="mail")
    sent_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return f"Mail of {self.notice}"
