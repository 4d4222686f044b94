"""Disposition: every review of the audit trail, every decision with its grounds, and whether each still holds."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from batches.models import AuditTrailReview, Disposition
from batches.record import blocks, words
from batches.record.facts import Facts
from batches.record.sections.signing import signatures
from batches.rules.release import DECIDED
from batches.rules.states import DispositionState
from lims.act_words import words_of


def section(facts: Facts, number: str) -> blocks.Section:
    """The reviews and the decisions, each in order."""
    reviews = tuple(block for r in facts.reviews for block in _review(facts, r))
    decisions = tuple(block for d in facts.dispositions for block in decision(facts, d))
    body = reviews + (decisions or (blocks.Paragraph(_("Nothing is decided yet.")),))
    return blocks.Section(number, _("Disposition"), body, anchor="disposition")


def _review(facts: Facts, row: AuditTrailReview) -> Iterator[blocks.Block]:
    is_newest = row.pk == facts.reviews[-1].pk
    yield blocks.Heading(_("Audit-trail review"))
    fields: list[tuple[str, blocks.Value]] = [
        (_("Reviewed"), words.at(row.reviewed_at, facts.zone)),
        (
            _("Entries covered"),
            _("{batch} to {batch_seq}, {patient} to {patient_seq}").format(
                batch=facts.batch.stream,
                batch_seq=row.batch_seq,
                patient=facts.batch.patient.stream,
                patient_seq=row.patient_seq,
            ),
        ),
        (_("Conclusion"), row.conclusion),
    ]
    if is_newest:
        fields.append((_("Since then"), _since(facts)))
    yield blocks.Fields(tuple(fields))
    yield blocks.Table(
        (
            blocks.Column(_("Entry"), 12),
            blocks.Column(_("Act"), 22),
            blocks.Column(_("Looked at because of"), 26),
            blocks.Column(_("Note"), 40),
        ),
        tuple(
            (
                f"{seen.entry.stream} {seen.entry.seq}",
                _(words_of(seen.entry.name)),
                words.listed([words.risk_words(risk) for risk in seen.risks.split()]),
                words.text(seen.note),
            )
            for seen in row.entries.all()
        ),
        empty=_("Nothing out of the ordinary was new."),
    )
    yield from signatures(facts, row)


def _since(facts: Facts) -> blocks.Value:
    """What came after the newest review; it waits for another one only while the product is not decided on for good."""
    if not facts.unreviewed:
        return _("nothing that needs a review")
    said = _("{number} entries, not reviewed").format(number=facts.unreviewed)
    return said if facts.batch.disposition in DECIDED else blocks.VerdictMark("alert", said)


def decision(facts: Facts, row: Disposition) -> Iterator[blocks.Block]:
    """One decision with its grounds, what was pending, whether it holds, and who signed it."""
    names = {r.key: r.name for r in facts.process.specification}
    holds = facts.disposition_holds.get(row.pk, False)
    is_conditional = row.decision == DispositionState.RELEASED_CONDITIONALLY
    conditional = (
        (_("Results pending"), words.listed([str(names.get(t, t)) for t in row.pending_tests])),
        (_("Physician informed"), words.text(row.physician_informed)),
    )
    yield blocks.Heading(str(row.get_decision_display()))
    yield blocks.Fields(
        (
            (_("Decided"), words.at(row.decided_at, facts.zone)),
            (_("Grounds"), row.grounds),
            *(conditional if is_conditional or row.pending_tests or row.physician_informed else ()),
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
