"""Pages for what went wrong: what happened, that the record is safe, an error number and the time.

Not here: refusals of an act, which are shown on the form itself.
"""

from __future__ import annotations

import logging
import secrets

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.csrf import requires_csrf_token

from lims import clock
from lims.web.place import zone_of

logger = logging.getLogger(__name__)


def error_number() -> str:
    """A short number to read out to support; the log holds it beside the cause."""
    return secrets.token_hex(3).upper()


def _page(request: HttpRequest, status: int, cause: object) -> HttpResponse:
    number = error_number()
    logger.info("Error %s: %s for %s %s (%s)", number, status, request.method, request.path, cause)
    return _drawn(request, f"lims/errors/{status}.html", number, status)


def _drawn(request: HttpRequest, template: str, number: str, status: int) -> HttpResponse:
    """The page, in the zone of the laboratory: an address that leads nowhere never reached the view that sets it."""
    with timezone.override(zone_of(request)):
        return render(request, template, {"number": number}, status=status)


@requires_csrf_token
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The request could not be read."""
    return _page(request, 400, type(exception).__name__)


@requires_csrf_token
def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The role does not allow it."""
    return _page(request, 403, type(exception).__name__)


@requires_csrf_token
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Nothing is at this address."""
    return _page(request, 404, type(exception).__name__)


@requires_csrf_token
def server_error(request: HttpRequest) -> HttpResponse:
    """Something failed. Drawn without the database, which may be what failed; times are therefore in UTC."""
    number = error_number()
    logger.error("Error %s: 500 for %s %s", number, request.method, request.path, exc_info=True)
    html = render_to_string("lims/errors/500.html", {"number": number, "at": clock.now()})
    return HttpResponse(html, status=500)


@requires_csrf_token
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's token is old or missing: usually another person signed in meanwhile, in another window."""
    number = error_number()
    logger.warning("Error %s: form token refused for %s: %s", number, request.path, reason)
    return _drawn(request, "lims/errors/stale.html", number, 403)
