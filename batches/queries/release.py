"""The facts that release rests on, gathered once. The gate itself is `rules.release.blockers`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import models

from batches.models import Batch, Disposition, Equipment, Fill, Isolation, Lot, MediumChange, Passage, Receipt
from batches.queries.involved import SignedStep, relied_on, signed_steps, superseded, took_part
from batches.queries.labels import donor_tests, labels_applied, lacks, unaccounted
from batches.queries.patients import patient_facts
from batches.queries.reviewing import unreviewed
from batches.queries.specification import SpecificationLine, matrix
from batches.rules.release import CriterionFacts, DeviationFacts, ReleaseFacts
from batches.rules.states import DeviationState, DispositionState, FormState, Stage
from lims import clock
from lims.accounts.models import User
from lims.ledger.verify import verify
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
        lots_rejected=tuple(lot.code for lot in lots_used(batch) if lot.state == Lot.State.REJECTED),
        equipment_overdue=tuple(_overdue(batch)),
        forms_open=tuple(batch.downtime_forms.filter(state=FormState.ISSUED).values_list("number", flat=True)),
        labels_open=tuple(unaccounted(batch)),
        is_labelled=bool(labels),
        label_lacks=tuple(dict.fromkeys(statement for row in labels for statement in lacks(row, donor))),
    )


def named(step: SignedStep) -> str:
    """A signed step as people call it, such as «B-0001 P2»."""
    row = subject_model(step.model)._base_manager.filter(pk=step.pk).first()
    return str(row) if row is not None else f"{step.model} {step.pk}"


def lots_used(batch: Batch) -> list[Lot]:
    """Every lot that touched the cells of a batch, each once."""
    keys = {getattr(row, field.attname) for row, field in _references(batch, Lot)}
    return list(Lot.objects.filter(pk__in=keys - {None}))


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


def _references(batch: Batch, to: type[models.Model]) -> Iterator[tuple[models.Model, Any]]:
    """Rows of the batch beside each of their foreign keys to a kind of material."""
    rows: list[models.Model] = [
        *Isolation.objects.filter(batch=batch),
        *Passage.objects.filter(batch=batch),
        *MediumChange.objects.filter(batch=batch),
        *batch.vessels.all(),
        *Fill.objects.filter(batch=batch),
    ]
    for row in rows:
        for field in row._meta.concrete_fields:
            if field.related_model is to:
                yield row, field


def _overdue(batch: Batch) -> Iterator[str]:
    """Equipment used after its calibration was due, by the date that is known now."""
    used: dict[int, date] = {}
    here = zone()
    for row, field in _references(batch, Equipment):
        done_at: datetime = row.done_at  # type: ignore[attr-defined]
        key: int | None = getattr(row, field.attname)
        day = done_at.astimezone(here).date()
        if key is not None:
            used[key] = max(used.get(key, day), day)
    for item in Equipment.objects.filter(pk__in=used):
        if item.calibration_due_on < used[item.pk]:
            yield item.code
