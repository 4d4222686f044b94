"""What a fill draws from: the final cell harvests of a batch, and containers filled before."""

from __future__ import annotations

from datetime import datetime

from batches.models import Batch, Fill, Passage
from batches.queries.lineage import lineage
from batches.rules.fills import HarvestedPart


def harvested_parts(batch: Batch) -> list[HarvestedPart]:
    """The final cell harvests of a batch with their counts."""
    return [
        HarvestedPart(each.passage.suspension_ml, each.passage.drawn_ml, each.passage.sampled_ml, each.count)
        for each in lineage(batch).finals
    ]


def last_harvest_at(batch: Batch) -> datetime | None:
    """When the last final cell harvest was counted."""
    finals = Passage.objects.filter(batch=batch, is_final=True).order_by("-done_at")
    return finals.values_list("done_at", flat=True).first()


def is_container_used(code: str) -> bool:
    """Whether a container of that code holds another product. Case does not matter."""
    return Fill.objects.filter(container_code__iexact=code.strip()).exists()
