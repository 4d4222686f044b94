"""Passages transcribed from a paper backlog: what the paper says, and what it adds up to."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from batches.record import blocks, words
from batches.record.facts import Facts
from batches.rules.wording import cells, number, percent


def sections(facts: Facts, section_number: str) -> Iterator[blocks.Section]:
    """One section for a batch with a backlog, none for another."""
    if not facts.paper_passages:
        return
    table = blocks.Table(
        (
            blocks.Column(_("Passage"), 10),
            blocks.Column(_("Days"), 9),
            blocks.Column(_("Cells seeded"), 16),
            blocks.Column(_("Cells harvested"), 16),
            blocks.Column(_("Viability"), 12),
            blocks.Column(_("Printed total"), 18),
            blocks.Column(_("Computed total"), 19),
        ),
        tuple(
            (
                f"P{p.generation}",
                number(p.days.normalize()) if p.days is not None else blocks.NOTHING,
                cells(p.cells_seeded) if p.cells_seeded is not None else blocks.NOTHING,
                cells(p.cells_harvested),
                percent(p.viability_pct) if p.viability_pct is not None else blocks.NOTHING,
                cells(p.reported_total) if p.reported_total is not None else blocks.NOTHING,
                _computed(p.computed_total is not None, p.is_disagreeing, cells(p.computed_total or 0)),
            )
            for p in facts.paper_passages
        ),
    )
    files = list(dict.fromkeys(f"{p.paper.file_name}, SHA-256 {p.paper.sha256}" for p in facts.paper_passages))
    notes = tuple(
        blocks.Note(
            _("{file}. Transcribed and checked {when}.").format(
                file=file, when=words.to_minute(facts.paper_passages[0].paper.done_at, facts.zone)
            ),
            lead=_("Source."),
        )
        for file in files
    )
    yield blocks.Section(section_number, _("Transcribed from paper"), (table, *notes), anchor="paper")


def _computed(is_known: bool, is_disagreeing: bool, shown: str) -> blocks.Value:
    if not is_known:
        return blocks.NOTHING
    return blocks.VerdictMark("alert", _("{total}, disagrees").format(total=shown)) if is_disagreeing else shown
