"""Culture days: observations, medium changes, vessels lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from batches.record import blocks, words
from batches.record.facts import Facts
from batches.record.sections.signing import performer, remarks
from batches.rules.wording import percent


def section(facts: Facts, number: str) -> blocks.Section:
    """Every culture day in the order it happened."""
    return blocks.Section(number, _("Culture days"), tuple(_blocks(facts)), anchor="culture")


def _blocks(facts: Facts) -> Iterator[blocks.Block]:
    yield blocks.Heading(_("Observations"))
    yield blocks.Table(
        (
            blocks.Column(_("Seen"), 22),
            blocks.Column(_("Passage"), 9),
            blocks.Column(_("Confluence"), 12),
            blocks.Column(_("Cells, medium"), 27),
            blocks.Column(_("Photos"), 10),
            blocks.Column(_("Performed by"), 20),
        ),
        tuple(
            (
                facts.corrected(o, "done_at", words.to_minute(o.done_at, facts.zone)),
                f"P{o.generation}",
                facts.corrected(o, "confluence_pct", percent(o.confluence_pct)),
                facts.corrected(
                    o,
                    ("morphology", "medium"),
                    f"{o.get_morphology_display()}, {_('medium')} {str(o.get_medium_display()).lower()}",
                ),
                str(len(o.attachments.all())) if o.attachments.all() else blocks.NOTHING,
                performer(facts, o),
            )
            for o in facts.observations
        ),
        empty=_("No observation is recorded."),
    )
    for row in facts.observations:
        yield from remarks(facts, row)
        for photo in row.attachments.all():
            yield blocks.Note(
                f"{photo.name}, SHA-256 {photo.sha256}",
                lead=_("Photo of {when}.").format(when=words.to_minute(row.done_at, facts.zone)),
            )
    yield blocks.Heading(_("Medium changes"))
    limit = facts.process.limits["medium_interval_h"]
    yield blocks.Table(
        (
            blocks.Column(_("Done"), 22),
            blocks.Column(_("Passage"), 9),
            blocks.Column(_("Medium lot"), 20),
            blocks.Column(_("Volume"), 12),
            blocks.Column(_("Since the last"), 15),
            blocks.Column(_("Performed by"), 22),
        ),
        tuple(
            (
                facts.corrected(c, "done_at", words.to_minute(c.done_at, facts.zone)),
                f"P{c.generation}",
                facts.corrected(c, "lot", c.lot.code),
                facts.corrected(c, "volume_ml", words.ml(c.volume_ml)),
                _since(facts, c.generation, c.done_at),
                performer(facts, c),
            )
            for c in facts.medium_changes
        ),
        empty=_("No medium change is recorded."),
    )
    if limit.text:
        yield blocks.Paragraph(_("Interval: {limit}.").format(limit=limit.text))
    for change in facts.medium_changes:
        yield from remarks(facts, change)
    if facts.losses:
        yield blocks.Heading(_("Vessels lost"))
        yield blocks.Table(
            (
                blocks.Column(_("When"), 22),
                blocks.Column(_("Vessel"), 12),
                blocks.Column(_("What"), 14),
                blocks.Column(_("Reason"), 34),
                blocks.Column(_("Recorded by"), 18),
            ),
            tuple(
                (
                    words.to_minute(loss.done_at, facts.zone),
                    loss.vessel.code,
                    _("Contaminated") if loss.is_contaminated else _("Discarded"),
                    facts.corrected(loss, "reason", loss.reason),
                    performer(facts, loss),
                )
                for loss in facts.losses
            ),
        )


def _since(facts: Facts, generation: int, done_at: object) -> str:
    """Hours since the medium before: the change before it in the same passage, or the seeding."""
    before = [c.done_at for c in facts.medium_changes if c.generation == generation and c.done_at < done_at]  # type: ignore[operator]
    seeded = [p.done_at for p in facts.passages if p.generation == generation - 1 and not p.is_final]
    if generation == 0 and facts.isolation:
        seeded.append(facts.isolation.done_at)
    start = max([*before, *[s for s in seeded if s < done_at]], default=None)  # type: ignore[operator]
    if start is None:
        return blocks.NOTHING
    hours = Decimal((done_at - start) / timedelta(hours=1)).quantize(Decimal("0.1"))  # type: ignore[operator]
    return f"{hours}{words.NO_BREAK_SPACE}h"
