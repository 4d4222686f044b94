"""How sure a count is: confidence intervals and propagation of errors.

Here: statistics on counts, in floating point inside and as `Decimal` outside. Not here: what a count means in cells
(`counting`) or whether it is enough (`limits`). No table and no scientific package: the quantile of the chi-square
distribution is found by bisection on the regularised incomplete gamma function.
"""

import math
from decimal import Decimal
from functools import lru_cache
from statistics import NormalDist

CONFIDENCE = 0.95

# Above this many counted cells the exact Poisson interval is replaced by the Wilson-Hilferty approximation of the
# chi-square quantile. There the two agree to better than one part in a million, and a mistyped count of a billion
# cannot hold up a screen.
EXACT_UP_TO = 100_000


def as_decimal(value: float) -> Decimal:
    """A float as `Decimal`, with the twelve significant digits that floating point statistics can promise."""
    return Decimal(f"{value:.12g}")


def normal_quantile(probability: float) -> float:
    """Quantile of the standard normal distribution: 1.959964 at 0.975."""
    return NormalDist().inv_cdf(probability)


def regularised_gamma(shape: float, x: float) -> float:
    """The lower regularised incomplete gamma function P(shape, x).

    Series below `shape + 1`, Lentz's continued fraction above it (Abramowitz and Stegun 6.5.29 and 6.5.31).
    """
    if x <= 0:
        return 0.0
    scale = math.exp(shape * math.log(x) - x - math.lgamma(shape))
    if x < shape + 1:
        term = total = 1 / shape
        k = shape
        while abs(term) > abs(total) * 1e-16:
            k += 1
            term *= x / k
            total += term
        return total * scale
    tiny = 1e-300
    b = x + 1 - shape
    c = 1 / tiny
    d = 1 / b
    fraction = d
    i = 0
    while True:
        i += 1
        a = -i * (i - shape)
        b += 2
        d = a * d + b
        d = 1 / (d if abs(d) > tiny else tiny)
        c = b + a / c
        c = c if abs(c) > tiny else tiny
        step = d * c
        fraction *= step
        if abs(step - 1) < 1e-15 or i > 100_000:
            return 1 - scale * fraction


@lru_cache(maxsize=4096)
def chi_square_quantile(probability: float, degrees: int) -> float:
    """The value that a chi-square variable with so many degrees of freedom stays below with this probability.

    Raises `ValueError` for a probability outside 0 to 1 or for less than one degree of freedom.
    """
    if not 0 < probability < 1:
        raise ValueError("A probability lies between 0 and 1.")
    if degrees < 1:
        raise ValueError("The chi-square distribution needs at least one degree of freedom.")
    if degrees > 2 * EXACT_UP_TO:
        spread = 2 / (9 * degrees)
        return degrees * (1 - spread + normal_quantile(probability) * math.sqrt(spread)) ** 3
    shape = degrees / 2
    low, high = 0.0, shape + 1
    while regularised_gamma(shape, high) < probability:
        low, high = high, high * 2
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if regularised_gamma(shape, middle) < probability:
            low = middle
        else:
            high = middle
    return low + high


def poisson_interval(counted: int, confidence: float = CONFIDENCE) -> tuple[Decimal, Decimal]:
    """Exact interval of a Poisson count: half the chi-square quantiles at 2n and 2n + 2 degrees (Garwood 1936).

    160 counted cells give 136.17 to 186.80. Nothing counted gives 0 to 3.69. Raises `ValueError` below zero.
    """
    if counted < 0:
        raise ValueError("A count is not negative.")
    tail = (1 - confidence) / 2
    low = chi_square_quantile(tail, 2 * counted) / 2 if counted else 0.0
    high = chi_square_quantile(1 - tail, 2 * counted + 2) / 2
    return as_decimal(low), as_decimal(high)


def wilson_interval(hits: int, trials: int, confidence: float = CONFIDENCE) -> tuple[Decimal, Decimal] | None:
    """Score interval of a proportion, 0 to 1 (Wilson 1927). Nothing tried gives no interval.

    Raises `ValueError` when there are more hits than trials, or fewer than none.
    """
    if not 0 <= hits <= trials:
        raise ValueError("Hits lie between none and all of the trials.")
    if trials == 0:
        return None
    z = normal_quantile(1 - (1 - confidence) / 2)
    share = hits / trials
    denominator = 1 + z * z / trials
    centre = (share + z * z / (2 * trials)) / denominator
    half = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials)) / denominator
    # At none or all the end of the interval is exact, and floating point must not push it past.
    low = 0.0 if hits == 0 else max(0.0, centre - half)
    high = 1.0 if hits == trials else min(1.0, centre + half)
    return as_decimal(low), as_decimal(high)


def zero_events_upper(trials: int, confidence: float = CONFIDENCE, *, two_sided: bool = False) -> Decimal:
    """Upper bound of a proportion when nothing happened in so many trials: 10.1 % for 0 of 28, one-sided."""
    tail = (1 - confidence) / 2 if two_sided else 1 - confidence
    return as_decimal(1 - tail ** (1 / trials))


def combined_cv(*variations: Decimal | float) -> Decimal:
    """Independent relative errors together: the square root of the sum of their squares, as fractions."""
    return as_decimal(math.hypot(*map(float, variations)))


def count_cv(counted: int, *system: Decimal | float) -> Decimal | None:
    """Relative standard error of a count: Poisson share 1/n together with chamber, dilution and volume errors.

    Fractions, not per cent: 160 cells with 4, 2 and 1 % give 0.0914. Nothing counted has no relative error.
    """
    if counted <= 0:
        return None
    return combined_cv(1 / math.sqrt(counted), *system)


def lognormal_interval(value: Decimal, cv: Decimal | float, confidence: float = CONFIDENCE) -> tuple[Decimal, Decimal]:
    """Interval around a positive value with a relative error: value times exp(-zs) to exp(+zs), s² = ln(1 + cv²)."""
    s = math.sqrt(math.log1p(float(cv) ** 2))
    reach = as_decimal(math.exp(normal_quantile(1 - (1 - confidence) / 2) * s))
    return value / reach, value * reach


def doublings_error(cv_seeded: Decimal | float, cv_harvested: Decimal | float) -> Decimal:
    """Standard error of population doublings from the relative errors at both ends: 10 % each gives 0.20."""
    return as_decimal(math.hypot(float(cv_seeded), float(cv_harvested)) / math.log(2))
