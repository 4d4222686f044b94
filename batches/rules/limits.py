"""Limits and verdicts: what a value is held against, and the word that comes out.

Here: one kind of limit, the same for in-process controls, hold times and vital signs. Not here: any figure, which
comes from the master batch record, and the release specification, which is judged by `specification`.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from batches.rules.wording import EN_DASH, Phrase, gettext_noop, number, quantity, rounded


class Verdict(StrEnum):
    """How a value stands to its limits. `not_judged` is for what has no limit, or no value yet."""

    WITHIN = "within"
    ALERT = "alert"
    ACTION = "action"
    NOT_JUDGED = "not_judged"


@dataclass(frozen=True)
class Limit:
    """Target, alert limits and action limits of one value. A value on a limit is still within it.

    `decimals` is the precision the limit is stated at: a value is rounded half up to it before it is compared (United
    States Pharmacopeia, General Notices 7.20), so the number shown and the number judged are the same. Without it,
    nothing is rounded.
    """

    key: str
    label: str
    unit: str = ""
    target_low: Decimal | None = None
    target_high: Decimal | None = None
    alert_below: Decimal | None = None
    alert_above: Decimal | None = None
    action_below: Decimal | None = None
    action_above: Decimal | None = None
    decimals: int | None = None
    evidence: str = ""
    source: str = ""

    def compared(self, value: Decimal | int) -> Decimal:
        """The value at the precision of the limit."""
        return Decimal(value) if self.decimals is None else rounded(value, self.decimals)

    def verdict(self, value: Decimal | int | None) -> Verdict:
        """Within, alert or action; an action limit wins over an alert limit."""
        return self._judge(value)[0]

    def words(self, value: Decimal | int | None) -> str:
        """The verdict as a phrase: `Within limits`, `Below alert limit`, `Above action limit`; empty if not judged."""
        return Phrase(self._judge(value)[1])

    def _judge(self, value: Decimal | int | None) -> tuple[Verdict, str]:
        edges = (self.alert_below, self.alert_above, self.action_below, self.action_above)
        if value is None or all(edge is None for edge in edges):
            return Verdict.NOT_JUDGED, ""
        at = self.compared(value)
        if self.action_below is not None and at < self.action_below:
            return Verdict.ACTION, gettext_noop("Below action limit")
        if self.action_above is not None and at > self.action_above:
            return Verdict.ACTION, gettext_noop("Above action limit")
        if self.alert_below is not None and at < self.alert_below:
            return Verdict.ALERT, gettext_noop("Below alert limit")
        if self.alert_above is not None and at > self.alert_above:
            return Verdict.ALERT, gettext_noop("Above alert limit")
        return Verdict.WITHIN, gettext_noop("Within limits")

    @property
    def text(self) -> str:
        """`alert below 70 or above 90 %, action above 95 %`; empty without limits."""
        alert = self._side(
            self.alert_below,
            self.alert_above,
            gettext_noop("alert below {low}"),
            gettext_noop("alert above {high}"),
            gettext_noop("alert below {low} or above {high}"),
        )
        action = self._side(
            self.action_below,
            self.action_above,
            gettext_noop("action below {low}"),
            gettext_noop("action above {high}"),
            gettext_noop("action below {low} or above {high}"),
        )
        if alert and action:
            return Phrase("{alert}, {action}", alert=alert, action=action)
        return alert or action

    @property
    def signs(self) -> str:
        """The same with signs, for the narrow column on paper: `alert < 70 or > 90 %; action > 95 %`."""
        alert = self._side(
            self.alert_below,
            self.alert_above,
            gettext_noop("alert < {low}"),
            gettext_noop("alert > {high}"),
            gettext_noop("alert < {low} or > {high}"),
        )
        action = self._side(
            self.action_below,
            self.action_above,
            gettext_noop("action < {low}"),
            gettext_noop("action > {high}"),
            gettext_noop("action < {low} or > {high}"),
        )
        if alert and action:
            return Phrase("{alert}; {action}", alert=alert, action=action)
        return alert or action

    @property
    def target_text(self) -> str:
        """`target 3,000–5,000 /cm²`; empty without a target."""
        low, high = self.target_low, self.target_high
        if low is None and high is None:
            return ""
        if low is None and high is not None:
            return Phrase(gettext_noop("target at most {high}"), high=quantity(high, self.unit))
        if low is not None and (high is None):
            return Phrase(gettext_noop("target at least {low}"), low=quantity(low, self.unit))
        assert low is not None and high is not None
        shown = quantity(high, self.unit) if low == high else f"{number(low)}{EN_DASH}{quantity(high, self.unit)}"
        return Phrase(gettext_noop("target {range}"), range=shown)

    def _side(self, low: Decimal | None, high: Decimal | None, below: str, above: str, both: str) -> str:
        if low is not None and high is not None:
            return Phrase(both, low=number(low), high=quantity(high, self.unit))
        if low is not None:
            return Phrase(below, low=quantity(low, self.unit))
        if high is not None:
            return Phrase(above, high=quantity(high, self.unit))
        return ""

    def problems(self) -> list[str]:
        """What is wrong with the limit itself: edges that contradict each other."""
        ladder = [
            ("action_below", self.action_below),
            ("alert_below", self.alert_below),
            ("target_low", self.target_low),
            ("target_high", self.target_high),
            ("alert_above", self.alert_above),
            ("action_above", self.action_above),
        ]
        known = [(name, edge) for name, edge in ladder if edge is not None]
        return [
            f"{lower} ({number(low)}) is above {upper} ({number(high)})"
            for (lower, low), (upper, high) in zip(known, known[1:], strict=False)
            if low > high
        ]
