"""Restores that were declared: acts of the site that say what was lost when the database was put back.

Entries that a checkpoint lists and the database no longer holds are a finding, unless such an act names them; then they
are a stated fact, told by every verification for ever. Not here: putting a database back and declaring it
(lims/backup), and whether checkpoints bear a declaration out (verify/restored.py).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import NamedTuple

from lims.ledger.models import Entry

ACT = "ledger:restore"
# How a declaration names a stream in its notes: «lost B-0001»: «6 to 9».
_LOST = "lost "
_DECLARED = uuid.UUID("5d0a4f86-0d0b-4d7b-9c55-6f0f64cbb8c2")


class Lost(NamedTuple):
    """Entries of a stream that a restore lost, first and last included."""

    stream: str
    first: int
    last: int


@dataclass(frozen=True)
class Restored:
    """A restore as its act declares it.

    `after` is the newest checkpoint the database knew when it was put back, `newest` the newest there was: those in
    between list entries that may be lost.
    """

    entry: str
    seq: int
    hash: str
    at: str
    by: str
    reason: str
    archive: str
    after: int
    newest: int
    lost: tuple[Lost, ...]

    @property
    def moment(self) -> datetime:
        """When it was declared."""
        return datetime.fromisoformat(self.at)

    def is_lost(self, number: int, stream: str, seq: int) -> bool:
        """Whether this names an entry, that a checkpoint lists, as lost."""
        if not self.after < number <= self.newest:
            return False
        return any(lost.stream == stream and lost.first <= seq <= lost.last for lost in self.lost)


def declared() -> list[Restored]:
    """Every restore that an act declares, in their order. One that can't be read declares nothing."""
    found: list[Restored] = []
    for number in count(1):
        entry = Entry.objects.filter(once=token(number), name=ACT, is_refused=False).first()
        if entry is None:
            return found
        try:
            found.append(_read(entry))
        except (ValueError, TypeError, LookupError, AttributeError):
            continue
    raise AssertionError("unreachable")


def token(number: int) -> uuid.UUID:
    """The once-token of a restore by its number in this ledger: they are found by the index, one after the other."""
    return uuid.uuid5(_DECLARED, str(number))


def notes(*, by: str, archive: str, after: int, newest: int, lost: Iterable[Lost]) -> dict[str, str]:
    """What the act of a restore says, in words that people read in the audit trail too."""
    told = {"by": by, "archive": archive, "after checkpoint": str(after), "newest checkpoint": str(newest)}
    return told | {f"{_LOST}{each.stream}": f"{each.first} to {each.last}" for each in lost}


def _read(entry: Entry) -> Restored:
    content = json.loads(bytes(entry.payload))
    told: Mapping[str, str] = content["notes"]
    lost = []
    for name, value in told.items():
        if name.startswith(_LOST):
            first, _, last = value.partition(" to ")
            lost.append(Lost(name.removeprefix(_LOST), int(first), int(last)))
    return Restored(
        entry=str(entry.pk),
        seq=entry.seq,
        hash=entry.hash,
        at=content["at"],
        by=told["by"],
        reason=content["reason"],
        archive=told["archive"],
        after=int(told["after checkpoint"]),
        newest=int(told["newest checkpoint"]),
        lost=tuple(lost),
    )
