"""Intervals of counts and proportions, against published and independently computed values."""

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batches.rules.intervals import (
    EXACT_UP_TO,
    chi_square_quantile,
    combined_cv,
    count_cv,
    doublings_error,
    lognormal_interval,
    normal_quantile,
    poisson_interval,
    regularised_gamma,
    wilson_interval,
    zero_events_upper,
)


@pytest.mark.parametrize(
    ("probability", "degrees", "expected"),
    [(0.95, 1, 3.841459), (0.05, 10, 3.940299), (0.975, 20, 34.169607), (0.99, 100, 135.806723)],
)
def test_chi_square_quantiles_are_those_of_the_printed_tables(probability, degrees, expected):
    assert chi_square_quantile(probability, degrees) == pytest.approx(expected, abs=1e-6)


def test_the_exact_interval_of_160_cells(worked):
    low, high = poisson_interval(160)
    assert [float(low), float(high)] == pytest.approx(worked["hemocytometer"]["poisson95_count"], rel=1e-9)


def test_nothing_counted_still_has_an_upper_end():
    low, high = poisson_interval(0)
    assert low == 0
    assert float(high) == pytest.approx(-math.log(0.025), rel=1e-9)


def test_the_approximation_for_huge_counts_meets_the_exact_interval():
    just_exact = poisson_interval(EXACT_UP_TO - 1)
    approximated = poisson_interval(EXACT_UP_TO + 1)
    for one, other in zip(just_exact, approximated, strict=True):
        assert float(other - one) == pytest.approx(2, abs=0.1)


@given(st.integers(min_value=1, max_value=3000))
def test_the_interval_of_a_count_has_the_tails_it_promises(counted):
    low, high = poisson_interval(counted)
    assert low < counted < high
    # Seeing this many or more at the lower end, and this many or fewer at the upper end, happens once in forty.
    assert regularised_gamma(counted, float(low)) == pytest.approx(0.025, abs=1e-6)
    assert 1 - regularised_gamma(counted + 1, float(high)) == pytest.approx(0.025, abs=1e-6)


def test_wilson_interval_of_a_viability_and_of_responders(worked):
    low, high = wilson_interval(160, 168)
    assert [float(low * 100), float(high * 100)] == pytest.approx(
        worked["hemocytometer"]["viability_wilson95"], rel=1e-9
    )
    low, high = wilson_interval(18, 28)
    assert [float(low * 100), float(high * 100)] == pytest.approx(worked["n28"]["responder_18_of_28"], rel=1e-9)


@given(st.integers(min_value=1, max_value=10_000), st.data())
def test_a_proportion_lies_in_its_interval_and_the_interval_between_none_and_all(trials, data):
    hits = data.draw(st.integers(min_value=0, max_value=trials))
    low, high = wilson_interval(hits, trials)
    assert 0 <= low <= Decimal(hits) / trials + Decimal("1e-11")
    assert Decimal(hits) / trials - Decimal("1e-11") <= high <= 1


def test_no_trial_has_no_proportion():
    assert wilson_interval(0, 0) is None


@pytest.mark.parametrize(("hits", "trials"), [(3, 2), (-1, 2)])
def test_more_hits_than_trials_are_refused(hits, trials):
    with pytest.raises(ValueError, match="Hits"):
        wilson_interval(hits, trials)


def test_a_negative_count_has_no_interval():
    with pytest.raises(ValueError, match="not negative"):
        poisson_interval(-1)


def test_no_event_in_28_patients_leaves_room_for_some(worked):
    one_sided, two_sided = worked["n28"]["zero_ae_of_28_upper95"]
    assert float(zero_events_upper(28) * 100) == pytest.approx(one_sided, rel=1e-9)
    assert float(zero_events_upper(28, two_sided=True) * 100) == pytest.approx(two_sided, rel=1e-9)


def test_errors_of_count_chamber_dilution_and_volume_propagate(worked):
    cv = count_cv(160, Decimal("0.04"), Decimal("0.02"), Decimal("0.01"))
    assert float(cv * 100) == pytest.approx(worked["propagation"]["total_cv_pct"], rel=1e-9)
    low, high = lognormal_interval(Decimal(8_000_000), cv)
    # The published example rounds the normal quantile to 1.96.
    assert [float(low), float(high)] == pytest.approx(worked["propagation"]["tvc_95_lognormal"], rel=1e-5)


def test_a_count_of_nothing_has_no_relative_error():
    assert count_cv(0, Decimal("0.04")) is None


def test_ten_per_cent_at_both_ends_is_a_fifth_of_a_doubling():
    assert round(doublings_error(Decimal("0.10"), Decimal("0.10")), 2) == Decimal("0.20")


@given(st.lists(st.floats(min_value=0, max_value=1), min_size=1, max_size=5))
def test_combined_errors_are_never_less_than_the_largest(parts):
    assert float(combined_cv(*parts)) >= max(parts) * (1 - 1e-9)


def test_the_normal_quantile_everyone_knows():
    assert normal_quantile(0.975) == pytest.approx(1.959964, abs=1e-6)
