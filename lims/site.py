"""The laboratory this installation belongs to, asked in one place."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from lims.models import Site


def site() -> Site | None:
    """The site; None before it is started."""
    return Site.objects.filter(pk=1).first()


def is_demonstration() -> bool:
    """Whether this is a demonstration laboratory, whose rows are all synthetic."""
    here = site()
    return bool(here and here.is_demonstration)


def zone() -> ZoneInfo:
    """The site's time zone; UTC before it is started."""
    here = site()
    return ZoneInfo(here.time_zone if here else "UTC")
