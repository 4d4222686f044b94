"""Passages: detachment, raw counts, computed results, reseeding; the final cell harvest is the last of them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from django.utils.translation import gettext as _

from batches.queries.lineage import GrownPassage, figures_of
from batches.record import blocks, words
from batches.record.facts import Facts
from batches.record.progress import dose_chart, growth_chart
from batches.record.sections.isolation import minutes
from batches.record.sections.raw_counts import raw_counts
from batches.record.sections.results import results
from batches.record.sections.seeding import seeded_vessels
from batches.record.sections.signing import remarks, signatures, times
from batches.rules.figures import harvest_dose_figure
from batches.rules.wording import percent, quantity, rounded


def sections(facts: Facts, number: str) -> Iterator[blocks.Section]:
    """One section with the growth chart, and one below it for every passage."""
    yield blocks.Section(number, _("Passages"), tuple(_growth(facts)), anchor="passages")
    for index, each in enumerate(facts.lineage.passages, 1):
        row = each.passage
        title = (
            _("P{n}: final cell harvest").format(n=row.generation)
            if row.is_final
            else _("P{n}: cell harvest and reseeding into P{next}").format(n=row.generation, next=row.generation + 1)
        )
        yield blocks.Section(
            f"{number}.{index}", title, tuple(_passage(facts, each)), anchor=f"passage-{index}", starts_page=True
        )


def _growth(facts: Facts) -> Iterator[blocks.Block]:
    if not facts.lineage.passages or facts.isolation is None:
        yield blocks.Paragraph(_("No passage is recorded."))
        return
    chart = growth_chart(facts.progress)
    gauge = dose_chart(facts.progress)
    if gauge is not None:
        yield blocks.Chart(gauge, _("How far toward the dose"))
    if chart is not None:
        yield blocks.Chart(chart, _("Growth: log₁₀ viable cells by day"))
    highest = facts.lineage.highest
    yield blocks.Paragraph(
        _("Cumulative PDL from P0 cell harvest: mean {mean}, highest of the lineage {highest}.").format(
            mean=rounded(highest.mean, 2), highest=rounded(highest.highest, 2)
        )
    )


def _passage(facts: Facts, each: GrownPassage) -> Iterator[blocks.Block]:
    row = next(p for p in facts.passages if p.pk == each.passage.pk)
    limits = facts.process.limits
    exposure = minutes(row.exposure_started_at, row.exposure_ended_at)
    area = quantity(rounded(each.growth.area_cm2, 1).normalize(), "cm²")
    names = words.listed([d.vessel.code for d in row.detachments.all()])
    yield blocks.Paragraph(times(facts, row))
    yield blocks.Heading(_("Detachment"))
    yield blocks.Items(
        (
            blocks.Item(_("Vessels"), f"{names} ({area})"),
            blocks.Item(
                _("Confluence"),
                facts.corrected(row, "confluence_pct", percent(row.confluence_pct)),
                words.limit_words(limits["confluence_at_detachment_pct"]),
                words.judged(limits["confluence_at_detachment_pct"].verdict(row.confluence_pct)),
            ),
            blocks.Item(
                _("Detachment reagent"),
                facts.corrected(row, "reagent_lot", words.lot(row.reagent_lot)),
                _("released, in date"),
                words.lot_used(row.reagent_lot, row.done_at.astimezone(facts.zone).date()),
            ),
            blocks.Item(
                _("Exposure"),
                facts.corrected(
                    row,
                    ("exposure_started_at", "exposure_ended_at"),
                    words.from_to(row.exposure_started_at, row.exposure_ended_at, facts.zone),
                ),
                words.limit_words(limits["detach_minutes"]),
                words.judged(limits["detach_minutes"].verdict(exposure)),
            ),
            blocks.Item(_("Suspension volume"), facts.corrected(row, "suspension_ml", words.ml(row.suspension_ml))),
            blocks.Item(_("Drawn, not returned"), facts.corrected(row, "drawn_ml", words.ml(row.drawn_ml))),
            blocks.Item(_("Used for samples"), facts.corrected(row, "sampled_ml", words.ml(row.sampled_ml))),
            blocks.Item(_("Cabinet"), row.cabinet.code),
        )
    )
    yield from raw_counts(facts, row.count)
    yield blocks.Heading(_("Results (95 % intervals in brackets)"))
    fat: Decimal | None = facts.isolation.fat_processed_ml if facts.isolation else None
    figures = figures_of(each, process=facts.process, fat_ml=fat)
    if row.is_final:
        figures = [*figures, harvest_dose_figure(facts.process, each.count)]
    yield results(figures)
    yield from remarks(facts, row)
    yield from seeded_vessels(facts, row, [v for v in facts.vessels if v.passage_id == row.pk])
    yield from signatures(facts, row)
