"""Numbers as people read them."""

import copy
import pickle
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batches.rules.wording import (
    Phrase,
    cells,
    cells_interval,
    cells_range,
    number,
    percent,
    quantity,
    rounded,
    span,
    volume,
)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("12112500", "1.21×10⁷"),
        ("807500", "8.08×10⁵"),
        ("999600", "1.00×10⁶"),
        ("100000000", "1.00×10⁸"),
        ("1000", "1.00×10³"),
        ("999", "999"),
        ("0", "0"),
        ("-1742500", "−1.74×10⁶"),
    ],
)
def test_cells_have_three_figures_and_a_power_of_ten(value, shown):
    assert cells(Decimal(value)) == shown


def test_a_factor_in_a_formula_keeps_four_figures_and_no_trailing_zero():
    assert cells(Decimal(807_500), 4, trim=True) == "8.075×10⁵"
    assert cells(Decimal(2_000_000), 4, trim=True) == "2×10⁶"


def test_an_interval_stands_in_the_power_of_its_number():
    assert cells_range(Decimal(10_500_000), Decimal(13_900_000)) == "1.05–1.39×10⁷"
    assert cells_interval(Decimal(95_000_000), Decimal(123_000_000), Decimal(108_000_000)) == "0.95–1.23"
    assert cells_range(3, 12) == "3–12"


def test_units_hang_on_a_no_break_space():
    assert percent(Decimal("89.4737")) == "89.5\u00a0%"
    assert quantity(Decimal("3757.861"), "/cm²", 0) == "3,758\u00a0/cm²"
    assert quantity(5, "") == "5"
    assert quantity(Decimal(90_000_000), "cells") == "9×10⁷\u00a0cells"
    assert quantity(100, "cells") == "100\u00a0cells"
    assert volume(Decimal(15)) == "15.0\u00a0mL"
    assert volume(Decimal("0.25")) == "0.25\u00a0mL"
    assert span(3000, 5000) == "3,000–5,000"


def test_halves_are_rounded_up_and_never_to_even():
    assert [rounded(Decimal(value), 0) for value in ("0.5", "1.5", "2.5", "-2.5")] == [1, 2, 3, -3]


def test_a_negative_number_has_a_real_minus_sign_and_zero_has_none():
    assert number(Decimal("-0.35"), 2) == "−0.35"
    assert number(Decimal("-0.001"), 2) == "0.00"


@given(st.decimals(min_value="0.001", max_value=10**13, places=3))
def test_a_shown_number_of_cells_is_within_half_a_unit_of_its_third_figure(value):
    shown = cells(value)
    if "×" not in shown:
        assert abs(Decimal(shown.replace(",", "")) - value) <= Decimal("0.5")
        return
    mantissa, power = shown.split("×10")
    exponent = int(power.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")))
    assert 1 <= Decimal(mantissa) < 10
    assert abs(Decimal(mantissa).scaleb(exponent) - value) <= Decimal("0.005").scaleb(exponent)


def test_a_phrase_is_text_that_still_knows_its_template():
    phrase = Phrase("{share} of the target dose", share="12 %")
    assert phrase == "12 % of the target dose"
    for other in (copy.deepcopy(phrase), pickle.loads(pickle.dumps(phrase))):
        assert other == phrase
        assert other.template == "{share} of the target dose"
        assert other.values == {"share": "12 %"}
