"""What is asked about deviations: who raised and assessed one, and the list of all, page by page."""

from __future__ import annotations

from dataclasses import dataclass

from batches.models import Batch, Deviation, DeviationAssessment
from batches.rules.states import DeviationState
from lims.ledger.models import Entry

PAGE = 40


@dataclass(frozen=True)
class Hands:
    """The accounts a deviation went through, by primary key as text."""

    raiser: str | None
    assessor: str | None


def hands(deviation: Deviation) -> Hands:
    """Who raised and who assessed a deviation. A limit raises it through the person whose act it was."""
    first = deviation.history.order_by("history_id").values_list("act_id", flat=True).first()
    raiser = Entry.objects.filter(pk=first).values_list("actor_id", flat=True).first()
    assessment = DeviationAssessment.objects.filter(deviation=deviation).select_related("act").first()
    assessor = assessment.act.actor_id if assessment else None
    return Hands(str(raiser) if raiser else None, str(assessor) if assessor else None)


def listed(*, are_closed: bool, before: int | None = None) -> tuple[list[Deviation], int | None]:
    """One page of deviations of all batches, newest first, and the key the next page begins below."""
    rows = Deviation.objects.select_related("batch", "batch__patient").order_by("-id")
    closed = DeviationState.CLOSED
    rows = rows.filter(state=closed) if are_closed else rows.exclude(state=closed)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: PAGE + 1])
    return found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None


def of_batch(batch: Batch) -> list[Deviation]:
    """Every deviation of a batch, those not closed first, then the newest."""
    rows = batch.deviations.select_related("assessment", "closure").order_by("-id")
    return sorted(rows, key=lambda d: d.state == DeviationState.CLOSED)
