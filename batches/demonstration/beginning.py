"""From the patient to P0: enrolment, consent, eligibility, issue, harvest, receipt, isolation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Final

from batches.commands.batches import issue_batch
from batches.commands.harvests import record_harvest, record_receipt
from batches.commands.isolations import log_isolation
from batches.commands.patients import assess_eligibility, enrol_patient, record_consent, weigh_patient
from batches.demonstration import materials
from batches.demonstration.counts import seeding, suspension
from batches.demonstration.way import Step, Way
from batches.models import Consent
from lims.signatures.meanings import Meaning

_SITES: Final = ("Lower back", "Right knee", "Left knee", "Neck and shoulder", "Lower back and leg")
_DIAGNOSES: Final = (
    "Chronic low back pain",
    "Gonarthrosis, right",
    "Gonarthrosis, left",
    "Cervicobrachial syndrome",
    "Lumbar radiculopathy",
)


def steps(way: Way) -> Iterator[Step]:
    """Every step until P0 is seeded."""
    calendar = way.calendar
    yield Step(calendar.at(-12, 10, 15), partial(_enrol, way))
    yield Step(calendar.at(-2, 11, 5), partial(_issue, way))
    if way.donor.index % 6 == 5:
        yield Step(calendar.at(0, 8, 50), partial(_weigh, way))
    yield Step(calendar.at(0, 9, 40), partial(_harvest, way))
    yield Step(calendar.at(0, 11, 10), partial(_receive, way))
    yield Step(calendar.isolation + timedelta(minutes=4), partial(_isolate, way))


def _enrol(way: Way) -> None:
    clinician, at = way.crew.clinician, way.calendar.at(-12, 10, 15)
    index = way.donor.index
    day = at.date()
    way.record(
        "enrol",
        enrol_patient,
        clinician,
        name=f"Synthetic Donor {index:02d}",
        birth_date=date(1948 + index % 31, 1 + index % 12, 1 + index % 28),
        sex=("female", "male")[index % 2],
        medical_record_number=way.record_number,
        weight_kg=Decimal(52 + index * 7 % 31),
        weighed_on=day,
        diagnosis=_DIAGNOSES[index % 5],
        pain_site=_SITES[index % 5],
        pain_since_on=date(day.year - 3, 1 + index % 12, 1),
        prior_treatment="Analgesics and physiotherapy, without lasting relief",
    )
    for kind in Consent.Kind.values:
        way.record(
            f"consent {kind}",
            record_consent,
            clinician,
            way.alone(clinician),
            patient=way.patient,
            kind=kind,
            form_version="2.1",
            signed_on=day,
        )
    way.record(
        "eligibility",
        assess_eligibility,
        clinician,
        way.alone(clinician),
        patient=way.patient,
        mbr=way.mbr,
        assessed_at=at,
        answers={c.code: "no" if c.excludes_if == "yes" else "yes" for c in way.process.eligibility},
    )


def _issue(way: Way) -> None:
    crew = way.crew
    way.record(
        "issue",
        issue_batch,
        crew.qa,
        (Meaning.ISSUED, crew.qa),
        (Meaning.CHECKED, crew.second_qa),
        patient=way.patient,
    )


def _weigh(way: Way) -> None:
    clinician = way.crew.clinician
    way.record(
        "weigh",
        weigh_patient,
        clinician,
        way.alone(clinician),
        patient=way.patient,
        weight_kg=way.patient.weight_kg - Decimal("2.5"),
        weighed_on=way.calendar.at(0, 8, 50).date(),
        reason="Weighed again on admission for the harvest.",
    )


def _harvest(way: Way) -> None:
    clinician, ended = way.crew.clinician, way.calendar.at(0, 9, 30)
    way.record(
        "harvest",
        record_harvest,
        clinician,
        way.alone(clinician),
        batch=way.batch,
        body_site="Abdomen",
        side=("left", "right")[way.donor.index % 2],
        volume_ml=way.donor.fat_ml,
        anaesthesia="Lidocaine 1 %, 8 mL, local",
        started_at=ended - timedelta(minutes=25),
        done_at=ended,
        operator=clinician.printed_name,
        container_code=f"HK-{way.batch.number}",
        dispatched_at=ended + timedelta(minutes=5),
        transport_temp_c=Decimal("5.0"),
    )


def _receive(way: Way) -> None:
    lowest = Decimal("3.2") + Decimal(way.donor.index % 5) / 5
    way.record(
        "receive",
        record_receipt,
        way.crew.performer,
        *way.two(),
        batch=way.batch,
        scanned_coi=way.batch.coi,
        scanned_patient=way.batch.patient.code,
        scanned_container=f"HK-{way.batch.number}",
        done_at=way.calendar.at(0, 11, 5),
        temperature_min_c=lowest,
        temperature_max_c=lowest + Decimal("1.6"),
        is_intact=True,
        is_labelled=True,
    )


def _isolate(way: Way) -> None:
    donor, at = way.donor, way.calendar.isolation
    made = suspension(donor.isolated, donor.isolated_viability_pct, way.chance)
    incubator, shelf = way.place
    way.record(
        "isolate",
        log_isolation,
        way.crew.performer,
        *way.two(),
        batch=way.batch,
        fat_processed_ml=donor.fat_ml,
        enzyme_lot=materials.ENZYME,
        digestion_started_at=at - timedelta(minutes=115),
        digestion_ended_at=at - timedelta(minutes=70),
        digestion_temp_c=Decimal("37.0"),
        suspension_ml=made.volume_ml,
        drawn_ml=made.drawn_ml,
        count=made.count,
        seeding=seeding(donor.generations[0].area_cm2, made.volume_ml - made.drawn_ml, materials.VESSEL),
        medium_lot=materials.medium_lot(at, way.calendar.ends_at),
        medium_ml=donor.generations[0].medium_ml,
        cabinet=way.cabinet,
        incubator=incubator,
        shelf=shelf,
        done_at=at,
    )
