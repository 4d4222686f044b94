"""Numbers and short phrases as people read them, on screen, on paper and in the file.

Here: rounding for display, units, powers of ten, ranges, and `Phrase`, an English sentence that still knows its
template and its values, so that it can be translated when it is shown. Not here: any judgement of a number.

Display rounds half up, once, and never changes the value that is kept or compared.
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Self

NO_BREAK_SPACE = "\u00a0"
EN_DASH = "\u2013"
TIMES = "\u00d7"
MINUS = "\u2212"
NOTHING = EN_DASH  # what stands where a figure is not known yet

_SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def gettext_noop(message: str) -> str:
    """Mark an English template for translation at display time and return it unchanged.

    The name is one that message extraction looks for; the rules themselves know no language.
    """
    return message


class Phrase(str):
    """English text that remembers its template and values, so that what shows it can translate it.

    It is an ordinary string everywhere else: in JSON, in comparisons, on paper.
    """

    template: str
    values: Mapping[str, Any]

    def __new__(cls, template: str, **values: Any) -> Self:
        phrase = super().__new__(cls, template.format(**values))
        phrase.template = template
        phrase.values = values
        return phrase

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:
        return (self.template,), dict(self.values)


def rounded(value: Decimal | int, decimals: int) -> Decimal:
    """Round half up to a number of decimal places (United States Pharmacopeia, General Notices 7.20)."""
    value = Decimal(value)
    if value.is_finite() and value.as_tuple().exponent == -decimals:
        return value
    return value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def number(value: Decimal | int, decimals: int | None = None) -> str:
    """A plain number with a comma at the thousands; without `decimals`, as many places as it has, no trailing zeros."""
    value = Decimal(value)
    if decimals is None:
        text = f"{value:,f}"
        if "." in text:
            text = text.rstrip("0").rstrip(".")
    else:
        text = f"{rounded(value, decimals):,f}"
    if text.strip("-0.,") == "":
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def quantity(value: Decimal | int, unit: str, decimals: int | None = None) -> str:
    """A number and its unit, held together by a no-break space; an empty unit adds nothing. Many cells are `3×10⁵`."""
    is_many_cells = unit.startswith("cells") and value >= 10_000
    text = cells(value, trim=True) if is_many_cells else number(value, decimals)
    return f"{text}{NO_BREAK_SPACE}{unit}" if unit else text


def volume(value_ml: Decimal | int) -> str:
    """Millilitres as a pipette is read: one place at least, three at most: `15.0 mL`, `0.25 mL`."""
    at = rounded(value_ml, 3).normalize()
    exponent = at.as_tuple().exponent
    return quantity(at, "mL", max(1, -exponent) if isinstance(exponent, int) else 1)


def percent(value: Decimal | int, decimals: int | None = 1) -> str:
    """Per cent with a no-break space: `89.5 %`. The value is already in per cent."""
    return quantity(value, "%", decimals)


def _exponent(value: Decimal, figures: int) -> int:
    """The power of ten that `value` has once it is rounded to so many significant figures."""
    exponent = value.adjusted()
    if rounded(value.scaleb(-exponent), figures - 1) >= 10:
        exponent += 1
    return exponent


def power_of_ten(exponent: int) -> str:
    """`10⁷`, with real superscript digits."""
    return "10" + str(exponent).translate(_SUPERSCRIPT)


def cells(value: Decimal | int, figures: int = 3, *, trim: bool = False) -> str:
    """A number of cells with three significant figures: `1.21×10⁷`; below a thousand, whole cells.

    `trim` drops trailing zeros, for factors inside a formula (`8.075×10⁵`, `2×10⁶`).
    """
    value = Decimal(value)
    if abs(value) < 1000:
        return number(value, 0)
    exponent = _exponent(abs(value), figures)
    mantissa = number(value.scaleb(-exponent), figures - 1)
    if trim and "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}{TIMES}{power_of_ten(exponent)}"


def cells_range(low: Decimal | int, high: Decimal | int) -> str:
    """An interval of cells under one power of ten: `1.05–1.39×10⁷`."""
    low, high = Decimal(low), Decimal(high)
    if abs(high) < 1000:
        return f"{number(low, 0)}{EN_DASH}{number(high, 0)}"
    exponent = _exponent(abs(high), 3)
    return f"{cells_interval(low, high, high)}{TIMES}{power_of_ten(exponent)}"


def cells_interval(low: Decimal | int, high: Decimal | int, value: Decimal | int) -> str:
    """The interval beside a number of cells, in that number's power of ten and without repeating it: `1.05–1.39`."""
    low, high, value = Decimal(low), Decimal(high), Decimal(value)
    if abs(value) < 1000:
        return f"{number(low, 0)}{EN_DASH}{number(high, 0)}"
    exponent = _exponent(abs(value), 3)
    return f"{number(low.scaleb(-exponent), 2)}{EN_DASH}{number(high.scaleb(-exponent), 2)}"


def span(low: Decimal | int, high: Decimal | int, decimals: int | None = None) -> str:
    """Two numbers as a range: `3,000–5,000`."""
    return f"{number(low, decimals)}{EN_DASH}{number(high, decimals)}"
