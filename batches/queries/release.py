"""The facts that release rests on, gathered once. The gate itself is `rules.release.blockers`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import takewhile
from typing import Any

from django.db import models
from django.db.models import Q

from batches.models import (
    Batch,
    Count,
    Deviation,
    Disposition,
    Equipment,
    Fill,
    Isolation,
    Lot,
    Passage,
    Receipt,
)
from batches.queries.involved import SignedStep, relied_on, signed_steps, superseded, took_part, worked
from batches.queries.labels import donor_tests, labels_applied, lacks, unaccounted
from batches.queries.materials import lots_used, references
from batches.queries.patients import patient_facts
from batches.queries.reviewing import unreviewed
from batches.queries.specification import SpecificationLine, matrix
from batches.queries.training import withdrawn
from batches.rules.deviations import tells_of
from batches.rules.release import CriterionFacts, DeviationFacts, DoubtFacts, ReleaseFacts
from batches.rules.states import DeviationState, DispositionState, FormState, Stage
from lims import clock
from lims.accounts.models import User
from lims.ledger.verify import verify
from lims.recorded import version_model
from lims.signatures.meanings import Meaning
from lims.signatures.subjects import subject_model
from lims.site import zone

_INFUSED = frozenset({Stage.INFUSING, Stage.INFUSED})


def release_facts(
    batch: Batch, decider: User | None, *, lines: Sequence[SpecificationLine] | None = None
) -> ReleaseFacts:
    """Everything the gate weighs. `decider` is who would sign; `lines` saves asking for the matrix again."""
    process = batch.mbr.process
    fill = Fill.objects.filter(batch=batch).first()
    steps = signed_steps(batch)
    resting_on = {**steps, **relied_on(batch)}
    valid = patient_facts(batch.patient).consents_valid
    infusion = getattr(batch, "infusion", None)
    stage = Stage(batch.stage)
    labels, donor = labels_applied(batch), donor_tests(batch)
    lots, used = lots_used(batch), _equipment_used(batch)
    return ReleaseFacts(
        stage=stage,
        disposition=DispositionState(batch.disposition),
        is_filled=fill is not None,
        tests=tuple(
            CriterionFacts(
                key=line.row.key,
                name=line.row.name,
                standing=line.standing,
                outcome=line.outcome,
                is_pending_allowed=line.row.pending_allowed,
                is_required=line.is_required,
                text=line.text,
                limit=line.limit,
            )
            for line in (lines if lines is not None else matrix(batch))
        ),
        deviations=tuple(_deviations(batch)),
        is_identity_checked=Receipt.objects.filter(batch=batch).exists(),
        superseded=tuple(named(step) for step in superseded(resting_on, but=(Disposition._meta.label,))),
        unwitnessed=tuple(_unwitnessed(batch, steps)),
        is_expired=fill is not None and clock.now() >= fill.expires_at,
        is_infused=stage in _INFUSED or (stage is Stage.ENDED and infusion is not None),
        consents_missing=tuple(c.name for c in process.consents if c.key not in valid),
        is_involved=decider is not None and took_part(decider, batch),
        is_trail_reviewed=batch.audit_trail_reviews.exists(),
        unreviewed_entries=unreviewed(batch),
        ledger_findings=len(verify([batch.stream, batch.patient.stream], files=False).findings),
        lots_rejected=tuple(lot.code for lot in lots if lot.state == Lot.State.REJECTED),
        lots_quarantined=tuple(lot.code for lot in lots if lot.state == Lot.State.QUARANTINE),
        equipment_overdue=tuple(_overdue(used)),
        equipment_out=tuple(_out_of_service(batch, used)),
        training_withdrawn=tuple(_withdrawn(batch)),
        forms_open=tuple(batch.downtime_forms.filter(state=FormState.ISSUED).values_list("number", flat=True)),
        labels_open=tuple(unaccounted(batch)),
        is_labelled=bool(labels),
        label_lacks=tuple(dict.fromkeys(statement for row in labels for statement in lacks(row, donor))),
    )


def named(step: SignedStep) -> str:
    """A signed step as people call it, such as «B-0001 P2»."""
    row = subject_model(step.model)._base_manager.filter(pk=step.pk).first()
    return str(row) if row is not None else f"{step.model} {step.pk}"


def _deviations(batch: Batch) -> Iterator[DeviationFacts]:
    for row in batch.deviations.select_related("closure"):
        closure = getattr(row, "closure", None)
        yield DeviationFacts(
            number=row.number,
            severity=row.severity,
            state=DeviationState(row.state),
            is_acceptable=closure.is_product_acceptable if closure else None,
        )


def _unwitnessed(batch: Batch, steps: Mapping[tuple[str, str], SignedStep]) -> Iterator[str]:
    """Critical steps of the culture that only one person signed."""
    for row in _critical(batch):
        step = steps.get((row._meta.label, str(row.pk)))
        if step is None or not any(s.signature.meaning == Meaning.WITNESSED for s in step.signatures):
            yield str(row)


def _critical(batch: Batch) -> list[models.Model]:
    return [
        *Receipt.objects.filter(batch=batch),
        *Isolation.objects.filter(batch=batch),
        *Passage.objects.filter(batch=batch),
        *Fill.objects.filter(batch=batch),
    ]


def _equipment_used(batch: Batch) -> Mapping[int, datetime]:
    """Every piece of equipment a batch used, by key, and when last."""
    uses: list[tuple[int | None, Any]] = [
        (getattr(row, field.attname), row) for row, field in references(batch, Equipment)
    ]
    of_batch = Q(isolation__batch=batch) | Q(passage__batch=batch) | Q(fill__batch=batch)
    counts = Count.objects.filter(of_batch).select_related("isolation", "passage", "fill")
    uses += [(count.counter_id, count.isolation or count.passage or count.fill) for count in counts]
    used: dict[int, datetime] = {}
    for key, row in uses:
        if key is not None:
            used[key] = max(used.get(key, row.done_at), row.done_at)
    return used


def _overdue(used: Mapping[int, datetime]) -> Iterator[str]:
    """Equipment used after its calibration was due, by the date that is known now."""
    here = zone()
    for item in Equipment.objects.filter(pk__in=used):
        if item.calibration_due_on < used[item.pk].astimezone(here).date():
            yield item.code


def _out_of_service(batch: Batch, used: Mapping[int, datetime]) -> Iterator[DoubtFacts]:
    """Equipment that was used and is out of service now, with the day it was taken out."""
    for item in Equipment.objects.filter(pk__in=used, is_in_service=False):
        versions = version_model(Equipment)._default_manager.filter(id=item.pk).order_by("-history_id")
        told = versions.values_list("is_in_service", "history_date")
        out = list(takewhile(lambda version: not version[0], told))
        yield _doubt(batch, item.code, out[-1][1])


def _withdrawn(batch: Batch) -> Iterator[DoubtFacts]:
    """People who made or tested, and whose training for it was withdrawn since."""
    for name, at in withdrawn(batch.mbr, worked(batch)).items():
        yield _doubt(batch, name, at)


def _doubt(batch: Batch, name: str, since: datetime) -> DoubtFacts:
    raised = version_model(Deviation)._default_manager.filter(batch_id=batch.pk, history_type="+")
    later = raised.filter(history_date__gte=since).values("id")
    told = batch.deviations.filter(pk__in=later).exclude(state=DeviationState.OPEN)
    is_assessed = any(tells_of(name, row.title, row.description) for row in told)
    return DoubtFacts(name, since.astimezone(zone()).date(), is_assessed)
