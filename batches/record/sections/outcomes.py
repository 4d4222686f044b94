"""Pain before and after: face scale with its coding, PDAS by item with the scoring rule, the visit's window."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from batches.models import PainAssessment
from batches.record import blocks, words
from batches.record.facts import Facts
from batches.record.sections.signing import remarks, signatures, times
from batches.rules.protocol import FollowUpWindow
from batches.rules.scores import Instrument, days_since, pdas, window_of
from batches.rules.wording import number

_INSTRUMENTS = {
    Instrument.FPS: gettext_lazy("Faces Pain Scale, 0 to 6"),
    Instrument.FPS_R: gettext_lazy("Faces Pain Scale, revised, 0 to 10 by 2"),
    Instrument.WONG_BAKER: gettext_lazy("Wong-Baker faces, 0 to 10 by 2"),
    Instrument.OTHER: gettext_lazy("another face scale"),
}


def section(facts: Facts, number_of: str) -> blocks.Section:
    """Every assessment, the one before the infusion first."""
    body = tuple(block for a in facts.pain_assessments for block in _assessment(facts, a))
    return blocks.Section(
        number_of,
        _("Pain and follow-up"),
        body or (blocks.Paragraph(_("No assessment is recorded.")),),
        anchor="follow-up",
    )


def _assessment(facts: Facts, row: PainAssessment) -> Iterator[blocks.Block]:
    answers = {a.item: a.score for a in row.answers.all()}
    scored = pdas([answers.get(item) for item in range(1, 21)])
    yield blocks.Heading(str(row.get_occasion_display()))
    yield blocks.Paragraph(times(facts, row))
    highest = f", {_('highest')} {row.instrument_max}" if row.instrument_max is not None else ""
    if scored.total is None:
        total = _("not scorable, {missing} items missing").format(missing=len(scored.missing))
    else:
        total = _("{total} of 60").format(total=number(scored.total, 1 if scored.is_imputed else 0))
        if scored.is_imputed:
            total += _(", imputed from {answered} answers").format(answered=scored.answered)
    yield blocks.Fields(
        (
            (_("Face scale"), f"{_INSTRUMENTS[Instrument(row.instrument)]}{highest}"),
            (_("Face scale score"), facts.corrected(row, "fps_score", str(row.fps_score))),
            (_("PDAS total"), total),
            (_("PDAS rule"), _("sum of 20 items, 0 to 3 each; mean × 20 with 1 or 2 missing; no total with 3 or more")),
            (_("Visit"), _visit(facts, row)),
            (_("Rater"), row.rater),
            (_("Change of medication"), words.text(row.medication_change)),
        )
    )
    yield blocks.RawCounts(
        heads=tuple(str(item) for item in range(1, 21)),
        rows=(
            (
                _("Score"),
                *(blocks.NOTHING if answers.get(i) is None else str(answers[i]) for i in range(1, 21)),
            ),
        ),
        method=_("PDAS by item; a dash is a missing answer."),
    )
    yield from remarks(facts, row)
    yield from signatures(facts, row)


def _visit(facts: Facts, row: PainAssessment) -> blocks.Value:
    infused_on = _infused_on(facts)
    if row.occasion == PainAssessment.Occasion.BASELINE or infused_on is None:
        return _("before the infusion")
    days = days_since(infused_on, row.done_at.astimezone(facts.zone).date())
    visits = [w for w in facts.process.follow_up if w.asks_scores and w.day > 0]
    window: FollowUpWindow | None = window_of(visits, days)
    if window is None:
        return blocks.VerdictMark("alert", _("day {days}, out of window").format(days=days))
    return _("day {days}, in window of {visit} (day {first} to {last})").format(
        days=days, visit=window.name, first=window.first_day, last=window.last_day
    )


def _infused_on(facts: Facts) -> date | None:
    events = facts.infusion.events.all() if facts.infusion else ()
    return next((e.done_at.astimezone(facts.zone).date() for e in events if e.kind == "start"), None)
