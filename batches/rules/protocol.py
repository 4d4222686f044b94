"""The clinical half of a master batch record: who is eligible, what is watched, when the patient is seen again.

Here: the shape of these definitions. Not here: their content, which the master batch record holds, and the scores of
questionnaires (`scores`).
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from batches.rules.limits import Limit, Verdict


class Answer(StrEnum):
    """The answer to an eligibility criterion."""

    YES = "yes"
    NO = "no"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True)
class Criterion:
    """One eligibility criterion. `excludes_if` is the answer that keeps a patient out."""

    code: str
    text: str
    excludes_if: Answer
    not_applicable_allowed: bool = False

    def excludes(self, answer: Answer | str) -> bool:
        """Whether this answer keeps the patient out."""
        return str(answer) == self.excludes_if.value


@dataclass(frozen=True)
class ConsentKind:
    """A consent that must be signed before the first act on a patient's cells."""

    key: str
    name: str
    required_before: str


@dataclass(frozen=True)
class VitalsTime:
    """One time on the schedule of vital signs, in minutes after the start or the end of the infusion.

    The baseline has no minutes: it is taken before the start, at most `within_minutes` before it.
    """

    key: str
    name: str
    after: str  # "before", "start" or "end"
    minutes: int
    with_temperature: bool = False


@dataclass(frozen=True)
class Vital:
    """A vital sign: its limits, and how far it may move from the baseline."""

    key: str
    limit: Limit
    fall_alert: Decimal | None = None
    fall_action: Decimal | None = None
    rise_action: Decimal | None = None

    def verdict(self, value: Decimal | None, baseline: Decimal | None = None) -> Verdict:
        """The graver of the value and its change from the baseline. Action means: stop and call the physician."""
        own = self.limit.verdict(value)
        if value is None or baseline is None:
            return own
        fall, rise = baseline - value, value - baseline
        if own is Verdict.ACTION or _reached(fall, self.fall_action) or _reached(rise, self.rise_action):
            return Verdict.ACTION
        if own is Verdict.ALERT or _reached(fall, self.fall_alert):
            return Verdict.ALERT
        return Verdict.WITHIN


def _reached(change: Decimal, edge: Decimal | None) -> bool:
    return edge is not None and change >= edge


@dataclass(frozen=True)
class Symptom:
    """One line of the symptom checklist. `grades` are the grades that CTCAE version 5.0 defines for it."""

    code: str
    name: str
    explanation: str
    grades: tuple[int, ...]
    pauses: bool = False
    stops_from_grade: int | None = None


@dataclass(frozen=True)
class FollowUpWindow:
    """A visit: its day after the infusion (day 0), and the days that count as in time."""

    key: str
    name: str
    day: int
    first_day: int
    last_day: int
    is_primary: bool = False
    asks_scores: bool = False

    def contains(self, days: int) -> bool:
        """Whether a visit so many days after the infusion is in its window."""
        return self.first_day <= days <= self.last_day
