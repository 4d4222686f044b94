"""Which stream an act belongs to, and the batch as it stands under the stream's lock, for people trained for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from batches.models import Batch, MasterBatchRecord
from batches.queries.facts import batch_facts
from batches.queries.training import training_refusals
from batches.rules.sequence import BatchFacts, refusals
from batches.rules.states import STAGES, Stage, move
from batches.rules.training import ALWAYS_ALLOWED
from lims import acts
from lims.accounts.models import User
from lims.acts import Act
from lims.refusals import refuse_if_any
from lims.signatures.meanings import SECOND_PERSON, Meaning


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
    """The batch as it stands now that its stream is locked, with its patient and process.

    Raises:
        Refused: TRN-01 and TRN-02 for everybody who acts or signs without training for the batch's version.
    """
    live = Batch.objects.select_related("patient", "mbr").get(pk=batch.pk)
    require_training(live.mbr)
    return live


def require_training(mbr: MasterBatchRecord) -> None:
    """Nobody does or signs the act under way without training for a version. What the system does needs none.

    Raises:
        Refused: TRN-01 and TRN-02.
    """
    act = acts.current()
    if act.actor is None or act.name in ALWAYS_ALLOWED:
        return
    refuse_if_any(training_refusals(signing_people(act), mbr, at=act.at))


def signing_people(act: Act) -> dict[User, str | None]:
    """Who does an act and who signs it with them, each with the field of the page that names them, if one does."""
    people: dict[User, str | None] = {act.actor: None} if act.actor is not None else {}
    for signer in act.signers:
        is_second = signer.meaning in SECOND_PERSON
        people.setdefault(signer.user, f"{signer.meaning.value}-username" if is_second else None)
    return people


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
