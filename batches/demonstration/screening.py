"""Two patients without a batch: one who waits for it, one whom the criteria keep out."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from batches.commands.patients import assess_eligibility, enrol_patient, record_consent
from batches.demonstration.way import record_once
from batches.models import Consent, MasterBatchRecord, Patient
from lims import clock
from lims.accounts.models import User
from lims.signatures.meanings import Meaning


@dataclasses.dataclass(frozen=True)
class Candidate:
    """Somebody who was screened so many days before today. `excluded_by` is the criterion that keeps them out."""

    name: str
    days_ago: int
    diagnosis: str
    excluded_by: str = ""


CANDIDATES: Final = (
    Candidate("Synthetic Candidate 30", 9, "Rheumatoid arthritis, both hands", "EX-01"),
    Candidate("Synthetic Candidate 29", 1, "Chronic low back pain"),
)


def screen(staff: Mapping[str, User], mbr: MasterBatchRecord, *, made: datetime, done: set[uuid.UUID]) -> None:
    """Enrol and assess them, each at a time of the last days."""
    clinician = staff["ishii.a"]
    by_hand = (Meaning.PERFORMED, clinician)
    for candidate in CANDIDATES:
        at = made - timedelta(days=candidate.days_ago, hours=1)
        number = f"MRN-{candidate.name[-2:]}-SYN"
        with clock.replaying(at):
            record_once(
                f"{candidate.name}:enrol",
                done,
                enrol_patient,
                clinician,
                name=candidate.name,
                birth_date=date(1969, 3, 2),
                sex="female",
                medical_record_number=number,
                weight_kg=Decimal(58),
                weighed_on=at.date() - timedelta(days=1),
                diagnosis=candidate.diagnosis,
                pain_site="Hands" if candidate.excluded_by else "Lower back",
            )
            patient = Patient.objects.get(medical_record_number=number)
            for kind in Consent.Kind.values:
                record_once(
                    f"{candidate.name}:consent {kind}",
                    done,
                    record_consent,
                    clinician,
                    by_hand,
                    patient=patient,
                    kind=kind,
                    form_version="2.1",
                    signed_on=at.date() - timedelta(days=1),
                )
            answers = {c.code: "no" if c.excludes_if == "yes" else "yes" for c in mbr.process.eligibility}
            if candidate.excluded_by:
                answers[candidate.excluded_by] = "yes"
            record_once(
                f"{candidate.name}:eligibility",
                done,
                assess_eligibility,
                clinician,
                by_hand,
                patient=patient,
                mbr=mbr,
                assessed_at=at,
                answers=answers,
            )
