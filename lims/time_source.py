"""Whether the server's clock is right, asked of a time server (NTP) where the site names one.

Every time in the record is this clock's. One that has drifted, or can't be asked about, is told to QA and to
administrators, once until somebody has acknowledged it.
"""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

import ntplib
from django.conf import settings

from lims import clock
from lims.accounts.permissions import Role
from lims.acts import Act
from lims.ledger.append import sealed
from lims.ledger.models import SITE_STREAM
from lims.notices.models import Notice
from lims.notices.raising import raise_notice

logger = logging.getLogger(__name__)

DRIFTED = "clock:drift"
UNKNOWN = "clock:unknown"
_PATIENCE_S = 5
_PORT = 123
_DRIFTED = (
    "The server's clock is {offset} s away from {server}; {limit} s is allowed. Set it right: every time in the record "
    "is this clock's."
)
_UNKNOWN = "The time server {server} does not answer, so nobody knows whether the server's clock is right."


def offset_s(server: str) -> float:
    """By how many seconds a time server («host» or «host:port») is ahead of this clock.

    Raises:
        OSError, ntplib.NTPException: it does not answer, or not as a time server does.
        ValueError: its port is none.
    """
    at = urlsplit(f"//{server}")
    asked = ntplib.NTPClient().request(at.hostname, version=4, port=at.port or _PORT, timeout=_PATIENCE_S)
    return float(asked.offset)


def watch() -> str:
    """Ask the time server; gives «right», «drifted», «unknown», or «not watched» where none is named."""
    server, limit = settings.TIME_SERVER, settings.TIME_LIMIT_S
    if not server:
        return "not watched"
    try:
        offset = offset_s(server)
    except (OSError, ValueError, ntplib.NTPException) as error:
        logger.warning("The time server %s: %s", server, error)
        _tell(UNKNOWN, _UNKNOWN, {"server": server})
        return "unknown"
    if abs(offset) <= limit:
        return "right"
    _tell(DRIFTED, _DRIFTED, {"offset": f"{offset:+.1f}", "server": server, "limit": str(limit)})
    return "drifted"


def _tell(name: str, message: str, params: dict[str, str]) -> None:
    if Notice.objects.open().filter(message=message).exists():
        return
    act = Act(name=name, actor=None, at=clock.now())
    act.notes = params
    with sealed(act, SITE_STREAM):
        raise_notice(act, message, params, roles=(Role.QA, Role.ADMINISTRATOR))
