"""Late entries through the commands: told after a quarter of an hour, a minor deviation after a day."""

from __future__ import annotations

import inspect
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from batches.commands.process import installed_content
from batches.models import Deviation
from batches.rules.downtime import FormStep
from batches.rules.process import LATE_ENTRY, Process
from lims.commands import COMMANDS
from lims.refusals import Refused
from tests.builders import Story
from tests.builders_downtime import issued, transcribed, voided

WHY = "The tablet was in repair until today."
# Telling a deviation late is one already; the onset of an adverse event is no time of an act.
APART = {"deviation:raise", "adverse_event:record"}


def late(story: Story) -> list[Deviation]:
    """The deviations a late entry raised."""
    return list(Deviation.objects.filter(batch=story.batch, limit="late_entry_hours"))


@pytest.fixture
def seeded(story: Story) -> Story:
    """P0 seeded thirty hours ago."""
    story.isolate()
    return story.wait(hours=30)


@pytest.mark.clause("A11-9", "R42")
@pytest.mark.parametrize(("hours", "raised"), [(Decimal(24), 0), (Decimal("24.1"), 1)])
def test_an_entry_more_than_a_day_after_the_fact_raises_a_minor_deviation_in_the_same_act(
    seeded: Story, hours: Decimal, raised: int
) -> None:
    row = seeded.observe("20", done_at=seeded.at - timedelta(hours=float(hours)), late_reason=WHY)
    found = late(seeded)
    assert len(found) == raised
    for deviation in found:
        assert (deviation.severity, deviation.act_id) == (Deviation.Severity.MINOR, row.act_id)
        assert (deviation.source_model, deviation.source_pk) == ("batches.Observation", str(row.pk))
        assert "24.1" in deviation.description
        assert WHY in deviation.description
        assert deviation.is_raised_by_limit


def test_without_a_reason_nothing_is_recorded_and_nothing_raised(seeded: Story) -> None:
    with pytest.raises(Refused) as refused:
        seeded.observe("20", done_at=seeded.at - timedelta(hours=26))
    assert refused.value.codes == ("TIM-03",)
    assert late(seeded) == []


def test_a_harvest_a_sample_and_a_lost_vessel_told_days_later_raise_one_each(story: Story) -> None:
    story.issue()
    story.wait(days=3)
    done = story.at - timedelta(hours=47)
    given: dict[str, Any] = {"started_at": done, "done_at": done, "dispatched_at": done, "late_reason": WHY}
    story.harvest(**given)
    story.sample("donor_blood", done_at=story.at - timedelta(hours=30), late_reason=WHY)
    assert [d.source_model for d in late(story)] == ["batches.Harvest", "batches.Sample"]


def test_an_older_version_that_does_not_say_means_a_day() -> None:
    content = installed_content()
    assert Process.parse(content).late_entry.action_above == Decimal(24)
    del content["limits"]["late_entry_hours"]
    assert Process.parse(content).late_entry == LATE_ENTRY
    content["limits"]["late_entry_hours"] = {"label": "Late entry", "unit": "h", "action_above": "8"}
    assert Process.parse(content).late_entry.action_above == Decimal(8)


def test_an_entry_from_a_downtime_form_that_was_out_is_expected_to_be_late(story: Story) -> None:
    story.isolate()
    (form,) = issued(story)
    story.wait(hours=30)
    row = story.observe(
        "20", done_at=story.at - timedelta(hours=26), late_reason=f"Entered from downtime form {form.number}"
    )
    assert late(story) == []
    with pytest.raises(Refused) as refused:
        voided(story, form)
    assert refused.value.codes == ("FRM-10",), "what excused the late entry has to be shown"
    transcribed(story, form, acts=[row.act_id])


def test_a_form_of_another_step_or_issued_after_the_fact_excuses_nothing(seeded: Story) -> None:
    (other,) = issued(seeded, FormStep.PASSAGE)
    (after,) = issued(seeded)
    for number, hours in ((other.number, 28), (after.number, 26)):
        done = seeded.at - timedelta(hours=hours)
        seeded.observe("20", done_at=done, late_reason=f"Entered from downtime form {number}")
    assert len(late(seeded)) == 2


def test_every_act_that_can_be_told_late_asks_whether_it_is_a_deviation() -> None:
    asked = {name for name, run in COMMANDS.items() if "late_reason" in inspect.signature(run).parameters}
    assert asked >= APART
    for name in asked - APART:
        module = inspect.getmodule(inspect.unwrap(COMMANDS[name]))
        assert module is not None
        assert "raise_if_late(" in inspect.getsource(module), name
