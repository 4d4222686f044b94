"""Isolation: digestion, count of the isolated cells, seeding of P0."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _

from batches.models import Isolation
from batches.record import blocks, words
from batches.record.facts import Facts
from batches.record.sections.raw_counts import raw_counts
from batches.record.sections.results import limited, others_judged, results
from batches.record.sections.seeding import seeded_vessels
from batches.record.sections.signing import remarks, signatures, times
from batches.rules import isolations as rules
from batches.rules.figures import isolation_figures
from batches.rules.judging import Finding

# Limits of an isolation whose values have their own row, or stand among its results.
SHOWN: Final = frozenset({"digest_minutes", "svf_cells_per_ml"})


def section(facts: Facts, number: str) -> blocks.Section:
    """The isolation, or that it has not taken place."""
    body = tuple(_blocks(facts, facts.isolation)) if facts.isolation else (blocks.Paragraph(_("Not recorded.")),)
    return blocks.Section(number, _("Isolation and seeding of P0"), body, anchor="isolation")


def minutes(start: datetime, end: datetime) -> Decimal:
    """Whole minutes between two times."""
    return Decimal((end - start) // timedelta(minutes=1))


def _findings(facts: Facts, row: Isolation) -> list[Finding]:
    assert facts.harvest is not None  # nothing is isolated before it
    return rules.findings(
        facts.process,
        harvested_at=facts.harvest.done_at,
        digestion_started_at=row.digestion_started_at,
        digestion_ended_at=row.digestion_ended_at,
        fat_ml=row.fat_processed_ml,
        total_viable=facts.lineage.isolated.total_viable if facts.lineage.isolated else None,
    )


def _blocks(facts: Facts, row: Isolation) -> Iterator[blocks.Block]:
    limits = facts.process.limits
    digest = minutes(row.digestion_started_at, row.digestion_ended_at)
    yield blocks.Paragraph(times(facts, row))
    yield blocks.Items(
        (
            blocks.Item(_("Fat processed"), facts.corrected(row, "fat_processed_ml", words.ml(row.fat_processed_ml))),
            blocks.Item(
                _("Enzyme"),
                facts.corrected(row, "enzyme_lot", words.lot(row.enzyme_lot)),
                _("released, in date"),
                words.lot_used(row.enzyme_lot, row.done_at.astimezone(facts.zone).date()),
            ),
            limited(
                facts,
                row,
                _("Digestion"),
                facts.corrected(
                    row,
                    ("digestion_started_at", "digestion_ended_at"),
                    words.from_to(row.digestion_started_at, row.digestion_ended_at, facts.zone),
                ),
                limits["digest_minutes"],
                digest,
            ),
            *others_judged(facts, row, _findings(facts, row), SHOWN),
            blocks.Item(
                _("Digestion temperature"),
                facts.corrected(row, "digestion_temp_c", words.celsius(row.digestion_temp_c)),
            ),
            blocks.Item(_("Suspension volume"), facts.corrected(row, "suspension_ml", words.ml(row.suspension_ml))),
            blocks.Item(_("Drawn, not returned"), facts.corrected(row, "drawn_ml", words.ml(row.drawn_ml))),
            blocks.Item(_("Cabinet"), row.cabinet.code),
        )
    )
    vessels = [v for v in facts.vessels if v.isolation_id == row.pk]
    if facts.lineage.isolated is not None:
        yield from raw_counts(facts, row.count)
        yield blocks.Heading(_("Results (95 % intervals in brackets)"))
        yield results(
            facts,
            row,
            isolation_figures(
                facts.process,
                count=facts.lineage.isolated,
                fat_ml=row.fat_processed_ml,
                digest_minutes=digest,
                seeded=sum((facts.lineage.vessels[v.pk].cells for v in vessels), Decimal(0)) or None,
                area_cm2=sum((v.area_cm2 for v in vessels), Decimal(0)) or None,
            ),
        )
    yield from seeded_vessels(facts, row, vessels)
    yield from remarks(facts, row)
    yield from signatures(facts, row)
