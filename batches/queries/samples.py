"""What is asked about samples: how many cells there are to take one from, and which were taken."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Sum

from batches.models import Batch
from batches.queries.lineage import lineage


def cells_left(batch: Batch) -> Decimal | None:
    """Viable cells by the newest count, less what samples of that generation used; nothing before the first count.

    After the final cell harvest it is the sum of all of them.
    """
    culture = lineage(batch)
    newest = culture.finals or culture.passages[-1:]
    if newest:
        totals = [each.count.total_viable for each in newest]
        generation = newest[-1].passage.generation
    elif culture.isolated is not None:
        totals, generation = [culture.isolated.total_viable], 0
    else:
        return None
    used = batch.samples.filter(generation=generation).aggregate(used=Sum("cells_used"))["used"] or Decimal(0)
    return sum((total for total in totals if total is not None), Decimal(0)) - used


def taken_of(batch: Batch, kind: str) -> int:
    """How many samples of a kind were taken."""
    return batch.samples.filter(kind=kind).count()
