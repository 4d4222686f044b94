"""How far a batch is: its counts on the way to the dose, as the gauge and the growth chart show them.

Here: rows of counts turned into the specification of a chart, with every label in words; screen and paper ask here. Not
here: the drawing (`drawings`), the arithmetic of a count (`rules.counting`), and queries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils import dateformat
from django.utils.translation import gettext as _

from batches.models import Count, Fill, Isolation, Passage, Vessel
from batches.record.charts import Dose, DosePoint, Growth, GrowthPoint
from batches.rules.counting import CountResult
from batches.rules.process import Process
from batches.rules.wording import cells, cells_range

Counted = Callable[[Count], CountResult]


@dataclass(frozen=True, slots=True)
class Station:
    """One count on the way: what was counted, when, and the viable cells put into new vessels from it, if any.

    `generation` is the passage counted; None stands for the filled container.
    """

    generation: int | None
    at: datetime
    count: CountResult
    reseeded: Decimal | None = None

    @property
    def name(self) -> str:
        """`P1`, or the container."""
        return _("Bag") if self.generation is None else f"P{self.generation}"

    @property
    def cells(self) -> Decimal:
        """Viable cells counted, in the whole suspension."""
        return self.count.total_viable or Decimal(0)


@dataclass(frozen=True, slots=True)
class Progress:
    """The counts of one batch in the order they were made, with what they are held against."""

    process: Process
    zone: ZoneInfo
    seeded_at: datetime | None
    stations: tuple[Station, ...]

    @property
    def last(self) -> Station | None:
        """The newest count."""
        return self.stations[-1] if self.stations else None


def progress_of(
    process: Process,
    zone: ZoneInfo,
    *,
    isolation: Isolation | None,
    passages: Iterable[Passage],
    vessels: Iterable[Vessel],
    fill: Fill | None,
    counted: Counted,
) -> Progress:
    """The way of a batch so far. `counted` computes a count; `passages` and `fill` come with theirs."""
    seeded_ml: dict[int, Decimal] = {}
    for vessel in vessels:
        if vessel.passage_id is not None:
            seeded_ml[vessel.passage_id] = seeded_ml.get(vessel.passage_id, Decimal(0)) + vessel.suspension_ml
    stations = []
    for passage in passages:
        result = counted(passage.count)
        volume_ml = seeded_ml.get(passage.pk)
        reseeded = None if volume_ml is None else (result.viable_per_ml or Decimal(0)) * volume_ml
        stations.append(Station(passage.generation, passage.done_at, result, reseeded))
    if fill is not None:
        stations.append(Station(None, fill.done_at, counted(fill.count)))
    return Progress(process, zone, isolation.done_at if isolation else None, tuple(stations))


def dose_chart(progress: Progress) -> Dose | None:
    """The gauge of the last count on the way to the dose; nothing before the first count of a passage."""
    last = progress.last
    if last is None:
        return None
    target, needed = progress.process.dose_target_cells, progress.process.cells_needed_at_harvest
    point = _dose_point(last, progress.zone, with_interval=True)
    target_label = _("Target dose {cells}").format(cells=cells(target, 2))
    return Dose(
        description=_("Viable cells on a logarithmic scale. {last}. {interval}. {target}.").format(
            last=point.label, interval=point.interval_label or _("No interval"), target=target_label
        ),
        last=point,
        target_cells=target,
        target_label=target_label,
        axis_label=_("viable cells; equal steps are equal doublings"),
        earlier=tuple(_dose_point(s, progress.zone) for s in progress.stations[:-1]),
        # Once the cells are in the bag, what the harvest had to give is no question any more.
        needed_cells=needed if last.generation is not None else None,
        needed_label=_("{cells} at harvest").format(cells=cells(needed)) if last.generation is not None else "",
    )


def growth_chart(progress: Progress, *, now: datetime | None = None) -> Growth | None:
    """Viable cells by day since P0 was seeded; nothing before the first count of a passage."""
    start = progress.seeded_at
    counted = [s for s in progress.stations if s.generation is not None]
    if start is None or not counted:
        return None
    target = progress.process.dose_target_cells
    points: list[GrowthPoint] = []
    for station in counted:
        day = _days(station.at, start)
        label = f"{station.name} {cells(station.cells)}"
        points.append(
            GrowthPoint(
                day,
                station.cells,
                "cell_harvest",
                label,
                station.count.total_viable_low,
                station.count.total_viable_high,
                station.name,
            )
        )
        if station.reseeded:
            points.append(GrowthPoint(day, station.reseeded, "reseeded"))
    first = next((s for s in counted if s.generation == 0), None)
    return Growth(
        description=_("Viable cells by day since P0 seeding: {points}; target {target}").format(
            points="; ".join(p.label for p in points if p.label), target=cells(target, 2)
        ),
        points=tuple(points),
        target_cells=target,
        target_label=_("Target dose {cells}").format(cells=cells(target, 2)),
        axis_label=_("days since P0 seeding, {when}").format(when=_when(start, progress.zone)),
        p0_until_day=_days(first.at, start) if first else None,
        p0_label=_("P0: growth not\nmeasurable") if first else "",
        now_day=_days(now, start) if now is not None else None,
        now_label=_("now") if now is not None else "",
    )


def _dose_point(station: Station, zone: ZoneInfo, *, with_interval: bool = False) -> DosePoint:
    low, high = station.count.total_viable_low, station.count.total_viable_high
    interval = ""
    if with_interval and low is not None and high is not None:
        interval = _("95\u00a0%: {range}").format(range=cells_range(low, high))
    day = dateformat.format(station.at.astimezone(zone), "j M").replace(" ", "\u00a0")
    label = f"{station.name}, {day}: {cells(station.cells)}"
    return DosePoint(station.cells, label, low, high, interval)


def _days(at: datetime, start: datetime) -> Decimal:
    return Decimal((at - start) / timedelta(days=1)).quantize(Decimal("0.01"))


def _when(at: datetime, zone: ZoneInfo) -> str:
    return dateformat.format(at.astimezone(zone), "j M H:i")
