"""Acts of a culture day: an observation, a change of medium, vessels lost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from batches.commands.attachments import Upload, attach, checked
from batches.commands.judging import raise_deviation, raise_for, raise_if_late
from batches.commands.passages import stage_after
from batches.commands.projections import project_culture
from batches.commands.scanning import Scans
from batches.commands.stops import stops_on
from batches.commands.streams import advance, batch_stream, locked, require, signed_by
from batches.models import Batch, Deviation, Lot, MediumChange, Observation, Vessel, VesselLoss
from batches.queries.lineage import lineage
from batches.queries.vessels import in_culture, last_fed, vessel_facts
from batches.rules import culture as rules
from batches.rules.attachments import PHOTOS
from batches.rules.judging import Finding, comment_refusals
from batches.rules.passages import confluence_refusals, medium_refusals
from batches.rules.states import VESSELS, VesselState, move
from batches.rules.times import done_refusals
from batches.rules.vessels import chosen
from lims.accounts.permissions import Permission
from lims.acts import Act
from lims.commands import command
from lims.recorded import add_all
from lims.refusals import refuse_if_any
from lims.signatures.meanings import Meaning


@command(
    "culture:observe",
    needs=Permission.RECORD_PRODUCTION,
    stream=batch_stream,
    signed=signed_by("culture:observe", Meaning.PERFORMED),
)
def record_observation(
    act: Act,
    *,
    batch: Batch,
    confluence_pct: Decimal,
    morphology: str,
    medium: str,
    done_at: datetime,
    generation: int | None = None,
    photo: Upload | None = None,
    comment: str = "",
    late_reason: str = "",
) -> Observation:
    """Record what was seen: confluence in per cent, shape of the cells, look of the medium, a photo.

    Without `generation` it is the passage in culture, the lowest if several. Medium that is not clear raises a major
    deviation.

    Raises:
        Refused: CUL-01 nothing in culture, CUL-02 confluence, OBS-01 no comment on medium that is not clear, OBS-02
            a passage that is not in culture, ATT-* the photo, TIM-*.
    """
    live = locked(batch)
    facts = require("culture:observe", live)
    vessels = in_culture(vessel_facts(live))
    assert facts.generation is not None  # something is in culture
    seen = facts.generation if generation is None else generation
    file, photo_refusals = checked(photo, accepted=PHOTOS, field="photo")
    seeded = lineage(live).vessels
    refuse_if_any(
        [
            *rules.generation_refusals(seen, [v.generation for v in vessels]),
            *confluence_refusals(confluence_pct),
            *rules.medium_look_refusals(medium, comment),
            *photo_refusals,
            *done_refusals(
                done_at,
                act.at,
                late_reason,
                after=min((seeded[v.pk].seeded_at for v in vessels if v.generation == seen), default=None),
            ),
        ]
    )
    row = Observation(
        batch=live,
        generation=seen,
        confluence_pct=confluence_pct,
        morphology=morphology,
        medium=medium,
        done_at=done_at,
        comment=comment,
        late_reason=late_reason,
    )
    act.add(row)
    if file is not None:
        attach(act, file, batch=live, observation=row)
    if medium != rules.CLEAR_MEDIUM:
        raise_deviation(
            act,
            batch=live,
            source=row,
            at=done_at,
            title=f"Medium {Observation.Medium(medium).label.lower()}, P{seen}",
            description=comment.strip(),
            limit="medium_look",
        )
    project_culture(live)
    act.add(live)
    raise_if_late(act, batch=live, row=row)
    act.sign(row)
    return row


@command(
    "culture:change_medium",
    needs=Permission.RECORD_PRODUCTION,
    stream=batch_stream,
    signed=signed_by("culture:change_medium", Meaning.PERFORMED),
)
def change_medium(
    act: Act,
    *,
    batch: Batch,
    medium_lot: str,
    medium_ml: Decimal,
    done_at: datetime,
    comment: str = "",
    late_reason: str = "",
) -> MediumChange:
    """Change the medium of all vessels in culture; `medium_ml` is the volume over all of them, in mL.

    Raises:
        Refused: CUL-01 nothing in culture, CUL-03 no volume, LOT-*, TIM-*, ALR-01 too long since the last change.
    """
    live = locked(batch)
    facts = require("culture:change_medium", live)
    assert facts.generation is not None  # something is in culture
    scans = Scans(live, done_at)
    lot = scans.lot(medium_lot, Lot.Kind.MEDIUM, field="medium_lot")
    fed = last_fed(live)
    assert fed is not None  # something is in culture
    limit = rules.feeding_limit(live.mbr.process, is_first_of_p0=fed.is_first_of_p0)
    found = [Finding(limit, rules.hours_since(fed.at, done_at))]
    refuse_if_any(
        [
            *medium_refusals(medium_ml),
            *done_refusals(done_at, act.at, late_reason, after=fed.at),
            *scans.refusals,
            *comment_refusals(found, comment),
        ]
    )
    row = MediumChange(
        batch=live,
        generation=facts.generation,
        lot=lot,
        volume_ml=medium_ml,
        done_at=done_at,
        comment=comment,
        late_reason=late_reason,
    )
    act.add(row)
    raise_for(
        act,
        batch=live,
        source=row,
        at=done_at,
        findings=found,
        step=f"medium change P{row.generation}",
        comment=comment,
    )
    project_culture(live)
    act.add(live)
    raise_if_late(act, batch=live, row=row)
    act.sign(row)
    return row


@stops_on("PAS-05")
@command(
    "vessel:lose",
    needs=Permission.RECORD_PRODUCTION,
    stream=batch_stream,
    signed=signed_by("vessel:lose", Meaning.PERFORMED, Meaning.WITNESSED),
)
def lose_vessels(
    act: Act,
    *,
    batch: Batch,
    vessels: Sequence[str],
    is_contaminated: bool,
    reason_for_loss: str,
    done_at: datetime,
    late_reason: str = "",
) -> list[VesselLoss]:
    """Discard vessels, by code, or record them contaminated, which raises a critical deviation.

    When the last vessel is lost and none was harvested, the batch stays in culture with nothing: QA ends it.

    Raises:
        Refused: CUL-01 nothing in culture, VES-01 no vessel, VES-02 no reason, PAS-05, PAS-06 the codes, TIM-*.
    """
    live = locked(batch)
    require("vessel:lose", live)
    picked, refusals = chosen(vessels, batch_number=live.number, coi=live.coi, vessels=vessel_facts(live))
    seeded = lineage(live).vessels
    refuse_if_any(
        [
            *refusals,
            *rules.loss_refusals(is_any_named=bool(vessels), reason=reason_for_loss),
            *done_refusals(
                done_at, act.at, late_reason, after=max((seeded[v.pk].seeded_at for v in picked), default=None)
            ),
        ]
    )
    to = VesselState.CONTAMINATED if is_contaminated else VesselState.DISCARDED
    rows = list(Vessel.objects.filter(pk__in=[v.pk for v in picked]))
    for vessel in rows:
        vessel.state = move(VESSELS, VesselState(vessel.state), to)
    act.add(*rows)
    losses = add_all(
        VesselLoss(
            vessel=vessel,
            is_contaminated=is_contaminated,
            reason=reason_for_loss,
            done_at=done_at,
            late_reason=late_reason,
        )
        for vessel in rows
    )
    if is_contaminated:
        raise_deviation(
            act,
            batch=live,
            source=losses[0],
            at=done_at,
            severity=Deviation.Severity.CRITICAL,
            title=f"Contamination, {', '.join(v.code for v in rows)}",
            description=reason_for_loss.strip(),
            limit="contamination",
        )
    advance(live, stage_after(live))
    project_culture(live)
    act.add(live)
    raise_if_late(act, batch=live, row=losses[0])
    for loss in losses:
        act.sign(loss)
    return losses
