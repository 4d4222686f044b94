"""Face scales, PDAS and windows."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batches.rules.process import Process
from batches.rules.scores import (
    Instrument,
    Window,
    allowed_scores,
    common_metric,
    days_since,
    is_allowed,
    pdas,
    stands,
    window_of,
)


def test_each_coding_has_its_own_scores():
    assert allowed_scores(Instrument.FPS) == (0, 1, 2, 3, 4, 5, 6)
    assert allowed_scores(Instrument.FPS_R) == (0, 2, 4, 6, 8, 10)
    assert allowed_scores(Instrument.WONG_BAKER) == (0, 2, 4, 6, 8, 10)
    assert not is_allowed(Instrument.FPS_R, 3)
    assert not is_allowed(Instrument.FPS, 8)


def test_another_instrument_must_name_its_highest_score():
    assert is_allowed(Instrument.OTHER, 19, highest=20)
    assert not is_allowed(Instrument.OTHER, 21, highest=20)
    for highest in (None, 0, 1000):
        with pytest.raises(ValueError, match="highest score"):
            allowed_scores(Instrument.OTHER, highest)


def test_codings_share_only_the_share_of_their_highest_score():
    assert common_metric(Instrument.FPS, 3) == common_metric(Instrument.OTHER, 10, highest=20) == Decimal("0.5")
    with pytest.raises(ValueError, match="no such score"):
        common_metric(Instrument.FPS_R, 5)


def test_a_whole_questionnaire_is_summed():
    result = pdas([1] * 20)
    assert (result.total, result.is_imputed, result.is_disability, result.missing) == (20, False, True, ())


@pytest.mark.parametrize(("total", "is_disability"), [(9, False), (10, True)])
def test_disability_begins_at_ten(total, is_disability):
    answers = [1] * total + [0] * (20 - total)
    assert pdas(answers).is_disability is is_disability


def test_one_or_two_missing_items_are_filled_with_the_mean_and_marked():
    result = pdas([2] * 18 + [None, None])
    assert result.total == 40
    assert result.is_imputed
    assert result.missing == ("PDAS19", "PDAS20")


def test_three_missing_items_leave_no_total():
    result = pdas({f"PDAS{item:02d}": 3 for item in range(1, 18)})
    assert result.total is None
    assert result.is_disability is None
    assert not result.is_imputed
    assert result.answered == 17


@pytest.mark.parametrize("answers", [[4], [-1], {"PDAS21": 1}, {"pain": 1}, [0] * 21])
def test_answers_that_do_not_exist_are_refused(answers):
    with pytest.raises(ValueError, match="PDAS"):
        pdas(answers)


@given(st.lists(st.one_of(st.none(), st.integers(0, 3)), max_size=20))
def test_a_total_is_between_none_and_sixty(answers):
    result = pdas(answers)
    if result.total is not None:
        assert 0 <= result.total <= 60
    assert result.answered + len(result.missing) == 20


def test_the_day_of_the_infusion_is_day_zero():
    assert days_since(date(2026, 10, 28), date(2026, 10, 28)) == 0
    assert days_since(date(2026, 10, 28), date(2027, 2, 28)) == 123
    assert days_since(date(2026, 10, 28), date(2026, 10, 20)) == -8


def test_visits_are_flagged_early_or_late(process: Process):
    month4 = next(window for window in process.follow_up if window.is_primary)
    assert [stands(month4, days) for days in (101, 102, 144, 145)] == [Window.EARLY, Window.IN, Window.IN, Window.LATE]


def test_a_day_belongs_to_the_visit_it_is_nearest_to(process: Process):
    assert window_of(process.follow_up, 103).key == "month3"
    assert window_of(process.follow_up, 120).key == "month4"
    assert window_of(process.follow_up, 50) is None
