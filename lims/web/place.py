"""Where a page is served for: the laboratory and its time zone, known to every view and template.

Not here: who is signed in (context.py shows it), nor what time it is (lims/clock.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone

from lims import site as laboratory
from lims.models import Site

# Asked while the database may be down.
WITHOUT_DATABASE = frozenset({"healthz"})


def site_of(request: HttpRequest) -> Site | None:
    """The laboratory a request is for, read once; None before it is started."""
    if not hasattr(request, "laboratory"):
        request.laboratory = laboratory.site()  # type: ignore[attr-defined]
    return cast("Site | None", request.laboratory)  # type: ignore[attr-defined]


def zone_of(request: HttpRequest) -> ZoneInfo:
    """The time zone of the laboratory; UTC before it is started."""
    here = site_of(request)
    return ZoneInfo(here.time_zone if here else "UTC")


class SiteZoneMiddleware:
    """Lets every time on a page, typed or shown, be in the zone of the laboratory.

    In production no page of a demonstration is served: its passwords are printed for everybody to see.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, and leave no zone behind for the next request of this thread."""
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: list[object], kwargs: dict[str, object]
    ) -> HttpResponse | None:
        """Make the zone of the laboratory the current one."""
        match = request.resolver_match
        if match is not None and match.url_name in WITHOUT_DATABASE:
            return None
        here = site_of(request)
        if settings.PRODUCTION and here is not None and here.is_demonstration:
            return HttpResponse(render_to_string("lims/errors/demonstration.html"), status=503)
        timezone.activate(zone_of(request))
        return None
