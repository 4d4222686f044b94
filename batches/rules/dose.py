"""The dose: how many cells are needed, how many are there, and what the patient gets of them.

Here: arithmetic of target, bag, body weight and endotoxin. Not here: the limits of the specification (`specification`)
and the figures as they are shown (`figures`).
"""

import math
from decimal import Decimal

from batches.rules.growth import population_doublings


def needed_at_harvest(target_cells: Decimal, overage: Decimal) -> Decimal:
    """Cells the final harvest must give: target × (1 + overage), for samples, retains and filling loss.

    1.0×10⁸ and 0.15 need 1.15×10⁸.
    """
    return target_cells * (1 + overage)


def dose_fraction(cells: Decimal | None, target_cells: Decimal) -> Decimal | None:
    """Viable cells over the target: 1.38×10⁸ is 1.38 doses."""
    return None if cells is None or target_cells <= 0 else cells / target_cells


def whole_doses(cells: Decimal, target_cells: Decimal, *, kept_back: Decimal = Decimal(0)) -> int:
    """Whole doses that the cells give once samples and retains are taken; never fewer than none."""
    if target_cells <= 0:
        return 0
    return max(0, math.floor((cells - kept_back) / target_cells))


def cells_per_kg(cells: Decimal | None, weight_kg: Decimal | None) -> Decimal | None:
    """Cells for each kg of body weight: 1.0×10⁸ in 60 kg is 1.67×10⁶."""
    return None if cells is None or weight_kg is None or weight_kg <= 0 else cells / weight_kg


def doublings_to_target(cells: Decimal | None, target_cells: Decimal) -> Decimal | None:
    """Doublings still missing to the target, never below zero: from 1.21×10⁷ to 1.0×10⁸ are 3.05."""
    missing = population_doublings(cells, target_cells)
    return None if missing is None else max(missing, Decimal(0))


def meets_target(low: Decimal | None, target_cells: Decimal) -> bool | None:
    """Whether the lower end of the 95 % interval reaches the target; unknown without an interval."""
    return None if low is None else low >= target_cells


def volume_for_dose_ml(cells: Decimal, viable_per_ml: Decimal | None) -> Decimal | None:
    """Suspension that holds so many viable cells. The concentration is of viable cells: viability is not used again."""
    return None if viable_per_ml is None or viable_per_ml <= 0 else cells / viable_per_ml


def endotoxin_limit_eu_per_ml(
    *, k_eu_per_kg_h: Decimal, volume_ml: Decimal | None, weight_kg: Decimal | None, minutes: Decimal | None
) -> Decimal | None:
    """K / M, M being the mL each kg receives in an hour (USP <85>). An infusion of an hour or less counts whole.

    K is 5 EU per kg and hour intravenously. 100 mL in 60 kg within 30 min: 3.0 EU/mL. 100 mL over two hours counts
    50 mL. The weight is the patient's own, never a usual one: without it there is no limit.
    """
    if volume_ml is None or weight_kg is None or minutes is None or min(volume_ml, weight_kg, minutes) <= 0:
        return None
    in_one_hour_ml = volume_ml if minutes <= 60 else volume_ml * 60 / minutes
    return k_eu_per_kg_h * weight_kg / in_one_hour_ml
