"""Checking a password against the live credential, counting failures, locking.

Every failure is an act in the site stream, so that it is in the ledger before anyone can act on it. Used by signing
in, by unlocking an idle screen and by every signature prompt.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from django.contrib.auth.hashers import make_password

from lims import clock
from lims.accounts import passwords, rate_limit
from lims.accounts.models import User
from lims.accounts.permissions import Role
from lims.acts import Act
from lims.ledger.append import sealed
from lims.ledger.models import SITE_STREAM
from lims.notices.raising import in_words, raise_notice
from lims.refusals import Refusal, Refused

MAX_FAILURES = 5
LOCKED_FOR = timedelta(minutes=30)

_WRONG = "User name or password is wrong. Try again."
_LOCKED = "This account is locked until {until}. Wait, or ask an administrator."


@dataclass(frozen=True)
class Credential:
    """A user name and password as typed. The password never appears in a representation or a log."""

    username: str
    password: str = field(repr=False)


def verify(credential: Credential, *, purpose: str, at: str | None = None) -> User:
    """The live account behind a credential.

    Args:
        purpose: what the password was asked for, kept with a failure («sign in», «signature performed»).
        at: the form field a refusal belongs beside.

    Raises:
        Refused: ACC-01 wrong user name or password, ACC-02 locked, ACC-03 disabled, ACC-12 a one-time password that
            was not used in time.
        TooMany: too many failures from this client or for this name; the password is not looked at.
    """
    now = clock.now()
    rate_limit.refuse_flood(credential.username)
    user = User.objects.filter(username=credential.username.strip().lower()).first()
    if user is None:
        make_password(credential.password)  # as slow as a check, so that timing names no user
        _record_failure(None, credential.username, purpose)
        raise Refused(Refusal("ACC-01", _WRONG, at))
    if user.is_locked(now):
        _record_failure(user, user.username, purpose, counts=False)
        raise Refused(_locked(user, at))
    if not user.check_password(credential.password):
        user = _record_failure(user, user.username, purpose) or user
        raise Refused(_locked(user, at) if user.is_locked(now) else Refusal("ACC-01", _WRONG, at))
    if not user.is_active:
        _record_failure(user, user.username, purpose, counts=False)
        raise Refused(Refusal("ACC-03", "This account is disabled. Ask an administrator.", at))
    if passwords.is_expired(user, now):
        _record_failure(user, user.username, purpose, counts=False)
        raise Refused(Refusal("ACC-12", "This one-time password is too old. Ask an administrator for another.", at))
    if user.failed_attempts or user.locked_until:
        with sealed(Act(name="account:failures-cleared", actor=user, at=now), SITE_STREAM) as act:
            user = User.objects.get(pk=user.pk)
            user.failed_attempts, user.locked_until = 0, None
            act.add(user)
    return user


def _locked(user: User, at: str | None) -> Refusal:
    until = user.locked_until.strftime("%H:%M UTC") if user.locked_until else ""
    return Refusal("ACC-02", _LOCKED, at, {"until": until})


def _alert(act: Act, user: User, purpose: str) -> None:
    """Tell QA and the administrators at once (21 CFR 11.300(d)): who, when, and which prompt was tried last."""
    assert user.locked_until is not None
    raise_notice(
        act,
        "{name} ({username}): locked until {until} after {number} wrong passwords. The last was typed at {at} for: "
        "{purpose}. Ask who typed them.",
        {
            "name": user.printed_name,
            "username": user.username,
            "until": in_words(user.locked_until),
            "number": str(MAX_FAILURES),
            "at": in_words(act.at),
            "purpose": purpose,
        },
        roles=(Role.QA, Role.ADMINISTRATOR),
    )


def _record_failure(user: User | None, username: str, purpose: str, *, counts: bool = True) -> User | None:
    """Seal one failed attempt; the fifth in a row locks the account."""
    act = Act(name="account:password-refused", actor=None, at=clock.now(), is_refused=True)
    act.notes |= {"username": username[:40], "purpose": purpose, **rate_limit.where()}
    with sealed(act, SITE_STREAM):
        rate_limit.count(username)
        if user is None or not counts:
            return user
        live = User.objects.select_for_update().get(pk=user.pk)
        live.failed_attempts += 1
        if live.failed_attempts >= MAX_FAILURES:
            live.locked_until = act.at + LOCKED_FOR
            live.failed_attempts = 0
            act.notes["locked until"] = live.locked_until.isoformat()
            _alert(act, live, purpose)
        act.add(live)
        return live
