"""The release specification: its rows, and how a result is held against one.

Here: rounding to the stated precision, results below or above what a method can see, and the verdict of one result.
Not here: whether the batch may be released (that weighs all rows), and the figures, which the master batch record
holds.
"""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from batches.rules.wording import EN_DASH, NO_BREAK_SPACE, Phrase, cells, gettext_noop, number, quantity, rounded


class Comparison(StrEnum):
    """How a result is held against a row."""

    BETWEEN = "between"  # low and high, both included
    MIN = "min"  # at least low
    MAX = "max"  # at most high
    NONE = "none"  # nothing found: the expected answer is the absence of something
    MATCH = "match"  # exactly the expected answer
    REPORT = "report"  # recorded, never failed


class ResultKind(StrEnum):
    """What an analyst enters."""

    NUMBER = "number"
    CHOICE = "choice"
    TEXT = "text"


class SamplingPoint(StrEnum):
    """When in the process the material of a test is taken."""

    DONOR = "donor"
    RECEIPT = "receipt"
    PASSAGE = "passage"
    SPENT_MEDIUM = "spent_medium"
    CELL_HARVEST = "cell_harvest"
    FILL = "fill"
    RECORD = "record"  # read from the record itself, nothing is taken


class Outcome(StrEnum):
    """The verdict of one final result. `not_conclusive`: the method could not see far enough to say."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    REPORT_ONLY = "report_only"
    NOT_CONCLUSIVE = "not_conclusive"


@dataclass(frozen=True)
class SpecificationRow:
    """One line of the release specification. `computed` names the figure that fills it, if the record itself does.

    `incubation_days` pass between sampling and the day the expected answer of a culture can be read.
    """

    number: str
    key: str
    name: str
    method: str
    unit: str
    comparison: Comparison
    result_kind: ResultKind
    sampled_at: SamplingPoint
    pending_allowed: bool
    low: Decimal | None = None
    high: Decimal | None = None
    alert_low: Decimal | None = None
    alert_high: Decimal | None = None
    decimals: int | None = None
    expected: str = ""
    choices: tuple[str, ...] = ()
    due_days: int = 0
    incubation_days: int = 0
    computed: str = ""
    limit_words: str = ""
    evidence: str = ""
    source: str = ""

    @property
    def report_only(self) -> bool:
        """Recorded for information: no result of it can fail the batch."""
        return self.comparison is Comparison.REPORT

    @property
    def limit(self) -> str:
        """The acceptance limit as people read it: `≥ 80 %`, `0.9–1.2×10⁸ cells`, `no growth`."""
        if self.limit_words:
            return self.limit_words
        if self.comparison is Comparison.MIN and self.low is not None:
            return f"≥{NO_BREAK_SPACE}{quantity(self.low, self.unit)}"
        if self.comparison is Comparison.MAX and self.high is not None:
            return f"≤{NO_BREAK_SPACE}{quantity(self.high, self.unit)}"
        if self.comparison is Comparison.BETWEEN and self.low is not None and self.high is not None:
            if self.high >= 10_000:
                exponent_of = cells(self.high, trim=True)
                low = number(self.low.scaleb(-self.high.adjusted()))
                return f"{low}{EN_DASH}{exponent_of}{NO_BREAK_SPACE}{self.unit}"
            return f"{number(self.low)}{EN_DASH}{quantity(self.high, self.unit)}"
        return self.expected or Phrase(gettext_noop("report"))

    def problems(self) -> list[str]:
        """What is missing in the row, or contradicts itself."""
        found = []
        if self.comparison in (Comparison.MIN, Comparison.BETWEEN) and self.low is None:
            found.append("needs low")
        if self.comparison in (Comparison.MAX, Comparison.BETWEEN) and self.high is None and not self.computed:
            found.append("needs high")
        if self.low is not None and self.high is not None and self.low > self.high:
            found.append("low is above high")
        if self.comparison in (Comparison.NONE, Comparison.MATCH) and not self.expected:
            found.append("needs the expected answer")
        if self.result_kind is ResultKind.CHOICE and self.expected and self.expected not in self.choices:
            found.append("the expected answer is not among the choices")
        if self.result_kind is ResultKind.CHOICE and len(self.choices) < 2:
            found.append("needs at least two choices")
        numeric = self.comparison in (Comparison.MIN, Comparison.MAX, Comparison.BETWEEN)
        if numeric and self.result_kind is not ResultKind.NUMBER:
            found.append("is compared as a number, but its result is not one")
        return found


@dataclass(frozen=True)
class Judgement:
    """A result held against its row: the verdict, the number that was compared, and whether it is worth an alert."""

    outcome: Outcome
    compared: Decimal | None = None
    is_alert: bool = False


def read_number(text: str) -> tuple[str, Decimal]:
    """Read a typed result: `< 0.05` is the operator and the value. Raises `ValueError` when it is not a number."""
    stripped = text.strip().replace(NO_BREAK_SPACE, "").replace(" ", "").replace(",", "")
    operator = stripped[:1] if stripped[:1] in ("<", ">") else ""
    try:
        value = Decimal(stripped[len(operator) :])
    except InvalidOperation:
        raise ValueError("A result is a number, with < or > before it at most.") from None
    if not value.is_finite():
        raise ValueError("A result is a finite number.")
    return operator, value


def judge_number(
    row: SpecificationRow,
    value: Decimal,
    *,
    operator: str = "",
    low: Decimal | None = None,
    high: Decimal | None = None,
) -> Judgement:
    """Hold a number against a row, rounded half up to the precision the limit is stated at (USP General Notices 7.20).

    79.5 passes 80 stated in whole per cent. `operator` is `<` or `>` for a result beyond what the method can see:
    `< 0.05` passes a maximum of 3.1, and cannot say anything of a maximum of 0.01. `low` and `high` take the place of
    the row's own for limits that depend on the patient, such as endotoxin.
    """
    low = row.low if low is None else low
    high = row.high if high is None else high
    at = value if row.decimals is None else rounded(value, row.decimals)
    checks_low = row.comparison in (Comparison.MIN, Comparison.BETWEEN) and low is not None
    checks_high = row.comparison in (Comparison.MAX, Comparison.BETWEEN) and high is not None
    alert = (row.alert_low is not None and at < row.alert_low and operator != ">") or (
        row.alert_high is not None and at > row.alert_high and operator != "<"
    )
    if row.comparison is Comparison.REPORT:
        return Judgement(Outcome.REPORT_ONLY, at, is_alert=alert)
    if not checks_low and not checks_high:
        return Judgement(Outcome.NOT_CONCLUSIVE, at)
    answers = []
    if checks_low and low is not None:
        answers.append(_at_least(at, operator, low))
    if checks_high and high is not None:
        answers.append(_at_most(at, operator, high))
    if Outcome.FAIL in answers:
        return Judgement(Outcome.FAIL, at, is_alert=True)
    if Outcome.NOT_CONCLUSIVE in answers:
        return Judgement(Outcome.NOT_CONCLUSIVE, at, is_alert=alert)
    return Judgement(Outcome.PASS, at, is_alert=alert)


def judge_answer(row: SpecificationRow, answer: str) -> Judgement:
    """Hold a chosen or written answer against a row: it is the expected one, or it fails."""
    if row.comparison is Comparison.REPORT:
        return Judgement(Outcome.REPORT_ONLY)
    is_expected = answer.strip().casefold() == row.expected.strip().casefold()
    return Judgement(Outcome.PASS) if is_expected else Judgement(Outcome.FAIL, is_alert=True)


def _at_least(value: Decimal, operator: str, low: Decimal) -> Outcome:
    if operator == "<":  # somewhere below the value: certain only when even the value would not do
        return Outcome.FAIL if value <= low else Outcome.NOT_CONCLUSIVE
    if operator == ">":
        return Outcome.PASS if value >= low else Outcome.NOT_CONCLUSIVE
    return Outcome.PASS if value >= low else Outcome.FAIL


def _at_most(value: Decimal, operator: str, high: Decimal) -> Outcome:
    if operator == ">":
        return Outcome.FAIL if value >= high else Outcome.NOT_CONCLUSIVE
    if operator == "<":
        return Outcome.PASS if value <= high else Outcome.NOT_CONCLUSIVE
    return Outcome.PASS if value <= high else Outcome.FAIL
