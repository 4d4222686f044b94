"""Whether a disposition still rests on the record as it stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from batches.models import Batch, Deviation, Disposition, Lot, TestResult
from batches.queries.materials import lots_used
from batches.rules.release import RELEASES
from batches.rules.states import DeviationState, ResultState, Stage
from lims.ledger import chain
from lims.recorded import Recorded
from lims.signatures.subjects import signed_digests, subject_model

Subjects = Sequence[Sequence[str]]


def subjects_of(batch: Batch) -> list[list[str]]:
    """The rows a disposition stands on: everything made, observed, sampled and finally tested so far."""
    rows: list[Recorded] = [batch]
    for name in ("harvest", "receipt", "isolation", "fill"):
        row = getattr(batch, name, None)
        if row is not None:
            rows.append(row)
    rows += [*batch.passages.all(), *batch.observations.all(), *batch.medium_changes.all(), *batch.samples.all()]
    rows += list(batch.results.filter(state=ResultState.FINAL))
    return sorted([r._meta.label, str(r.pk)] for r in rows)


def digest_of(subjects: Subjects) -> str:
    """SHA-256 over what signatures under each subject would cover now."""
    by_model: dict[str, list[str]] = {}
    for label, pk in subjects:
        by_model.setdefault(label, []).append(pk)
    now = {
        f"{label} {pk}": digest
        for label, keys in by_model.items()
        for pk, digest in signed_digests(subject_model(label), keys).items()
    }
    return chain.digest({"subjects": now})


def is_valid(decision: Disposition) -> bool:
    """Whether what was decided on is unchanged, and neither a result nor a lot has turned against it since.

    A result declared invalid keeps its signed values, and one outside the specification is a new row: neither shows
    in the digest, so both are asked for.
    """
    batch = decision.batch
    if batch.stage == Stage.FILLED and any(lot.state != Lot.State.RELEASED for lot in lots_used(batch)):
        return False  # once it is infused, what follows from a recall is for a deviation to say
    decided_on = [pk for label, pk in decision.subjects if label == TestResult._meta.label]
    if TestResult.objects.filter(pk__in=decided_on, state=ResultState.INVALID).exists():
        return False
    failed = Deviation.objects.filter(
        batch=decision.batch_id, source_model=TestResult._meta.label, act__at__gte=decision.decided_at
    ).exclude(state=DeviationState.CLOSED, closure__is_product_acceptable=True)
    if failed.exists():
        return False
    return digest_of(decision.subjects) == decision.record_digest


def release_stands(batch: Batch) -> bool:
    """Whether the product is not released, or released on the record as it stands."""
    if batch.disposition not in RELEASES:
        return True
    decision = Disposition.objects.filter(batch=batch).last()
    return decision is None or is_valid(decision)


def latest(batches: Iterable[Batch]) -> dict[int, Disposition]:
    """The newest decision of each batch."""
    found: dict[int, Disposition] = {}
    for decision in Disposition.objects.filter(batch__in=list(batches)).order_by("id"):
        found[decision.batch_id] = decision
    return found
