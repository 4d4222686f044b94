"""Counting cells: from squares under a microscope, or a counter's figures, to viable cells in a suspension.

Here: arithmetic and its uncertainty. Not here: limits (they come from the master batch record through `figures`) and
growth between two counts (`growth`). Constants that belong to the chamber or the laboratory arrive as `CountErrors`.

A count of nothing is a result, not an error: what cannot be computed is `None`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from batches.rules.intervals import (
    as_decimal,
    count_cv,
    lognormal_interval,
    poisson_interval,
    wilson_interval,
)

SQUARE_VOLUME_ML = Decimal("0.0001")  # 1 mm × 1 mm × 0.1 mm, a large square of an improved Neubauer chamber


@dataclass(frozen=True)
class CountErrors:
    """Errors and requirements of counting, as fractions: laboratory defaults until a site has measured its own."""

    square_volume_ml: Decimal = SQUARE_VOLUME_ML
    chamber_cv: Decimal = Decimal("0.04")
    dilution_cv: Decimal = Decimal("0.02")
    volume_cv: Decimal = Decimal("0.01")
    replicate_cv: Decimal = Decimal("0.05")
    replicate_floor_pct: Decimal = Decimal(15)
    cells_needed: int = 100


DEFAULT_ERRORS = CountErrors()


@dataclass(frozen=True)
class Square:
    """One square of one chamber, as seen: `A`, 1, 41 live, 5 dead."""

    chamber: str
    square: int
    live: int
    dead: int


@dataclass(frozen=True)
class ChamberSum:
    """The sums of one chamber."""

    chamber: str
    squares: int
    live: int
    dead: int


@dataclass(frozen=True)
class CountResult:
    """Everything that follows from one count. `None` is what this count cannot say.

    Per cent for viability and differences, cells for the rest. Intervals are 95 %. `live` and `dead` are counted
    cells; a counter that reports only concentrations leaves them unknown and there is then no interval.
    """

    method: str
    volume_ml: Decimal | None
    dilution_factor: Decimal
    viability_pct: Decimal | None
    viable_per_ml: Decimal | None
    dead_per_ml: Decimal | None
    live: int | None = None
    dead: int | None = None
    squares: int | None = None
    square_volume_ml: Decimal | None = None
    chambers: tuple[ChamberSum, ...] = ()
    viability_low_pct: Decimal | None = None
    viability_high_pct: Decimal | None = None
    viable_per_ml_low: Decimal | None = None
    viable_per_ml_high: Decimal | None = None
    total_viable: Decimal | None = None
    total_viable_low: Decimal | None = None
    total_viable_high: Decimal | None = None
    total_cv: Decimal | None = None
    replicate_difference_pct: Decimal | None = None
    replicate_limit_pct: Decimal | None = None
    is_repeat_needed: bool | None = None

    @property
    def counted(self) -> int | None:
        """All cells seen, live and dead."""
        return None if self.live is None or self.dead is None else self.live + self.dead

    @property
    def total_per_ml(self) -> Decimal | None:
        """Live and dead cells per mL."""
        if self.viable_per_ml is None or self.dead_per_ml is None:
            return None
        return self.viable_per_ml + self.dead_per_ml


def dilution_factor(sample_ml: Decimal, dye_ml: Decimal, predilution: Decimal = Decimal(1)) -> Decimal | None:
    """(sample + dye) / sample, times any dilution made before: equal parts give 2. No sample gives nothing."""
    if sample_ml <= 0:
        return None
    return (sample_ml + dye_ml) / sample_ml * predilution


def viability_pct(live: Decimal | int, dead: Decimal | int) -> Decimal | None:
    """Live of all, in per cent, from sums and never as a mean of percentages. Nothing seen has no viability."""
    seen = Decimal(live) + Decimal(dead)
    return Decimal(live) / seen * 100 if seen > 0 else None


def replicate_difference_pct(chambers: Sequence[ChamberSum]) -> Decimal | None:
    """Largest difference of live cells per square between chambers, in per cent of their mean.

    164 and 159 give 3.1. One chamber, or nothing live in any, gives nothing to compare.
    """
    densities = [Decimal(chamber.live) / chamber.squares for chamber in chambers if chamber.squares]
    if len(densities) < 2 or not any(densities):
        return None
    mean = sum(densities, Decimal(0)) / len(densities)
    return (max(densities) - min(densities)) / mean * 100


def replicate_limit_pct(mean_live: Decimal, errors: CountErrors = DEFAULT_ERRORS) -> Decimal | None:
    """The difference two good counts of so many cells stay below 19 times in 20, in per cent, never under the floor.

    max(floor, 1.96 √(2 (1/n + CV²))), n the mean count of a chamber. A flat 15 % would fail good small counts: at 50
    cells chance alone gives 39 %.
    """
    if mean_live <= 0:
        return None
    chance = 1.96 * math.sqrt(2 * (1 / float(mean_live) + float(errors.replicate_cv) ** 2))
    return max(errors.replicate_floor_pct, as_decimal(chance * 100))


def squares_needed(mean_per_square: Decimal, cv: Decimal, system_cv: Sequence[Decimal] = ()) -> int | None:
    """Squares to count until the relative error is under `cv` (a fraction), at so many cells per square.

    Without system errors only chance is counted: 100 cells for 10 %. `None` when no number of squares is enough.
    """
    room = cv * cv - sum((part * part for part in system_cv), Decimal(0))
    if mean_per_square <= 0 or room <= 0:
        return None
    return math.ceil(1 / room / mean_per_square)


def count_hemocytometer(
    squares: Sequence[Square],
    *,
    dilution: Decimal,
    volume_ml: Decimal | None = None,
    errors: CountErrors = DEFAULT_ERRORS,
) -> CountResult:
    """A count by eye: sum first, then divide by the squares, times dilution, over the volume of a square.

    160 live and 8 dead in 4 squares at dilution 2 are 8.00×10⁵ viable per mL, 95.2 %, and in 10 mL 8.00×10⁶ (6.69 to
    9.57×10⁶, with chamber, dilution and volume errors of 4, 2 and 1 %). No squares give an empty result.
    Raises `ValueError` for negative counts or a dilution below one.
    """
    if any(square.live < 0 or square.dead < 0 for square in squares):
        raise ValueError("A count is not negative.")
    if dilution < 1:
        raise ValueError("A dilution factor is at least 1.")
    chambers = _chambers(squares)
    live = sum(square.live for square in squares)
    dead = sum(square.dead for square in squares)
    per_ml = dead_per_ml = per_ml_low = per_ml_high = None
    viability_low = viability_high = None
    if squares:
        factor = dilution / (len(squares) * errors.square_volume_ml)
        per_ml, dead_per_ml = live * factor, dead * factor
        low, high = poisson_interval(live)
        per_ml_low, per_ml_high = low * factor, high * factor
        viability_low, viability_high = _viability_interval(live, dead)
    cv = count_cv(live, errors.chamber_cv, errors.dilution_cv, errors.volume_cv)
    total, total_low, total_high = _total(per_ml, volume_ml, cv)
    difference = replicate_difference_pct(chambers)
    limit = None
    if difference is not None:
        limit = replicate_limit_pct(Decimal(live) / len(chambers), errors)
    return CountResult(
        method="hemocytometer",
        volume_ml=volume_ml,
        dilution_factor=dilution,
        viability_pct=viability_pct(live, dead),
        viable_per_ml=per_ml,
        dead_per_ml=dead_per_ml,
        live=live if squares else None,
        dead=dead if squares else None,
        squares=len(squares) or None,
        square_volume_ml=errors.square_volume_ml,
        chambers=chambers,
        viability_low_pct=viability_low,
        viability_high_pct=viability_high,
        viable_per_ml_low=per_ml_low,
        viable_per_ml_high=per_ml_high,
        total_viable=total,
        total_viable_low=total_low,
        total_viable_high=total_high,
        total_cv=cv,
        replicate_difference_pct=difference,
        replicate_limit_pct=limit,
        is_repeat_needed=None if difference is None or limit is None else difference > limit,
    )


def count_by_counter(
    *,
    live_per_ml: Decimal,
    dead_per_ml: Decimal,
    volume_ml: Decimal | None = None,
    live: int | None = None,
    dead: int | None = None,
    errors: CountErrors = DEFAULT_ERRORS,
) -> CountResult:
    """A count by an automated counter. Its densities are already corrected for dilution and are not multiplied again.

    Viability is computed from live and dead and never taken from the instrument. Where the instrument tells how many
    cells it saw, the interval comes from those. Raises `ValueError` for a negative figure.
    """
    if min(live_per_ml, dead_per_ml) < 0 or min(live or 0, dead or 0) < 0:
        raise ValueError("A count is not negative.")
    cv = None if live is None else count_cv(live, errors.chamber_cv, errors.dilution_cv, errors.volume_cv)
    total, total_low, total_high = _total(live_per_ml, volume_ml, cv)
    per_ml_low = per_ml_high = viability_low = viability_high = None
    if live:
        low, high = poisson_interval(live)
        per_ml_low, per_ml_high = live_per_ml * low / live, live_per_ml * high / live
    if live is not None and dead is not None:
        viability_low, viability_high = _viability_interval(live, dead)
    return CountResult(
        method="counter",
        volume_ml=volume_ml,
        dilution_factor=Decimal(1),
        viability_pct=viability_pct(live_per_ml, dead_per_ml),
        viable_per_ml=live_per_ml,
        dead_per_ml=dead_per_ml,
        live=live,
        dead=dead,
        viability_low_pct=viability_low,
        viability_high_pct=viability_high,
        viable_per_ml_low=per_ml_low,
        viable_per_ml_high=per_ml_high,
        total_viable=total,
        total_viable_low=total_low,
        total_viable_high=total_high,
        total_cv=cv,
    )


def _chambers(squares: Sequence[Square]) -> tuple[ChamberSum, ...]:
    names = dict.fromkeys(square.chamber for square in squares)
    return tuple(
        ChamberSum(
            chamber=name,
            squares=sum(1 for square in squares if square.chamber == name),
            live=sum(square.live for square in squares if square.chamber == name),
            dead=sum(square.dead for square in squares if square.chamber == name),
        )
        for name in names
    )


def _viability_interval(live: int, dead: int) -> tuple[Decimal | None, Decimal | None]:
    interval = wilson_interval(live, live + dead)
    return (interval[0] * 100, interval[1] * 100) if interval else (None, None)


def _total(
    per_ml: Decimal | None, volume_ml: Decimal | None, cv: Decimal | None
) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    if per_ml is None or volume_ml is None:
        return None, None, None
    total = per_ml * volume_ml
    if cv is None:
        return total, None, None
    low, high = lognormal_interval(total, cv)
    return total, low, high
