"""When something may have been done: not in the future, not before its own start, late only with a reason.

Not here: hold times, and from when on a late entry is a deviation, which are limits of the master batch record.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from lims.refusals import Refusal

# A clock on a wall may be a little ahead of the server's.
TOLERANCE = timedelta(minutes=2)
# Annex 11 and data-integrity guidance ask for late entries to be told; the gap is a default, not a regulation.
LATE_AFTER = timedelta(minutes=15)


def done_refusals(
    done_at: datetime, now: datetime, late_reason: str, *, field: str = "done_at", after: datetime | None = None
) -> Iterator[Refusal]:
    """Refusals of the time something was done: TIM-01 future, TIM-02 before `after`, TIM-03 late without a reason."""
    yield from not_future(done_at, now, field)
    if after is not None:
        yield from not_before(done_at, after, field)
    if is_late(done_at, now) and not late_reason.strip():
        yield Refusal(
            "TIM-03",
            "This was done more than {minutes} minutes ago. Say why it is recorded late.",
            "late_reason",
            {"minutes": int(LATE_AFTER.total_seconds() // 60)},
        )


def not_future(at: datetime, now: datetime, field: str) -> Iterator[Refusal]:
    """TIM-01: a time still to come can't be recorded."""
    if at > now + TOLERANCE:
        yield Refusal("TIM-01", "This time is in the future. Enter when it was done.", field)


def not_before(at: datetime, earlier: datetime, field: str) -> Iterator[Refusal]:
    """TIM-02: an end before its start, or a step before the one it follows."""
    if at < earlier:
        yield Refusal(
            "TIM-02",
            "This is before {earlier}, when the step before it ended. Check both times.",
            field,
            {"earlier": earlier.astimezone(at.tzinfo).strftime("%-d %b %Y %H:%M")},
        )


def late_by_hours(done_at: datetime, recorded_at: datetime) -> Decimal:
    """How many hours after the fact something was recorded."""
    return Decimal(int((recorded_at - done_at).total_seconds())) / 3600


def is_late(done_at: datetime, recorded_at: datetime) -> bool:
    """Whether something was recorded late."""
    return recorded_at - done_at > LATE_AFTER
