"""Growth between two counts: doublings, time, density, yield, and the age of a lineage.

Here: arithmetic only, in `Decimal` with the standard 28 digits. Not here: what is too old or too slow, which the
master batch record says. Formula numbers are those of a laboratory handbook of cell culture; each docstring states
the formula in words.

P0 has no doublings: nobody knows how many of the isolated cells took hold. Its cells start the cumulative count at 0.
"""

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

# A doubling that is exact in cells is exact here too: the logarithm is right to 27 digits, and 12 places hide the rest.
_PLACES = Decimal(1).scaleb(-12)
_LN2 = Decimal(2).ln()


class LineageSource(NamedTuple):
    """Cells that came from one vessel or pool, with that source's cumulative doublings."""

    cells: Decimal
    mean: Decimal
    highest: Decimal


class Lineage(NamedTuple):
    """Cumulative doublings of a pool: the cell-weighted mean, shown, and the highest, which limits are held against."""

    mean: Decimal
    highest: Decimal


def population_doublings(seeded: Decimal | int | None, harvested: Decimal | int | None) -> Decimal | None:
    """log₂(harvested / seeded), viable cells at both ends; below zero when cells were lost.

    5.0×10⁵ to 4.0×10⁶ is 3.00. `None` when an end is unknown or has no cells: no number can say it.
    """
    if seeded is None or harvested is None or seeded <= 0 or harvested <= 0:
        return None
    return ((Decimal(harvested) / Decimal(seeded)).ln() / _LN2).quantize(_PLACES)


def lineage_cpdl(sources: Sequence[LineageSource | tuple[Decimal, Decimal, Decimal]]) -> Lineage:
    """Cumulative doublings of pooled sources: mean weighted by viable cells, and the highest of any that gave cells.

    No source, or sources without cells, starts at zero: that is where P0 cell harvest stands. Freezing adds nothing.
    """
    giving = [LineageSource(*source) for source in sources if source[0] > 0]
    if not giving:
        return Lineage(Decimal(0), Decimal(0))
    total = sum((source.cells for source in giving), Decimal(0))
    mean = sum((source.cells * source.mean for source in giving), Decimal(0)) / total
    return Lineage(mean.quantize(_PLACES), max(source.highest for source in giving))


def cumulative_pdl(before: Lineage, doublings: Decimal | None) -> Lineage:
    """Cumulative doublings after a passage. A passage that lost cells does not make the culture younger.

    Negative or unmeasurable doublings add nothing.
    """
    gained = max(doublings, Decimal(0)) if doublings is not None else Decimal(0)
    return Lineage(before.mean + gained, before.highest + gained)


def doubling_time_h(hours: Decimal | None, doublings: Decimal | None) -> Decimal | None:
    """Hours from seeding to cell harvest divided by doublings: 119.6 h over 2.80 is 42.8 h. Lag is included.

    `None` without growth or without time, never negative or infinite: the word is then «no growth».
    """
    if hours is None or doublings is None or hours <= 0 or doublings <= 0:
        return None
    return hours / doublings


def specific_rate_per_day(
    seeded: Decimal | int | None, harvested: Decimal | int | None, hours: Decimal | None
) -> Decimal | None:
    """ln(harvested / seeded) per day: eightfold in five days is 0.416. Negative when cells were lost."""
    if seeded is None or harvested is None or hours is None or seeded <= 0 or harvested <= 0 or hours <= 0:
        return None
    return (Decimal(harvested) / Decimal(seeded)).ln() / (hours / 24)


def fold_expansion(seeded: Decimal | int | None, harvested: Decimal | int | None) -> Decimal | None:
    """Harvested over seeded."""
    if seeded is None or harvested is None or seeded <= 0:
        return None
    return Decimal(harvested) / Decimal(seeded)


def seeding_density_per_cm2(cells: Decimal | int | None, area_cm2: Decimal | None) -> Decimal | None:
    """Viable cells over growth area: 2.0×10⁶ on 525 cm² is 3,810 per cm²."""
    if cells is None or area_cm2 is None or area_cm2 <= 0:
        return None
    return Decimal(cells) / area_cm2


def seeding_volume_ml(density_per_cm2: Decimal, area_cm2: Decimal, cells_per_ml: Decimal) -> Decimal | None:
    """Suspension for a wanted density: density times area over concentration."""
    return density_per_cm2 * area_cm2 / cells_per_ml if cells_per_ml > 0 else None


def area_for_density_cm2(cells: Decimal, density_per_cm2: Decimal) -> Decimal | None:
    """Growth area for a wanted density: 2.0×10⁶ at 4,000 per cm² needs 500 cm²."""
    return cells / density_per_cm2 if density_per_cm2 > 0 else None


def split_ratio(area_from_cm2: Decimal, area_to_cm2: Decimal) -> Decimal | None:
    """New growth area over old: 700 over 175 is a split of 1 to 4."""
    return area_to_cm2 / area_from_cm2 if area_from_cm2 > 0 else None


def vessels_for_area(area_cm2: Decimal, vessel_area_cm2: Decimal) -> int | None:
    """Whole vessels that give at least so much area: 500 cm² is three of 175 cm²."""
    return math.ceil(area_cm2 / vessel_area_cm2) if vessel_area_cm2 > 0 else None


def vessels_for_cells(cells: Decimal, yield_per_cm2: Decimal, vessel_area_cm2: Decimal) -> int | None:
    """Whole vessels to harvest so many cells from, at a planned yield per cm²."""
    if yield_per_cm2 <= 0 or vessel_area_cm2 <= 0:
        return None
    return math.ceil(cells / (yield_per_cm2 * vessel_area_cm2))


def thaw_recovery_pct(frozen_viable: Decimal, thawed_viable: Decimal) -> Decimal | None:
    """Viable after thaw over viable frozen, in per cent: 4.3×10⁶ of 5.0×10⁶ is 86 %."""
    return thawed_viable / frozen_viable * 100 if frozen_viable > 0 else None


def yield_per_ml_fat(viable_cells: Decimal, fat_ml: Decimal) -> Decimal | None:
    """Viable cells for each mL of fat: 3.6×10⁵ from 1.2 mL is 3.0×10⁵."""
    return viable_cells / fat_ml if fat_ml > 0 else None
