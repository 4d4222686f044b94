"""Labels printed for the batch: every copy with what it said of infection and what became of it; reconciliation."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from batches.models import LabelPrint
from batches.record import blocks, words
from batches.record.facts import Facts
from batches.record.sections.signing import in_order, signature_row
from batches.rules.labels import reconciled
from batches.rules.states import LabelState


def sections(facts: Facts, section_number: str) -> Iterator[blocks.Section]:
    """One section for a batch with labels, none for another."""
    if not facts.label_prints:
        return
    table = blocks.Table(
        (
            blocks.Column(_("Container"), 12, strong=True),
            blocks.Column(_("Serial number"), 11),
            blocks.Column(_("Copy"), 5),
            blocks.Column(_("Printed"), 16),
            blocks.Column(_("Says"), 23),
            blocks.Column(_("What became of it"), 22),
            blocks.Column(_("Stands"), 11),
        ),
        tuple(
            (
                row.container,
                row.serial,
                str(row.copy),
                _("{when} by {name}").format(when=words.to_minute(row.printed_at, facts.zone), name=row.act.actor_name)
                + (". " + row.reason if row.reason else ""),
                ". ".join(row.statements),
                _fates(facts, row),
                blocks.VerdictMark("alert", str(row.get_state_display()))
                if row.state in (LabelState.ISSUED, LabelState.VOIDED)
                else str(row.get_state_display()),
            )
            for row in facts.label_prints
        ),
    )
    labels, copies = len({row.serial for row in facts.label_prints}), len(facts.label_prints)
    lede = _("{copies} of {labels} printed.").format(
        copies=ngettext("{number} copy", "{number} copies", copies).format(number=copies),
        labels=ngettext("{number} label", "{number} labels", labels).format(number=labels),
    )
    yield blocks.Section(
        section_number,
        _("Labels"),
        (table, blocks.Heading(_("Reconciliation")), _reconciliation(facts), *_signed(facts)),
        lede=lede,
        anchor="labels",
    )


def _fates(facts: Facts, row: LabelPrint) -> str:
    told = [
        _("{what}, {when} by {name}").format(
            what=fate.get_fate_display(),
            when=words.to_minute(fate.act.at, facts.zone),
            name=fate.act.actor_name,
        )
        + (f": {fate.note}" if fate.note else "")
        for fate in row.fates.all()
    ]
    return ". ".join(told) or blocks.NOTHING


def _reconciliation(facts: Facts) -> blocks.Table:
    count = reconciled([LabelState(row.state) for row in facts.label_prints])
    heads = (_("Issued"), _("Applied"), _("Destroyed"), _("Attached to the record"), _("Returned"))
    return blocks.Table(
        (*(blocks.Column(head, 16) for head in heads), blocks.Column(_("Difference"), 20, strong=True)),
        (
            (
                str(count.issued),
                str(count.applied),
                str(count.destroyed),
                str(count.attached),
                str(count.returned),
                blocks.VerdictMark("alert", str(count.difference)) if count.difference else _("0, none"),
            ),
        ),
    )


def _signed(facts: Facts) -> Iterator[blocks.Block]:
    """The signatures under further copies and under what became of labels, each once; the fill has its own."""
    subjects = [row for label in facts.label_prints for row in (label, *label.fates.all())]
    given = in_order(s for row in subjects for s in facts.signed(row))
    if given:
        yield blocks.Heading(_("Signatures of further copies, and of what became of labels"))
        yield blocks.Signatures(tuple(signature_row(facts, s) for s in given))
