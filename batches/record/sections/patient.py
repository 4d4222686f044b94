"""Patient and chain of identity, consents, eligibility; the issue of the batch."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from batches.record import blocks, words
from batches.record.facts import Facts
from batches.record.sections.signing import signatures
from batches.record.sections.subjects import subject_words


def section(facts: Facts, number: str) -> blocks.Section:
    """The patient under a code: name and birth date are not printed."""
    return blocks.Section(
        number, _("Patient and chain of identity"), tuple(_blocks(facts)), anchor="patient", starts_page=True
    )


def _blocks(facts: Facts) -> Iterator[blocks.Block]:
    patient, batch = facts.batch.patient, facts.batch
    yield blocks.Fields(
        (
            (_("Patient code"), patient.code),
            (_("Chain of identity"), batch.coi),
            (_("Batch"), batch.number),
            (_("Sex"), str(patient.get_sex_display())),
            (_("Weight"), f"{patient.weight_kg}{words.NO_BREAK_SPACE}kg, {words.on(patient.weighed_on)}"),
            (_("Diagnosis"), patient.diagnosis),
            (_("Pain site"), patient.pain_site),
            (_("Pain since"), words.on(patient.pain_since_on)),
            (_("Treatment so far"), words.text(patient.prior_treatment)),
            (_("Enrolled"), words.at(patient.enrolled_at, facts.zone)),
        )
    )
    yield blocks.Heading(_("Consent"))
    yield blocks.Table(
        (
            blocks.Column(_("Consent to"), 30),
            blocks.Column(_("Form version"), 20),
            blocks.Column(_("Signed on"), 20),
            blocks.Column(_("Withdrawn"), 30),
        ),
        tuple(
            (
                str(c.get_kind_display()),
                c.form_version,
                words.on(c.signed_on),
                f"{words.on(c.withdrawn_on)}, {c.withdrawal_reason}" if c.withdrawn_on else blocks.NOTHING,
            )
            for c in facts.consents
        ),
        empty=_("No consent is recorded."),
    )
    yield from _eligibility(facts)
    yield from _weighings(facts)
    signed = [*facts.consents, *facts.weighings, *([facts.eligibility] if facts.eligibility else []), batch]
    yield from signatures(facts, *signed, named=subject_words(facts))


def _weighings(facts: Facts) -> Iterator[blocks.Block]:
    """Every weight recorded after enrolment: the endotoxin limit is computed from the newest one."""
    if not facts.weighings:
        return
    yield blocks.Heading(_("Weight recorded anew"))
    yield blocks.Table(
        (
            blocks.Column(_("Weighed on"), 20),
            blocks.Column(_("Weight"), 15, strong=True),
            blocks.Column(_("Reason"), 65),
        ),
        tuple((words.on(w.weighed_on), f"{w.weight_kg}{words.NO_BREAK_SPACE}kg", w.reason) for w in facts.weighings),
    )


def _eligibility(facts: Facts) -> Iterator[blocks.Block]:
    yield blocks.Heading(_("Eligibility"))
    assessment = facts.eligibility
    if assessment is None:
        yield blocks.Paragraph(_("Eligibility has not been assessed."))
        return
    yield blocks.Paragraph(
        _("Assessed {when} against {mbr}: {verdict}.").format(
            when=words.to_minute(assessment.assessed_at, facts.zone),
            mbr=assessment.mbr,
            verdict=_("eligible") if assessment.is_eligible else _("not eligible"),
        )
    )
    yield blocks.Table(
        (blocks.Column(_("Code"), 12), blocks.Column(_("Criterion"), 68), blocks.Column(_("Answer"), 20, strong=True)),
        tuple((a.code, a.criterion, str(a.get_answer_display())) for a in assessment.answers.all()),
    )
    if assessment.comment:
        yield blocks.Note(assessment.comment, "comment", lead=_("Comment."))
