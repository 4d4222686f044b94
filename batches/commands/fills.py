"""Act: formulation and fill of the final container."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from batches.commands.counting import Counting, CountInput
from batches.commands.judging import raise_deviation, raise_for, raise_if_late
from batches.commands.labels import end_label
from batches.commands.projections import project_fill
from batches.commands.scanning import Scans
from batches.commands.stops import stops_on
from batches.commands.streams import advance, batch_stream, locked, require, signed_by
from batches.models import Batch, Fill, Lot
from batches.queries.fills import harvested_parts, is_container_used, last_harvest_at
from batches.queries.labels import facts_of
from batches.rules import fills as rules
from batches.rules.identity import read_label
from batches.rules.judging import comment_refusals
from batches.rules.labels import fill_label
from batches.rules.states import LabelState, Stage
from batches.rules.times import done_refusals
from lims.accounts.permissions import Permission
from lims.acts import Act
from lims.commands import command
from lims.refusals import refuse_if_any
from lims.signatures.meanings import Meaning


@stops_on("FIL-03")
@command(
    "fill:log",
    needs=Permission.RECORD_PRODUCTION,
    stream=batch_stream,
    signed=signed_by("fill:log", Meaning.PERFORMED, Meaning.WITNESSED),
)
def log_fill(
    act: Act,
    *,
    batch: Batch,
    used_ml: Decimal,
    vehicle_lot: str,
    container_lot: str,
    container_code: str,
    volume_ml: Decimal,
    drawn_ml: Decimal,
    storage_temp_c: Decimal,
    is_appearance_good: bool,
    scanned_coi: str,
    count: CountInput,
    done_at: datetime,
    comment: str = "",
    late_reason: str = "",
) -> Fill:
    """Formulate the cells, fill the container, count the bulk. Volumes in mL; `done_at` is the end of formulation.

    The label that was printed for the container is on it and scanned: with that it is applied. The expiry is computed
    from the master batch record. A dose or viability outside the specification, and a bag that does not look as it
    should, are recorded and raise a deviation.

    Raises:
        Refused: FIL-01 cells not harvested, FIL-02 more suspension than there is, FIL-03 another label (a hard stop
            that leaves a critical deviation), FIL-04 more cells than there were, FIL-05 volumes, FIL-06 container
            used, FIL-07 appearance without comment, FIL-08 no label printed, FIL-09 not the container's label, CNT-*,
            LOT-*, EQP-*, ATT-*, TIM-*, ALR-01.
    """
    live = locked(batch)
    require("fill:log", live)
    process = live.mbr.process
    scans = Scans(live, done_at)
    vehicle = scans.lot(vehicle_lot, Lot.Kind.VEHICLE, field="vehicle_lot")
    container = scans.lot(container_lot, Lot.Kind.CONTAINER, field="container_lot")
    counting = Counting(count, scans=scans, process=process, volume_ml=volume_ml, drawn_ml=drawn_ml)
    parts = harvested_parts(live)
    result = counting.result
    printed = list(live.label_prints.order_by("id"))
    of_another = list(rules.label_refusals(scanned_coi=scanned_coi, coi=live.coi))
    label, against_label = fill_label(read_label(scanned_coi), container_code=container_code, labels=facts_of(printed))
    # The bag's viability is held against the specification, not against the limit of a culture.
    found = [*rules.findings(process, result), *counting.findings(viability_limit=None)]
    refuse_if_any(
        [
            *(of_another or against_label),
            *rules.volume_refusals(
                used_ml=used_ml, available=rules.available_ml(parts), volume_ml=volume_ml, drawn_ml=drawn_ml
            ),
            *rules.cells_refusals(
                result, drawn_ml=drawn_ml, most=rules.most_cells(parts, used_ml, process.count_errors)
            ),
            *rules.container_refusals(is_used=is_container_used(container_code), code=container_code),
            *rules.appearance_refusals(is_good=is_appearance_good, comment=comment),
            *done_refusals(done_at, act.at, late_reason, after=last_harvest_at(live)),
            *counting.refusals,
            *scans.refusals,
            *comment_refusals(found, comment),
        ]
    )
    assert label is not None  # refused above
    fill = Fill(
        batch=live,
        used_ml=used_ml,
        vehicle_lot=vehicle,
        container_lot=container,
        container_code=label.container,
        volume_ml=volume_ml,
        drawn_ml=drawn_ml,
        storage_temp_c=storage_temp_c,
        is_appearance_good=is_appearance_good,
        scanned_coi=scanned_coi,
        expires_at=rules.expires_at(process, done_at),
        done_at=done_at,
        comment=comment,
        late_reason=late_reason,
    )
    act.add(fill)
    counting.record(act, fill=fill)
    end_label(act, next(row for row in printed if row.code == label.code), LabelState.APPLIED, fill=fill)
    raise_for(act, batch=live, source=fill, at=done_at, findings=found, step="fill", comment=comment)
    if not is_appearance_good:
        raise_deviation(
            act,
            batch=live,
            source=fill,
            at=done_at,
            title="Appearance of the filled container",
            description=comment.strip(),
            limit="appearance",
        )
    advance(live, Stage.FILLED)
    project_fill(live, cells=result.total_viable if result else None, expires_at=fill.expires_at)
    act.add(live)
    raise_if_late(act, batch=live, row=fill)
    act.sign(fill)
    return fill
