"""The lineage of a culture: what each vessel was seeded with, and how far its cells have doubled since P0.

Here: from seeded vessels and one count to growth. Not here: where the vessels come from (queries) and the limits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from batches.rules import growth
from batches.rules.growth import Lineage, LineageSource
from batches.rules.intervals import as_decimal

START = Lineage(Decimal(0), Decimal(0))


@dataclass(frozen=True)
class SeededVessel:
    """A vessel with the cells it was seeded with. `before` are the doublings those cells came with; `cv` is relative.

    Volume in mL, area in cm², concentration in viable cells per mL.
    """

    code: str
    generation: int
    kind: str
    area_cm2: Decimal
    suspension_ml: Decimal
    viable_per_ml: Decimal
    cv: Decimal | None
    seeded_at: datetime
    before: Lineage

    @property
    def cells(self) -> Decimal:
        """Viable cells seeded into it."""
        return self.suspension_ml * self.viable_per_ml


@dataclass(frozen=True)
class Growth:
    """How cells of generation n grew from seeding to cell harvest. `None` is what can't be known; P0 knows little.

    `after` is (0, 0) for P0: cumulative doublings begin at its cell harvest.
    """

    generation: int
    seeded: Decimal | None
    seeded_cv: Decimal | None
    hours: Decimal | None
    area_cm2: Decimal
    sources: tuple[LineageSource, ...]
    before: Lineage
    after: Lineage
    doublings: Decimal | None
    doubling_time_h: Decimal | None


def grown(
    vessels: Sequence[SeededVessel], *, generation: int, harvested: Decimal | None, harvested_at: datetime | None
) -> Growth:
    """Growth of the cells of the vessels detached together, counted together as `harvested` viable cells.

    Seeded cells are summed over the vessels. Where they were seeded at different times, the hours are the mean
    weighted by cells. Doublings add to the lineage: the mean weighted by cells, and the highest for the limit.
    """
    area = sum((v.area_cm2 for v in vessels), Decimal(0))
    hours = _mean_hours(vessels, harvested_at)
    if generation == 0:
        return Growth(0, None, None, hours, area, (), START, START, None, None)
    seeded = sum((v.cells for v in vessels), Decimal(0)) if vessels else None
    sources = tuple(LineageSource(v.cells, v.before.mean, v.before.highest) for v in vessels)
    before = growth.lineage_cpdl(sources)
    doublings = growth.population_doublings(seeded, harvested)
    return Growth(
        generation=generation,
        seeded=seeded,
        seeded_cv=_pooled_cv(vessels, seeded),
        hours=hours,
        area_cm2=area,
        sources=sources,
        before=before,
        after=growth.cumulative_pdl(before, doublings),
        doublings=doublings,
        doubling_time_h=growth.doubling_time_h(hours, doublings),
    )


def _mean_hours(vessels: Sequence[SeededVessel], until: datetime | None) -> Decimal | None:
    if until is None or not vessels:
        return None
    hours = [Decimal((until - v.seeded_at) // timedelta(seconds=1)) / 3600 for v in vessels]
    weights = [v.cells for v in vessels]
    if not any(weights):
        weights = [Decimal(1)] * len(vessels)
    return sum((h * w for h, w in zip(hours, weights, strict=True)), Decimal(0)) / sum(weights, Decimal(0))


def _pooled_cv(vessels: Sequence[SeededVessel], seeded: Decimal | None) -> Decimal | None:
    """Relative error of the cells seeded: vessels filled from one count share its error, so within it errors add."""
    if not seeded:
        return None
    shared: dict[tuple[datetime, Decimal, Decimal], Decimal] = {}
    for vessel in vessels:
        if vessel.cv is None:
            return None
        key = (vessel.seeded_at, vessel.viable_per_ml, vessel.cv)
        shared[key] = shared.get(key, Decimal(0)) + vessel.cells * vessel.cv
    return as_decimal(math.sqrt(sum(float(error) ** 2 for error in shared.values()))) / seeded
