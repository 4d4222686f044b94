"""May this result be recorded, be declared invalid, be repeated? And what does it say of the product?

Not here: the limits (the specification) and the weighing of all results at release (release.py).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from batches.rules.specification import (
    Judgement,
    Outcome,
    ResultKind,
    SpecificationRow,
    judge_answer,
    judge_number,
)
from batches.rules.states import ResultState
from batches.rules.wording import NO_BREAK_SPACE, cells, quantity
from lims.refusals import Refusal

# A reason shorter than this explains nothing (a default of this system, not a regulation).
SHORTEST_REASON: Final = 10
# Rows whose failure means that the product may carry an infection, or is another patient's.
_CRITICAL_ROWS: Final = frozenset(
    {"identity", "gram", "sterility_in_process", "sterility_final", "mycoplasma_nat", "mycoplasma_culture"}
)


class Standing(StrEnum):
    """How far a row of the specification is answered."""

    NOT_SAMPLED = "not_sampled"
    PENDING = "pending"
    FINAL = "final"
    INVALID = "invalid"


@dataclasses.dataclass(frozen=True)
class Answer:
    """A result as an analyst gives it: a number with its censor, a choice, or words."""

    number: Decimal | None = None
    censor: str = ""
    choice: str = ""
    text: str = ""


def judged(row: SpecificationRow, answer: Answer, *, high: Decimal | None = None) -> Judgement:
    """Hold an answer against its row; `high` takes the place of the row's limit where the patient decides it."""
    if row.result_kind is ResultKind.NUMBER:
        if answer.number is None:
            return Judgement(Outcome.NOT_CONCLUSIVE)
        return judge_number(row, answer.number, operator=answer.censor, high=high)
    return judge_answer(row, answer.choice or answer.text)


def shown(row: SpecificationRow, answer: Answer) -> str:
    """The answer as people read it: `< 0.05 EU/mL`, `no growth`."""
    if row.result_kind is not ResultKind.NUMBER:
        return answer.choice or answer.text
    if answer.number is None:
        return ""
    sign = f"{answer.censor}{NO_BREAK_SPACE}" if answer.censor else ""
    if row.unit == "cells":
        return f"{sign}{cells(answer.number)}"
    return f"{sign}{quantity(answer.number, row.unit)}"


def severity_of(row: SpecificationRow) -> str:
    """How grave a result outside the specification is: critical where identity or infection is at stake."""
    return "critical" if row.key in _CRITICAL_ROWS else "major"


def answer_refusals(row: SpecificationRow, answer: Answer) -> Iterator[Refusal]:
    """RES-03 no result, RES-04 not among the choices, RES-05 a number that can't be."""
    if row.result_kind is ResultKind.NUMBER:
        if answer.number is None:
            yield Refusal("RES-03", "There is no result. Enter the number.", "number")
        elif answer.number < 0:
            yield Refusal("RES-05", "A result is 0 or more. Check the number.", "number")
        elif row.unit == "%" and answer.number > 100:
            yield Refusal("RES-05", "A share is 100 % at most. Check the number.", "number")
    elif row.result_kind is ResultKind.CHOICE:
        if not answer.choice:
            yield Refusal("RES-03", "There is no result. Choose one.", "choice")
        elif answer.choice not in row.choices:
            yield Refusal("RES-04", "This is none of the results of the test. Choose one of the list.", "choice")
    elif not answer.text.strip():
        yield Refusal("RES-03", "There is no result. Write it.", "text")


def state_refusals(state: ResultState) -> Iterator[Refusal]:
    """RES-02: a result is entered once. What was entered is never overwritten."""
    if state is ResultState.FINAL:
        yield Refusal("RES-02", "This result is final. Declare it invalid with a reason, then repeat the test.")
    elif state is ResultState.INVALID:
        yield Refusal("RES-02", "This result is invalid. Repeat the test instead.")


def comment_refusals(
    row: SpecificationRow, answer: Answer, comment: str, *, high: Decimal | None = None, limit: str = ""
) -> Iterator[Refusal]:
    """RES-06: a result that does not pass may be recorded, with a comment."""
    judgement = judged(row, answer, high=high)
    if judgement.outcome in {Outcome.FAIL, Outcome.NOT_CONCLUSIVE} and not comment.strip():
        yield Refusal(
            "RES-06",
            "{test} {result} does not meet {limit}. You may record it; add a comment, QA will see it.",
            "comment",
            {"test": row.name, "result": shown(row, answer), "limit": limit or row.limit},
        )


def incubation_refusals(row: SpecificationRow, answer: Answer, *, sampled_on: date, read_on: date) -> Iterator[Refusal]:
    """RES-11: that nothing grew is known when the incubation is over (USP <71>: 14 days at least); growth at once."""
    earliest = sampled_on + timedelta(days=row.incubation_days)
    if row.incubation_days and answer.choice == row.expected and read_on < earliest:
        yield Refusal(
            "RES-11",
            "«{expected}» is known after {days} days of incubation, on {date} at the earliest. "
            "Leave it pending until then; record anything else at once.",
            "choice",
            {"expected": row.expected, "days": row.incubation_days, "date": earliest.strftime("%-d %b %Y")},
        )


def invalid_refusals(state: ResultState, reason: str) -> Iterator[Refusal]:
    """RES-07 invalid already, RES-08 no reason worth the name."""
    if state is ResultState.INVALID:
        yield Refusal("RES-07", "This result is invalid already. Repeat the test.")
    if len(reason.strip()) < SHORTEST_REASON:
        yield Refusal(
            "RES-08",
            "Say why this result is invalid, in {least} characters at least.",
            "reason",
            {"least": SHORTEST_REASON},
        )


def retest_refusals(state: ResultState, *, has_retest: bool) -> Iterator[Refusal]:
    """RES-09 only an invalid result is repeated, RES-10 it is repeated already."""
    if state is not ResultState.INVALID:
        yield Refusal("RES-09", "Only an invalid result is repeated. Declare it invalid first, with a reason.")
    if has_retest:
        yield Refusal("RES-10", "This test is being repeated already. Record the result of the repeat.")
