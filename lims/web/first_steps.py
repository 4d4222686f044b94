"""What an account does before anything else: a password of its own, a second factor, the statement on signatures.

Source: 21 CFR 11.100(c) (signatures certified as binding) and 11.300 (a password known to its owner only).
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from lims import clock
from lims.accounts.entering import has_second
from lims.accounts.passwords import is_aged
from lims.accounts.second_factor import is_required
from lims.web.place import site_of

# Reachable before the first steps are done.
OPEN_BEFORE = frozenset(
    {
        "password",
        "second-factor",
        "statement",
        "sign_in",
        "sign-in-code",
        "sign_out",
        "unlock",
        "lock",
        "here",
        "healthz",
    }
)


class FirstStepsMiddleware:
    """Leads a person to the step that is still to be done."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: list[object], kwargs: dict[str, object]
    ) -> HttpResponse | None:
        """Redirect to the step that is missing, keeping the way back."""
        name = request.resolver_match.url_name if request.resolver_match else None
        if name in OPEN_BEFORE or not request.user.is_authenticated:
            return None
        if request.user.must_change_password or is_aged(request.user, clock.now()):
            step = "password"
        elif is_required(request.user, site_of(request)) and not has_second(request):
            step = "second-factor"
        elif not request.user.has_accepted_statement:
            step = "statement"
        else:
            return None
        back = request.get_full_path() if request.method in ("GET", "HEAD") else "/"
        return redirect(f"{reverse(step)}?{urlencode({'next': back})}")
