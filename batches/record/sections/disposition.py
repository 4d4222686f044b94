"""Disposition: every decision with its grounds, what was pending, and whether the record still is what it was."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from batches.models import Disposition
from batches.record import blocks, words
from batches.record.facts import Facts
from batches.record.sections.signing import signatures


def section(facts: Facts, number: str) -> blocks.Section:
    """The decisions, in order."""
    body = tuple(block for d in facts.dispositions for block in _decision(facts, d))
    return blocks.Section(
        number, _("Disposition"), body or (blocks.Paragraph(_("Nothing is decided yet.")),), anchor="disposition"
    )


def _decision(facts: Facts, row: Disposition) -> Iterator[blocks.Block]:
    names = {r.key: r.name for r in facts.process.specification}
    holds = facts.disposition_holds.get(row.pk, False)
    yield blocks.Heading(str(row.get_decision_display()))
    yield blocks.Fields(
        (
            (_("Decided"), words.at(row.decided_at, facts.zone)),
            (_("Grounds"), row.grounds),
            (_("Results pending"), words.listed([str(names.get(t, t)) for t in row.pending_tests])),
            (_("Physician informed"), words.text(row.physician_informed)),
            (_("Digest of the record decided on"), words.short_digest(row.record_digest)),
            (
                _("Standing"),
                _("the record is what was decided on")
                if holds
                else blocks.VerdictMark("alert", _("the record has changed since")),
            ),
        )
    )
    yield from signatures(facts, row)
