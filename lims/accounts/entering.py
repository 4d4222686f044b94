"""Entering and half-entering: the session of a person who signed in, or of one who still owes the code.

Not here: checking a password (authentication.py) or a code (second_factor.py).
"""

from __future__ import annotations

import time
from typing import Final

from django.contrib import auth
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from lims.accounts import commands
from lims.accounts.models import User
from lims.web import idle

_BACKEND: Final = "django.contrib.auth.backends.ModelBackend"
_ASKED: Final = "second_factor_asked"
_PASSED: Final = "second_factor_passed"
# How long after the password the code is taken.
_PATIENCE_S: Final = 5 * 60


def enter(request: HttpRequest, user: User, *, with_second: bool = False) -> None:
    """Begin the session of a person. Whoever was signed in here is signed out; the session gets a new key."""
    if request.user.is_authenticated:
        commands.record_sign_out(request.user)
        auth.logout(request)
    commands.record_sign_in(user)
    auth.login(request, user, backend=_BACKEND)
    forget(request)
    if with_second:
        passed(request)
    idle.unlock(request)


def ask_second(request: HttpRequest, user: User) -> None:
    """Remember whose password was right. Whoever is signed in at this locked screen stays so until the code."""
    request.session.cycle_key()
    request.session[_ASKED] = {"user": user.pk, "hash": user.get_session_auth_hash(), "at": time.time()}


def asked(request: HttpRequest) -> User | None:
    """Whose code is asked for; nobody after five minutes, or once the password was reset or the account disabled."""
    pending = request.session.get(_ASKED)
    if not pending or time.time() - pending["at"] > _PATIENCE_S:
        return None
    user = User.objects.filter(pk=pending["user"], is_active=True).first()
    if user is None or not constant_time_compare(user.get_session_auth_hash(), pending["hash"]):
        return None
    return user


def forget(request: HttpRequest) -> None:
    """Ask for no code any more."""
    request.session.pop(_ASKED, None)


def passed(request: HttpRequest) -> None:
    """Note that this session was begun with a second factor, or has just shown one."""
    request.session[_PASSED] = True


def has_second(request: HttpRequest) -> bool:
    """Whether this session was begun with a second factor. A reset ends the session itself."""
    return bool(request.session.get(_PASSED))
