"""The synthetic donors as they stand in the file, with what the file leaves out.

Not here: how they were made (`rules.synthetic_donors`) and how they are replayed.
"""

from __future__ import annotations

import csv
import dataclasses
from decimal import Decimal
from pathlib import Path
from typing import Final

from batches.rules.synthetic_donors import donors as simulated

FILE: Final = Path(__file__).resolve().parent.parent / "data" / "synthetic_donors.csv"


@dataclasses.dataclass(frozen=True)
class Generation:
    """One passage of a donor. Days since isolation, cm², viable cells, per cent; None where nothing was harvested."""

    number: int
    begins: Decimal
    ends: Decimal
    area_cm2: int
    seeded: Decimal | None
    harvested: Decimal | None
    viability_pct: Decimal | None

    @property
    def doublings(self) -> float:
        """Doublings for drawing a growth curve; P0 is taken as five."""
        if self.seeded is None or self.harvested is None:
            return 5.0
        return max(float((self.harvested / self.seeded).ln() / Decimal(2).ln()), 0.5)

    @property
    def medium_ml(self) -> Decimal:
        """A fifth of a mL for each cm²."""
        return (Decimal(self.area_cm2) / 5).quantize(Decimal("0.1"))


@dataclasses.dataclass(frozen=True)
class Donor:
    """One donor, the fat taken and the cells isolated from it."""

    name: str
    fat_ml: Decimal
    isolated: Decimal
    isolated_viability_pct: Decimal
    generations: tuple[Generation, ...]
    outcome: str

    @property
    def index(self) -> int:
        """The number in the name."""
        return int(self.name.rsplit("-", 1)[1])

    @property
    def last(self) -> Generation:
        """The passage it came to."""
        return self.generations[-1]


def read(path: Path = FILE) -> list[Donor]:
    """Every donor of the file, in its order."""
    made = {donor.name: donor for donor in simulated()}
    rows: dict[str, list[dict[str, str]]] = {}
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            rows.setdefault(row["synthetic_donor"], []).append(row)
    return [
        Donor(
            name,
            made[name].fat_ml,
            made[name].isolated_viable,
            made[name].isolated_viability_pct,
            tuple(map(_generation, of)),
            of[-1]["outcome"],
        )
        for name, of in rows.items()
    ]


def _generation(row: dict[str, str]) -> Generation:
    return Generation(
        number=int(row["passage"]),
        begins=Decimal(row["day_start"]),
        ends=Decimal(row["day_harvest"]),
        area_cm2=int(Decimal(row["area_cm2"])),
        seeded=_decimal(row["cells_seeded_viable"]),
        harvested=_decimal(row["cells_harvested_viable"]),
        viability_pct=_decimal(row["viability_pct"]),
    )


def _decimal(text: str) -> Decimal | None:
    return Decimal(text) if text else None
