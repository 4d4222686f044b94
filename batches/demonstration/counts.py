"""Counts that would have led to a known number of cells: volumes, and squares as the eye would have seen them."""

from __future__ import annotations

import dataclasses
from decimal import ROUND_DOWN, Decimal
from random import Random
from typing import Final

from batches.commands.counting import CountInput
from batches.rules.counts import CHAMBERS, HEMOCYTOMETER, SQUARES, SquareRead
from batches.rules.seeding import SeedingLine
from batches.rules.synthetic_donors import VESSELS_BY_AREA

# Viable cells for each mL and each live cell seen in eight squares, at equal parts of dye.
PER_ML_AND_CELL: Final = 2500
_VOLUMES: Final = tuple(map(Decimal, ("1", "2", "3", "4", "5", "8", "10", "15", "20", "30", "50", "75", "100", "150")))
_WANTED_LIVE: Final = 400
_MICROLITRE: Final = Decimal("0.001")


@dataclasses.dataclass(frozen=True)
class Suspension:
    """A suspension with its count. Volumes in mL."""

    volume_ml: Decimal
    drawn_ml: Decimal
    live: int
    dead: int
    predilution: int
    count: CountInput

    @property
    def viable_per_ml(self) -> Decimal:
        """Viable cells for each mL, as the rules compute them from the squares."""
        return Decimal(self.live * PER_ML_AND_CELL * self.predilution)

    def holding(self, cells: Decimal) -> Decimal:
        """The volume that holds so many cells, never more than is left."""
        return min((cells / self.viable_per_ml), self.volume_ml - self.drawn_ml).quantize(_MICROLITRE, ROUND_DOWN)


def suspension(
    cells: Decimal, viability_pct: Decimal, chance: Random, *, volume_ml: Decimal | None = None
) -> Suspension:
    """A suspension of about so many viable cells, in the volume that lets some four hundred of them be seen."""
    volume = volume_ml or min(_VOLUMES, key=lambda v: abs(float(cells / (v * PER_ML_AND_CELL)) - _WANTED_LIVE))
    predilution = 1
    while cells / (volume * PER_ML_AND_CELL * predilution) > 600:
        predilution *= 2
    live = max(1, round(cells / (volume * PER_ML_AND_CELL * predilution)))
    dead = round(live * (100 - viability_pct) / viability_pct)
    drawn = min(Decimal("0.2"), (volume * Decimal("0.03")).quantize(_MICROLITRE, ROUND_DOWN))
    taken = min(Decimal("0.1"), drawn)
    return Suspension(
        volume,
        drawn,
        live,
        dead,
        predilution,
        CountInput(
            method=HEMOCYTOMETER,
            sample_ml=taken,
            dye_ml=taken,
            predilution=Decimal(predilution),
            squares=_squares(live, dead, chance),
        ),
    )


def _squares(live: int, dead: int, chance: Random) -> tuple[SquareRead, ...]:
    boxes = [(chamber, square) for chamber in CHAMBERS for square in SQUARES]
    lives, deads = _spread(live, len(boxes), chance), _spread(dead, len(boxes), chance)
    return tuple(SquareRead(chamber, square, lives[i], deads[i]) for i, (chamber, square) in enumerate(boxes))


def _spread(total: int, boxes: int, chance: Random) -> list[int]:
    """A total over squares, a little uneven, as cells lie."""
    weights = [1 + chance.uniform(-0.1, 0.1) for _ in range(boxes)]
    shares = [int(total * weight / sum(weights)) for weight in weights]
    for box in chance.sample(range(boxes), total - sum(shares)):
        shares[box] += 1
    return shares


def seeding(area_cm2: int, volume_ml: Decimal, lot: str) -> list[SeedingLine]:
    """Vessels of so much area, each kind with its share of the suspension."""
    kinds: dict[str, int] = {}
    for kind in VESSELS_BY_AREA[area_cm2]:
        kinds[kind] = kinds.get(kind, 0) + 1
    lines = []
    left = volume_ml
    for place, (kind, number) in enumerate(kinds.items(), 1):
        share = left if place == len(kinds) else (volume_ml * AREA[kind] * number / area_cm2).quantize(_MICROLITRE)
        left -= share
        lines.append(SeedingLine(kind, number, lot, share))
    return lines


AREA: Final = {"T25": 25, "T75": 75, "T150": 150, "T175": 175, "T225": 225, "CS1": 636, "CS2": 1272, "CS5": 3180}
