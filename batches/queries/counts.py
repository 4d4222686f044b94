"""A count of the database, turned into everything that follows from it.

Not here: the arithmetic (`rules.counting`).
"""

from __future__ import annotations

from decimal import Decimal

from batches.models import Batch, Count, Fill, Isolation, Passage
from batches.rules.counting import CountResult
from batches.rules.counts import CountRead, SquareRead, result_of
from batches.rules.process import Process


def counted_row(count: Count) -> Isolation | Passage | Fill:
    """What a count was made of: an isolation, a passage or a fill."""
    row = count.isolation or count.passage or count.fill
    assert row is not None  # a constraint of the table
    return row


def counted_volume_ml(count: Count) -> Decimal:
    """The suspension a count speaks of, in mL: all of it, or the filled volume."""
    row = counted_row(count)
    return row.volume_ml if isinstance(row, Fill) else row.suspension_ml


def count_read(count: Count) -> CountRead:
    """The count as it was typed."""
    return CountRead(
        method=count.method,
        sample_ml=count.sample_ml,
        dye_ml=count.diluent_ml,
        predilution=count.predilution,
        squares=tuple(SquareRead(s.chamber, s.square, s.live, s.dead) for s in count.squares.all()),
        live_per_ml=count.live_per_ml,
        dead_per_ml=count.dead_per_ml,
        live_counted=count.live_counted,
        dead_counted=count.dead_counted,
    )


def count_result(count: Count, *, process: Process | None = None) -> CountResult:
    """Viability, concentration and total viable cells of a recorded count, from its raw figures.

    `process` saves looking the batch's master batch record up again.
    """
    if process is None:
        process = Batch.objects.select_related("mbr").get(pk=counted_row(count).batch_id).mbr.process
    found = result_of(count_read(count), process.count_errors, counted_volume_ml(count))
    assert found is not None  # nothing is recorded that can't be computed
    return found
