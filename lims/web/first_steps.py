"""What a new account does before anything else: choose a password of its own, and accept what a signature means.

Source: 21 CFR 11.100(c) (signatures certified as binding) and 11.300 (a password known to its owner only).
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

# Reachable before the first steps are done.
OPEN_BEFORE = frozenset({"password", "statement", "sign_in", "sign_out", "unlock", "lock", "here", "healthz"})


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
        if request.user.must_change_password:
            step = "password"
        elif not request.user.has_accepted_statement:
            step = "statement"
        else:
            return None
        back = request.get_full_path() if request.method in ("GET", "HEAD") else "/"
        return redirect(f"{reverse(step)}?{urlencode({'next': back})}")
