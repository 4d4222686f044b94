"""May this pain assessment be recorded, and what does it say beside the one before?

Here: refusals, figures and the change of one instrument. Not here: the scores themselves (`scores`) and any
statistics over patients. Scores of different codings are never subtracted.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from batches.rules.limits import Verdict
from batches.rules.protocol import FollowUpWindow
from batches.rules.scores import PDAS_CUT_OFF, PDAS_ITEMS, Instrument, allowed_scores, pdas, window_of
from batches.rules.shown import Figure
from batches.rules.wording import MINUS, Phrase, gettext_noop, number
from lims.refusals import Refusal

# What each item of the Pain Disability Assessment Scale is about, in words of our own: the wording of the
# questionnaire is its authors'.
PDAS_TOPICS: Mapping[str, str] = dict(
    zip(
        PDAS_ITEMS,
        (
            gettext_noop("Housework and garden"),
            gettext_noop("Running slowly"),
            gettext_noop("Picking something up from the floor"),
            gettext_noop("Shopping"),
            gettext_noop("Climbing stairs"),
            gettext_noop("Visiting friends"),
            gettext_noop("Taking a bus or train"),
            gettext_noop("Eating out"),
            gettext_noop("Carrying something heavy"),
            gettext_noop("Cooking and washing up"),
            gettext_noop("Bending and stretching the trunk"),
            gettext_noop("Reaching up to a shelf"),
            gettext_noop("Washing the body"),
            gettext_noop("Sitting down and rising at the toilet"),
            gettext_noop("Getting into and out of bed"),
            gettext_noop("Opening and closing a car door"),
            gettext_noop("Standing still"),
            gettext_noop("Walking on the flat"),
            gettext_noop("Hobbies"),
            gettext_noop("Washing the hair"),
        ),
        strict=True,
    )
)
PDAS_RULE = gettext_noop("sum of 20 items, 0 to 3 each; mean × 20 with 1 or 2 missing; no total with 3 or more")


@dataclasses.dataclass(frozen=True)
class Assessed:
    """One assessment: the face scale with its coding, and the answers in order of the items, None for missing."""

    instrument: Instrument
    highest: int | None
    score: int | None
    answers: tuple[int | None, ...]


def score_refusals(*, instrument: str, highest: int | None, score: int) -> Iterator[Refusal]:
    """PAI-01 a score the instrument does not have, PAI-02 another instrument without its highest score."""
    try:
        allowed = allowed_scores(Instrument(instrument), highest)
    except ValueError:
        yield Refusal("PAI-02", "Another face scale needs its highest score, 1 to 100. Enter it.", "instrument_max")
        return
    if score not in allowed:
        yield Refusal(
            "PAI-01",
            "This scale has no score {score}; it has {allowed}. Enter one of those.",
            "fps_score",
            {"score": score, "allowed": listed(allowed)},
        )


def answer_refusals(answers: Sequence[int | None]) -> Iterator[Refusal]:
    """PAI-03: an item is answered 0, 1, 2 or 3, or is missing."""
    for item, answer in zip(PDAS_ITEMS, answers, strict=True):
        if answer is not None and not 0 <= answer <= 3:
            yield Refusal("PAI-03", "An item is answered 0, 1, 2 or 3. Choose one.", item.lower())


def listed(scores: Sequence[int]) -> str:
    """The scores of an instrument in a sentence: `0, 2, 4, 6, 8, 10`; a long run as `0 to 100`."""
    if len(scores) > 12 and scores[-1] - scores[0] == len(scores) - 1:
        return f"{scores[0]} to {scores[-1]}"
    return ", ".join(map(str, scores))


def face_change(before: Assessed | None, after: Assessed) -> Decimal | None:
    """Change of the face scale; none when the two were taken with different codings."""
    if before is None or before.score is None or after.score is None:
        return None
    if (before.instrument, before.highest) != (after.instrument, after.highest):
        return None
    return Decimal(after.score - before.score)


def pdas_change(before: Assessed | None, after: Assessed) -> Decimal | None:
    """Change of the PDAS total; none while either has no total."""
    if before is None:
        return None
    first, second = pdas(before.answers).total, pdas(after.answers).total
    return None if first is None or second is None else second - first


def signed_number(value: Decimal | None, decimals: int | None = 0) -> str:
    """A change with its sign: `−12`, `+3`, `0`; a dash for none."""
    if value is None:
        return "–"
    text = number(value, decimals)
    return text if text.startswith(MINUS) or value == 0 else f"+{text}"


def figures(
    now: Assessed, *, before: Assessed | None, days: int | None, windows: Sequence[FollowUpWindow]
) -> list[Figure]:
    """What an assessment shows while it is typed: the total with its rule, the change, the visit and its window."""
    found = [_face(now, before), _total(now, before)]
    if days is not None:
        found.append(visit_figure(days, windows))
    return found


def _face(now: Assessed, before: Assessed | None) -> Figure:
    label = gettext_noop("Face scale")
    if now.score is None:
        return Figure("face_scale", label)
    try:
        allowed = allowed_scores(now.instrument, now.highest)
    except ValueError:
        return Figure("face_scale", label)
    if now.score not in allowed:
        unknown = Phrase(gettext_noop("This scale has no such score"))
        return Figure("face_scale", label, "", None, str(now.score), verdict=Verdict.ACTION, note=unknown)
    change = face_change(before, now)
    note: str = ""
    if before is not None and change is None:
        note = Phrase(gettext_noop("Before was taken with another scale: no change is computed"))
    elif before is not None:
        note = Phrase(gettext_noop("{change} since before"), change=signed_number(change))
    how = Phrase(gettext_noop("0 to {highest}"), highest=max(allowed))
    return Figure("face_scale", label, how, Decimal(now.score), str(now.score), note=note)


def _total(now: Assessed, before: Assessed | None) -> Figure:
    label = gettext_noop("PDAS total")
    scored = pdas(now.answers)
    rule = Phrase(PDAS_RULE)
    if scored.answered == 0:
        return Figure("pdas_total", label, rule)
    if scored.total is None:
        note = Phrase(gettext_noop("{missing} items missing: no total"), missing=len(scored.missing))
        return Figure("pdas_total", label, rule, None, f"{scored.answered} / 20", verdict=Verdict.ALERT, note=note)
    notes = []
    if scored.is_imputed:
        notes.append(Phrase(gettext_noop("imputed from {answered} answers"), answered=scored.answered))
    change = pdas_change(before, now)
    if change is not None:
        notes.append(
            Phrase(gettext_noop("{change} since before"), change=signed_number(change, 1 if scored.is_imputed else 0))
        )
    notes.append(
        Phrase(gettext_noop("disability, from {cut}"), cut=PDAS_CUT_OFF)
        if scored.is_disability
        else Phrase(gettext_noop("below {cut}"), cut=PDAS_CUT_OFF)
    )
    text = f"{number(scored.total, 1 if scored.is_imputed else 0)} / 60"
    verdict = Verdict.ALERT if scored.is_imputed else Verdict.NOT_JUDGED
    return Figure("pdas_total", label, rule, scored.total, text, verdict=verdict, note="; ".join(notes))


def visit_figure(days: int, windows: Sequence[FollowUpWindow]) -> Figure:
    """Days since the infusion, and the window of the visit they fall in; out of window is flagged, never refused."""
    label = gettext_noop("Days since the infusion")
    window = window_of([w for w in windows if w.asks_scores and w.day > 0], days)
    if window is None:
        note = Phrase(gettext_noop("Out of window"))
        return Figure("days", label, "", Decimal(days), str(days), verdict=Verdict.ALERT, note=note)
    how = Phrase(
        gettext_noop("{name}: day {first} to {last}"), name=window.name, first=window.first_day, last=window.last_day
    )
    return Figure(
        "days", label, how, Decimal(days), str(days), verdict=Verdict.WITHIN, note=Phrase(gettext_noop("In window"))
    )
