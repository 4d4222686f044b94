"""Labels printed for the batch: every copy with what it said of infection, and why there is more than one."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from batches.record import blocks, words
from batches.record.facts import Facts
from batches.record.sections.signing import in_order, signature_row


def sections(facts: Facts, section_number: str) -> Iterator[blocks.Section]:
    """One section for a batch with labels, none for another."""
    if not facts.label_prints:
        return
    table = blocks.Table(
        (
            blocks.Column(_("Container"), 14, strong=True),
            blocks.Column(_("Serial number"), 11),
            blocks.Column(_("Copy"), 6),
            blocks.Column(_("Printed"), 20),
            blocks.Column(_("Says"), 29),
            blocks.Column(_("Why again"), 20),
        ),
        tuple(
            (
                row.container,
                row.serial,
                str(row.copy),
                _("{when} by {name}").format(when=words.to_minute(row.printed_at, facts.zone), name=row.act.actor_name),
                ". ".join(row.statements),
                words.text(row.reason),
            )
            for row in facts.label_prints
        ),
    )
    labels = len({row.serial for row in facts.label_prints})
    lede = (
        _("{copies} copies of {labels} label printed.")
        if labels == 1
        else _("{copies} copies of {labels} labels printed.")
    )
    yield blocks.Section(
        section_number,
        _("Labels"),
        (table, *_signed(facts)),
        lede=lede.format(copies=len(facts.label_prints), labels=labels),
        anchor="labels",
    )


def _signed(facts: Facts) -> Iterator[blocks.Block]:
    """The signatures under further copies, each once."""
    given = in_order(s for row in facts.label_prints for s in facts.signed(row))
    if given:
        yield blocks.Heading(_("Signatures of further copies"))
        yield blocks.Signatures(tuple(signature_row(facts, s) for s in given))
