"""The lineage of a batch: every passage with its count and growth, every vessel with the cells it was seeded with.

The number of queries does not grow with the batch. Not here: the arithmetic (`rules.lineage`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from batches.models import Batch, Count, Detachment, Isolation, Passage, Vessel
from batches.queries.counts import count_result
from batches.rules.counting import CountResult
from batches.rules.figures import Figure, passage_figures
from batches.rules.growth import Lineage
from batches.rules.lineage import START, Growth, SeededVessel, grown
from batches.rules.process import Process


@dataclass(frozen=True)
class GrownPassage:
    """One passage with all that follows from it. `reseeded` are viable cells put into `reseeded_area_cm2`."""

    passage: Passage
    count: CountResult
    growth: Growth
    vessels: tuple[SeededVessel, ...]
    reseeded: Decimal | None
    reseeded_area_cm2: Decimal | None


@dataclass(frozen=True)
class CultureLineage:
    """Passages in the order of their generations, and vessels by primary key."""

    isolated: CountResult | None
    passages: tuple[GrownPassage, ...]
    vessels: Mapping[int, SeededVessel]
    started_at: datetime | None

    def of(self, passage: Passage) -> GrownPassage:
        """What follows from one passage. Raises `KeyError`."""
        for each in self.passages:
            if each.passage.pk == passage.pk:
                return each
        raise KeyError(passage.pk)

    @property
    def highest(self) -> Lineage:
        """The most doublings of any branch so far, mean and highest."""
        return max((each.growth.after for each in self.passages), key=lambda at: at.highest, default=START)

    @property
    def finals(self) -> tuple[GrownPassage, ...]:
        """The final cell harvests."""
        return tuple(each for each in self.passages if each.passage.is_final)


def lineage(batch: Batch) -> CultureLineage:
    """The lineage of a batch, from raw counts and volumes. Five queries."""
    process = batch.mbr.process
    isolation = Isolation.objects.filter(batch=batch).select_related("count").first()
    passages = list(Passage.objects.filter(batch=batch).order_by("generation", "done_at", "id"))
    counts: dict[int | None, Count] = {
        count.passage_id: count
        for count in Count.objects.filter(passage__in=passages)
        .select_related("passage", "isolation", "fill")
        .prefetch_related("squares")
    }
    vessels = list(Vessel.objects.filter(batch=batch))
    detached: dict[int, list[int]] = defaultdict(list)
    for passage_id, vessel_id in Detachment.objects.filter(passage__in=passages).values_list("passage_id", "vessel_id"):
        detached[passage_id].append(vessel_id)
    isolated = count_result(isolation.count, process=process) if isolation and hasattr(isolation, "count") else None
    seeded: dict[int, SeededVessel] = {}
    if isolation is not None and isolated is not None:
        _seed(seeded, [v for v in vessels if v.isolation_id == isolation.pk], isolated, isolation.done_at, START)
    found = []
    for passage in passages:
        result = count_result(counts[passage.pk], process=process)
        sources = tuple(seeded[pk] for pk in detached[passage.pk])
        growth = grown(
            sources,
            generation=passage.generation,
            harvested=result.total_viable,
            harvested_at=passage.exposure_started_at,
        )
        made = [v for v in vessels if v.passage_id == passage.pk]
        _seed(seeded, made, result, passage.done_at, growth.after)
        found.append(
            GrownPassage(
                passage,
                result,
                growth,
                sources,
                sum((seeded[v.pk].cells for v in made), Decimal(0)) if made else None,
                sum((v.area_cm2 for v in made), Decimal(0)) if made else None,
            )
        )
    return CultureLineage(isolated, tuple(found), seeded, isolation.done_at if isolation else None)


def figures_of(each: GrownPassage, *, process: Process, fat_ml: Decimal | None = None) -> list[Figure]:
    """The figures of a recorded passage, as the screen, the paper and the file show them."""
    return passage_figures(
        process,
        generation=each.passage.generation,
        count=each.count,
        seeded=each.growth.seeded,
        hours=each.growth.hours,
        sources=each.growth.sources,
        seeded_cv=each.growth.seeded_cv,
        reseeded=each.reseeded,
        reseeded_area_cm2=each.reseeded_area_cm2,
        fat_ml=fat_ml,
        with_reseeding=not each.passage.is_final,
    )


def _seed(
    seeded: dict[int, SeededVessel], vessels: list[Vessel], count: CountResult, at: datetime, before: Lineage
) -> None:
    assert count.viable_per_ml is not None  # nothing is recorded that has no concentration
    for vessel in vessels:
        seeded[vessel.pk] = SeededVessel(
            code=vessel.code,
            generation=vessel.generation,
            kind=vessel.kind,
            area_cm2=vessel.area_cm2,
            suspension_ml=vessel.suspension_ml,
            viable_per_ml=count.viable_per_ml,
            cv=count.total_cv,
            seeded_at=at,
            before=before,
        )
