"""What the two charts of a batch show, from its lineage: for the batch page and for paper.

Not here: how they are drawn (drawings.py).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from batches.queries.lineage import CultureLineage, GrownPassage
from batches.record.charts import Dose, DosePoint, Growth, GrowthPoint
from batches.rules.process import Process
from batches.rules.wording import cells, cells_range


def growth_chart(
    lineage: CultureLineage, process: Process, *, started_on: str, now: datetime | None = None
) -> Growth | None:
    """Log cells by day since P0 was seeded; None before the first count of a passage. `now` draws today's line."""
    start = lineage.started_at
    if start is None or not lineage.passages:
        return None

    def day(at: datetime) -> Decimal:
        return (Decimal((at - start) // timedelta(minutes=1)) / 1440).quantize(Decimal("0.01"))

    points: list[GrowthPoint] = []
    for each in sorted(lineage.passages, key=lambda p: p.passage.done_at):
        total = each.count.total_viable
        if not total:
            continue
        points.append(
            GrowthPoint(
                day(each.passage.exposure_started_at),
                total,
                "cell_harvest",
                f"P{each.passage.generation} {cells(total)}",
                each.count.total_viable_low,
                each.count.total_viable_high,
            )
        )
        if each.reseeded:
            points.append(GrowthPoint(day(each.passage.done_at), each.reseeded, "reseeded"))
    if not points:
        return None
    first = min((p for p in lineage.passages if p.passage.generation == 0), key=_began, default=None)
    said = "; ".join(
        _("day {day}: {label}").format(day=p.day.quantize(Decimal("0.1")), label=p.label) for p in points if p.label
    )
    return Growth(
        description=_("Viable cells on a logarithmic scale, {said}.").format(said=said),
        points=tuple(points),
        target_cells=process.dose_target_cells,
        target_label=_("Target dose {cells}").format(cells=cells(process.dose_target_cells)),
        axis_label=_("days since P0 seeding, {start}").format(start=started_on),
        p0_until_day=day(first.passage.exposure_started_at) if first else None,
        p0_label=_("P0: growth not measurable"),
        now_day=day(now) if now is not None and now > start else None,
        now_label=_("now"),
    )


def _began(each: GrownPassage) -> datetime:
    return each.passage.exposure_started_at


def dose_gauge(lineage: CultureLineage, process: Process) -> Dose | None:
    """How far the last count is toward the dose; None before the first count of a passage.

    Several final cell harvests make one dose: the last count is then their sum, without an interval.
    """
    counted = [p for p in sorted(lineage.passages, key=lambda p: p.passage.done_at) if p.count.total_viable]
    if not counted:
        return None
    finals = [p for p in counted if p.passage.is_final]
    last = counted[-1]
    total = sum((p.count.total_viable or Decimal(0) for p in finals), Decimal(0)) if len(finals) > 1 else None
    shown = total if total is not None else last.count.total_viable or Decimal(0)
    low = last.count.total_viable_low if total is None else None
    high = last.count.total_viable_high if total is None else None
    name = f"P{last.passage.generation}"
    return Dose(
        description=_("{cells} of {target} viable cells, counted at {name}.").format(
            cells=cells(shown), target=cells(process.dose_target_cells), name=name
        ),
        last=DosePoint(
            shown,
            f"{name}: {cells(shown)}",
            low,
            high,
            _("95 %: {interval}").format(interval=cells_range(low, high)) if low is not None and high else "",
        ),
        target_cells=process.dose_target_cells,
        target_label=_("Target dose {cells}").format(cells=cells(process.dose_target_cells)),
        axis_label=_("viable cells; equal steps are equal doublings"),
        earlier=tuple(
            DosePoint(
                p.count.total_viable or Decimal(0), f"P{p.passage.generation}: {cells(p.count.total_viable or 0)}"
            )
            for p in counted[:-1]
        )
        if total is None
        else (),
        needed_cells=process.cells_needed_at_harvest,
        needed_label=_("{cells} at harvest").format(cells=cells(process.cells_needed_at_harvest)),
    )
