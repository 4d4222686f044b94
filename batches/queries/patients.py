"""What is asked about patients."""

from __future__ import annotations

from batches.models import Patient
from batches.rules.patients import PatientFacts


def patient_facts(patient: Patient) -> PatientFacts:
    """What batch issue needs to know: consents that hold, and the newest assessment."""
    consents = patient.consents.filter(withdrawn_on__isnull=True).values_list("kind", flat=True)
    newest = patient.assessments_of_eligibility.last()
    return PatientFacts(frozenset(consents), newest.is_eligible if newest else None)
