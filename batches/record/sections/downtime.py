"""Downtime forms of the batch: which were issued, what became of each, and the sheet that was entered."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from batches import models as m
from batches.record import blocks, words
from batches.record.facts import Facts
from batches.record.sections.signing import in_order, signature_row
from lims.act_words import words_of


def sections(facts: Facts, section_number: str) -> Iterator[blocks.Section]:
    """One section for a batch with forms, none for another."""
    if not facts.downtime_forms:
        return
    table = blocks.Table(
        (
            blocks.Column(_("Form"), 11, strong=True),
            blocks.Column(_("Step"), 18),
            blocks.Column(_("Issued"), 24),
            blocks.Column(_("State"), 13),
            blocks.Column(_("Entered by, sheet"), 34),
        ),
        tuple(
            (
                form.number,
                str(form.get_step_display()),
                _("{when} to {name}").format(
                    when=words.to_minute(form.issued_at, facts.zone), name=form.issued_to.printed_name
                ),
                str(form.get_state_display()),
                words.text(_outcome(facts, form)),
            )
            for form in facts.downtime_forms
        ),
    )
    yield blocks.Section(section_number, _("Downtime forms"), (table, *_signed(facts)), anchor="downtime-forms")


def _signed(facts: Facts) -> Iterator[blocks.Block]:
    for form in facts.downtime_forms:
        transcription = getattr(form, "transcription", None)
        if transcription is not None:
            yield blocks.Heading(_("Transcription of form {number}").format(number=form.number))
            given = in_order(facts.signed(transcription))
            yield blocks.Signatures(tuple(signature_row(facts, s) for s in given))


def _outcome(facts: Facts, form: m.DowntimeForm) -> str:
    transcription = getattr(form, "transcription", None)
    if transcription is None:
        return form.void_reason
    entries = [facts.entries_by_id[act.recorded_in_id] for act in transcription.acts.all()]
    told = [
        _("{act}, recorded {when}").format(act=_(words_of(e.name)), when=words.to_minute(e.at, facts.zone))
        for e in entries
    ]
    told += [f"{scan.name}, SHA-256 {scan.sha256}" for scan in transcription.attachments.all()]
    return "; ".join(told)
