"""Who may open a page. Every view is decorated with one of these; the permission is the one its command needs."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from lims import clock
from lims.accounts.models import User
from lims.accounts.permissions import Permission
from lims.acts import Act
from lims.commands import record_refusal
from lims.refusals import Refusal, Refused

View = Callable[..., HttpResponseBase]


def actor_of(request: HttpRequest) -> User:
    """The person signed in; views behind `needs` always have one."""
    user = request.user
    if not isinstance(user, User):
        raise PermissionDenied
    return user


def needs(*any_of: Permission) -> Callable[[View], View]:
    """Let in whoever is signed in and holds one of the permissions. A refused attempt to write is in the ledger."""

    def wrap(view: View) -> View:
        @functools.wraps(view)
        def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            user = actor_of(request)
            if not any(user.may(permission) for permission in any_of):
                if request.method not in ("GET", "HEAD", "OPTIONS"):
                    _record(user, request)
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return login_required(run)

    return wrap


def _record(user: User, request: HttpRequest) -> None:
    act = Act(name="page:refused", actor=user, at=clock.now())
    refusal = Refusal("PERM-01", "{method} {path} is not allowed for this role.", None, _where(request))
    record_refusal(act, None, Refused(refusal))


def _where(request: HttpRequest) -> dict[str, object]:
    return {"method": request.method or "", "path": request.path[:200]}
