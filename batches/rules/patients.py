"""May this patient be enrolled, be eligible, have a batch issued?"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from batches.rules.protocol import Answer, Criterion
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
