"""Samples through their command."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from batches.models import TestResult
from batches.rules.states import ResultState
from lims.refusals import Refused
from tests.builders import Story


def test_a_sample_leaves_a_pending_result_for_every_test_that_waits_for_it(story: Story) -> None:
    story.issue()
    sample = story.sample("donor_blood")
    assert sample.code == f"{story.batch.number}-S01"
    waiting = TestResult.objects.get(batch=story.batch)
    assert (waiting.test, waiting.state, waiting.sample_id) == ("infectious_status", ResultState.PENDING, sample.pk)


def test_a_sample_of_the_product_is_not_taken_before_there_is_one(story: Story) -> None:
    story.issue()
    with pytest.raises(Refused) as refused:
        story.sample("final_product")
    assert refused.value.codes == ("SAM-02",)
    assert not TestResult.objects.filter(batch=story.batch).exists()


@pytest.mark.clause("R40")
def test_a_second_sample_of_a_kind_needs_a_reason_and_makes_no_second_result(story: Story) -> None:
    story.issue()
    story.sample("donor_blood")
    with pytest.raises(Refused) as refused:
        story.sample("donor_blood")
    assert refused.value.codes == ("SAM-04",)
    second = story.sample("donor_blood", comment="First tube was haemolysed.")
    assert second.code.endswith("-S02")
    assert TestResult.objects.filter(batch=story.batch).count() == 1


def test_a_second_sample_repeats_a_test_that_is_invalid_and_says_which(story: Story) -> None:
    story.issue()
    story.sample("donor_blood")
    first = TestResult.objects.get(batch=story.batch)
    story.invalidate(first)
    second = story.sample("donor_blood", comment="First tube was haemolysed.")
    again = TestResult.objects.get(sample=second)
    assert again.retest_of_id == first.pk


def test_every_reason_against_a_sample_is_told_at_once(story: Story) -> None:
    story.issue()
    with pytest.raises(Refused) as refused:
        story.sample("donor_blood", volume_ml=Decimal(0), done_at=story.at + timedelta(hours=1))
    assert set(refused.value.codes) == {"SAM-05", "TIM-01"}


def test_no_spent_medium_is_sampled_after_the_cells_were_harvested(story: Story) -> None:
    story.isolate()
    story.expand()
    story.culture(4)
    harvested = story.cell_harvest()
    with pytest.raises(Refused) as refused:
        story.sample("spent_medium_final")
    assert refused.value.codes == ("SAM-07",)
    earlier = harvested.exposure_started_at - timedelta(minutes=1)
    assert story.sample("spent_medium_final", done_at=earlier, late_reason="Noted on paper.").pk


def test_more_cells_than_were_counted_are_not_taken(story: Story) -> None:
    story.issue()
    with pytest.raises(Refused) as refused:
        story.sample("donor_blood", cells_used=Decimal(1000))
    assert refused.value.codes == ("SAM-06",)
