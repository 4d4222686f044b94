"""What a record tells of its own making: who recorded a row first, and whether the last decision still stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from batches.commands.materials import calibrate_equipment
from batches.models import Equipment
from batches.record.facts import gather
from batches.record.sections import certificates, closing, deviations, disposition, fill, materials, overview, samples
from lims.clock import replaying
from lims.refusals import Refused
from tests.builders import EQUIPMENT, Story
from tests.cast import approved


def test_a_deviation_of_a_limit_is_recorded_when_it_was_raised_not_when_it_was_closed(story: Story) -> None:
    story.harvest(volume_ml=Decimal("0.4"))
    raised = story.at
    story.wait(days=9)
    story.settle_deviations()
    told = repr(deviations.section(gather(story.batch), "10"))
    assert f"Recorded {raised:%Y-%m-%d}" in told
    assert f"by {story.cast.clinician.printed_name}" in told
    assert "Late entry" not in told


def test_the_cover_says_when_a_correction_came_after_the_decision(story: Story) -> None:
    story.released()
    assert "changed since" not in repr(overview.section(gather(story.batch), "1"))
    story.correct(story.batch.harvest, "volume_ml", "1.1")
    assert "Released conditionally; the record has changed since" in repr(overview.section(gather(story.batch), "1"))


def test_a_calibration_is_told_as_it_was_known_on_the_day_of_use(story: Story) -> None:
    story.isolate()
    cabinet = Equipment.objects.get(code=EQUIPMENT[Equipment.Kind.BSC])
    due, later = cabinet.calibration_due_on, cabinet.calibration_due_on + timedelta(days=365)
    story.wait(hours=1)
    by = story.cast.supervisor
    with story.now():
        calibrate_equipment(by, equipment=cabinet, calibration_due_on=later, signatures=approved(by))
    facts = gather(story.batch)
    told = repr(materials.section(facts, "9"))
    assert f"'{cabinet.code}', '{due.isoformat()}', 'isolation'" in told
    assert later.isoformat() not in told
    assert "none recorded at that time" in repr(materials.section(replace(facts, calibrations={}), "9"))
    story.wait(days=10)
    story.passage(205, 9, suspension="4.0", seed=("T175", 2, "3.4"))
    told = repr(materials.section(gather(story.batch), "9"))
    assert f"'{cabinet.code}', '{due.isoformat()}', 'isolation'" in told
    assert f"'{cabinet.code}', '{later.isoformat()}', 'P0'" in told


def test_the_papers_of_a_product_that_must_not_travel_any_more_say_so(story: Story) -> None:
    story.released()
    expires_at = story.batch.fill.expires_at
    with replaying(expires_at - timedelta(seconds=1)):
        assert "not to be shipped" not in repr(certificates.shipping(gather(story.batch), "2"))
    with replaying(expires_at):
        assert "Expired " in repr(certificates.shipping(gather(story.batch), "2"))
    story.infuse()
    facts = gather(story.batch)
    assert "Infused " in repr(certificates.shipping(facts, "2"))
    facts.batch.stage = "ended"
    assert "The batch has ended; not to be shipped." in repr(certificates.shipping(facts, "2"))


def test_one_endotoxin_limit_stands_everywhere_and_is_rounded_down(story: Story) -> None:
    story.enrol(weight_kg=Decimal("64.5"))  # 5 EU/kg/h × 64.5 kg / 100 mL are 3.225 EU/mL
    story.issue()
    story.fill()
    facts = gather(story.batch)
    told = repr(fill.section(facts, "8")) + repr(samples.section(facts, "10"))
    assert told.count("3.22\\xa0EU/mL") == 2
    assert "3.23" not in told


def test_a_fill_says_what_the_version_asks_for(story: Story) -> None:
    story.fill()
    told = repr(fill.section(gather(story.batch), "8"))
    assert "planned 100.0\\xa0mL" in told
    assert f"limit='{story.batch.mbr.process.product.storage}'" in told


def test_a_review_names_acts_as_people_call_them(story: Story) -> None:
    story.harvest()
    story.wait(hours=1)
    story.correct(story.batch.harvest, "volume_ml", "1.1")
    story.review()
    told = repr(disposition.section(gather(story.batch), "12"))
    assert "'Correct a value'" in told
    assert "record:correct" not in told


def test_the_audit_trail_says_why_an_act_was_refused(story: Story) -> None:
    story.isolate()
    with pytest.raises(Refused):
        story.feed(medium_ml=Decimal(0))
    told = repr(closing.audit_trail(gather(story.batch), "17"))
    assert "Refused: CUL-03. Medium has a volume above 0 mL. Enter what was used." in told
