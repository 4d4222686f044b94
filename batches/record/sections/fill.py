"""Formulation and fill: container, volume, count of the bulk, expiry."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from batches.models import Fill
from batches.record import blocks, words
from batches.record.facts import Facts
from batches.record.sections.raw_counts import raw_counts
from batches.record.sections.results import results
from batches.record.sections.signing import remarks, signatures, times
from batches.rules.figures import fill_figures
from batches.rules.identity import matches


def section(facts: Facts, number: str) -> blocks.Section:
    """The fill, or that it has not taken place."""
    body = tuple(_blocks(facts, facts.fill)) if facts.fill else (blocks.Paragraph(_("Not recorded.")),)
    return blocks.Section(number, _("Formulation and fill"), body, anchor="fill")


def _blocks(facts: Facts, row: Fill) -> Iterator[blocks.Block]:
    day = row.done_at.astimezone(facts.zone).date()
    is_match = matches(row.scanned_coi, facts.batch.coi)
    yield blocks.Paragraph(times(facts, row))
    yield blocks.Items(
        (
            blocks.Item(_("Cell suspension used"), facts.corrected(row, "used_ml", words.ml(row.used_ml))),
            blocks.Item(
                _("Vehicle"),
                facts.corrected(row, "vehicle_lot", words.lot(row.vehicle_lot)),
                _("released, in date"),
                words.lot_used(row.vehicle_lot, day),
            ),
            blocks.Item(
                _("Container"),
                facts.corrected(
                    row, ("container_code", "container_lot"), f"{row.container_code}, {words.lot(row.container_lot)}"
                ),
                _("released, in date"),
                words.lot_used(row.container_lot, day),
            ),
            blocks.Item(
                _("Label scanned"),
                facts.corrected(row, "scanned_coi", row.scanned_coi),
                _("must be {code}").format(code=facts.batch.coi),
                _("match") if is_match else blocks.VerdictMark("action", _("Mismatch")),
            ),
            blocks.Item(
                _("Filled volume"),
                facts.corrected(row, "volume_ml", words.ml(row.volume_ml)),
                _("planned {volume}").format(volume=words.ml(facts.process.bag_volume_ml)),
            ),
            blocks.Item(_("Drawn for tests"), facts.corrected(row, "drawn_ml", words.ml(row.drawn_ml))),
            blocks.Item(_("Whitish, no clumps, no foreign matter, no leak"), words.yes_no(row.is_appearance_good)),
            blocks.Item(
                _("Storage temperature"),
                facts.corrected(row, "storage_temp_c", words.celsius(row.storage_temp_c)),
                facts.process.product.storage,
            ),
            blocks.Item(_("Expires"), facts.corrected(row, "expires_at", words.to_minute(row.expires_at, facts.zone))),
        )
    )
    yield from raw_counts(facts, row.count)
    yield blocks.Heading(_("Results (95 % intervals in brackets)"))
    figures = fill_figures(facts.process, count=facts.fill_count, weight_kg=facts.batch.patient.weight_kg)
    yield results(facts, row, figures)
    yield from remarks(facts, row)
    yield from signatures(facts, row)
