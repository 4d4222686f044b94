"""Rules of prints and exports: how long one may be under way before it counts as lost."""

from __future__ import annotations

from datetime import timedelta

LOST_AFTER = timedelta(minutes=3)
WAITING_AFTER = timedelta(seconds=20)
MAX_ATTEMPTS = 5
