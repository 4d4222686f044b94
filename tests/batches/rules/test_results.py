"""Results: what may be entered, and what it says."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from batches.rules.results import (
    Answer,
    answer_refusals,
    comment_refusals,
    incubation_refusals,
    invalid_refusals,
    judged,
    retest_refusals,
    severity_of,
    shown,
    state_refusals,
)
from batches.rules.specification import Comparison, Outcome, ResultKind, SamplingPoint, SpecificationRow
from batches.rules.states import ResultState


def test_no_growth_is_known_when_the_incubation_is_over_and_growth_at_once() -> None:
    sterility = row(
        result_kind=ResultKind.CHOICE, expected="no growth", choices=("no growth", "growth"), incubation_days=14
    )
    sampled = date(2026, 10, 27)
    early = list(
        incubation_refusals(sterility, Answer(choice="no growth"), sampled_on=sampled, read_on=date(2026, 11, 9))
    )
    assert [r.code for r in early] == ["RES-11"]
    assert "10 Nov 2026" in early[0].text
    for choice, read_on in (("no growth", date(2026, 11, 10)), ("growth", date(2026, 10, 28))):
        assert not list(incubation_refusals(sterility, Answer(choice=choice), sampled_on=sampled, read_on=read_on)), (
            choice
        )


def row(**changes: object) -> SpecificationRow:
    given: dict[str, object] = {
        "number": "10",
        "key": "endotoxin",
        "name": "Endotoxin",
        "method": "USP <85>",
        "unit": "EU/mL",
        "comparison": Comparison.MAX,
        "result_kind": ResultKind.NUMBER,
        "sampled_at": SamplingPoint.FILL,
        "pending_allowed": False,
        "high": Decimal("5.00"),
        "decimals": 2,
    }
    return SpecificationRow(**(given | changes))  # type: ignore[arg-type]


GRAM = row(
    key="gram",
    name="Gram stain",
    unit="",
    comparison=Comparison.NONE,
    result_kind=ResultKind.CHOICE,
    expected="no organisms",
    choices=("no organisms", "organisms seen"),
    high=None,
)


def test_the_limit_of_the_patient_takes_the_place_of_the_general_one() -> None:
    assert judged(row(), Answer(Decimal("3.0"))).outcome is Outcome.PASS
    assert judged(row(), Answer(Decimal("3.0")), high=Decimal("2.5")).outcome is Outcome.FAIL


def test_a_result_below_what_the_method_sees_is_not_conclusive_above_the_limit() -> None:
    assert judged(row(), Answer(Decimal("0.05"), "<"), high=Decimal("2.5")).outcome is Outcome.PASS
    assert judged(row(), Answer(Decimal("10"), "<"), high=Decimal("2.5")).outcome is Outcome.NOT_CONCLUSIVE


def test_a_result_is_shown_with_its_sign_and_unit() -> None:
    assert shown(row(), Answer(Decimal("0.0500"), "<")) == "<\u00a00.05\u00a0EU/mL"
    assert shown(GRAM, Answer(choice="no organisms")) == "no organisms"


@pytest.mark.parametrize(
    ("asked", "answer", "code"),
    [
        (row(), Answer(), "RES-03"),
        (row(), Answer(Decimal("-1")), "RES-05"),
        (row(unit="%"), Answer(Decimal("100.1")), "RES-05"),
        (GRAM, Answer(), "RES-03"),
        (GRAM, Answer(choice="none"), "RES-04"),
        (row(result_kind=ResultKind.TEXT, comparison=Comparison.REPORT), Answer(text="  "), "RES-03"),
    ],
)
def test_it_refuses_a_result_that_is_none_or_can_not_be(asked: SpecificationRow, answer: Answer, code: str) -> None:
    assert [r.code for r in answer_refusals(asked, answer)] == [code]


def test_a_share_of_all_cells_is_a_result() -> None:
    assert not list(answer_refusals(row(unit="%"), Answer(Decimal(100))))
    assert not list(answer_refusals(row(unit="%"), Answer(Decimal(0))))


def test_a_failing_result_is_recorded_with_a_comment_only() -> None:
    failing = Answer(choice="organisms seen")
    assert [r.code for r in comment_refusals(GRAM, failing, " ")] == ["RES-06"]
    assert not list(comment_refusals(GRAM, failing, "Repeated on a second slide."))
    assert not list(comment_refusals(GRAM, Answer(choice="no organisms"), ""))


@pytest.mark.parametrize("state", [ResultState.FINAL, ResultState.INVALID])
def test_a_result_is_entered_once(state: ResultState) -> None:
    assert [r.code for r in state_refusals(state)] == ["RES-02"]
    assert not list(state_refusals(ResultState.PENDING))


def test_only_an_invalid_result_is_repeated_and_only_once() -> None:
    assert not list(retest_refusals(ResultState.INVALID, has_retest=False))
    assert [r.code for r in retest_refusals(ResultState.FINAL, has_retest=False)] == ["RES-09"]
    assert [r.code for r in retest_refusals(ResultState.INVALID, has_retest=True)] == ["RES-10"]


def test_a_reason_that_tells_nothing_invalidates_nothing() -> None:
    assert [r.code for r in invalid_refusals(ResultState.FINAL, "oops      ")] == ["RES-08"]
    assert [r.code for r in invalid_refusals(ResultState.INVALID, "Control failed.")] == ["RES-07"]


def test_infection_and_identity_are_critical_and_the_rest_major() -> None:
    assert severity_of(GRAM) == "critical"
    assert severity_of(row(key="identity")) == "critical"
    assert severity_of(row()) == "major"
