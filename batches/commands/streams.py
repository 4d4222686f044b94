"""Which stream an act belongs to, and the batch as it stands under the stream's lock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from batches.models import Batch
from batches.queries.facts import batch_facts
from batches.rules.sequence import BatchFacts, refusals
from batches.rules.states import STAGES, Stage, move
from lims.refusals import refuse_if_any
from lims.signatures.meanings import Meaning


def batch_stream(inputs: Mapping[str, Any]) -> str:
    """The stream of the batch an act is about."""
    stream: str = inputs["batch"].stream
    return stream


def patient_stream(inputs: Mapping[str, Any]) -> str:
    """The stream of the patient an act is about."""
    stream: str = inputs["patient"].stream
    return stream


def signed_by(act_name: str, *always: Meaning) -> Callable[[Mapping[str, Any]], Sequence[Meaning]]:
    """The signatures an act always needs, and those the batch's master batch record asks for besides."""

    def meanings(inputs: Mapping[str, Any]) -> Sequence[Meaning]:
        batch: Batch = inputs["batch"]
        more = [Meaning(m) for m in batch.mbr.process.meanings(act_name)]
        return (*always, *(m for m in more if m not in always))

    return meanings


def locked(batch: Batch) -> Batch:
    """The batch as it stands now that its stream is locked, with its patient and process."""
    return Batch.objects.select_related("patient", "mbr").get(pk=batch.pk)


def advance(batch: Batch, to: Stage) -> None:
    """Move the batch's stage by the table; the caller adds the batch to the act."""
    batch.stage = move(STAGES, Stage(batch.stage), to)


def require(name: str, batch: Batch) -> BatchFacts:
    """The facts of a batch whose act `name` may come now.

    Raises:
        Refused: what stands in the way; nothing else of the act makes sense then.
    """
    facts = batch_facts(batch)
    refuse_if_any(refusals(name, facts))
    return facts
