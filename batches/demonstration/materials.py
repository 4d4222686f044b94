"""Lots and equipment of a demonstration laboratory, good ones and some that must be refused."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from batches.commands.materials import calibrate_equipment, decide_lot, register_equipment, register_lot
from batches.demonstration.people import signed
from batches.models import Equipment, Lot
from lims import clock
from lims.accounts.models import User
from lims.signatures.meanings import Meaning
from lims.site import zone

K = Lot.Kind
MEDIUM_EVERY: Final = timedelta(days=60)
MEDIA: Final = 8

# Kind, material, code.
_LOTS: Final = (
    (K.ENZYME, "Collagenase, GMP grade, synthetic", "ENZ-2201"),
    (K.DETACHMENT, "Recombinant trypsin substitute, synthetic", "DET-1107"),
    (K.DYE, "Trypan blue 0.4 %, synthetic", "DYE-0310"),
    (K.VESSEL, "Flasks and stacks, synthetic", "VES-7731"),
    (K.VEHICLE, "Saline with 1 % albumin, synthetic", "VEH-4402"),
    (K.CONTAINER, "Infusion bag 150 mL, synthetic", "BAG-9018"),
    (K.HARVEST_KIT, "Harvest container, synthetic", "KIT-3300"),
)
_EQUIPMENT: Final = (
    (Equipment.Kind.BSC, "BSC-1", "Biosafety cabinet 1, synthetic"),
    (Equipment.Kind.BSC, "BSC-2", "Biosafety cabinet 2, synthetic"),
    (Equipment.Kind.INCUBATOR, "INC-01", "Incubator 1, synthetic"),
    (Equipment.Kind.INCUBATOR, "INC-02", "Incubator 2, synthetic"),
    (Equipment.Kind.INCUBATOR, "INC-03", "Incubator 3, synthetic"),
    (Equipment.Kind.COUNTER, "CTR-1", "Automated cell counter, synthetic"),
    (Equipment.Kind.CENTRIFUGE, "CEN-1", "Centrifuge, synthetic"),
    (Equipment.Kind.PUMP, "PMP-1", "Infusion pump, synthetic"),
)
ENZYME, DETACHMENT, VESSEL, VEHICLE, CONTAINER = "ENZ-2201", "DET-1107", "VES-7731", "VEH-4402", "BAG-9018"
CABINETS: Final = ("BSC-1", "BSC-2")
INCUBATORS: Final = ("INC-01", "INC-02", "INC-03")
# When the first calibration of what was calibrated since was due, from the day the demonstration was made.
_FIRST_DUE: Final = {"CTR-1": -timedelta(days=105)}
PUMP: Final = "PMP-1"


def medium_lot(at: datetime, made_at: datetime) -> str:
    """The lot of medium in use at a time; a new one every two months."""
    back = int((made_at - at) // MEDIUM_EVERY)
    return f"MED-{MEDIA - min(max(back, 0), MEDIA - 1):02d}"


def stock(supervisor: User, qa: User, *, opened: datetime, made_at: datetime) -> None:
    """Register what the laboratory works with, and have QA release it; what is there already is left as it is."""
    today = made_at.astimezone(zone()).date()
    later = today + timedelta(days=400)
    with clock.replaying(opened):
        for kind, name, code in _LOTS:
            _lot((supervisor, qa), kind, name, code, later)
        for made_of, code, name in _EQUIPMENT:
            _equipment(supervisor, made_of, code, name, today + _FIRST_DUE.get(code, timedelta(days=180)))
        _equipment(
            supervisor,
            Equipment.Kind.INCUBATOR,
            "INC-09",
            "Incubator 9, calibration overdue, synthetic",
            today - timedelta(days=20),
        )
    for number in range(1, MEDIA + 1):
        begun = made_at - MEDIUM_EVERY * (MEDIA - number + 1)
        with clock.replaying(max(begun, opened)):
            # Medium keeps for five months, so that the oldest lots have expired by now.
            expires = begun.astimezone(zone()).date() + timedelta(days=150)
            _lot((supervisor, qa), K.MEDIUM, "Serum-free medium, synthetic", f"MED-{number:02d}", expires)
    with clock.replaying(made_at - timedelta(days=120)):
        _calibrate(qa, "CTR-1", today + timedelta(days=245))
    with clock.replaying(made_at - timedelta(days=3)):
        _lot((supervisor, qa), K.MEDIUM, "Serum-free medium, synthetic", "MED-09", later, released=False)


def _lot(
    people: tuple[User, User], kind: Lot.Kind, name: str, code: str, expires_on: date, *, released: bool = True
) -> None:
    """`people`: who registers it and who releases it, never the same person."""
    supervisor, qa = people
    lot = Lot.objects.filter(code=code).first()
    if lot is None:
        lot = register_lot(
            supervisor, kind=kind, name=name, code=code, supplier="Synthetic supplier", expires_on=expires_on
        )
    if released and lot.state == Lot.State.QUARANTINE:
        decide_lot(qa, lot=lot, state=Lot.State.RELEASED, signatures=signed((Meaning.APPROVED, qa)))


def _equipment(supervisor: User, kind: Equipment.Kind, code: str, name: str, due: date) -> None:
    if not Equipment.objects.filter(code=code).exists():
        register_equipment(supervisor, kind=kind, code=code, name=name, calibration_due_on=due)


def _calibrate(by: User, code: str, due: date) -> None:
    item = Equipment.objects.get(code=code)
    if item.calibration_due_on < due:
        calibrate_equipment(
            by,
            equipment=item,
            calibration_due_on=due,
            reason="Certificate SYN-0417, by the maker",
            signatures=signed((Meaning.APPROVED, by)),
        )
