"""Harvest of fat and its receipt."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from batches.models import Harvest, Receipt
from batches.record import blocks, words
from batches.record.facts import Facts
from batches.record.sections.results import limited
from batches.record.sections.signing import remarks, signatures, times
from batches.rules.identity import matches


def section(facts: Facts, number: str) -> blocks.Section:
    """Harvest and receipt; each says so when it has not taken place."""
    return blocks.Section(number, _("Harvest and receipt"), tuple(_blocks(facts)), anchor="harvest")


def _blocks(facts: Facts) -> Iterator[blocks.Block]:
    yield blocks.Heading(_("Harvest of adipose tissue"))
    if facts.harvest is None:
        yield blocks.Paragraph(_("Not recorded."))
        return
    yield from _harvest(facts, facts.harvest)
    yield blocks.Heading(_("Receipt and identity check"))
    if facts.receipt is None:
        yield blocks.Paragraph(_("Not recorded."))
        return
    yield from _receipt(facts, facts.harvest, facts.receipt)


def _harvest(facts: Facts, row: Harvest) -> Iterator[blocks.Block]:
    limits = facts.process.limits
    yield blocks.Paragraph(times(facts, row))

    def value(field: str, shown: str) -> blocks.Value:
        return facts.corrected(row, field, shown)

    yield blocks.Items(
        (
            blocks.Item(_("Site"), value("body_site", row.body_site)),
            blocks.Item(_("Side"), value("side", str(row.get_side_display()))),
            limited(
                facts,
                row,
                _("Fat volume"),
                value("volume_ml", words.ml(row.volume_ml)),
                limits["harvest_volume_ml"],
                row.volume_ml,
            ),
            blocks.Item(_("Anaesthesia"), value("anaesthesia", row.anaesthesia)),
            blocks.Item(_("Operator"), value("operator", row.operator)),
            blocks.Item(_("Started"), value("started_at", words.to_minute(row.started_at, facts.zone))),
            blocks.Item(_("Ended"), value("done_at", words.to_minute(row.done_at, facts.zone))),
            blocks.Item(_("Container"), value("container_code", row.container_code)),
            blocks.Item(_("Dispatched"), value("dispatched_at", words.to_minute(row.dispatched_at, facts.zone))),
            limited(
                facts,
                row,
                _("Transport temperature"),
                value("transport_temp_c", words.celsius(row.transport_temp_c)),
                limits["transport_temp_c"],
                row.transport_temp_c,
            ),
        )
    )
    yield from remarks(facts, row)
    yield from signatures(facts, row)


def _receipt(facts: Facts, harvest: Harvest, row: Receipt) -> Iterator[blocks.Block]:
    limits = facts.process.limits
    hours = Decimal((row.done_at - harvest.done_at) / timedelta(hours=1)).quantize(Decimal("0.01"))
    yield blocks.Paragraph(times(facts, row))

    def value(field: str, shown: str) -> blocks.Value:
        return facts.corrected(row, field, shown)

    def scanned(item: str, field: str, expected: str) -> blocks.Item:
        code = getattr(row, field)
        is_match = matches(code, expected)
        verdict = _("match") if is_match else blocks.VerdictMark("action", _("Mismatch"))
        return blocks.Item(item, value(field, code), _("must be {code}").format(code=expected), verdict)

    yield blocks.Items(
        (
            scanned(_("Chain of identity"), "scanned_coi", facts.batch.coi),
            scanned(_("Patient code"), "scanned_patient", facts.batch.patient.code),
            scanned(_("Container"), "scanned_container", harvest.container_code),
            limited(
                facts, row, _("Time since harvest"), f"{hours}{words.NO_BREAK_SPACE}h", limits["transport_hours"], hours
            ),
            limited(
                facts,
                row,
                _("Lowest temperature"),
                value("temperature_min_c", words.celsius(row.temperature_min_c)),
                limits["transport_temp_c"],
                row.temperature_min_c,
            ),
            limited(
                facts,
                row,
                _("Highest temperature"),
                value("temperature_max_c", words.celsius(row.temperature_max_c)),
                limits["transport_temp_c"],
                row.temperature_max_c,
            ),
            blocks.Item(_("Container intact"), value("is_intact", words.yes_no(row.is_intact))),
            blocks.Item(_("Label legible and complete"), value("is_labelled", words.yes_no(row.is_labelled))),
        )
    )
    yield from remarks(facts, row)
    yield from signatures(facts, row)
