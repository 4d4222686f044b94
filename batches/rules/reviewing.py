"""The audit-trail review before release: which entries must be looked at one by one, and what a review has to say.

Source: Annex 11, 9 and PI 041 (review by risk, before release, by someone not involved). Not here: finding the entries
(queries/reviewing.py), and that release waits for the review (release.py).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator
from enum import StrEnum
from typing import Final

from lims.refusals import Refusal

# Acts that need no review after them: the review itself, and the decision that follows it. One refused for what stands
# against it is read past too; one refused for its signature is not.
FOLLOWING: Final = ("audit_trail:", "disposition:")
# A scan that belongs to another patient: at receipt, of a lot, of a vessel, of a label, at the bedside.
_IDENTITY_CODES: Final = frozenset({"REC-02", "REC-03", "REC-04", "LOT-04", "PAS-05", "FIL-03", "INF-20", "LAB-10"})
_SIGNING: Final = ("SIG-", "ACC-")
_IDENTITY_ACT: Final = "deviation:identity"
# A weight moves the endotoxin limit, and with it the verdict on a result that is in.
_WEIGHING_ACT: Final = "patient:weigh"


class Risk(StrEnum):
    """Why an entry is looked at by itself, gravest first."""

    IDENTITY = "identity"
    SIGNATURE_REFUSED = "signature_refused"
    CORRECTED = "corrected"
    INVALIDATED = "invalidated"
    WEIGHED = "weighed"
    SUPERSEDED = "superseded"
    DEVIATION = "deviation"
    REFUSED = "refused"
    LATE = "late"


@dataclasses.dataclass(frozen=True)
class Positions:
    """How far two streams are read: the batch's and its patient's. 0 is nothing of it."""

    batch: int = 0
    patient: int = 0

    def reaches(self, other: Positions) -> bool:
        """Whether both streams are read as far as in `other`."""
        return self.batch >= other.batch and self.patient >= other.patient


@dataclasses.dataclass(frozen=True)
class EntryFacts:
    """What the risk of an entry depends on. `codes` are those of a refused act."""

    name: str
    is_refused: bool = False
    codes: tuple[str, ...] = ()
    raises_deviation: bool = False
    is_late: bool = False
    is_superseded: bool = False


def risks(entry: EntryFacts) -> tuple[Risk, ...]:
    """Why an entry must be looked at, gravest first; nothing for one that is only read past."""
    return tuple(risk for risk in Risk if risk in set(_risks(entry)))


def _risks(entry: EntryFacts) -> Iterator[Risk]:
    if entry.is_refused:
        yield from _refused(entry.codes)
        return
    if entry.name == _IDENTITY_ACT:
        yield Risk.IDENTITY
    elif entry.name.startswith("deviation:") or entry.raises_deviation:
        yield Risk.DEVIATION
    if entry.name == "record:correct":
        yield Risk.CORRECTED
    if entry.name == "result:invalidate":
        yield Risk.INVALIDATED
    if entry.name == _WEIGHING_ACT:
        yield Risk.WEIGHED
    if entry.is_superseded:
        yield Risk.SUPERSEDED
    if entry.is_late:
        yield Risk.LATE


def _refused(codes: Collection[str]) -> Iterator[Risk]:
    if _IDENTITY_CODES & set(codes):
        yield Risk.IDENTITY
    if is_signing_refused(codes):
        yield Risk.SIGNATURE_REFUSED
    if not codes or not all(code.startswith(_SIGNING) for code in codes):
        yield Risk.REFUSED


def is_signing_refused(codes: Collection[str]) -> bool:
    """Whether a signature was among what was refused: a wrong password, a locked account, a person who may not."""
    return any(code.startswith(_SIGNING) for code in codes)


def review_refusals(
    *, is_involved: bool, read: Positions, reached: Positions, before: Positions, not_ticked: int, conclusion: str
) -> Iterator[Refusal]:
    """What stands against a review. `read` is how far it goes, `reached` the streams, `before` the last review.

    AUD-01 who reviews took part, AUD-02 entries not looked at, AUD-03 no conclusion, AUD-05 a range that is none.
    """
    if is_involved:
        yield involved_refusal()
    if not reached.reaches(read) or not read.reaches(before):
        yield Refusal("AUD-05", "This page no longer fits the record. Open the review again.")
    if not_ticked:
        yield Refusal(
            "AUD-02", "{number} entries are not ticked. Look at each, then tick it.", None, {"number": not_ticked}
        )
    if len(conclusion.strip()) < 10:
        yield Refusal(
            "AUD-03", "A review has a conclusion. Say what you found in 10 characters at least.", "conclusion"
        )


def involved_refusal() -> Refusal:
    """AUD-01: nobody reviews the trail of a batch they made, witnessed, tested or corrected."""
    return Refusal("AUD-01", "You took part in making or testing this batch. Ask another person to review.")
