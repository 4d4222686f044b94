"""Rules on passwords over time: which were used before, how old one may grow, how long a one-time password is good.

Length and common passwords are Django's validators (settings.py). Source: 21 CFR 11.300(b); NIST SP 800-63B 5.1.1.2
advises against changing by calendar, so ageing is off unless PASSWORD_DAYS says otherwise.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.contrib.auth.hashers import check_password

from lims.accounts.models import UsedPassword, User
from lims.acts import Act

REMEMBERED: Final = 10
ONE_TIME_FOR: Final = timedelta(hours=72)


def remember(act: Act, user: User) -> None:
    """Keep the hash of the password a person has until now, before another one is set."""
    if user.pk and user.password:
        act.add(UsedPassword(user=user, password=user.password, credential_digest=user.credential_digest))


def was_used(user: User, password: str) -> bool:
    """Whether it is one of the last passwords of a person, the one until now included."""
    earlier = UsedPassword.objects.filter(user=user).values_list("password", flat=True)[: REMEMBERED - 1]
    return any(check_password(password, kept) for kept in (user.password, *earlier))


def is_aged(user: User, at: datetime) -> bool:
    """Whether a password has to be changed because of its age, where the laboratory wants that."""
    days: int = settings.PASSWORD_DAYS
    if not days:
        return False
    return user.password_set_at is None or at - user.password_set_at > timedelta(days=days)


def is_expired(user: User, at: datetime) -> bool:
    """Whether a one-time password was not used in time."""
    return user.one_time_until is not None and at >= user.one_time_until
