"""Acts about a patient: enrolment, consent, eligibility, weight."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from batches.commands.streams import patient_stream, require_training
from batches.models import Consent, Eligibility, EligibilityAnswer, MasterBatchRecord, Patient, Weighing
from batches.rules import patients as rules
from batches.rules.times import not_future
from lims.accounts.permissions import Permission
from lims.acts import Act
from lims.commands import command
from lims.ledger.append import open_stream
from lims.numbering import next_number
from lims.recorded import add_all
from lims.refusals import Refusal, Refused, refuse_if_any
from lims.signatures.meanings import Meaning
from lims.site import zone


def _today(at: datetime) -> date:
    return at.astimezone(zone()).date()


@command("patient:enrol", needs=Permission.ENROL_PATIENTS, stream=None)
def enrol_patient(
    act: Act,
    *,
    name: str,
    birth_date: date,
    sex: str,
    medical_record_number: str,
    weight_kg: Decimal,
    weighed_on: date,
    diagnosis: str,
    pain_site: str,
    pain_since_on: date | None = None,
    prior_treatment: str = "",
) -> Patient:
    """Enrol a patient under the next code. Weight in kg.

    Raises:
        Refused: PAT-01 to PAT-03, and PAT-04 for a medical record number that is enrolled already.
    """
    refusals = list(
        rules.enrolment_refusals(
            birth_date=birth_date, weight_kg=weight_kg, weighed_on=weighed_on, today=_today(act.at)
        )
    )
    earlier = Patient.objects.filter(medical_record_number=medical_record_number).first()
    if earlier is not None:
        refusals.append(
            Refusal(
                "PAT-04",
                "This patient is enrolled as {code}. Open that patient.",
                "medical_record_number",
                {"code": earlier.code},
            )
        )
    refuse_if_any(refusals)
    code = next_number(Patient, "code", "P-", digits=3)
    open_stream(act, code)
    patient = Patient(
        code=code,
        name=name,
        birth_date=birth_date,
        sex=sex,
        medical_record_number=medical_record_number,
        weight_kg=weight_kg,
        weighed_on=weighed_on,
        diagnosis=diagnosis,
        pain_site=pain_site,
        pain_since_on=pain_since_on,
        prior_treatment=prior_treatment,
        enrolled_at=act.at,
    )
    act.add(patient)
    return patient


@command("consent:record", needs=Permission.ENROL_PATIENTS, stream=patient_stream, signed=(Meaning.PERFORMED,))
def record_consent(act: Act, *, patient: Patient, kind: str, form_version: str, signed_on: date) -> Consent:
    """Record a signed consent form. Raises Refused CON-01 when it is dated in the future."""
    if signed_on > _today(act.at):
        raise Refused(Refusal("CON-01", "This date is in the future. Enter when it was signed.", "signed_on"))
    consent = Consent(patient=patient, kind=kind, form_version=form_version, signed_on=signed_on)
    act.add(consent)
    act.sign(consent)
    return consent


@command("consent:withdraw", needs=Permission.ENROL_PATIENTS, stream=patient_stream, signed=(Meaning.PERFORMED,))
def withdraw_consent(
    act: Act, *, patient: Patient, consent: Consent, withdrawn_on: date, withdrawal_reason: str
) -> Consent:
    """Record that a consent was withdrawn. Raises Refused CON-02 for a date that can't be, CON-03 when withdrawn."""
    live = Consent.objects.get(pk=consent.pk, patient=patient)
    if live.withdrawn_on is not None:
        raise Refused(Refusal("CON-03", "This consent was withdrawn before."))
    if not live.signed_on <= withdrawn_on <= _today(act.at):
        raise Refused(Refusal("CON-02", "Enter a date from the signing until today.", "withdrawn_on"))
    live.withdrawn_on, live.withdrawal_reason = withdrawn_on, withdrawal_reason
    act.add(live)
    act.sign(live)
    return live


@command("eligibility:assess", needs=Permission.ENROL_PATIENTS, stream=patient_stream, signed=(Meaning.PERFORMED,))
def assess_eligibility(
    act: Act,
    *,
    patient: Patient,
    mbr: MasterBatchRecord,
    assessed_at: datetime,
    answers: Mapping[str, str],
    comment: str = "",
) -> Eligibility:
    """Assess a patient against the criteria of a master batch record version.

    Raises:
        Refused: ELG-01 unanswered, ELG-02 «not applicable» where it is not allowed, TIM-01 future, TRN-01 and TRN-02
            for somebody without training for the version.
    """
    require_training(mbr)
    criteria = mbr.process.eligibility
    refuse_if_any([*rules.answer_refusals(criteria, answers), *not_future(assessed_at, act.at, "assessed_at")])
    assessment = Eligibility(
        patient=patient,
        mbr=mbr,
        assessed_at=assessed_at,
        is_eligible=rules.is_eligible(criteria, answers),
        comment=comment,
    )
    act.add(assessment)
    add_all(
        EligibilityAnswer(eligibility=assessment, code=c.code, criterion=c.text, answer=answers[c.code])
        for c in criteria
    )
    act.sign(assessment)
    return assessment


@command("patient:weigh", needs=Permission.ENROL_PATIENTS, stream=patient_stream, signed=(Meaning.PERFORMED,))
def weigh_patient(act: Act, *, patient: Patient, weight_kg: Decimal, weighed_on: date) -> Patient:
    """Record a newer weight in kg; the endotoxin limit and the dose per kg follow it. The reason is the act's.

    Raises:
        Refused: PAT-02, PAT-03 figures that can't be true, PAT-05 older than the weight known, PAT-06 no reason.
    """
    live = Patient.objects.get(pk=patient.pk)
    refuse_if_any(
        [
            *rules.enrolment_refusals(
                birth_date=live.birth_date, weight_kg=weight_kg, weighed_on=weighed_on, today=_today(act.at)
            ),
            *rules.weighing_refusals(weighed_on, last_on=live.weighed_on, reason=act.reason),
        ]
    )
    live.weight_kg, live.weighed_on = weight_kg, weighed_on
    weighing = Weighing(patient=live, weight_kg=weight_kg, weighed_on=weighed_on, reason=act.reason.strip())
    act.add(live, weighing)
    act.sign(weighing)
    return live
