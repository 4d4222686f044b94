"""Acts about lots and equipment, in the stream of the site."""

from __future__ import annotations

from datetime import date

from batches.models import Equipment, Lot, Patient
from batches.queries.materials import equipment_facts, lot_facts, registered_by
from batches.rules.materials import decision_refusals, service_refusals
from lims.accounts.permissions import Permission
from lims.acts import Act
from lims.commands import command
from lims.refusals import Refusal, Refused, refuse_if_any
from lims.signatures.meanings import Meaning
from lims.site import zone


def _today(act: Act) -> date:
    return act.at.astimezone(zone()).date()


@command("lot:register", needs=Permission.MANAGE_MATERIALS)
def register_lot(
    act: Act,
    *,
    kind: str,
    name: str,
    code: str,
    expires_on: date,
    supplier: str = "",
    patient: Patient | None = None,
) -> Lot:
    """Register a lot; it waits in quarantine until it is released. Raises Refused LOT-06 for a code that is taken."""
    if Lot.objects.filter(code__iexact=code.strip()).exists():
        raise Refused(Refusal("LOT-06", "Lot {lot} is registered already.", "code", {"lot": code.strip()}))
    lot = Lot(
        kind=kind,
        name=name,
        code=code.strip(),
        supplier=supplier,
        expires_on=expires_on,
        state=Lot.State.QUARANTINE,
        patient=patient,
    )
    act.add(lot)
    return lot


@command("lot:decide", needs=Permission.MANAGE_MATERIALS, signed=(Meaning.APPROVED,))
def decide_lot(act: Act, *, lot: Lot, state: str) -> Lot:
    """Release a lot, reject it, or put it back into quarantine; the reason is the act's.

    The lot is signed as it stands then: the next decision makes this signature read «superseded».

    Raises:
        Refused: LOT-07 a rejected lot stays rejected, LOT-08 a reason is missing for anything but the first release,
            LOT-09 releasing what has expired, LOT-10 the state it has, LOT-11 decided on by who registered it.
    """
    live = Lot.objects.select_related("patient").get(pk=lot.pk)
    is_own = act.actor is not None and registered_by(live) == act.actor.pk
    refuse_if_any(decision_refusals(lot_facts(live), to=state, reason=act.reason, on=_today(act), is_own=is_own))
    live.state = state
    act.add(live)
    act.sign(live)
    return live


@command("equipment:register", needs=Permission.MANAGE_MATERIALS)
def register_equipment(act: Act, *, kind: str, code: str, name: str, calibration_due_on: date) -> Equipment:
    """Register a piece of equipment. Raises Refused EQP-05 for a code that is taken."""
    if Equipment.objects.filter(code__iexact=code.strip()).exists():
        raise Refused(Refusal("EQP-05", "{code} is registered already.", "code", {"code": code.strip()}))
    item = Equipment(kind=kind, code=code.strip(), name=name, calibration_due_on=calibration_due_on)
    act.add(item)
    return item


@command("equipment:calibrate", needs=Permission.MANAGE_MATERIALS, signed=(Meaning.APPROVED,))
def calibrate_equipment(act: Act, *, equipment: Equipment, calibration_due_on: date) -> Equipment:
    """Record a calibration by the day the next one is due. Raises Refused EQP-06 for a day that has passed."""
    if calibration_due_on <= _today(act):
        raise Refused(Refusal("EQP-06", "This day has passed. Enter when the next one is due.", "calibration_due_on"))
    live = Equipment.objects.get(pk=equipment.pk)
    live.calibration_due_on = calibration_due_on
    act.add(live)
    act.sign(live)
    return live


@command("equipment:set_service", needs=Permission.MANAGE_MATERIALS, signed=(Meaning.APPROVED,))
def set_service(act: Act, *, equipment: Equipment, is_in_service: bool) -> Equipment:
    """Take equipment out of service, or put it back. Raises Refused EQP-07 without a reason, EQP-08 no change."""
    live = Equipment.objects.get(pk=equipment.pk)
    refuse_if_any(service_refusals(equipment_facts(live), to=is_in_service, reason=act.reason))
    live.is_in_service = is_in_service
    act.add(live)
    act.sign(live)
    return live
