"""What lists show of a batch, brought up to date after an act changed it. No figure is taken from these columns."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from batches.models import Batch, Observation
from batches.queries.lineage import lineage
from batches.queries.vessels import in_culture, last_fed, vessel_facts
from batches.rules.culture import feeding_limit, is_ready_to_detach, medium_due_at


def project_culture(batch: Batch) -> None:
    """Passage, viable cells of the last harvest and what is due next, from the rows; the caller adds the batch.

    Cells harvested in parts are added up: those of the newest passage, or of all final cell harvests.
    """
    process = batch.mbr.process
    vessels = in_culture(vessel_facts(batch))
    culture = lineage(batch)
    counted = culture.finals
    if not counted and culture.passages:
        newest = max(each.passage.generation for each in culture.passages)
        counted = tuple(each for each in culture.passages if each.passage.generation == newest)
    totals = [each.count.total_viable for each in counted if each.count.total_viable is not None]
    batch.latest_viable_cells = sum(totals, Decimal(0)).quantize(Decimal(1)) if totals else None
    if not vessels:
        batch.due_act, batch.due_at = ("fill:log" if culture.finals else ""), None
        return
    batch.generation = min(v.generation for v in vessels)
    fed = last_fed(batch)
    assert fed is not None  # there are vessels in culture
    seen = Observation.objects.filter(batch=batch, generation=batch.generation).order_by("-done_at", "-id").first()
    is_ready = is_ready_to_detach(process, seen.confluence_pct if seen else None)
    can_reseed = batch.generation + 1 <= process.passage_limit
    next_act = "passage:log" if can_reseed else "cell_harvest:log"
    batch.due_act = next_act if is_ready else "culture:change_medium"
    # Cells that are ready wait no longer than their medium does.
    batch.due_at = medium_due_at(feeding_limit(process, is_first_of_p0=fed.is_first_of_p0), fed.at)


def project_fill(batch: Batch, *, cells: Decimal | None, expires_at: datetime) -> None:
    """After the fill the product waits for QA and the patient, no longer than its booking or its expiry."""
    batch.latest_viable_cells = cells.quantize(Decimal(1)) if cells is not None else None
    batch.due_act = "disposition:decide"
    batch.due_at = min(filter(None, (batch.booked_infusion_at, expires_at)))
