"""The replay: every donor's steps in the order of time, each at its own time, until the demonstration was made.

It can be stopped and started again: what is recorded is passed over. A donor one of whose steps is refused is left
where it is, and the others go on.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from batches.demonstration import bedside, beginning, making, materials, testing
from batches.demonstration.calendar import Calendar
from batches.demonstration.donors import Donor, read
from batches.demonstration.issuing import issue_records
from batches.demonstration.people import MBR_CODE, OPENED_BEFORE, made_at, review_access, staff
from batches.demonstration.screening import screen
from batches.demonstration.way import Step, Way, crew_for
from batches.models import MasterBatchRecord
from lims import clock
from lims.ledger.models import Entry
from lims.refusals import Refused
from lims.site import zone

# Donors that are done with: the first was isolated so long ago, each later one so much later.
_FIRST_ISOLATED: Final = timedelta(days=440)
_APART: Final = timedelta(days=17, hours=12)
_COMPLETE: Final = 20


@dataclasses.dataclass(frozen=True)
class Today:
    """Where one of the newest donors stands when the demonstration is made.

    Either the final cell harvest was so long ago, or the isolation so many days. `unfed` leaves out the last hours'
    care, so that something is overdue; `waits_in` is the passage that was seen ready and is still to be detached.
    """

    harvested: timedelta | None = None
    isolated_days: int | None = None
    unfed: timedelta = timedelta()
    waits_in: int | None = None


_NEWEST: Final = {
    "SYN-27": Today(isolated_days=75),  # contaminated, ended
    "SYN-21": Today(harvested=timedelta(days=2, hours=1)),  # infused
    "SYN-22": Today(harvested=timedelta(hours=21)),  # released, the infusion is booked in an hour and a half
    "SYN-23": Today(harvested=timedelta(hours=6)),  # filled and tested, QA decides
    "SYN-24": Today(harvested=timedelta(hours=1, minutes=40)),  # cells harvested, to be filled
    "SYN-26": Today(isolated_days=39, waits_in=2),  # seen ready, to be passaged
    "SYN-25": Today(isolated_days=27, unfed=timedelta(hours=74)),  # medium change overdue
    "SYN-28": Today(isolated_days=6),  # P0
}


@dataclasses.dataclass
class Told:
    """What a replay did: acts recorded for each donor, and donors that were left."""

    recorded: int = 0
    left: list[str] = dataclasses.field(default_factory=list)


def fill(say: Callable[[str], None], *, number: int | None = None) -> Told:
    """Replay the donors (the first `number` of them, or all). `say` is told a line for each month of history."""
    made, people = made_at(), staff()
    materials.stock(people["mori.y"], people["hayashi.s"], opened=made - OPENED_BEFORE, made_at=made)
    mbr = MasterBatchRecord.objects.get(code=MBR_CODE, state=MasterBatchRecord.State.EFFECTIVE)
    done = {once for once in Entry.objects.values_list("once", flat=True).distinct() if once is not None}
    ways = [
        Way(donor, calendar_of(donor, made), crew_for(people, donor.index), mbr=mbr, done=done)
        for donor in read()[:number]
    ]
    planned = [(step.at, way.donor.index, place, step, way) for way in ways for place, step in enumerate(_steps(way))]
    planned.sort(key=lambda p: p[:3])
    told = Told()
    month = ""
    for at, _index, _place, step, way in planned:
        if way.donor.name in told.left:
            continue
        if f"{at:%Y-%m}" != month:
            month = f"{at:%Y-%m}"
            say(f"{month}: {told.recorded} of {len(planned)} steps replayed")
        try:
            with clock.replaying(at):
                step.do()
        except Refused as refused:
            told.left.append(way.donor.name)
            say(f"{way.donor.name} is left where it is, {at:%Y-%m-%d %H:%M}: {refused}")
        told.recorded += 1
    screen(people, mbr, made=made, done=done)
    review_access(at=made - timedelta(days=2))
    issue_records(ways, at=made)
    return told


def calendar_of(donor: Donor, made: datetime) -> Calendar:
    """The dates of a donor in a demonstration made at a time."""
    here = zone()
    today = _NEWEST.get(donor.name)
    if today is None:
        back = _FIRST_ISOLATED - _APART * (donor.index - 1)
        return Calendar(donor, (made - back).astimezone(here).date(), here, made)
    if today.harvested is not None:
        harvest_at = (made - today.harvested).astimezone(here)
        isolated_on = harvest_at.date() - timedelta(days=int(donor.last.ends))
        return Calendar(donor, isolated_on, here, made, harvest_at)
    assert today.isolated_days is not None
    return Calendar(donor, (made - timedelta(days=today.isolated_days)).astimezone(here).date(), here, made)


def _steps(way: Way) -> Iterator[Step]:
    """The steps of a donor that lie in the past."""
    made = way.calendar.ends_at
    today = _NEWEST.get(way.donor.name)
    until = made - (today.unfed if today else timedelta())
    if today is not None and today.waits_in is not None:
        until = min(until, way.calendar.ends(way.donor.generations[today.waits_in]) - timedelta(minutes=1))
    for steps in (beginning.steps(way), making.steps(way), testing.steps(way), bedside.steps(way)):
        yield from (step for step in steps if step.at <= until)
