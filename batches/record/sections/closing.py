"""The end of a record: corrections, all signatures, the audit trail."""

from __future__ import annotations

import json
from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from batches.models import TrainingRecord
from batches.record import blocks, words
from batches.record.facts import Facts
from batches.record.sections.signing import in_order, signature_row
from batches.record.sections.subjects import name_of, subject_words
from lims.accounts.permissions import Role
from lims.act_words import words_of


def corrections(facts: Facts, number: str) -> blocks.Section:
    """Every correction: old struck through, new, reason, who, when."""
    rows = tuple(
        blocks.Correction(
            mark=c.mark,
            what=c.row.label,
            was=c.row.old_text,
            now=c.row.new_text,
            reason=c.row.reason,
            who=_actor(c.entry),
            when=words.at(c.entry.at, facts.zone),
        )
        for c in facts.corrections
    )
    body: blocks.Block = blocks.Corrections(rows) if rows else blocks.Paragraph(_("No value was corrected."))
    return blocks.Section(number, _("Corrections"), (body,), anchor="corrections")


def signatures(facts: Facts, number: str) -> blocks.Section:
    """Every signature in the order given: under what, meaning, printed name, time, and whether it holds; training."""
    every = in_order(s for given in facts.signatures.values() for s in given)
    named = subject_words(facts)
    rows = []
    for standing in every:
        row = signature_row(facts, standing)
        given = standing.signature
        rows.append(
            (
                name_of(named, (given.subject_model, given.subject_pk)),
                row.meaning,
                f"{row.name}, {row.role}",
                row.signed_at,
                row.digest,
                row.standing,
            )
        )
    table = blocks.Table(
        (
            blocks.Column(_("Signed under"), 25),
            blocks.Column(_("Meaning"), 13),
            blocks.Column(_("Printed name, role"), 21),
            blocks.Column(_("Signed"), 19),
            blocks.Column(_("Digest signed"), 13, code=True),
            blocks.Column(_("Standing"), 11),
        ),
        tuple(rows),
        strong_rows=frozenset(i for i, s in enumerate(every) if s.is_valid),
        empty=_("Nothing is signed."),
    )
    return blocks.Section(number, _("Signatures"), (table, *_training(facts)), anchor="signatures")


def _training(facts: Facts) -> Iterator[blocks.Block]:
    """Everybody who did or signed something, with the training that covered it."""
    yield blocks.Heading(_("Training for {version}").format(version=facts.batch.mbr))
    none = blocks.VerdictMark("alert", _("none recorded at that time"))
    yield blocks.Table(
        (
            blocks.Column(_("Person"), 26),
            blocks.Column(_("Trained on"), 26),
            blocks.Column(_("Valid until"), 22),
            blocks.Column(_("Trainer"), 26),
        ),
        tuple(
            (
                person.name,
                words.on(person.row.trained_on) if person.row else none,
                _until(person.row) if person.row else blocks.NOTHING,
                str(person.row.trainer) if person.row else blocks.NOTHING,
            )
            for person in facts.training
        ),
        empty=_("Nobody acted."),
    )


def _until(row: TrainingRecord) -> str:
    return words.on(row.valid_until) if row.valid_until else _("no end")


def audit_trail(facts: Facts, number: str) -> blocks.Section:
    """Every act of the batch and its patient, refused ones included, in order."""
    rows = tuple(
        (
            str(entry.seq),
            entry.stream,
            words.at(entry.at, facts.zone),
            entry.actor_name,
            _(words_of(entry.name)),
            _what(entry.payload, is_refused=entry.is_refused),
            entry.hash[:12],
        )
        for entry in facts.entries
    )
    table = blocks.Table(
        (
            blocks.Column(_("Entry"), 5),
            blocks.Column(_("Stream"), 7),
            blocks.Column(_("Recorded"), 18),
            blocks.Column(_("By"), 12),
            blocks.Column(_("Act"), 17),
            blocks.Column(_("What"), 29),
            blocks.Column(_("Seal"), 12, code=True),
        ),
        rows,
    )
    return blocks.Section(
        number,
        _("Audit trail"),
        (table,),
        lede=_("Every act of this batch and of its patient, in order, each sealed to the one before."),
        anchor="audit-trail",
    )


def _actor(entry: object) -> str:
    content = json.loads(bytes(entry.payload))  # type: ignore[attr-defined]
    actor = content.get("actor")
    if actor is None:
        return str(_("System"))
    return f"{actor['name']}, {Role(actor['role']).label}"


def _what(payload: bytes | memoryview, *, is_refused: bool) -> str:
    content = json.loads(bytes(payload))
    if is_refused:
        notes = content["notes"]
        said = _("Refused: {codes}").format(codes=notes.get("refused", ""))
        reasons = [notes[key] for number in range(len(notes)) if (key := f"reason {number + 1}") in notes]
        return ". ".join((said, " ".join(reasons))) if reasons else said
    rows, signed = len(content["rows"]), len(content["signatures"])
    said = ngettext("{number} row", "{number} rows", rows).format(number=rows)
    if signed:
        said += ", " + ngettext("{number} signature", "{number} signatures", signed).format(number=signed)
    return f"{said}. {content['reason']}" if content["reason"] else said
