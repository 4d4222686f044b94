"""Whether a person is trained for a version of the process at the time of an act, and what a training record must say.

Source: 21 CFR 211.25 and 11.10(i). Not here: who may record training (the role table).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Final

from lims.refusals import Refusal

# These keep a patient safe, or tell what is wrong: nobody is kept from them because a training ran out.
ALWAYS_ALLOWED: Final = frozenset({"infusion:pause", "infusion:stop", "adverse_event:record", "deviation:raise"})
EXPIRES_SOON: Final = timedelta(days=30)


@dataclasses.dataclass(frozen=True)
class Training:
    """One training for one version. `valid_until` is its last day; None when it does not run out."""

    trained_on: date
    valid_until: date | None
    recorded_at: datetime
    withdrawn_at: datetime | None = None

    def is_known(self, at: datetime) -> bool:
        """Whether it was recorded, and not withdrawn, at a time."""
        return self.recorded_at <= at and (self.withdrawn_at is None or at < self.withdrawn_at)

    def covers(self, at: datetime, day: date) -> bool:
        """Whether it was in force at a time, which is `day` in the laboratory."""
        return self.is_known(at) and self.trained_on <= day and (self.valid_until is None or day <= self.valid_until)


def in_force(given: Iterable[Training], at: datetime, day: date) -> Training | None:
    """The training that covers a time; of several the one that lasts longest."""
    covering = [t for t in given if t.covers(at, day)]
    return max(covering, key=lambda t: (t.valid_until or date.max, t.trained_on), default=None)


def withdrawn_since(given: Collection[Training], at: datetime, day: date) -> datetime | None:
    """When the training that covered a time was withdrawn afterwards; None while one of those that did still stands."""
    ended = [t.withdrawn_at for t in given if t.covers(at, day)]
    if not ended or None in ended:
        return None
    return max(filter(None, ended))


def untrained(
    given: Collection[Training], *, name: str, version: str, at: datetime, day: date, field: str | None = None
) -> Refusal | None:
    """TRN-01 never trained for the version, TRN-02 the training ran out; None for somebody who may work."""
    if in_force(given, at, day) is not None:
        return None
    about: dict[str, object] = {"name": name, "version": version}
    ended = [t.valid_until for t in given if t.is_known(at) and t.valid_until is not None and t.valid_until < day]
    if ended:
        return Refusal(
            "TRN-02",
            "The training of {name} for {version} ran out on {date}. Train them again, and record it.",
            field,
            about | {"date": max(ended).isoformat()},
        )
    return Refusal("TRN-01", "{name} is not trained for {version}. Ask a supervisor or QA.", field, about)


def expires_soon(training: Training, day: date) -> bool:
    """Whether it runs out within 30 days."""
    return training.valid_until is not None and training.valid_until - day <= EXPIRES_SOON


def record_refusals(
    *,
    people: Collection[object],
    approver: object,
    trainer: object,
    trained_on: date,
    valid_until: date | None,
    today: date,
) -> Iterator[Refusal]:
    """What stands against a training record.

    TRN-03 one's own training approved, TRN-04 a day to come, TRN-05 an end before its beginning, TRN-06 who trained
    themselves, TRN-07 nobody.
    """
    if not people:
        yield Refusal("TRN-07", "Nobody is chosen. Choose who was trained.", "people")
    if approver in people:
        yield Refusal("TRN-03", "You can't approve your own training. Ask another person to record it.", "people")
    if trainer in people:
        yield Refusal("TRN-06", "Nobody trains themselves. Name another trainer.", "trainer")
    if trained_on > today:
        yield Refusal("TRN-04", "This day is to come. Record the training when it is done.", "trained_on")
    if valid_until is not None and valid_until < trained_on:
        yield Refusal("TRN-05", "It would end before it began. Check both days.", "valid_until")


def withdrawal_refusals(*, is_withdrawn: bool, reason: str) -> Iterator[Refusal]:
    """TRN-08 no reason, TRN-09 withdrawn already."""
    if is_withdrawn:
        yield Refusal("TRN-09", "This training is withdrawn already.")
    if not reason.strip():
        yield Refusal("TRN-08", "The reason is missing. Say why it is withdrawn.", "reason")
