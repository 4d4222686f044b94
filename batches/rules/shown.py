"""A computed figure as it is shown, and how one is made from a value and its limit.

Here: the shape shared by every figure. Not here: which figures there are (`culture_figures`, `product_figures`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from batches.rules.limits import Limit, Verdict
from batches.rules.wording import NO_BREAK_SPACE, NOTHING, cells, cells_interval, quantity


@dataclass(frozen=True)
class Figure:
    """One computed figure. `value` is unrounded; `text` is how it is shown; `interval` is the 95 % interval beside it.

    `limit` is the limit in words and `limit_signs` the same for the narrow column on paper; `note` is what stands with
    the verdict, in words; `limit_key` names the limit that a deviation of this value points at.
    """

    key: str
    label: str
    formula: str = ""
    value: Decimal | None = None
    text: str = NOTHING
    interval: str = ""
    limit: str = ""
    verdict: Verdict = Verdict.NOT_JUDGED
    note: str = ""
    limit_signs: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    limit_key: str = ""

    @property
    def is_known(self) -> bool:
        """Whether there is a value to show."""
        return self.value is not None


def judged(figure: Figure, limit: Limit | None, *, with_target: bool = False) -> Figure:
    """The figure held against its limit."""
    if limit is None:
        return figure
    words = limit.target_text if with_target and limit.target_text else limit.text
    return replace(
        figure,
        limit=words,
        limit_signs=limit.signs,
        verdict=limit.verdict(figure.value),
        note=figure.note or (limit.words(figure.value) if figure.value is not None else ""),
        limit_key=limit.key,
    )


def cells_figure(
    key: str,
    label: str,
    value: Decimal | None,
    *,
    formula: str = "",
    low: Decimal | None = None,
    high: Decimal | None = None,
    note: str = "",
    unit: str = "",
) -> Figure:
    if value is None:
        return Figure(key, label)
    interval = cells_interval(low, high, value) if low is not None and high is not None else ""
    text = cells(value) + (f"{NO_BREAK_SPACE}{unit}" if unit else "")
    return Figure(key, label, formula, value, text, interval, note=note, low=low, high=high)


def plain_figure(
    key: str, label: str, value: Decimal | None, unit: str, decimals: int | None, *, formula: str = "", note: str = ""
) -> Figure:
    if value is None:
        return Figure(key, label)
    return Figure(key, label, formula, value, quantity(value, unit, decimals), note=note)


def figure(figures: Sequence[Figure], key: str) -> Figure:
    """One figure of a list by its key. Raises `KeyError`."""
    for candidate in figures:
        if candidate.key == key:
            return candidate
    raise KeyError(key)


def worst_verdict(figures: Sequence[Figure]) -> Verdict:
    """The gravest verdict of a list."""
    found = {each.verdict for each in figures}
    return next(
        (grave for grave in (Verdict.ACTION, Verdict.ALERT, Verdict.WITHIN) if grave in found), Verdict.NOT_JUDGED
    )
