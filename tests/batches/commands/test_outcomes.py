"""Adverse events, and pain before and after, through their commands."""

from __future__ import annotations

from datetime import timedelta

import pytest

from batches.commands.batches import end_batch
from batches.models import PdasAnswer
from batches.queries.outcomes import outcomes
from batches.rules.states import Stage
from lims.refusals import Refused
from lims.signatures.meanings import Meaning
from tests.builders import Story
from tests.cast import signed


def codes(raised: pytest.ExceptionInfo[Refused]) -> set[str]:
    return set(raised.value.codes)


@pytest.fixture
def infused(released: Story) -> Story:
    """An infusion that is over, with pain scored before it."""
    released.baseline()
    released.start()
    released.wait(minutes=30)
    released.stop()
    return released


def test_assessed_none_is_explicit_and_can_not_hide_an_event(infused: Story) -> None:
    with pytest.raises(Refused) as refused:
        infused.assess_none(is_none=False)
    assert codes(refused) == {"AEV-06"}
    assert infused.assess_none().is_none
    infused.adverse_event()
    with pytest.raises(Refused) as refused:
        infused.assess_none()
    assert codes(refused) == {"AEV-02"}
    assert not infused.assess_none(is_none=False).is_none


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"term": "palpitations", "grade": 3}, "AEV-01"),
        ({"term": "Sepsis", "grade": 4, "is_serious": False}, "AEV-04"),
    ],
)
def test_a_grade_is_one_that_ctcae_knows_and_a_grave_one_is_serious(
    infused: Story, changes: dict[str, object], code: str
) -> None:
    with pytest.raises(Refused) as refused:
        infused.adverse_event(**changes)
    assert codes(refused) == {code}


def test_an_event_begins_after_the_infusion_and_ends_after_it_began(infused: Story) -> None:
    with pytest.raises(Refused) as refused:
        infused.adverse_event(done_at=infused.at - timedelta(hours=1), late_reason="Told later.")
    assert codes(refused) == {"AEV-03"}
    with pytest.raises(Refused) as refused:
        infused.adverse_event(ended_at=infused.at - timedelta(minutes=1))
    assert codes(refused) == {"AEV-05"}


def test_nothing_adverse_happens_before_the_infusion(released: Story) -> None:
    released.check()
    with pytest.raises(Refused) as refused:
        released.adverse_event()
    assert codes(refused) == {"INF-09"}


def test_none_is_not_said_while_the_infusion_runs_and_an_event_may_be_recorded(released: Story) -> None:
    released.check()
    released.start()
    with pytest.raises(Refused) as refused:
        released.assess_none()
    assert codes(refused) == {"INF-15"}
    assert released.adverse_event().pk


def test_a_baseline_comes_before_the_infusion_and_a_follow_up_after_it(infused: Story) -> None:
    with pytest.raises(Refused) as refused:
        infused.baseline()
    assert codes(refused) == {"FUP-02"}


def test_no_follow_up_without_an_infusion(released: Story) -> None:
    with pytest.raises(Refused) as refused:
        released.follow_up(1)
    assert codes(refused) == {"FUP-01"}


def test_every_item_is_kept_and_a_missing_one_stays_missing(infused: Story) -> None:
    row = infused.follow_up(120, answers=[1] * 18 + [None, None])
    assert PdasAnswer.objects.filter(assessment=row).count() == 20
    assert PdasAnswer.objects.filter(assessment=row, score=None).count() == 2
    after = outcomes(infused.batch)[-1]
    assert after.pdas.is_imputed
    assert after.pdas.total == 20
    assert after.pdas_change == -10


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"fps_score": 3}, "PAI-01"),
        ({"instrument": "fps", "fps_score": 7}, "PAI-01"),
        ({"instrument": "other", "fps_score": 3}, "PAI-02"),
        ({"answers": [4] + [0] * 19}, "PAI-03"),
    ],
)
def test_a_score_is_one_that_its_scale_has(infused: Story, changes: dict[str, object], code: str) -> None:
    with pytest.raises(Refused) as refused:
        infused.follow_up(120, **changes)
    assert codes(refused) == {code}


def test_scores_of_two_codings_are_never_subtracted(infused: Story) -> None:
    infused.follow_up(120, instrument="fps", fps_score=2)
    after = outcomes(infused.batch)[-1]
    assert after.face_change is None
    assert after.pdas_change == -20


def test_a_visit_out_of_window_is_recorded_and_told(infused: Story) -> None:
    infused.follow_up(95)
    early = outcomes(infused.batch)[-1]
    assert (early.days, early.window) == (95, None)
    infused.follow_up(25)
    primary = outcomes(infused.batch)[-1]
    assert primary.days == 120
    assert primary.window is not None
    assert primary.window.is_primary


def test_after_the_primary_follow_up_qa_may_end_the_batch(infused: Story) -> None:
    infused.follow_up(120)
    with infused.now():
        end_batch(
            infused.cast.qa,
            batch=infused.batch,
            reason="Follow-up complete.",
            signatures=signed((Meaning.APPROVED, infused.cast.qa)),
        )
    assert infused.fresh().stage == Stage.ENDED


def test_a_batch_whose_follow_up_never_came_may_end_once_its_time_is_over(infused: Story) -> None:
    infused.wait(days=150)
    with infused.now():
        end_batch(
            infused.cast.qa,
            batch=infused.batch,
            reason="Lost to follow-up.",
            signatures=signed((Meaning.APPROVED, infused.cast.qa)),
        )
    assert infused.fresh().stage == Stage.ENDED
