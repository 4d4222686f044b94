"""What is asked about patients."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from batches.models import Batch, Consent, Eligibility, MasterBatchRecord, Patient
from batches.rules.patients import PatientFacts
from batches.rules.states import Stage

# A batch in these stages still waits for its infusion, or is in it.
_OPEN = frozenset(Stage) - {Stage.INFUSED, Stage.ENDED}


@dataclasses.dataclass(frozen=True)
class PatientRow:
    """One line of the list of patients: who, and what the next batch waits for."""

    patient: Patient
    consents_missing: tuple[str, ...]
    eligibility: Eligibility | None
    batches: tuple[Batch, ...]


def facts_of(consents: Iterable[Consent], newest: Eligibility | None) -> PatientFacts:
    """What the rules need to know, from rows at hand."""
    return PatientFacts(
        frozenset(c.kind for c in consents if c.withdrawn_on is None), newest.is_eligible if newest else None
    )


def patient_facts(patient: Patient) -> PatientFacts:
    """What batch issue needs to know: consents that hold, and the newest assessment."""
    return facts_of(patient.consents.all(), patient.assessments_of_eligibility.last())


def effective_process() -> MasterBatchRecord | None:
    """The master batch record that new batches are issued from."""
    return MasterBatchRecord.objects.filter(state=MasterBatchRecord.State.EFFECTIVE).first()


def consents_required(mbr: MasterBatchRecord | None) -> list[tuple[str, str]]:
    """Key and name of each consent a batch needs; none is known without a master batch record."""
    return [(c.key, c.name) for c in mbr.process.consents] if mbr else []


def has_open_batch(patient: Patient) -> bool:
    """Whether a batch of this patient is on its way to an infusion."""
    return Batch.objects.filter(patient=patient, stage__in=_OPEN).exclude(disposition="rejected").exists()


def streams_read_with(stream: str) -> list[str]:
    """A batch's record is read with its patient's: the stream of the patient, for the stream of a batch."""
    batch = Batch.objects.filter(number__iexact=stream).select_related("patient").first()
    return [batch.patient.stream] if batch is not None else []


def patient_rows(patients: Sequence[Patient], mbr: MasterBatchRecord | None) -> list[PatientRow]:
    """The lines of a page of patients, with three queries however many there are."""
    keys = [p.pk for p in patients]
    consents: dict[int, list[Consent]] = {pk: [] for pk in keys}
    for consent in Consent.objects.filter(patient__in=keys):
        consents[consent.patient_id].append(consent)
    newest = {e.patient_id: e for e in Eligibility.objects.filter(patient__in=keys).order_by("assessed_at", "id")}
    batches: dict[int, list[Batch]] = {pk: [] for pk in keys}
    for batch in Batch.objects.filter(patient__in=keys).order_by("-id"):
        batches[batch.patient_id].append(batch)
    required = consents_required(mbr)
    rows = []
    for patient in patients:
        valid = facts_of(consents[patient.pk], None).consents_valid
        missing = tuple(name for key, name in required if key not in valid)
        rows.append(PatientRow(patient, missing, newest.get(patient.pk), tuple(batches[patient.pk])))
    return rows
