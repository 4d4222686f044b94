"""Deviations through their commands."""

from __future__ import annotations

import pytest

from batches.models import Deviation
from batches.rules.states import DeviationState
from lims.refusals import Refused
from lims.signatures.models import Signature
from lims.signatures.standing import standings
from tests.builders import Story


@pytest.fixture
def raised(story: Story) -> Deviation:
    """A deviation raised by a technician."""
    story.issue()
    return story.raise_deviation()


@pytest.mark.clause("A11-13")
def test_a_deviation_goes_from_open_to_assessed_to_closed(story: Story, raised: Deviation) -> None:
    story.assess(raised, severity="major")
    raised.refresh_from_db()
    assert (raised.state, raised.severity) == (DeviationState.ASSESSED, "major")
    story.close(raised)
    raised.refresh_from_db()
    assert raised.state == DeviationState.CLOSED


def test_an_assessment_does_not_supersede_the_signature_of_who_raised_it(story: Story, raised: Deviation) -> None:
    story.assess(raised, severity="major")
    given = Signature.objects.filter(subject_model="batches.Deviation", subject_pk=str(raised.pk))
    assert [s.is_valid for s in standings(given)] == [True]


def test_a_deviation_is_not_closed_before_it_is_assessed(story: Story, raised: Deviation) -> None:
    with pytest.raises(Refused) as refused:
        story.close(raised)
    assert refused.value.codes == ("DEV-04",)


def test_who_assessed_a_deviation_does_not_close_it(story: Story, raised: Deviation) -> None:
    story.assess(raised)
    with pytest.raises(Refused) as refused:
        story.close(raised, by=story.cast.qa)
    assert refused.value.codes == ("DEV-05",)


def test_who_raised_a_deviation_does_not_close_it(story: Story) -> None:
    story.issue()
    raised = story.raise_deviation(by=story.cast.second_qa)
    story.assess(raised)
    with pytest.raises(Refused) as refused:
        story.close(raised, by=story.cast.second_qa)
    assert refused.value.codes == ("DEV-05",)


def test_it_refuses_a_second_assessment(story: Story, raised: Deviation) -> None:
    story.assess(raised)
    with pytest.raises(Refused) as refused:
        story.assess(raised)
    assert refused.value.codes == ("DEV-03",)


def test_every_account_that_tells_nothing_is_named(story: Story, raised: Deviation) -> None:
    with pytest.raises(Refused) as refused:
        story.assess(raised, root_cause="x", product_impact="", action="none")
    assert [r.field for r in refused.value.refusals] == ["root_cause", "product_impact", "action"]
    raised.refresh_from_db()
    assert raised.state == DeviationState.OPEN
