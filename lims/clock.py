"""The one clock. An act's time is the server's, taken once.

Not here: how a time is shown. The clock can be set back only to replay history into a demonstration laboratory; the
entry then also says when it was really written.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from django.utils import timezone

_replayed: ContextVar[datetime | None] = ContextVar("replayed", default=None)


def now() -> datetime:
    """The time now, in UTC; while a demonstration is being replayed, the replayed time."""
    return _replayed.get() or timezone.now()


def is_replaying() -> bool:
    """Whether the clock stands at a replayed time."""
    return _replayed.get() is not None


@contextmanager
def replaying(at: datetime) -> Iterator[None]:
    """Let acts inside happen at `at` (aware). Sealing refuses this outside a demonstration site."""
    token = _replayed.set(at)
    try:
        yield
    finally:
        _replayed.reset(token)
