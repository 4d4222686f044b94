"""The page that says to wait after too many wrong passwords, and whose address a prompt comes from.

Not here: counting (lims/accounts/rate_limit.py).
"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lims.accounts import rate_limit
from lims.accounts.rate_limit import TooMany
from lims.web import idle
from lims.web.place import zone_of


def address_of(request: HttpRequest) -> str:
    """The address of the client, blank when it is not known; of IPv6 the network, of which one client has plenty.

    A header is believed only when settings name it, and of several addresses in it only the last, which the proxy
    itself wrote: anything before was sent by the client.
    """
    header = settings.CLIENT_ADDRESS_HEADER
    given = request.headers.get(header, "") if header else request.META.get("REMOTE_ADDR", "")
    try:
        address = ipaddress.ip_address(given.rpartition(",")[2].strip())
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.IPv6Network((int(address), 64), strict=False))
    return str(address)


class FloodMiddleware:
    """Tells prompts whose they are, and answers 429 in the view's place when there were too many wrong ones."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, as a client of this address."""
        with rate_limit.client(address_of(request)):
            return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The page, with what was typed kept in it; passwords are not."""
        if not isinstance(error, TooMany):
            return None
        seconds = max(1, math.ceil(error.wait.total_seconds()))
        minutes = math.ceil(seconds / 60)
        wait = ngettext("Wait %(n)d minute, then try again.", "Wait %(n)d minutes, then try again.", minutes)
        said = _("Too many wrong passwords or codes."), wait % {"n": minutes}
        if "application/json" in request.headers.get("Accept", ""):
            return JsonResponse({"unlocked": False, "reasons": said}, status=429, headers={"Retry-After": str(seconds)})
        context = {
            "heading": said[0],
            "wait": said[1],
            "pairs": idle.kept_pairs(idle.typed(request.POST)),
            "had_files": bool(request.FILES),
            "back": request.get_full_path(),
        }
        with timezone.override(zone_of(request)):
            response = render(request, "lims/errors/429.html", context, status=429)
        response["Retry-After"] = str(seconds)
        return response
