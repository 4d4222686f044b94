"""May this patient be enrolled, be eligible, have a batch issued? And what comes next for a patient."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from batches.rules.corrections import SHORTEST_REASON
from batches.rules.protocol import Answer, Criterion
from batches.rules.wording import gettext_noop
from lims.refusals import Refusal

LIGHTEST_KG, HEAVIEST_KG = Decimal(20), Decimal(300)


def enrolment_refusals(*, birth_date: date, weight_kg: Decimal, weighed_on: date, today: date) -> Iterator[Refusal]:
    """PAT-01 birth date, PAT-02 weight that can't be true, PAT-03 weighed in the future."""
    if not date(1900, 1, 1) <= birth_date < today:
        yield Refusal("PAT-01", "This birth date can't be true. Check it.", "birth_date")
    if not LIGHTEST_KG <= weight_kg <= HEAVIEST_KG:
        yield Refusal(
            "PAT-02",
            "A weight of {weight} kg can't be true. Enter the weight in kg.",
            "weight_kg",
            {"weight": weight_kg},
        )
    if weighed_on > today or weighed_on < birth_date:
        yield Refusal("PAT-03", "This date can't be true. Enter when the patient was weighed.", "weighed_on")


def answer_refusals(criteria: Sequence[Criterion], answers: Mapping[str, str]) -> Iterator[Refusal]:
    """ELG-01: every criterion needs an answer, and «not applicable» only where the protocol allows it."""
    for criterion in criteria:
        answer = answers.get(criterion.code, "")
        if not answer:
            yield Refusal("ELG-01", "This criterion has no answer. Choose one.", f"criterion_{criterion.code}")
        elif answer == Answer.NOT_APPLICABLE and not criterion.not_applicable_allowed:
            yield Refusal("ELG-02", "This criterion always applies. Answer yes or no.", f"criterion_{criterion.code}")


def is_eligible(criteria: Sequence[Criterion], answers: Mapping[str, str]) -> bool:
    """Whether no answer excludes the patient."""
    return not any(c.excludes(answers.get(c.code, "")) for c in criteria)


@dataclasses.dataclass(frozen=True)
class PatientFacts:
    """What batch issue needs to know of a patient."""

    consents_valid: frozenset[str]
    is_eligible: bool | None


def issue_refusals(patient: PatientFacts, *, consents_required: Sequence[tuple[str, str]]) -> Iterator[Refusal]:
    """BAT-01 a consent is missing or withdrawn, BAT-02 not assessed, BAT-03 not eligible."""
    for key, name in consents_required:
        if key not in patient.consents_valid:
            yield Refusal("BAT-01", "{consent} is missing or withdrawn. Record it first.", None, {"consent": name})
    if patient.is_eligible is None:
        yield Refusal("BAT-02", "Eligibility has not been assessed. Assess it first.")
    elif not patient.is_eligible:
        yield Refusal("BAT-03", "This patient is not eligible. See the assessment.")


def no_process() -> Refusal:
    """BAT-04: nothing says how a batch is made."""
    return Refusal("BAT-04", "No master batch record is effective. Ask QA to make one effective.")


@dataclasses.dataclass(frozen=True)
class PatientAct:
    """One act about a patient: its command's name, its button, its page, what it is for and what stands in its way."""

    name: str
    title: str
    url_name: str
    permission: str
    why: str
    is_due: bool = False
    refusals: tuple[Refusal, ...] = ()


def next_acts(
    patient: PatientFacts, *, consents_required: Sequence[tuple[str, str]], has_open_batch: bool
) -> list[PatientAct]:
    """The acts of a patient in the order they are done; the due ones are those the next batch waits for."""
    missing = [name for key, name in consents_required if key not in patient.consents_valid]
    refusals = tuple(issue_refusals(patient, consents_required=consents_required))
    return [
        PatientAct(
            "consent:record",
            gettext_noop("Record consent"),
            "record-consent",
            "enrol_patients",
            gettext_noop("A consent is missing or withdrawn.")
            if missing
            else gettext_noop("A newer version of a form, signed."),
            is_due=bool(missing),
        ),
        PatientAct(
            "eligibility:assess",
            gettext_noop("Assess eligibility"),
            "assess-eligibility",
            "enrol_patients",
            gettext_noop("Not assessed yet.")
            if patient.is_eligible is None
            else gettext_noop("Assess again when something has changed."),
            is_due=patient.is_eligible is None,
        ),
        PatientAct(
            "batch:issue",
            gettext_noop("Issue batch"),
            "issue-batch",
            "issue_batches",
            gettext_noop("Another batch is under way. One batch is infused once.")
            if has_open_batch
            else gettext_noop("Consents and eligibility are in order."),
            is_due=not refusals and not has_open_batch,
            refusals=refusals,
        ),
        PatientAct(
            "patient:weigh",
            gettext_noop("Record weight"),
            "weigh-patient",
            "enrol_patients",
            gettext_noop("Dose per kg and the endotoxin limit follow it."),
        ),
    ]


def weighing_refusals(weighed_on: date, *, last_on: date, reason: str) -> Iterator[Refusal]:
    """PAT-05: older than the weight known, which it would replace. PAT-06: no reason, though a limit moves with it."""
    if len(reason.strip()) < SHORTEST_REASON:
        yield Refusal(
            "PAT-06",
            "The endotoxin limit follows the weight. Say in {least} characters at least why it is recorded anew.",
            "reason",
            {"least": SHORTEST_REASON},
        )
    if weighed_on < last_on:
        yield Refusal(
            "PAT-05",
            "The weight known is from {date}. Enter a newer one.",
            "weighed_on",
            {"date": last_on.strftime("%-d %b %Y")},
        )
