"""Acts: a passage (detach, count, reseed) and the final cell harvest (detach, count).

Not here: the counting and seeding parts they share with other acts (`counting`, `seeding`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from batches.commands.counting import Counting, CountInput
from batches.commands.judging import raise_for, raise_if_late
from batches.commands.projections import project_culture
from batches.commands.scanning import Scans
from batches.commands.seeding import Seeding
from batches.commands.stops import stops_on
from batches.commands.streams import advance, batch_stream, locked, require, signed_by
from batches.models import Batch, Detachment, Equipment, Lot, Passage, Vessel
from batches.queries.lineage import lineage
from batches.queries.vessels import in_culture, is_shelf_shared, vessel_facts
from batches.rules import passages as rules
from batches.rules.counts import left_ml, suspension_refusals
from batches.rules.judging import Finding, comment_refusals
from batches.rules.lineage import Growth, SeededVessel, grown
from batches.rules.seeding import SeedingLine
from batches.rules.states import VESSELS, Stage, VesselState, move
from batches.rules.times import done_refusals
from batches.rules.vessels import VesselFacts, chosen
from lims.accounts.permissions import Permission
from lims.acts import Act
from lims.commands import command
from lims.recorded import add_all
from lims.refusals import Refusal, refuse_if_any
from lims.signatures.meanings import Meaning


@dataclasses.dataclass(frozen=True)
class Detached:
    """What is typed of cells detached: vessels by code, volumes in mL, confluence in per cent, codes of materials."""

    vessels: Sequence[str]
    confluence_pct: Decimal
    reagent_lot: str
    exposure_started_at: datetime
    exposure_ended_at: datetime
    suspension_ml: Decimal
    drawn_ml: Decimal
    sampled_ml: Decimal
    cabinet: str
    count: CountInput


class _Detaching:
    """The part both acts share: the vessels, the suspension, the count and what follows from them."""

    def __init__(self, batch: Batch, typed: Detached, *, done_at: datetime, is_final: bool) -> None:
        self.batch = batch
        self.typed = typed
        self.is_final = is_final
        self.process = batch.mbr.process
        self.scans = Scans(batch, done_at)
        self.culture = lineage(batch)
        self.vessels, self._vessel_refusals = chosen(
            typed.vessels, batch_number=batch.number, coi=batch.coi, vessels=vessel_facts(batch)
        )
        self.reagent = self.scans.lot(typed.reagent_lot, Lot.Kind.DETACHMENT, field="reagent_lot")
        self.cabinet = self.scans.equipment(typed.cabinet, Equipment.Kind.BSC, field="cabinet")
        self.counting = Counting(
            typed.count,
            scans=self.scans,
            process=self.process,
            volume_ml=typed.suspension_ml,
            drawn_ml=typed.drawn_ml,
        )
        self.growth = self._growth()

    @property
    def sources(self) -> list[SeededVessel]:
        """The vessels with the cells they were seeded with."""
        return [self.culture.vessels[v.pk] for v in self.vessels]

    @property
    def generation(self) -> int:
        """The passage whose cells are detached."""
        return self.vessels[0].generation

    def _growth(self) -> Growth | None:
        if len({v.generation for v in self.vessels}) != 1:
            return None
        result = self.counting.result
        return grown(
            self.sources,
            generation=self.generation,
            harvested=result.total_viable if result else None,
            harvested_at=self.typed.exposure_started_at,
        )

    def refusals(self, *, done_at: datetime, recorded_at: datetime, late_reason: str) -> Iterator[Refusal]:
        """Everything against detaching and counting; call it when every scan is done."""
        typed = self.typed
        yield from self._vessel_refusals
        if not self._vessel_refusals:
            yield from rules.vessels_refusals(self.vessels)
        yield from rules.confluence_refusals(typed.confluence_pct)
        yield from suspension_refusals(typed.suspension_ml, typed.drawn_ml, typed.sampled_ml)
        yield from rules.order_refusals(
            seeded_at=max((v.seeded_at for v in self.sources), default=None),
            exposure_started_at=typed.exposure_started_at,
            exposure_ended_at=typed.exposure_ended_at,
            done_at=done_at,
        )
        yield from done_refusals(done_at, recorded_at, late_reason)
        yield from self.counting.refusals
        yield from self.scans.refusals

    def findings(self, *, done_at: datetime) -> list[Finding]:
        """What is held against limits."""
        typed = self.typed
        return [
            *rules.findings(
                self.process,
                confluence_pct=typed.confluence_pct,
                exposure_started_at=typed.exposure_started_at,
                exposure_ended_at=typed.exposure_ended_at,
                done_at=done_at,
                culture_started_at=self.culture.started_at,
                growth=self.growth,
                is_final=self.is_final,
            ),
            *self.counting.findings(),
        ]

    def row(self, *, done_at: datetime, late_reason: str, comment: str) -> Passage:
        """The passage as it is to be saved."""
        typed = self.typed
        assert self.reagent is not None
        assert self.cabinet is not None
        return Passage(
            batch=self.batch,
            generation=self.generation,
            is_final=self.is_final,
            confluence_pct=typed.confluence_pct,
            reagent_lot=self.reagent,
            exposure_started_at=typed.exposure_started_at,
            exposure_ended_at=typed.exposure_ended_at,
            suspension_ml=typed.suspension_ml,
            drawn_ml=typed.drawn_ml,
            sampled_ml=typed.sampled_ml,
            cabinet=self.cabinet,
            done_at=done_at,
            late_reason=late_reason,
            comment=comment,
        )

    def record(self, act: Act, passage: Passage) -> None:
        """Write the passage, its count, and the vessels detached, moved by their table."""
        act.add(passage)
        self.counting.record(act, passage=passage)
        rows = list(Vessel.objects.filter(pk__in=[v.pk for v in self.vessels]))
        for vessel in rows:
            vessel.state = move(VESSELS, VesselState(vessel.state), VesselState.DETACHED)
        act.add(*rows)
        add_all(Detachment(passage=passage, vessel=vessel) for vessel in rows)


@stops_on("PAS-05")
@command(
    "passage:log",
    needs=Permission.RECORD_PRODUCTION,
    stream=batch_stream,
    signed=signed_by("passage:log", Meaning.PERFORMED, Meaning.WITNESSED),
)
def log_passage(
    act: Act,
    *,
    batch: Batch,
    detached: Detached,
    seeding: Sequence[SeedingLine],
    medium_lot: str,
    medium_ml: Decimal,
    incubator: str,
    shelf: str,
    done_at: datetime,
    comment: str = "",
    late_reason: str = "",
) -> Passage:
    """Detach vessels of one passage, count, and reseed as the next. Volumes in mL; `done_at` is the reseeding.

    Raises:
        Refused: CUL-01 nothing in culture, PAS-01 to PAS-06 the vessels and the limits of passage number and
            cumulative doublings, CUL-02 to CUL-04 confluence, medium, shelf, SUS-* and SEE-* volumes, CNT-* the
            count, LOT-*, EQP-* scans, ATT-* a counter's file, TIM-* times, ALR-01 a limit without a comment.
            PAS-05 also leaves a critical deviation.
    """
    live = locked(batch)
    require("passage:log", live)
    part = _Detaching(live, detached, done_at=done_at, is_final=False)
    medium = part.scans.lot(medium_lot, Lot.Kind.MEDIUM, field="medium_lot")
    place = part.scans.equipment(incubator, Equipment.Kind.INCUBATOR, field="incubator")
    result = part.counting.result
    seeds = Seeding(
        seeding,
        scans=part.scans,
        process=part.process,
        left_ml=left_ml(detached.suspension_ml, detached.drawn_ml, detached.sampled_ml),
        viable_per_ml=result.viable_per_ml if result else None,
    )
    found = part.findings(done_at=done_at)
    next_generation = part.generation + 1 if part.vessels else None
    if next_generation is not None:
        found += seeds.findings(generation=next_generation)
    refuse_if_any(
        [
            *part.refusals(done_at=done_at, recorded_at=act.at, late_reason=late_reason),
            *(rules.limit_refusals(part.generation, part.growth, part.process) if part.vessels else ()),
            *rules.medium_refusals(medium_ml),
            *rules.shelf_refusals(
                is_shared=place is not None and is_shelf_shared(live, place, shelf), incubator=incubator, shelf=shelf
            ),
            *seeds.refusals,
            *comment_refusals(found, comment),
        ]
    )
    passage = part.row(done_at=done_at, late_reason=late_reason, comment=comment)
    passage.medium_lot, passage.medium_ml = medium, medium_ml
    passage.incubator, passage.shelf = place, shelf
    part.record(act, passage)
    seeds.record(batch=live, generation=part.generation + 1, passage=passage)
    raise_for(
        act, batch=live, source=passage, at=done_at, findings=found, step=f"P{passage.generation}", comment=comment
    )
    project_culture(live)
    act.add(live)
    raise_if_late(act, batch=live, row=passage)
    act.sign(passage)
    return passage


@stops_on("PAS-05")
@command(
    "cell_harvest:log",
    needs=Permission.RECORD_PRODUCTION,
    stream=batch_stream,
    signed=signed_by("cell_harvest:log", Meaning.PERFORMED, Meaning.WITNESSED),
)
def log_cell_harvest(
    act: Act,
    *,
    batch: Batch,
    detached: Detached,
    done_at: datetime,
    comment: str = "",
    late_reason: str = "",
) -> Passage:
    """Detach vessels for the product and count them. Repeated while vessels remain; the last moves the batch on.

    `done_at` is the count. Raises Refused as `log_passage` does, without the reasons that belong to reseeding.
    """
    live = locked(batch)
    require("cell_harvest:log", live)
    part = _Detaching(live, detached, done_at=done_at, is_final=True)
    found = part.findings(done_at=done_at)
    refuse_if_any(
        [
            *part.refusals(done_at=done_at, recorded_at=act.at, late_reason=late_reason),
            *comment_refusals(found, comment),
        ]
    )
    passage = part.row(done_at=done_at, late_reason=late_reason, comment=comment)
    part.record(act, passage)
    raise_for(act, batch=live, source=passage, at=done_at, findings=found, step="final cell harvest", comment=comment)
    advance(live, stage_after(live))
    project_culture(live)
    act.add(live)
    raise_if_late(act, batch=live, row=passage)
    act.sign(passage)
    return passage


def stage_after(batch: Batch) -> Stage:
    """Cells are harvested once no vessel is left in culture and any was harvested; until then culture goes on."""
    remaining: list[VesselFacts] = in_culture(vessel_facts(batch))
    is_any_harvested = Passage.objects.filter(batch=batch, is_final=True).exists()
    return Stage.CELL_HARVEST if is_any_harvested and not remaining else Stage.CULTURE
