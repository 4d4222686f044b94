"""Act: the isolation. Fat is digested, its nucleated cells are counted, and P0 is seeded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from batches.commands.counting import Counting, CountInput
from batches.commands.judging import raise_for, raise_if_late
from batches.commands.projections import project_culture
from batches.commands.scanning import Scans
from batches.commands.seeding import Seeding
from batches.commands.streams import advance, batch_stream, locked, require, signed_by
from batches.models import Batch, Equipment, Isolation, Lot
from batches.queries.vessels import is_shelf_shared
from batches.rules import isolations as rules
from batches.rules.counts import left_ml, suspension_refusals
from batches.rules.judging import comment_refusals
from batches.rules.passages import medium_refusals, shelf_refusals
from batches.rules.seeding import SeedingLine
from batches.rules.states import Stage
from batches.rules.times import done_refusals
from lims.accounts.permissions import Permission
from lims.acts import Act
from lims.commands import command
from lims.refusals import refuse_if_any
from lims.signatures.meanings import Meaning


@command(
    "isolation:log",
    needs=Permission.RECORD_PRODUCTION,
    stream=batch_stream,
    signed=signed_by("isolation:log", Meaning.PERFORMED, Meaning.WITNESSED),
)
def log_isolation(
    act: Act,
    *,
    batch: Batch,
    fat_processed_ml: Decimal,
    enzyme_lot: str,
    digestion_started_at: datetime,
    digestion_ended_at: datetime,
    digestion_temp_c: Decimal,
    suspension_ml: Decimal,
    drawn_ml: Decimal,
    count: CountInput,
    seeding: Sequence[SeedingLine],
    medium_lot: str,
    medium_ml: Decimal,
    cabinet: str,
    incubator: str,
    shelf: str,
    done_at: datetime,
    comment: str = "",
    late_reason: str = "",
) -> Isolation:
    """Digest, count, seed P0. Volumes in mL, temperature in °C; `done_at` is the seeding.

    Raises:
        Refused: ISO-01 nothing received, ISO-02 more fat than was harvested, ISO-03 no fat, ISO-04 temperature,
            CUL-03, CUL-04, SUS-*, SEE-*, CNT-*, LOT-*, EQP-*, ATT-*, TIM-*, ALR-01.
    """
    live = locked(batch)
    require("isolation:log", live)
    process = live.mbr.process
    scans = Scans(live, done_at)
    enzyme = scans.lot(enzyme_lot, Lot.Kind.ENZYME, field="enzyme_lot")
    medium = scans.lot(medium_lot, Lot.Kind.MEDIUM, field="medium_lot")
    bench = scans.equipment(cabinet, Equipment.Kind.BSC, field="cabinet")
    place = scans.equipment(incubator, Equipment.Kind.INCUBATOR, field="incubator")
    counting = Counting(count, scans=scans, process=process, volume_ml=suspension_ml, drawn_ml=drawn_ml)
    result = counting.result
    seeds = Seeding(
        seeding,
        scans=scans,
        process=process,
        left_ml=left_ml(suspension_ml, drawn_ml),
        viable_per_ml=result.viable_per_ml if result else None,
    )
    found = [
        *rules.findings(
            process,
            harvested_at=live.harvest.done_at,
            digestion_started_at=digestion_started_at,
            digestion_ended_at=digestion_ended_at,
            fat_ml=fat_processed_ml,
            total_viable=result.total_viable if result else None,
        ),
        *counting.findings(viability_limit="svf_viability_pct"),
        *seeds.findings(generation=0),
    ]
    refuse_if_any(
        [
            *rules.fat_refusals(fat_processed_ml, harvested_ml=live.harvest.volume_ml),
            *rules.temperature_refusals(digestion_temp_c),
            *rules.order_refusals(
                received_at=live.receipt.done_at,
                digestion_started_at=digestion_started_at,
                digestion_ended_at=digestion_ended_at,
            ),
            *done_refusals(done_at, act.at, late_reason, after=digestion_ended_at),
            *suspension_refusals(suspension_ml, drawn_ml),
            *medium_refusals(medium_ml),
            *shelf_refusals(
                is_shared=place is not None and is_shelf_shared(live, place, shelf), incubator=incubator, shelf=shelf
            ),
            *counting.refusals,
            *seeds.refusals,
            *scans.refusals,
            *comment_refusals(found, comment),
        ]
    )
    assert enzyme is not None
    assert medium is not None
    assert bench is not None
    assert place is not None
    isolation = Isolation(
        batch=live,
        fat_processed_ml=fat_processed_ml,
        enzyme_lot=enzyme,
        digestion_started_at=digestion_started_at,
        digestion_ended_at=digestion_ended_at,
        digestion_temp_c=digestion_temp_c,
        suspension_ml=suspension_ml,
        drawn_ml=drawn_ml,
        medium_lot=medium,
        medium_ml=medium_ml,
        cabinet=bench,
        incubator=place,
        shelf=shelf,
        done_at=done_at,
        comment=comment,
        late_reason=late_reason,
    )
    act.add(isolation)
    counting.record(act, isolation=isolation)
    seeds.record(batch=live, generation=0, isolation=isolation)
    raise_for(act, batch=live, source=isolation, at=done_at, findings=found, step="isolation", comment=comment)
    advance(live, Stage.CULTURE)
    project_culture(live)
    act.add(live)
    raise_if_late(act, batch=live, row=isolation)
    act.sign(isolation)
    return isolation
