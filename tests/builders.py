"""Test data through the commands, never the ORM: so it has history and seals, and the clock of each step is plausible.

`Story` walks one batch along its chain. Each step happens at `story.at`, which `wait()` moves on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from batches.commands.batches import issue_batch
from batches.commands.harvests import record_harvest, record_receipt
from batches.commands.patients import assess_eligibility, enrol_patient, record_consent
from batches.models import Batch, Consent, Harvest, Patient, Receipt
from lims import clock
from lims.signatures.meanings import Meaning
from tests.builders_quality import QualityStory
from tests.cast import Cast, performed, signed

START = datetime(2026, 9, 28, 1, 0, tzinfo=UTC)


class Story(QualityStory):
    """One patient's way through the laboratory, at replayed times."""

    def __init__(self, cast: Cast, *, at: datetime = START) -> None:
        self.cast = cast
        self.at = at
        self.patient: Patient
        self.batch: Batch

    def wait(self, **by: float) -> Story:
        """Let time pass: `wait(hours=3)`."""
        self.at += timedelta(**by)
        return self

    @contextmanager
    def now(self) -> Iterator[datetime]:
        """Inside, the clock stands at the time of the story."""
        with clock.replaying(self.at):
            yield self.at

    def fresh(self) -> Batch:
        """The batch as the database has it."""
        self.batch = Batch.objects.select_related("patient", "mbr").get(pk=self.batch.pk)
        return self.batch

    def enrol(self, **changes: Any) -> Patient:
        """A patient, enrolled with both consents and found eligible."""
        count = Patient.objects.count()
        given: dict[str, Any] = {
            "name": f"Synthetic Person {count + 1}",
            "birth_date": date(1961, 5, 4),
            "sex": "female",
            "medical_record_number": f"SYN-MRN-{count + 1:05d}",
            "weight_kg": Decimal("62.0"),
            "weighed_on": self.at.date(),
            "diagnosis": "Chronic low back pain",
            "pain_site": "Lower back",
        }
        with self.now():
            self.patient = enrol_patient(self.cast.clinician, **(given | changes))
            for kind in Consent.Kind.values:
                record_consent(
                    self.cast.clinician,
                    patient=self.patient,
                    kind=kind,
                    form_version="2.1",
                    signed_on=self.at.date(),
                    signatures=performed(self.cast.clinician),
                )
            criteria = self.cast.mbr.process.eligibility
            assess_eligibility(
                self.cast.clinician,
                patient=self.patient,
                mbr=self.cast.mbr,
                assessed_at=self.at,
                answers={c.code: "no" if c.excludes_if == "yes" else "yes" for c in criteria},
                signatures=performed(self.cast.clinician),
            )
        return self.patient

    def issue(self, **changes: Any) -> Batch:
        """A batch for the patient, issued by QA and checked by a second."""
        if not hasattr(self, "patient"):
            self.enrol()
        with self.now():
            self.batch = issue_batch(
                self.cast.qa,
                patient=self.patient,
                signatures=signed((Meaning.ISSUED, self.cast.qa), (Meaning.CHECKED, self.cast.second_qa)),
                **changes,
            )
        return self.batch

    def harvest(self, **changes: Any) -> Harvest:
        """1.0 mL of abdominal fat, taken in half an hour."""
        if not hasattr(self, "batch"):
            self.issue()
        self.wait(hours=1)
        given: dict[str, Any] = {
            "body_site": "Abdomen",
            "side": "left",
            "volume_ml": Decimal("1.0"),
            "anaesthesia": "Lidocaine 1 %, local",
            "started_at": self.at - timedelta(minutes=30),
            "done_at": self.at,
            "operator": self.cast.clinician.printed_name,
            "container_code": f"HK-{self.batch.number}",
            "dispatched_at": self.at,
            "transport_temp_c": Decimal("5.0"),
        }
        with self.now():
            return record_harvest(
                self.cast.clinician,
                batch=self.batch,
                signatures=performed(self.cast.clinician),
                **(given | changes),
            )

    def receive(self, **changes: Any) -> Receipt:
        """The tissue received two hours later at 4 to 6 °C, all codes matching."""
        harvest = (
            self.fresh().harvest if hasattr(self, "batch") and hasattr(self.fresh(), "harvest") else self.harvest()
        )
        self.wait(hours=2)
        given: dict[str, Any] = {
            "scanned_coi": self.batch.coi,
            "scanned_patient": self.batch.patient.code,
            "scanned_container": harvest.container_code,
            "done_at": self.at,
            "temperature_min_c": Decimal("4.0"),
            "temperature_max_c": Decimal("6.0"),
            "is_intact": True,
            "is_labelled": True,
        }
        with self.now():
            return record_receipt(
                self.cast.technician,
                batch=self.batch,
                signatures=performed(self.cast.technician, self.cast.second_technician),
                **(given | changes),
            )
