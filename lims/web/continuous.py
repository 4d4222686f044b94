"""The continuous period of signing: user name and password at the first signature, then the password alone.

It begins with a signature given with both, and ends with signing in, signing out, a lock of the screen and a new
password (21 CFR 11.200(a)(1)(i) and (ii)). It is kept in the session, on the server; a command never knows of it and
always asks for both components. Not here: checking them (lims/signatures/signing.py).
"""

from __future__ import annotations

from django.http import HttpRequest

from lims.accounts.models import User

SIGNING = "signed_with_both"


def is_continuous(request: HttpRequest) -> bool:
    """Whether a signature was given with both components since the session's last lapse."""
    return bool(request.session.get(SIGNING))


def begin(request: HttpRequest) -> None:
    """Note that a signature was just given."""
    if not is_continuous(request):
        request.session[SIGNING] = True


def lapse(request: HttpRequest) -> None:
    """End the period: the next signature takes both components again."""
    request.session.pop(SIGNING, None)


def name_given(request: HttpRequest, actor: User, field: str) -> str:
    """The user name a person signs with: the one known within the period, else the one typed in `field`."""
    return actor.username if is_continuous(request) else request.POST.get(field, "")
