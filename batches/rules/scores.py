"""Pain and disability scores, and when they were taken: FPS, PDAS, days since the infusion.

Here: which answers an instrument allows, totals, the rule for missing answers, and windows. Not here: the wording of
questionnaires and the faces themselves, whose licences are the site's matter, and any statistics over patients.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from batches.rules.protocol import FollowUpWindow

PDAS_ITEMS = tuple(f"PDAS{item:02d}" for item in range(1, 21))
PDAS_HIGHEST = 3
PDAS_CUT_OFF = 10
PDAS_MISSING_ALLOWED = 2


class Instrument(StrEnum):
    """A face scale with its coding. Scores of different codings are never pooled."""

    FPS = "fps"  # Bieri 1990: seven faces, 0 to 6
    FPS_R = "fps_r"  # Hicks 2001: six faces, 0 to 10 by 2
    WONG_BAKER = "wong_baker"  # six faces, 0 to 10 by 2
    OTHER = "other"  # whole steps up to a highest score that must be named


_ALLOWED = {
    Instrument.FPS: tuple(range(7)),
    Instrument.FPS_R: (0, 2, 4, 6, 8, 10),
    Instrument.WONG_BAKER: (0, 2, 4, 6, 8, 10),
}


class Window(StrEnum):
    """How a visit stands to its window."""

    EARLY = "early"
    IN = "in"
    LATE = "late"


def allowed_scores(instrument: Instrument, highest: int | None = None) -> tuple[int, ...]:
    """The scores an instrument knows. Raises `ValueError` when another instrument does not name its highest score."""
    if instrument in _ALLOWED:
        return _ALLOWED[instrument]
    if highest is None or not 1 <= highest <= 100:
        raise ValueError("Another instrument needs its highest score, 1 to 100.")
    return tuple(range(highest + 1))


def is_allowed(instrument: Instrument, score: int, highest: int | None = None) -> bool:
    """Whether the instrument has this score: FPS-R has no 3."""
    return score in allowed_scores(instrument, highest)


def common_metric(instrument: Instrument, score: int, highest: int | None = None) -> Decimal:
    """Score over the highest score, 0 to 1: the only number two codings share. Raises `ValueError` if not allowed."""
    scores = allowed_scores(instrument, highest)
    if score not in scores:
        raise ValueError("The instrument has no such score.")
    return Decimal(score) / max(scores)


@dataclass(frozen=True)
class PdasResult:
    """A PDAS total, 0 to 60, higher is worse. Without a total too many items were missing.

    `is_imputed` says that missing items were filled with the person's own mean.
    """

    answered: int
    missing: tuple[str, ...]
    total: Decimal | None
    is_imputed: bool
    is_disability: bool | None


def pdas(answers: Mapping[str, int | None] | Sequence[int | None]) -> PdasResult:
    """Total of the 20 items of the Pain Disability Assessment Scale, each 0 to 3.

    All answered: the sum. One or two missing: mean of the rest × 20, marked as imputed (a proposed rule, not a
    published one). Three or more missing: no total. Disability in daily life from 10 upwards. Items by code
    (`PDAS01`) or in order. Raises `ValueError` for an answer outside 0 to 3, or an item that does not exist.
    """
    if isinstance(answers, Mapping):
        by_item = dict(answers)
    else:
        if len(answers) > len(PDAS_ITEMS):
            raise ValueError("PDAS has 20 items.")
        by_item = dict(zip(PDAS_ITEMS, answers, strict=False))
    if not set(by_item) <= set(PDAS_ITEMS):
        raise ValueError("PDAS has the items PDAS01 to PDAS20.")
    given = {item: answer for item, answer in by_item.items() if answer is not None}
    if not all(0 <= answer <= PDAS_HIGHEST for answer in given.values()):
        raise ValueError("A PDAS item is answered 0, 1, 2 or 3.")
    missing = tuple(item for item in PDAS_ITEMS if item not in given)
    if len(missing) > PDAS_MISSING_ALLOWED:
        return PdasResult(len(given), missing, None, is_imputed=False, is_disability=None)
    total = Decimal(sum(given.values()))
    if missing:
        total = total * len(PDAS_ITEMS) / len(given)
    return PdasResult(len(given), missing, total, is_imputed=bool(missing), is_disability=total >= PDAS_CUT_OFF)


def days_since(infused_on: date, assessed_on: date) -> int:
    """Whole days from the infusion (day 0) to the assessment; negative before it."""
    return (assessed_on - infused_on).days


def stands(window: FollowUpWindow, days: int) -> Window:
    """Early, in or late; out of window is flagged and never refused."""
    if days < window.first_day:
        return Window.EARLY
    return Window.LATE if days > window.last_day else Window.IN


def window_of(windows: Sequence[FollowUpWindow], days: int) -> FollowUpWindow | None:
    """The window a day falls in; the nearest day of a visit when windows overlap, none when it falls in none."""
    fitting = [window for window in windows if window.contains(days)]
    return min(fitting, key=lambda window: abs(window.day - days)) if fitting else None
