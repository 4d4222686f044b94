"""The idle lock: a screen left alone for `IDLE_MINUTES` asks for the password again, and loses nothing typed.

The browser's part is static/lims/idle.js, which locks over the form itself. This is the server's part, which holds
when there is no script. Not here: checking the password (lims/accounts/commands.py).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse

from lims.web import continuous

LAST_ACTIVE = "last_active_at"
LOCKED = "locked"

# A session row is written at most this often, in seconds: a page is read far more often than it matters.
TOUCH_EVERY_S = 30

# Reachable while locked: the way out, the way back in, and what needs nobody.
OPEN_WHILE_LOCKED = frozenset({"unlock", "lock", "sign_in", "sign-in-code", "sign_out", "healthz"})

# Never sent back to a browser, whatever form they were typed in.
_SECRETS = ("password", "one_time_code")
_CSRF = "csrfmiddlewaretoken"


def touch(request: HttpRequest) -> None:
    """Note that a person did something just now."""
    now = time.time()
    if now - float(request.session.get(LAST_ACTIVE, 0)) > TOUCH_EVERY_S:
        request.session[LAST_ACTIVE] = now


def lock(request: HttpRequest) -> None:
    """Lock this session's screen. Signing begins anew behind it, with both components."""
    request.session[LOCKED] = True
    continuous.lapse(request)


def unlock(request: HttpRequest) -> None:
    """Open the screen again after the password was given. The session gets a new key; the form's token stays good."""
    request.session.pop(LOCKED, None)
    request.session[LAST_ACTIVE] = time.time()
    request.session.cycle_key()


def is_locked(request: HttpRequest) -> bool:
    """Whether the screen is locked, by hand or by time."""
    if not request.user.is_authenticated:
        return False
    if request.session.get(LOCKED):
        return True
    last = request.session.get(LAST_ACTIVE)
    return last is not None and time.time() - float(last) > settings.IDLE_MINUTES * 60


def is_poll(request: HttpRequest) -> bool:
    """Whether a page asked by itself, which is no sign of a person."""
    return request.headers.get("X-Poll") == "1"


def typed(data: QueryDict) -> str:
    """What was typed, as JSON pairs; passwords and the form's token are left out."""
    pairs = [
        [name, value] for name, values in data.lists() if name != _CSRF and not _is_secret(name) for value in values
    ]
    return json.dumps(pairs)


def _is_secret(name: str) -> bool:
    return any(secret in name for secret in _SECRETS)


def kept_pairs(text: str) -> list[tuple[str, str]]:
    """The pairs of `typed`, whatever a browser sends back; what is not such a list counts as nothing."""
    try:
        pairs = json.loads(text or "[]")
    except ValueError:
        return []
    if not isinstance(pairs, list):
        return []
    return [
        (pair[0], pair[1])
        for pair in pairs
        if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) and isinstance(pair[1], str)
        if pair[0] != _CSRF and not _is_secret(pair[0])
    ]


class IdleLockMiddleware:
    """Answers every request of a locked screen with the way to unlock it.

    It acts in `process_view`, behind the check of the form's token: otherwise another site could have a form of its
    own kept, and sent with a good token once the password was given.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: list[object], kwargs: dict[str, object]
    ) -> HttpResponse | None:
        """Answer in the view's place while the screen is locked; else note the activity."""
        name = request.resolver_match.url_name if request.resolver_match else None
        if name == "healthz" or not request.user.is_authenticated:
            return None
        if not is_locked(request):
            if not is_poll(request):
                touch(request)
            return None
        if not request.session.get(LOCKED):
            lock(request)
        if name in OPEN_WHILE_LOCKED:
            return None
        if is_poll(request) or request.headers.get("HX-Request") == "true":
            # The page's own script sees the header and locks over the form.
            return HttpResponse(status=409, headers={"X-Locked": "1"})
        if request.method in ("GET", "HEAD"):
            return redirect(f"{reverse('unlock')}?{urlencode({'next': request.get_full_path()})}")
        context = {"next": request.get_full_path(), "kept": typed(request.POST), "had_files": bool(request.FILES)}
        return render(request, "lims/accounts/unlock.html", context, status=409)
