"""When things happen to a donor: days of the file as times of a working day.

The last cell harvest may be held at a given time, so that a product stands where the demonstration wants it today.
"""

from __future__ import annotations

import dataclasses
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from batches.demonstration.donors import Donor, Generation

MEDIUM_EVERY = timedelta(days=3)


@dataclasses.dataclass(frozen=True)
class Calendar:
    """The dates of one donor. `ends_at` is where its history stops."""

    donor: Donor
    isolated_on: date
    zone: ZoneInfo
    ends_at: datetime
    harvest_at: datetime | None = None

    def at(self, days: int, hour: int, minute: int = 0) -> datetime:
        """A time of the day so many days after the isolation."""
        return datetime.combine(self.isolated_on + timedelta(days=days), time(hour, minute), self.zone)

    @property
    def isolation(self) -> datetime:
        """When P0 was seeded."""
        return self.at(0, 13, 40)

    def begins(self, generation: Generation) -> datetime:
        """When a passage was seeded."""
        if generation.number == 0:
            return self.isolation
        return self._at(generation.begins)

    def ends(self, generation: Generation) -> datetime:
        """When a passage was detached."""
        if generation is not self.donor.last:
            return self._at(generation.ends)
        if self.harvest_at is not None:
            return self.harvest_at
        return self._at(generation.ends, morning=(9, 30), afternoon=(13, 0))

    def _at(
        self, day: Decimal, *, morning: tuple[int, int] = (10, 30), afternoon: tuple[int, int] = (16, 0)
    ) -> datetime:
        whole = int(day)
        return self.at(whole, *(afternoon if day != whole else morning))

    def culture_days(self, generation: Generation) -> list[datetime]:
        """When medium was changed: every third morning, not on the day of the passage."""
        begins, ends = self.begins(generation), self.ends(generation)
        found = []
        at = datetime.combine(begins.astimezone(self.zone).date() + MEDIUM_EVERY, time(10, 0), self.zone)
        while at < ends - timedelta(hours=16):
            found.append(at)
            at += MEDIUM_EVERY - timedelta(minutes=2)
        return found

    @property
    def filled(self) -> datetime:
        """When the bag was filled."""
        return self.ends(self.donor.last) + timedelta(hours=2, minutes=30)

    @property
    def booked(self) -> datetime:
        """When the infusion is booked: twenty hours after the fill, or the next morning at ten."""
        if self.harvest_at is not None:
            return self.filled + timedelta(hours=20)
        morning = self.filled.astimezone(self.zone).date() + timedelta(days=1)
        return datetime.combine(morning, time(10, 0), self.zone)
