"""Who signed what, in which order, and whether the newest signing still holds."""

from __future__ import annotations

from batches.models import Harvest
from batches.queries.involved import signatures_under, signed_steps
from tests.builders import Story


def test_the_newest_signing_is_the_last_in_the_stream_whatever_its_time(story: Story) -> None:
    """Acts of one moment, and of a clock that was set back, stand in the order they were sealed in."""
    harvest = story.harvest()
    for number in range(5):
        story.correct(harvest, "anaesthesia", f"Lidocaine {number} %, local")
    story.wait(minutes=-1)
    story.correct(harvest, "anaesthesia", "Lidocaine 9 %, local")
    step = signed_steps(story.batch)[Harvest._meta.label, str(harvest.pk)]
    assert [s.signature.entry.seq for s in step.signatures] == sorted(s.signature.entry.seq for s in step.signatures)
    assert not step.is_superseded


def test_signatures_of_one_moment_are_shown_in_the_order_of_their_acts(story: Story) -> None:
    harvest = story.harvest()
    for number in range(5):
        story.correct(harvest, "anaesthesia", f"Lidocaine {number} %, local")
    assert [s.valid for s in signatures_under(harvest)] == [False] * 9 + [True] * 2
