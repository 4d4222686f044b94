"""Raising a notice, inside the act that causes it: both are kept or neither."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from lims.acts import Act
from lims.later import hurry
from lims.notices.models import Notice, NoticeMail
from lims.site import zone

if TYPE_CHECKING:
    from lims.accounts.models import User

SEND = "lims.notices.tasks.send_notice"


def raise_notice(
    act: Act, message: str, params: Mapping[str, str], *, roles: Sequence[str] = (), person: User | None = None
) -> list[Notice]:
    """One notice for each role and for the person, to be acknowledged one by one; mailed where addresses are set.

    `message` is an English template for `params`. Mail never fails the act: it waits as a row of its own.
    """
    audiences: list[dict[str, object]] = [{"role": role} for role in roles]
    if person is not None:
        audiences.append({"person": person})
    made = [Notice(raised_at=act.at, message=message, params=dict(params), **for_whom) for for_whom in audiences]
    act.add(*made)
    for notice in made:
        if settings.NOTICE_EMAIL.get(notice.role):
            mail = NoticeMail.objects.create(notice=notice)
            transaction.on_commit(partial(hurry, SEND, mail.pk))
    return made


def in_words(moment: datetime) -> str:
    """A time as a notice tells it, in the zone of the laboratory: «26 Nov 2026 08:05 JST»."""
    return moment.astimezone(zone()).strftime("%-d %b %Y %H:%M %Z")
