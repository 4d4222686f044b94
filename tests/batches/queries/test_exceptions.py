"""What is not in order with a batch."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from batches.queries.exceptions import concerns, exceptions
from lims.refusals import Refused
from tests.builders import Story


def words(story: Story) -> list[tuple[str, str]]:
    """Tone and word of every concern, in their order."""
    with story.now():
        return [(c.tone, c.word) for c in concerns(story.fresh())]


def test_a_batch_in_order_has_no_concern(story: Story) -> None:
    story.issue()
    assert words(story) == []


def test_the_gravest_comes_first(story: Story) -> None:
    story.harvest()
    story.receive(temperature_max_c=Decimal("31.0"), comment="Cool box failed in the car.")
    story.raise_deviation()
    assert words(story)[0] == ("action", "Deviation, major")
    assert words(story)[-1][0] == "alert"


def test_a_late_entry_says_by_how_much_and_why(story: Story) -> None:
    story.harvest(
        started_at=story.at - timedelta(hours=1, minutes=30),
        late_reason="Tablet out of use.",
        done_at=story.at - timedelta(hours=1, minutes=25),
    )
    with story.now():
        [late] = [c for c in concerns(story.fresh()) if c.word == "Late entry"]
    # The harvest happens an hour after the issue, so 1 h 25 min before its record is 2 h 25 min in the story's hands.
    assert "Tablet out of use." in late.text
    assert late.state == "Not reviewed"


def test_a_closed_deviation_is_an_exception_and_no_concern(story: Story) -> None:
    story.issue()
    deviation = story.raise_deviation()
    story.assess(deviation)
    story.close(deviation)
    assert words(story) == []
    with story.now():
        assert [c.word for c in exceptions(story.fresh())] == ["Deviation, minor"]


def test_a_refused_act_is_told_for_information(story: Story) -> None:
    story.issue()
    with pytest.raises(Refused):
        story.sample("final_product")
    with story.now():
        [refused] = exceptions(story.fresh())
        assert (refused.tone, refused.state) == ("now", "For information")
        assert "SAM-02" in refused.text
        assert concerns(story.fresh()) == []


def test_a_result_that_is_overdue_is_told(story: Story) -> None:
    story.issue()
    story.sample("donor_blood")
    story.wait(days=3)
    assert words(story) == []
    story.wait(days=1)
    assert words(story) == [("alert", "Overdue result")]


@pytest.mark.clause("R41")
def test_what_qa_decided_on_is_reviewed(story: Story) -> None:
    story.harvest(volume_ml=Decimal("6.0"))
    assert words(story) == [("alert", "Alert limit")]
    story.tested()
    story.release_conditionally()
    with story.now():
        assert concerns(story.fresh()) == []
        [alert] = exceptions(story.fresh())
    assert (alert.tone, alert.state) == ("pending", "Reviewed: Released conditionally")


def test_asking_takes_no_more_queries_for_a_longer_batch(story: Story) -> None:
    story.isolate()
    story.culture(4)
    with story.now(), CaptureQueriesContext(connection) as short:
        exceptions(story.fresh())
    story.culture(12)
    with story.now(), CaptureQueriesContext(connection) as long:
        exceptions(story.fresh())
    assert len(long) == len(short)
