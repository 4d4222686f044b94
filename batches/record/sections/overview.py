"""The cover: whose product this is, what it is, where it stands, and where everything is found."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from batches.record import blocks, words
from batches.record.facts import Facts
from batches.rules.wording import cells


def section(facts: Facts, number: str) -> blocks.Section:
    """One page: identity, product, standing, contents."""
    return blocks.Section(number, _("Overview"), tuple(_blocks(facts)), anchor="overview")


def _blocks(facts: Facts) -> Iterator[blocks.Block]:
    batch, process = facts.batch, facts.process
    yield blocks.Fields(
        (
            (_("Laboratory"), words.text(facts.site_name)),
            (_("Product"), process.product.name),
            (_("Batch"), batch.number),
            (_("Chain of identity"), batch.coi),
            (_("Patient code"), batch.patient.code),
            (_("Use"), _("For autologous use only")),
            (
                _("Master batch record"),
                _("{code} version {version}, {title}").format(
                    code=batch.mbr.code, version=batch.mbr.version, title=batch.mbr.title
                ),
            ),
            (_("Digest of the master batch record"), words.short_digest(batch.mbr_digest)),
            (_("Target dose"), _("{cells} viable cells").format(cells=cells(process.dose_target_cells))),
            (_("Issued"), words.at(batch.issued_at, facts.zone)),
            (_("Stage"), str(batch.get_stage_display())),
            (_("Disposition"), _disposition(facts)),
            (_("Deviations"), str(len(facts.deviations))),
            (_("Corrections"), str(len(facts.corrections))),
            (_("Entries in the ledger"), str(facts.head_seq)),
        )
    )
    if facts.is_synthetic:
        yield blocks.Note(
            _("This is a demonstration laboratory. No patient stands behind this record."),
            "info",
            lead=_("Synthetic data."),
        )
    yield blocks.Heading(_("Contents"))
    yield blocks.Contents()


def _disposition(facts: Facts) -> blocks.Value:
    """Where the product stands, and whether the last decision was taken on the record as it is."""
    said = str(facts.batch.get_disposition_display())
    if facts.dispositions and not facts.disposition_holds.get(facts.dispositions[-1].pk, False):
        return blocks.VerdictMark("alert", _("{said}; the record has changed since").format(said=said))
    return said
