"""Passages: detachment, raw counts, computed results, reseeding; the final cell harvest is the last of them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _

from batches.queries.lineage import GrownPassage, figures_of
from batches.record import blocks, words
from batches.record.facts import Facts
from batches.record.progress import dose_chart, growth_chart
from batches.record.sections.isolation import minutes
from batches.record.sections.raw_counts import raw_counts
from batches.record.sections.results import limited, others_judged, results
from batches.record.sections.seeding import seeded_vessels
from batches.record.sections.signing import remarks, signatures, times
from batches.rules import passages as rules
from batches.rules.figures import harvest_dose_figure
from batches.rules.judging import Finding
from batches.rules.wording import percent, quantity, rounded

# Limits of a passage whose values have their own row, or stand among its results.
SHOWN: Final = frozenset(
    {"confluence_at_detachment_pct", "detach_minutes", "pd_per_passage", "doubling_time_h", "cumulative_pdl"}
)


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


def _findings(facts: Facts, each: GrownPassage) -> list[Finding]:
    row = each.passage
    return rules.findings(
        facts.process,
        confluence_pct=row.confluence_pct,
        exposure_started_at=row.exposure_started_at,
        exposure_ended_at=row.exposure_ended_at,
        done_at=row.done_at,
        culture_started_at=facts.lineage.started_at,
        growth=each.growth,
        is_final=row.is_final,
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
            limited(
                facts,
                row,
                _("Confluence"),
                facts.corrected(row, "confluence_pct", percent(row.confluence_pct)),
                limits["confluence_at_detachment_pct"],
                row.confluence_pct,
            ),
            blocks.Item(
                _("Detachment reagent"),
                facts.corrected(row, "reagent_lot", words.lot(row.reagent_lot)),
                _("released, in date"),
                words.lot_used(row.reagent_lot, row.done_at.astimezone(facts.zone).date()),
            ),
            limited(
                facts,
                row,
                _("Exposure"),
                facts.corrected(
                    row,
                    ("exposure_started_at", "exposure_ended_at"),
                    words.from_to(row.exposure_started_at, row.exposure_ended_at, facts.zone),
                ),
                limits["detach_minutes"],
                exposure,
            ),
            *others_judged(facts, row, _findings(facts, each), SHOWN),
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
    yield results(facts, row, figures)
    yield from remarks(facts, row)
    yield from seeded_vessels(facts, row, [v for v in facts.vessels if v.passage_id == row.pk])
    yield from signatures(facts, row)
