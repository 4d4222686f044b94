"""Lots and equipment: by the code that was scanned, where each was used, and what was decided about it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import models

from batches.models import Batch, Equipment, Fill, Infusion, Isolation, Lot, MediumChange, Passage
from batches.rules.materials import EquipmentFacts, LotFacts
from batches.rules.wording import gettext_noop
from lims.ledger.models import Entry
from lims.recorded import version_model

# How a batch leads to the lots and the equipment it used, and in which step.
_LOT_PATHS = (
    ("isolation__enzyme_lot", gettext_noop("Isolation, enzyme")),
    ("isolation__medium_lot", gettext_noop("Isolation, medium")),
    ("passages__reagent_lot", gettext_noop("Detachment")),
    ("passages__medium_lot", gettext_noop("Reseeding, medium")),
    ("vessels__lot", gettext_noop("Vessels")),
    ("medium_changes__lot", gettext_noop("Medium change")),
    ("fill__vehicle_lot", gettext_noop("Fill, vehicle")),
    ("fill__container_lot", gettext_noop("Fill, container")),
)
_EQUIPMENT_PATHS = (
    ("isolation__cabinet", gettext_noop("Isolation")),
    ("isolation__incubator", gettext_noop("Culture of P0")),
    ("passages__cabinet", gettext_noop("Passage")),
    ("passages__incubator", gettext_noop("Culture")),
    ("isolation__count__counter", gettext_noop("Count at isolation")),
    ("passages__count__counter", gettext_noop("Count in a passage")),
    ("fill__count__counter", gettext_noop("Count of the product")),
    ("infusion__pump", gettext_noop("Infusion")),
)


@dataclasses.dataclass
class Use:
    """One batch that used a lot or a piece of equipment, and the steps it was used in."""

    batch: Batch
    steps: list[str]


@dataclasses.dataclass(frozen=True)
class Change:
    """One version of a lot or a piece of equipment: when, by whom, why, and the row as it stood then."""

    at: datetime
    who: str
    reason: str
    row: Any


def lot_by_code(code: str) -> tuple[Lot | None, LotFacts | None]:
    """A lot and what the rules know of it; nothing when the code is unknown. Case and blanks do not matter."""
    lot = Lot.objects.select_related("patient").filter(code__iexact=code.strip()).first()
    if lot is None:
        return None, None
    return lot, lot_facts(lot)


def equipment_by_code(code: str) -> tuple[Equipment | None, EquipmentFacts | None]:
    """A piece of equipment and what the rules know of it; nothing when the code is unknown."""
    item = Equipment.objects.filter(code__iexact=code.strip()).first()
    if item is None:
        return None, None
    return item, equipment_facts(item)


def lot_facts(lot: Lot) -> LotFacts:
    """What the rules know of a lot."""
    return LotFacts(lot.code, lot.kind, lot.expires_on, lot.state, lot.patient.code if lot.patient else None)


def equipment_facts(item: Equipment) -> EquipmentFacts:
    """What the rules know of a piece of equipment."""
    return EquipmentFacts(item.code, item.kind, item.calibration_due_on, item.is_in_service)


def uses_of(thing: Lot | Equipment) -> list[Use]:
    """Every batch that used it, the newest first: what a recall asks."""
    found: dict[int, Use] = {}
    for path, step in _LOT_PATHS if isinstance(thing, Lot) else _EQUIPMENT_PATHS:
        for batch in Batch.objects.filter(**{path: thing}).select_related("patient").distinct():
            found.setdefault(batch.pk, Use(batch, [])).steps.append(step)
    return sorted(found.values(), key=lambda use: -use.batch.pk)


def lots_used(batch: Batch) -> list[Lot]:
    """Every lot that touched the cells of a batch, each once."""
    keys = {getattr(row, field.attname) for row, field in references(batch, Lot)}
    return list(Lot.objects.filter(pk__in=keys - {None}))


def references(batch: Batch, to: type[models.Model]) -> Iterator[tuple[models.Model, Any]]:
    """Rows of the batch beside each of their foreign keys to a kind of material."""
    rows: list[models.Model] = [
        *Isolation.objects.filter(batch=batch),
        *Passage.objects.filter(batch=batch),
        *MediumChange.objects.filter(batch=batch),
        *batch.vessels.all(),
        *Fill.objects.filter(batch=batch),
        *Infusion.objects.filter(batch=batch),
    ]
    for row in rows:
        for field in row._meta.concrete_fields:
            if field.related_model is to:
                yield row, field


def registered_by(lot: Lot) -> int | None:
    """The account that registered a lot, by key: whose act wrote its first version."""
    first = version_model(Lot)._default_manager.filter(id=lot.pk).order_by("history_id").values("act_id")[:1]
    return Entry.objects.filter(pk__in=first).values_list("actor_id", flat=True).first()


def changes_of(thing: Lot | Equipment) -> list[Change]:
    """Everything that was registered or decided about it, the newest first."""
    versions: list[Any] = list(version_model(type(thing))._default_manager.filter(id=thing.pk).order_by("-history_id"))
    entries = Entry.objects.in_bulk([v.act_id for v in versions])
    return [
        Change(v.history_date, entries[v.act_id].actor_name, v.history_change_reason or "", v)
        for v in versions
        if v.act_id in entries
    ]
