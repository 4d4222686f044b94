"""Headers of every answer beside those of Django and django-csp: what a page may ask of a device, who may keep it."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

# A photo is taken through a file field, which needs none of these.
_PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in ("accelerometer", "camera", "geolocation", "gyroscope", "microphone", "payment", "usb")
)
# For a file somebody brought: were it ever opened as a page, it could run nothing and ask for nothing.
SANDBOX = "sandbox; default-src 'none'"


class HeadersMiddleware:
    """Lets no browser or proxy keep a page, unless its view says otherwise: tablets are shared."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, with the headers added."""
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Permissions-Policy", _PERMISSIONS)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response
