"""May this adverse event, may this assessment be recorded?

Grades are those of CTCAE, version 5.0 unless said otherwise. Not here: reporting clocks of authorities.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from batches.rules.protocol import Symptom
from lims.refusals import Refusal

CTCAE = "5.0"
GRADES = (1, 2, 3, 4, 5)
# CTCAE grade 4 is life-threatening and grade 5 death: both are serious by definition (ICH E2A).
SERIOUS_FROM = 4


def event_refusals(
    *,
    term: str,
    grade: int,
    is_serious: bool,
    onset_at: datetime,
    ended_at: datetime | None,
    started_at: datetime,
    now: datetime,
    symptoms: Sequence[Symptom],
) -> Iterator[Refusal]:
    """AEV-01 a grade CTCAE does not know, AEV-03 before the infusion, AEV-04 not serious, AEV-05 its end."""
    known = next((s.grades for s in symptoms if s.name.casefold() == term.strip().casefold()), GRADES)
    if grade not in known:
        yield Refusal(
            "AEV-01",
            "CTCAE knows no grade {grade} of this event; it knows {grades}. Choose one of those.",
            "grade",
            {"grade": grade, "grades": ", ".join(map(str, known))},
        )
    if onset_at < started_at:
        yield Refusal("AEV-03", "This is before the infusion began. Enter when the event began.", "done_at")
    if grade >= SERIOUS_FROM and not is_serious:
        yield Refusal("AEV-04", "An event of grade 4 or 5 is serious. Answer yes, or correct the grade.", "is_serious")
    if ended_at is not None and (ended_at < onset_at or ended_at > now):
        yield Refusal("AEV-05", "An event ends after it began, and not in the future. Check both times.", "ended_at")


def check_refusals(*, is_none: bool, events: int) -> Iterator[Refusal]:
    """AEV-02 «none» against events that are recorded, AEV-06 «those recorded» without any."""
    if is_none and events:
        yield Refusal(
            "AEV-02",
            "{events} adverse events are recorded for this batch. Choose «Assessed, those recorded».",
            "is_none",
            {"events": events},
        )
    if not is_none and not events:
        yield Refusal("AEV-06", "No adverse event is recorded. Record it first, or choose «none».", "is_none")
