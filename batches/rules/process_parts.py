"""The smaller parts a process is made of: vessels, samples, hold times, steps, the product.

Here: their shapes. Not here: the process as a whole (`process`), its clinical half (`protocol`), its specification
(`specification`) and the reading of a definition (`process_reading`).
"""

from dataclasses import dataclass
from decimal import Decimal

from batches.rules.specification import SamplingPoint


@dataclass(frozen=True)
class VesselKind:
    """A kind of culture vessel: growth area and usual medium."""

    code: str
    name: str
    area_cm2: Decimal
    medium_ml: Decimal


@dataclass(frozen=True)
class SampleKind:
    """What is taken, when, how much of it, and which rows of the specification it answers."""

    key: str
    name: str
    taken_at: SamplingPoint
    cells: Decimal
    volume_ml: Decimal
    rows: tuple[str, ...]
    is_required: bool = True
    hours_before_harvest_low: int | None = None
    hours_before_harvest_high: int | None = None


@dataclass(frozen=True)
class HoldTime:
    """A time that may pass between two events; the limit itself is `Process.limits[limit]`."""

    key: str
    begins: str
    ends: str
    limit: str


@dataclass(frozen=True)
class Step:
    """One act of the process, in order. `act` is the act's name, `meanings` the signatures it asks for."""

    number: int
    act: str
    name: str
    is_critical: bool
    meanings: tuple[str, ...]


@dataclass(frozen=True)
class Product:
    """What the patient receives, and what the container says of it."""

    name: str
    container: str
    vehicle: str
    storage: str
    route: str
    statements: tuple[str, ...]
    investigational: str = ""
