"""How often a password or code may be typed wrongly: from one client address, and for one user name.

Counted in the database, so that all web processes count together and nothing fails without a broker. Only failed
prompts count, so work, uploads and exports are never slowed. At the console there is no client and no limit. Not
here: the lock on an account (authentication.py); the page that says to wait (lims/web/flood.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from lims import clock
from lims.accounts.models import FailureWindow
from lims.acts import Act
from lims.ledger.append import sealed
from lims.ledger.models import SITE_STREAM

WINDOW: Final = timedelta(minutes=5)
# A whole laboratory may stand behind one address; one person does not mistype a password ten times.
PER_ADDRESS: Final = 30
PER_NAME: Final = 10

_client: ContextVar[str | None] = ContextVar("client", default=None)


class TooMany(Exception):
    """Too many failures lately. `wait` is how long until prompts are answered again."""

    def __init__(self, wait: timedelta) -> None:
        self.wait = wait
        super().__init__(f"Too many failed prompts; wait {wait.total_seconds():.0f} s")


@contextmanager
def client(address: str) -> Iterator[None]:
    """Let prompts inside be those of a client at `address`; blank when it is not known."""
    token = _client.set(address)
    try:
        yield
    finally:
        _client.reset(token)


def where() -> dict[str, str]:
    """The client's address as a note of an act."""
    address = _client.get()
    return {"address": address} if address else {}


def refuse_flood(username: str) -> None:
    """Raise `TooMany` when this address or this name failed too often. One act for each window says so."""
    now = clock.now()
    limits = _limits(username)
    for window in FailureWindow.objects.filter(key__in=limits, began_at__gt=now - WINDOW):
        if window.failures >= limits[window.key]:
            _tell(window, username, now)
            raise TooMany(window.began_at + WINDOW - now)


def count(username: str) -> None:
    """Count one failure, in the transaction that records it."""
    now = clock.now()
    for key in sorted(_limits(username)):
        FailureWindow.objects.get_or_create(key=key, defaults={"began_at": now})
        window = FailureWindow.objects.select_for_update().get(key=key)
        if window.began_at <= now - WINDOW:
            window.began_at, window.failures, window.is_told = now, 0, False
        window.failures += 1
        window.save()


def prune() -> int:
    """Forget windows that are over; return how many."""
    gone, _ = FailureWindow.objects.filter(began_at__lte=clock.now() - WINDOW).delete()
    return gone


def _limits(username: str) -> dict[str, int]:
    """The windows a prompt counts in. A name is whatever was typed, so it is kept as a digest."""
    address = _client.get()
    if address is None:
        return {}
    digest = hashlib.sha256(username.strip().lower().encode()).hexdigest()
    named = {f"name {digest}": PER_NAME}
    return named | {f"address {address}": PER_ADDRESS} if address else named


def _tell(window: FailureWindow, username: str, now: datetime) -> None:
    with transaction.atomic():
        mine = FailureWindow.objects.filter(pk=window.pk, began_at=window.began_at, is_told=False).update(is_told=True)
    if mine:
        act = Act(name="account:flood-refused", actor=None, at=now, is_refused=True)
        act.notes |= {"username": username[:40], "failures": str(window.failures), **where()}
        with sealed(act, SITE_STREAM):
            return
