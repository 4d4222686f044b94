"""Acts: the harvest of fat, and its receipt with a two-person identity check."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from batches.commands.judging import raise_for, raise_if_late
from batches.commands.streams import advance, batch_stream, locked, require, signed_by
from batches.models import Batch, Harvest, Receipt
from batches.queries.infusions import consents_missing, consents_signed_after
from batches.rules import harvests as rules
from batches.rules.judging import Finding, comment_refusals
from batches.rules.states import Stage
from batches.rules.times import done_refusals, not_before
from lims.accounts.permissions import Permission
from lims.acts import Act
from lims.commands import command
from lims.refusals import refuse_if_any
from lims.signatures.meanings import Meaning
from lims.site import zone


@command(
    "harvest:log",
    needs=Permission.RECORD_HARVEST,
    stream=batch_stream,
    signed=signed_by("harvest:log", Meaning.PERFORMED),
)
def record_harvest(
    act: Act,
    *,
    batch: Batch,
    body_site: str,
    side: str,
    volume_ml: Decimal,
    anaesthesia: str,
    started_at: datetime,
    done_at: datetime,
    operator: str,
    container_code: str,
    dispatched_at: datetime,
    transport_temp_c: Decimal,
    late_reason: str = "",
) -> Harvest:
    """Record the harvest of adipose tissue: volume in mL, temperature in °C.

    Raises:
        Refused: HAR-01 harvested before, HAR-02 no volume, HAR-03 consent withdrawn, HAR-04 consent signed
            after the harvest began, TIM-* times that can't be.
    """
    live = locked(batch)
    require("harvest:log", live)
    refuse_if_any(
        [
            *rules.volume_refusals(volume_ml),
            *rules.consent_refusals(consents_missing(live)),
            *rules.consent_date_refusals(consents_signed_after(live, started_at.astimezone(zone()).date())),
            *done_refusals(done_at, act.at, late_reason, after=started_at),
            *not_before(started_at, live.issued_at - rules.ISSUE_MAY_FOLLOW, "started_at"),
            *not_before(dispatched_at, done_at, "dispatched_at"),
        ]
    )
    harvest = Harvest(
        batch=live,
        body_site=body_site,
        side=side,
        volume_ml=volume_ml,
        anaesthesia=anaesthesia,
        started_at=started_at,
        done_at=done_at,
        operator=operator,
        container_code=container_code,
        dispatched_at=dispatched_at,
        transport_temp_c=transport_temp_c,
        late_reason=late_reason,
    )
    advance(live, Stage.HARVESTED)
    act.add(harvest, live)
    limits = live.mbr.process.limits
    raise_for(
        act,
        batch=live,
        source=harvest,
        at=done_at,
        step="harvest",
        findings=[
            Finding(limits["harvest_volume_ml"], volume_ml),
            Finding(limits["transport_temp_c"], transport_temp_c),
        ],
    )
    raise_if_late(act, batch=live, row=harvest)
    act.sign(harvest)
    return harvest


@command(
    "harvest:receive",
    needs=Permission.RECORD_PRODUCTION,
    stream=batch_stream,
    signed=signed_by("harvest:receive", Meaning.PERFORMED, Meaning.WITNESSED),
)
def record_receipt(
    act: Act,
    *,
    batch: Batch,
    scanned_coi: str,
    scanned_patient: str,
    scanned_container: str,
    done_at: datetime,
    temperature_min_c: Decimal,
    temperature_max_c: Decimal,
    is_intact: bool,
    is_labelled: bool,
    comment: str = "",
    late_reason: str = "",
) -> Receipt:
    """Receive the tissue: two people hold container, form and batch against each other. Temperatures in °C.

    Raises:
        Refused: REC-01 not harvested or received already, REC-02 to REC-04 identity mismatch (a hard stop),
            REC-05 a container that is not intact or not labelled, REC-06 lowest above highest, ALR-01, TIM-*.
    """
    live = locked(batch)
    require("harvest:receive", live)
    harvest = live.harvest
    limits = live.mbr.process.limits
    hours = Decimal((done_at - harvest.done_at) / timedelta(hours=1)).quantize(Decimal("0.01"))
    findings = [
        Finding(limits["transport_hours"], hours),
        Finding(limits["transport_temp_c"], temperature_min_c),
        Finding(limits["transport_temp_c"], temperature_max_c),
    ]
    refuse_if_any(
        [
            *rules.identity_refusals(
                scanned_coi=scanned_coi,
                scanned_patient=scanned_patient,
                scanned_container=scanned_container,
                coi=live.coi,
                patient_code=live.patient.code,
                container_code=harvest.container_code,
            ),
            *rules.receipt_refusals(temperature_min_c, temperature_max_c, is_intact=is_intact, is_labelled=is_labelled),
            *done_refusals(done_at, act.at, late_reason, after=harvest.dispatched_at),
            *comment_refusals(findings, comment),
        ]
    )
    receipt = Receipt(
        batch=live,
        scanned_coi=scanned_coi,
        scanned_patient=scanned_patient,
        scanned_container=scanned_container,
        done_at=done_at,
        temperature_min_c=temperature_min_c,
        temperature_max_c=temperature_max_c,
        is_intact=is_intact,
        is_labelled=is_labelled,
        comment=comment,
        late_reason=late_reason,
    )
    advance(live, Stage.RECEIVED)
    act.add(receipt, live)
    raise_for(act, batch=live, source=receipt, at=done_at, step="receipt", findings=findings, comment=comment)
    raise_if_late(act, batch=live, row=receipt)
    act.sign(receipt)
    return receipt
