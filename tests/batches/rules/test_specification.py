"""One result against one row of the release specification."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batches.rules.process import Process
from batches.rules.specification import Outcome, judge_answer, judge_number, read_number


@pytest.mark.parametrize(
    ("result", "outcome"), [("80", "pass"), ("79.96", "pass"), ("79.5", "pass"), ("79.4", "fail"), ("93.3", "pass")]
)
def test_viability_is_rounded_to_whole_per_cent_before_it_is_compared(process: Process, result, outcome):
    assert judge_number(process.row("viability"), Decimal(result)).outcome == outcome


@pytest.mark.parametrize(
    ("cells", "outcome"),
    [("89499999", "fail"), ("89500000", "pass"), ("108000000", "pass"), ("120400000", "pass"), ("120500000", "fail")],
)
def test_the_dose_lies_in_its_band(process: Process, cells, outcome):
    assert judge_number(process.row("dose"), Decimal(cells)).outcome == outcome


def test_a_result_below_what_the_method_sees_passes_when_even_that_would(process: Process):
    row = process.row("endotoxin")
    high = Decimal("3.1")
    assert judge_number(row, Decimal("0.05"), operator="<", high=high).outcome is Outcome.PASS
    assert judge_number(row, Decimal("5.0"), operator="<", high=high).outcome is Outcome.NOT_CONCLUSIVE
    assert judge_number(row, Decimal("3.2"), operator=">", high=high).outcome is Outcome.FAIL
    assert judge_number(row, Decimal("3.0"), operator=">", high=high).outcome is Outcome.NOT_CONCLUSIVE


def test_a_censored_result_against_a_minimum(process: Process):
    row = process.row("cd73")
    assert judge_number(row, Decimal(95), operator=">").outcome is Outcome.PASS
    assert judge_number(row, Decimal(90), operator=">").outcome is Outcome.NOT_CONCLUSIVE
    assert judge_number(row, Decimal(95), operator="<").outcome is Outcome.FAIL
    assert judge_number(row, Decimal(99), operator="<").outcome is Outcome.NOT_CONCLUSIVE


def test_a_lighter_patient_has_a_stricter_endotoxin_limit(process: Process):
    row = process.row("endotoxin")
    assert judge_number(row, Decimal("3.0"), high=Decimal("3.5")).outcome is Outcome.PASS
    assert judge_number(row, Decimal("3.0"), high=Decimal("2.5")).outcome is Outcome.FAIL


def test_report_only_never_fails_but_may_alert(process: Process):
    cd34 = judge_number(process.row("cd34"), Decimal("12"))
    assert (cd34.outcome, cd34.is_alert) == (Outcome.REPORT_ONLY, True)
    potency = judge_number(process.row("potency"), Decimal("84.3"))
    assert (potency.outcome, potency.is_alert) == (Outcome.REPORT_ONLY, False)
    assert judge_answer(process.row("infectious_status"), "reactive").outcome is Outcome.REPORT_ONLY


def test_only_the_expected_answer_passes(process: Process):
    row = process.row("sterility_final")
    assert judge_answer(row, "No growth").outcome is Outcome.PASS
    assert judge_answer(row, "growth").outcome is Outcome.FAIL
    assert judge_answer(row, "").outcome is Outcome.FAIL


def test_a_row_without_the_limit_it_compares_with_is_not_conclusive(process: Process):
    bare = replace(process.row("viability"), low=None)
    assert judge_number(bare, Decimal(99)).outcome is Outcome.NOT_CONCLUSIVE


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("< 0.05", ("<", "0.05")), ("<0.05", ("<", "0.05")), (">95", (">", "95")), ("1,080,000", ("", "1080000"))],
)
def test_typed_results_are_read(typed, expected):
    operator, value = read_number(typed)
    assert (operator, value) == (expected[0], Decimal(expected[1]))


@pytest.mark.parametrize("typed", ["", "<", "negative", "NaN", "Infinity", "<<1", "1.2.3"])
def test_what_is_not_a_number_is_refused(typed):
    with pytest.raises(ValueError, match="result is a"):
        read_number(typed)


@given(st.decimals(0, 200, places=3), st.decimals(0, 200, places=3))
def test_more_viable_cells_never_turn_a_pass_into_a_failure(process: Process, one, other):
    worse, better = sorted((one, other))
    row = process.row("viability")
    if judge_number(row, worse).outcome is Outcome.PASS:
        assert judge_number(row, better).outcome is Outcome.PASS
