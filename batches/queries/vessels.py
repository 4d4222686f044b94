"""Vessels of a batch: those in culture, when they were last fed, and who shares their shelf."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from batches.models import Batch, Equipment, Isolation, MediumChange, Passage, Vessel
from batches.rules.states import VesselState
from batches.rules.vessels import VesselFacts


@dataclass(frozen=True)
class Fed:
    """When the vessel that waits longest was last given medium, and whether that was the seeding of P0."""

    at: datetime
    is_first_of_p0: bool


def vessel_facts(batch: Batch) -> list[VesselFacts]:
    """Every vessel of a batch, as the rules know it."""
    rows = Vessel.objects.filter(batch=batch).values_list("pk", "code", "generation", "state")
    return [VesselFacts(pk, code, generation, VesselState(state)) for pk, code, generation, state in rows]


def in_culture(vessels: Iterable[VesselFacts]) -> list[VesselFacts]:
    """Those that are in culture."""
    return [v for v in vessels if v.state is VesselState.IN_CULTURE]


def last_fed(batch: Batch, *, before: datetime | None = None) -> Fed | None:
    """The last medium given to the vessel in culture that waits longest; nothing when none is in culture."""
    changes = MediumChange.objects.filter(batch=batch)
    if before is not None:
        changes = changes.filter(done_at__lte=before)
    newest = changes.order_by("-done_at").values_list("done_at", flat=True).first()
    found: list[Fed] = []
    vessels = Vessel.objects.filter(batch=batch, state=VesselState.IN_CULTURE).select_related("isolation", "passage")
    for vessel in vessels:
        source = vessel.isolation or vessel.passage
        assert source is not None  # a constraint of the table
        changed = newest if newest is not None and newest >= source.done_at else None
        found.append(Fed(changed or source.done_at, changed is None and vessel.generation == 0))
    return min(found, key=lambda fed: fed.at, default=None)


def is_shelf_shared(batch: Batch, incubator: Equipment, shelf: str) -> bool:
    """Whether vessels of another patient stand in culture on that shelf of that incubator."""
    others = Vessel.objects.filter(state=VesselState.IN_CULTURE).exclude(batch__patient_id=batch.patient_id)
    place = {"incubator": incubator, "shelf__iexact": shelf.strip()}
    return (
        others.filter(isolation__in=Isolation.objects.filter(**place)).exists()
        or others.filter(passage__in=Passage.objects.filter(**place)).exists()
    )
