"""Every value of a batch that a limit is held against, computed again from the rows as they stand.

An act judges its values when it is recorded; here they are judged after it, so that a correction is judged too. Not
here: the limits (the master batch record), vital signs (their own alarms), and results (the specification).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import models

from batches.models import Batch, Fill, Harvest, Isolation, MediumChange, Receipt, Sample
from batches.queries.counts import count_result
from batches.queries.lineage import CultureLineage, lineage
from batches.rules import fills, isolations, passages
from batches.rules.counting import CountResult
from batches.rules.culture import feeding_limit, hours_since
from batches.rules.growth import seeding_density_per_cm2
from batches.rules.judging import Finding
from batches.rules.limits import Verdict
from batches.rules.lineage import SeededVessel
from batches.rules.process import Process
from batches.rules.samples import window_limit


@dataclass(frozen=True)
class Judged:
    """One value of one recorded step with its limit. `step` is how the step is called in a sentence."""

    row: models.Model
    step: str
    at: datetime
    finding: Finding
    comment: str

    @property
    def verdict(self) -> Verdict:
        """Within, alert or action."""
        return self.finding.verdict

    @property
    def key(self) -> tuple[str, str, str]:
        """The row and the limit: what stays the same when a value is corrected."""
        return self.row._meta.label, str(self.row.pk), self.finding.limit.key


def judged(batch: Batch, *, culture: CultureLineage | None = None) -> list[Judged]:
    """All of them, in the order of the process. The number of queries does not grow with the batch.

    `culture` saves asking for the lineage again.
    """
    process = batch.mbr.process
    culture = culture or lineage(batch)
    return [
        *_harvest(batch, process),
        *_isolation(batch, process, culture),
        *_passages(process, culture),
        *_medium(batch, process, culture),
        *_fill(batch, process),
        *_windows(batch, process, culture),
    ]


def beyond(found: Sequence[Judged], *verdicts: Verdict) -> list[Judged]:
    """Those with one of the verdicts."""
    return [each for each in found if each.verdict in verdicts]


def _harvest(batch: Batch, process: Process) -> Iterator[Judged]:
    limits = process.limits
    harvest = Harvest.objects.filter(batch=batch).first()
    if harvest is None:
        return
    for key, value in (("harvest_volume_ml", harvest.volume_ml), ("transport_temp_c", harvest.transport_temp_c)):
        yield Judged(harvest, "harvest", harvest.done_at, Finding(limits[key], value), "")
    receipt = Receipt.objects.filter(batch=batch).first()
    if receipt is None:
        return
    hours = Decimal((receipt.done_at - harvest.done_at) / timedelta(hours=1)).quantize(Decimal("0.01"))
    for key, value in (
        ("transport_hours", hours),
        ("transport_temp_c", receipt.temperature_min_c),
        ("transport_temp_c", receipt.temperature_max_c),
    ):
        yield Judged(receipt, "receipt", receipt.done_at, Finding(limits[key], value), receipt.comment)


def _isolation(batch: Batch, process: Process, culture: CultureLineage) -> Iterator[Judged]:
    row = Isolation.objects.filter(batch=batch).first()
    harvest = Harvest.objects.filter(batch=batch).first()
    if row is None or harvest is None:
        return
    result = culture.isolated
    found = [
        *isolations.findings(
            process,
            harvested_at=harvest.done_at,
            digestion_started_at=row.digestion_started_at,
            digestion_ended_at=row.digestion_ended_at,
            fat_ml=row.fat_processed_ml,
            total_viable=result.total_viable if result else None,
        ),
        *_counted(process, result, viability_limit="svf_viability_pct"),
        *_density(process, [v for v in culture.vessels.values() if v.generation == 0], generation=0),
    ]
    for finding in found:
        yield Judged(row, "isolation", row.done_at, finding, row.comment)


def _passages(process: Process, culture: CultureLineage) -> Iterator[Judged]:
    for each in culture.passages:
        row = each.passage
        made = [
            v for v in culture.vessels.values() if v.generation == row.generation + 1 and v.seeded_at == row.done_at
        ]
        found = [
            *passages.findings(
                process,
                confluence_pct=row.confluence_pct,
                exposure_started_at=row.exposure_started_at,
                exposure_ended_at=row.exposure_ended_at,
                done_at=row.done_at,
                culture_started_at=culture.started_at,
                growth=each.growth,
                is_final=row.is_final,
            ),
            *_counted(process, each.count, viability_limit="viability_pct"),
            *(() if row.is_final else _density(process, made, generation=row.generation + 1)),
        ]
        step = "final cell harvest" if row.is_final else f"P{row.generation}"
        for finding in found:
            yield Judged(row, step, row.done_at, finding, row.comment)


def _medium(batch: Batch, process: Process, culture: CultureLineage) -> Iterator[Judged]:
    """Hours since the medium before, or since the seeding of that passage."""
    last: datetime | None = None
    generation = -1
    for row in MediumChange.objects.filter(batch=batch).order_by("done_at", "id"):
        is_first = row.generation != generation
        if is_first:
            seeded = [v.seeded_at for v in culture.vessels.values() if v.generation == row.generation]
            last, generation = min(seeded, default=None), row.generation
        if last is not None:
            limit = feeding_limit(process, is_first_of_p0=is_first and row.generation == 0)
            finding = Finding(limit, hours_since(last, row.done_at))
            yield Judged(row, f"medium change P{row.generation}", row.done_at, finding, row.comment)
        last = row.done_at


def _fill(batch: Batch, process: Process) -> Iterator[Judged]:
    row = Fill.objects.filter(batch=batch).select_related("count").first()
    if row is None or not hasattr(row, "count"):
        return
    result = count_result(row.count, process=process)
    for finding in [*fills.findings(process, result), *_counted(process, result, viability_limit=None)]:
        yield Judged(row, "fill", row.done_at, finding, row.comment)


def _windows(batch: Batch, process: Process, culture: CultureLineage) -> Iterator[Judged]:
    """Samples with a window before the final cell harvest: known once it took place, and only ever an alert."""
    limits = {kind.key: limit for kind in process.sampling_plan if (limit := window_limit(kind)) is not None}
    ended = max((each.passage.exposure_started_at for each in culture.finals), default=None)
    if ended is None or not limits:
        return
    for row in Sample.objects.filter(batch=batch, kind__in=limits):
        finding = Finding(limits[row.kind], hours_since(row.done_at, ended))
        yield Judged(row, row.code, row.done_at, finding, row.comment)


def _counted(process: Process, result: CountResult | None, *, viability_limit: str | None) -> Iterator[Finding]:
    """What the count itself is held against, as when it was recorded."""
    if result is None:
        return
    if viability_limit is not None:
        yield Finding(process.limits[viability_limit], result.viability_pct)
    if result.live is not None:
        yield Finding(process.limits["counted_cells"], result.live)
    if result.is_repeat_needed and result.replicate_difference_pct is not None:
        yield Finding(process.limits["replicate_difference_pct"], result.replicate_difference_pct)


def _density(process: Process, vessels: Sequence[SeededVessel], *, generation: int) -> Iterator[Finding]:
    """The density of vessels seeded alike, once for each kind."""
    limit = process.limits["p0_density_per_cm2" if generation == 0 else "seeding_density_per_cm2"]
    alike = {(v.kind, v.area_cm2, v.suspension_ml): v for v in vessels}
    for vessel in alike.values():
        yield Finding(limit, seeding_density_per_cm2(vessel.cells, vessel.area_cm2))
