"""The periodic review of access: when it is due, every account as it stands, and QA's signed answers.

What was answered is not done by the review: an administrator, who can't review, changes or disables accounts.
Source: EU GMP Annex 11, 12.3. Not here: what is kept of it (reviews.py).
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import Max
from django.utils.functional import Promise

from lims.accounts.administration import STATES, state_of
from lims.accounts.models import AccessReview, AccessReviewLine, SecondFactor, User
from lims.accounts.permissions import Permission
from lims.acts import Act
from lims.commands import command
from lims.ledger.models import SITE_STREAM, Entry
from lims.refusals import Refusal, refuse_if_any
from lims.signatures.meanings import Meaning

# From then on it is drawn as near.
TOLD_BEFORE: Final = timedelta(days=30)
_Answer = AccessReviewLine.Answer


@dataclass(frozen=True)
class Account:
    """One account as a review looks at it."""

    user: User
    state: str
    has_second_factor: bool
    last_sign_in_at: datetime | None

    @property
    def word(self) -> str | Promise:
        """The state in words."""
        return STATES[self.state][1]

    @property
    def standing(self) -> str:
        """What is judged, in one word: when it is another one at the time of signing, somebody changed the account."""
        return f"{self.user.role} {self.user.is_active} {self.user.is_shared}"


@dataclass(frozen=True)
class Given:
    """The answer for one account, and how the account stood when it was looked at."""

    answer: str
    comment: str
    standing: str


def accounts(at: datetime) -> list[Account]:
    """Every account there is, those that are open first."""
    signed_in = dict(
        Entry.objects.filter(stream=SITE_STREAM, name="account:sign-in", actor__isnull=False)
        .values_list("actor")
        .annotate(last=Max("at"))
    )
    enrolled = set(SecondFactor.objects.filter(enrolled_at__isnull=False).values_list("user", flat=True))
    users = User.objects.order_by("-is_active", "printed_name", "username")
    return [Account(u, state_of(u, at), u.pk in enrolled, signed_in.get(u.pk)) for u in users]


@command("account:review-access", needs=Permission.REVIEW_ACCESS, signed=(Meaning.REVIEWED,))
def review(act: Act, *, given: Mapping[str, Given]) -> AccessReview:
    """Keep every account as it stands with its answer, by user name, and sign the whole.

    Raises:
        Refused: ACR-01 an account without an answer, ACR-02 a change or disabling without a comment, ACR-03 an account
            that was changed meanwhile.
    """
    assert act.actor is not None
    every = accounts(act.at)
    refuse_if_any(r for account in every for r in _refusals(account, given.get(account.user.username)))
    made = AccessReview(at=act.at, reviewer=act.actor)
    act.add(made)
    for account in every:
        answered = given[account.user.username]
        line = AccessReviewLine(
            review=made,
            user=account.user,
            username=account.user.username,
            printed_name=account.user.printed_name,
            role=account.user.role,
            state=account.state,
            is_shared=account.user.is_shared,
            has_second_factor=account.has_second_factor,
            last_sign_in_at=account.last_sign_in_at,
            answer=answered.answer,
            comment=answered.comment.strip(),
        )
        act.add(line)
    act.sign(made)
    return made


@dataclass(frozen=True)
class Due:
    """When the next review is due, for those who review or who do what a review asks for."""

    at: datetime
    is_late: bool
    is_near: bool
    may_review: bool


def due_for(user: User, now: datetime) -> Due | None:
    """What a person's home page says of the next review; nothing to those it is no business of."""
    may_review = user.may(Permission.REVIEW_ACCESS)
    if not may_review and not user.may(Permission.MANAGE_ACCOUNTS):
        return None
    at = due_at()
    return Due(at, now >= at, now >= at - TOLD_BEFORE, may_review) if at else None


def due_at() -> datetime | None:
    """When the next review is due: some months after the last one, or after the laboratory was started."""
    last = AccessReview.objects.first()
    started = Entry.objects.filter(stream=SITE_STREAM, name="site:start").values_list("at", flat=True)
    began = last.at if last else started.first()
    return _months_later(began, settings.ACCESS_REVIEW_MONTHS) if began else None


def still_to_do() -> list[AccessReviewLine]:
    """What the newest review asked for and no administrator has done yet."""
    last = AccessReview.objects.first()
    if last is None:
        return []
    asked = last.lines.exclude(answer=_Answer.KEEP).select_related("user")
    return [line for line in asked if not _is_done(line)]


def _is_done(line: AccessReviewLine) -> bool:
    if not line.user.is_active:
        return True
    return line.answer == _Answer.CHANGE and line.user.role != line.role


def _refusals(account: Account, given: Given | None) -> list[Refusal]:
    who: dict[str, object] = {"name": account.user.printed_name}
    username = account.user.username
    if given is None or given.answer not in _Answer.values:
        text = "{name} has no answer. Keep, change or disable the account."
        return [Refusal("ACR-01", text, f"answer-{username}", who)]
    if given.standing != account.standing:
        text = "The account of {name} was changed since you opened this page. Look at it again, then sign."
        return [Refusal("ACR-03", text, f"answer-{username}", who)]
    if given.answer != _Answer.KEEP and not given.comment.strip():
        return [Refusal("ACR-02", "Say what should be changed for {name}, and why.", f"comment-{username}", who)]
    return []


def _months_later(at: datetime, months: int) -> datetime:
    year, month = divmod(at.month - 1 + months, 12)
    year, month = at.year + year, month + 1
    return at.replace(year=year, month=month, day=min(at.day, calendar.monthrange(year, month)[1]))
