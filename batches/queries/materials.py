"""Lots and equipment by the code that was scanned."""

from __future__ import annotations

from batches.models import Equipment, Lot
from batches.rules.materials import EquipmentFacts, LotFacts


def lot_by_code(code: str) -> tuple[Lot | None, LotFacts | None]:
    """A lot and what the rules know of it; nothing when the code is unknown. Case and blanks do not matter."""
    lot = Lot.objects.select_related("patient").filter(code__iexact=code.strip()).first()
    if lot is None:
        return None, None
    owner = lot.patient.code if lot.patient else None
    return lot, LotFacts(lot.code, lot.kind, lot.expires_on, lot.state, owner)


def equipment_by_code(code: str) -> tuple[Equipment | None, EquipmentFacts | None]:
    """A piece of equipment and what the rules know of it; nothing when the code is unknown."""
    item = Equipment.objects.filter(code__iexact=code.strip()).first()
    if item is None:
        return None, None
    return item, EquipmentFacts(item.code, item.kind, item.calibration_due_on, item.is_in_service)
