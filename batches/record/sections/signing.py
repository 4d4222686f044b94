"""Signatures and lateness of a step, as every section shows them below it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from django.db import models
from django.utils.translation import gettext as _

from batches.record import blocks, words
from batches.record.facts import Facts, Key
from batches.rules.times import is_late
from lims.accounts.permissions import Role
from lims.signatures.standing import Standing


def in_order(given: Iterable[Standing]) -> list[Standing]:
    """Signatures in the order given."""
    return sorted(given, key=lambda s: (s.signature.at, str(s.signature.entry_id), s.signature.position))


def signature_row(facts: Facts, standing: Standing) -> blocks.Signature:
    """One signature as its table shows it."""
    given = standing.signature
    return blocks.Signature(
        meaning=given.get_meaning_display(),
        name=given.printed_name,
        role=str(Role(given.role).label),
        signed_at=words.at(given.at, facts.zone),
        digest=words.short_digest(given.digest),
        standing=standing.words,
        is_valid=standing.is_valid,
    )


def signatures(facts: Facts, *rows: models.Model, named: Mapping[Key, str] | None = None) -> Iterable[blocks.Block]:
    """The signature table under a step; nothing when the step was not signed.

    Where one table holds those of several rows, `named` says which is under what.
    """
    given = in_order(s for row in rows for s in facts.signed(row))
    if given:
        yield blocks.Heading(_("Signatures"))
        shown = [signature_row(facts, s) for s in given]
        if named is not None:
            subjects = [named[(s.signature.subject_model, s.signature.subject_pk)] for s in given]
            shown = [replace(r, meaning=f"{r.meaning}:\n{under}") for r, under in zip(shown, subjects, strict=True)]
        yield blocks.Signatures(tuple(shown))


def times(facts: Facts, row: models.Model) -> str:
    """When a step was done, and when it was recorded by whom: the first line under its title."""
    entry = facts.first_entry_of(row)
    done = words.to_minute(row.done_at, facts.zone)  # type: ignore[attr-defined]
    if entry is None:
        return _("Done {done}.").format(done=done)
    return _("Done {done}. Recorded {recorded} by {who}, entry {entry}.").format(
        done=done, recorded=words.at(entry.at, facts.zone), who=entry.actor_name, entry=entry.seq
    )


def performer(facts: Facts, row: models.Model) -> str:
    """Who did a step that stands as one line in a table."""
    given = facts.signed(row)
    if given:
        return given[0].signature.printed_name
    entry = facts.entry_of(row)
    return entry.actor_name if entry else blocks.NOTHING


def remarks(facts: Facts, row: models.Model) -> Iterable[blocks.Block]:
    """Comment, lateness and corrections of a row and what lies below it, where the values are read."""
    comment = getattr(row, "comment", "")
    if comment:
        yield blocks.Note(comment, "comment", lead=_("Comment."))
    entry = facts.first_entry_of(row)
    done_at = getattr(row, "done_at", None)
    if entry is not None and done_at is not None and is_late(done_at, entry.at):
        reason = words.text(getattr(row, "late_reason", ""))
        lead = _("Late entry, done {done}, recorded {recorded}.").format(
            done=words.to_minute(done_at, facts.zone), recorded=words.to_minute(entry.at, facts.zone)
        )
        yield blocks.Note(reason, "late", lead=lead)
    yield from corrections(facts, row)


def corrections(facts: Facts, row: models.Model) -> Iterable[blocks.Block]:
    """Corrections whose subject is this row, each with its mark."""
    for found in facts.corrections:
        if (found.row.subject_model, found.row.subject_pk) == (row._meta.label, str(row.pk)):
            yield blocks.Note(
                _("{what}. Was: {was}. Now: {now}. Reason: {reason}. {who}, {when}, entry {entry}.").format(
                    what=found.row.label,
                    was=found.row.old_text,
                    now=found.row.new_text,
                    reason=found.row.reason.rstrip("."),
                    who=found.entry.actor_name,
                    when=words.at(found.entry.at, facts.zone),
                    entry=found.entry.seq,
                ),
                "correction",
                lead=_("{mark} Corrected.").format(mark=found.mark),
            )
