"""What the head of every page shows: the laboratory, its time, who is signed in, and where one can go.

Not here: the addresses themselves. `navigation` stands beside them, in the root address table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, get_resolver, reverse
from django.utils import timezone
from django.utils.functional import Promise

from lims import clock
from lims.accounts.permissions import Permission
from lims.notices.models import Notice
from lims.web.idle import is_locked
from lims.web.place import site_of, zone_of


@dataclass(frozen=True)
class Destination:
    """An entry of the main navigation, for those who hold a permission. `is_extra` folds away on a narrow screen."""

    label: str | Promise
    name: str
    permission: Permission = Permission.VIEW_RECORDS
    is_extra: bool = False


@dataclass(frozen=True)
class NavLink:
    """A destination as drawn on one page."""

    label: str | Promise
    url: str
    is_current: bool
    is_extra: bool


class Page:
    """Facts about the page being drawn. Each is looked up when a template asks for it, and once."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @cached_property
    def is_signed_in(self) -> bool:
        """Whether somebody is signed in."""
        user = getattr(self._request, "user", None)
        return bool(user and user.is_authenticated)

    @property
    def user_name(self) -> str:
        """The printed name of the person signed in."""
        return self._request.user.printed_name if self.is_signed_in else ""  # type: ignore[union-attr]

    @property
    def username(self) -> str:
        """The name the person signs in with."""
        return self._request.user.username if self.is_signed_in else ""

    @property
    def role(self) -> str:
        """The role of the person signed in, in words."""
        return str(self._request.user.get_role_display()) if self.is_signed_in else ""  # type: ignore[union-attr]

    @property
    def may_confirm_identity(self) -> bool:
        """Whether the person signed in confirms who others are."""
        return self.is_signed_in and self._request.user.may(Permission.CONFIRM_IDENTITY)  # type: ignore[union-attr]

    @cached_property
    def notices(self) -> list[Notice]:
        """Notices for the person signed in that nobody has acknowledged; none while the screen is locked."""
        if not self.is_signed_in or is_locked(self._request):
            return []
        return list(Notice.objects.of(self._request.user).open())  # type: ignore[arg-type]

    @cached_property
    def site_name(self) -> str:
        """The name of the laboratory."""
        here = site_of(self._request)
        return here.name if here else ""

    @cached_property
    def is_demonstration(self) -> bool:
        """Whether every row of this laboratory is synthetic."""
        here = site_of(self._request)
        return bool(here and here.is_demonstration)

    @cached_property
    def now(self) -> datetime:
        """The time, in the zone of the laboratory."""
        return timezone.localtime(clock.now(), zone_of(self._request))

    @property
    def zone_key(self) -> str:
        """The name of the zone, as a browser knows it."""
        return zone_of(self._request).key

    @property
    def idle_minutes(self) -> int:
        """After how many minutes without a touch the screen locks."""
        return int(settings.IDLE_MINUTES)

    @cached_property
    def nav(self) -> list[NavLink]:
        """Where the person signed in may go, the place they are at marked; nowhere while the screen is locked."""
        if not self.is_signed_in or is_locked(self._request):
            return []
        reachable = self._reachable(getattr(get_resolver().urlconf_module, "navigation", ()))
        path = self._request.path
        fitting = [url for _, url in reachable if path == url or (url != "/" and path.startswith(url))]
        here = max(fitting, key=len, default="")
        return [NavLink(d.label, url, url == here, d.is_extra) for d, url in reachable]

    @cached_property
    def beside(self) -> list[NavLink]:
        """Where one may go on from the page being drawn: what another part of the program does with what it shows."""
        places: Mapping[str, Iterable[Destination]] = getattr(get_resolver().urlconf_module, "beside", {})
        match = self._request.resolver_match
        reachable = self._reachable(places.get(match.url_name or "", ()) if match else ())
        return [NavLink(d.label, url, is_current=False, is_extra=d.is_extra) for d, url in reachable]

    def _reachable(self, destinations: Iterable[Destination]) -> list[tuple[Destination, str]]:
        reachable: list[tuple[Destination, str]] = []
        for destination in destinations:
            if not self._request.user.may(destination.permission):  # type: ignore[union-attr]
                continue
            try:
                reachable.append((destination, reverse(destination.name)))
            except NoReverseMatch:
                # An installation may leave a part out; its entry is then not shown.
                continue
        return reachable


def page(request: HttpRequest) -> dict[str, Page]:
    """Put `page` into every template."""
    return {"page": Page(request)}
