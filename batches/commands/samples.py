"""The act of taking a sample: the sample, and a pending result for every test that waits for it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from batches.commands.judging import raise_if_late
from batches.commands.streams import batch_stream, locked, require, signed_by
from batches.models import Batch, Sample, TestResult
from batches.queries.samples import cells_left, taken_of
from batches.rules.process_parts import SampleKind
from batches.rules.samples import DONOR_BEFORE_ISSUE, SampleInput, medium_refusals, rows_answered, sample_refusals
from batches.rules.specification import SamplingPoint
from batches.rules.states import ResultState, Stage
from batches.rules.times import done_refusals
from lims.accounts.permissions import Permission
from lims.acts import Act
from lims.commands import command
from lims.recorded import add_all
from lims.refusals import refuse_if_any
from lims.signatures.meanings import Meaning


@command(
    "sample:take",
    needs=Permission.TAKE_SAMPLES,
    stream=batch_stream,
    signed=signed_by("sample:take", Meaning.PERFORMED),
)
def take_sample(
    act: Act,
    *,
    batch: Batch,
    kind: str,
    volume_ml: Decimal,
    done_at: datetime,
    cells_used: Decimal = Decimal(0),
    comment: str = "",
    late_reason: str = "",
) -> Sample:
    """Take a sample by the sampling plan; its tests wait as pending results from now on. Volume in mL.

    A second sample of a kind adds a pending result only where a test has none that stands: the repeat of an invalid
    one, linked to it.

    Raises:
        Refused: SAM-01 the product is infused, SAM-02 not taken at this stage, SAM-04 a second one without a reason,
            SAM-05 nothing taken, SAM-06 more cells than there are, SAM-07 medium after the cells were harvested, TIM-*.
    """
    live = locked(batch)
    require("sample:take", live)
    found = next((k for k in live.mbr.process.sampling_plan if k.key == kind), None)
    taken = taken_of(live, kind)
    refuse_if_any(
        [
            *sample_refusals(
                SampleInput(kind, volume_ml, cells_used, comment),
                found,
                stage=Stage(live.stage),
                taken_before=taken,
                cells_left=cells_left(live) if cells_used > 0 else None,
            ),
            *medium_refusals(found, done_at=done_at, harvested_at=_harvested_at(live)),
            *done_refusals(done_at, act.at, late_reason, after=_earliest(live, found)),
        ]
    )
    assert found is not None  # refused above
    sample = Sample(
        batch=live,
        code=_next_code(live),
        kind=kind,
        generation=live.generation,
        volume_ml=volume_ml,
        cells_used=cells_used,
        comment=comment,
        done_at=done_at,
        late_reason=late_reason,
    )
    act.add(sample)
    add_all(_pending(live, found, sample))
    raise_if_late(act, batch=live, row=sample)
    act.sign(sample)
    return sample


def _earliest(batch: Batch, kind: SampleKind | None) -> datetime:
    is_donor = kind is not None and kind.taken_at is SamplingPoint.DONOR
    return batch.issued_at - DONOR_BEFORE_ISSUE if is_donor else batch.issued_at


def _harvested_at(batch: Batch) -> datetime | None:
    """When the last cells were harvested; nothing while some are in culture."""
    if Stage(batch.stage) is Stage.CULTURE:
        return None
    last = batch.passages.filter(is_final=True).order_by("-exposure_started_at").first()
    return last.exposure_started_at if last else None


def _next_code(batch: Batch) -> str:
    """`B-0001-S01`: the batch's stream is locked, so no two samples get the same."""
    return f"{batch.number}-S{batch.samples.count() + 1:02d}"


def _pending(batch: Batch, kind: SampleKind, sample: Sample) -> list[TestResult]:
    """A pending result for each test of the sample that has none standing."""
    specification = batch.mbr.process.specification
    computed = {row.key for row in specification if row.computed}
    newest = {r.test: r for r in batch.results.order_by("id")}
    rows = []
    for key in rows_answered(kind, computed=computed):
        before = newest.get(key)
        if before is None or before.state == ResultState.INVALID:
            rows.append(TestResult(batch=batch, sample=sample, test=key, retest_of=before))
    return rows
