"""Formulation and fill, through the command."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from batches.models import Deviation, Fill
from batches.rules.states import Stage
from lims.refusals import Refused
from tests.builders import LOTS, Story
from tests.counts import hemocytometer


@pytest.fixture
def harvested(story: Story) -> Story:
    """1.33×10⁸ viable cells in 60 mL, of which 57.8 mL are left."""
    story.cell_harvest()
    return story


def refused(story: Story, **changes: Any) -> list[tuple[str, str | None]]:
    """What a fill is refused with; nothing of it may be written."""
    with pytest.raises(Refused) as found:
        story.fill(**changes)
    assert not Fill.objects.exists()
    return [(r.code, r.field) for r in found.value.refusals]


def test_a_fill_ends_with_an_expiry_of_the_process_and_waits_for_qa(harvested: Story) -> None:
    fill = harvested.fill()
    hours = float(harvested.cast.mbr.process.expiry_hours)
    assert fill.expires_at == fill.done_at + timedelta(hours=hours)
    batch = harvested.fresh()
    assert (batch.stage, batch.latest_viable_cells) == (Stage.FILLED, Decimal(108_000_000))
    assert (batch.due_act, batch.due_at) == ("disposition:decide", fill.expires_at)


def test_no_more_suspension_is_used_than_was_left(harvested: Story) -> None:
    assert refused(harvested, used_ml=Decimal("57.801")) == [("FIL-02", "used_ml")]
    harvested.fill(used_ml=Decimal("57.8"))


def test_no_more_cells_are_filled_than_went_in_beyond_what_chance_allows(harvested: Story) -> None:
    # 50 mL hold 1.11×10⁸ cells, at most 1.27×10⁸; 1.28×10⁸ counted begin at 1.12×10⁸, 1.60×10⁸ at 1.40×10⁸.
    assert refused(harvested, count=hemocytometer(640, 31), comment="High.") == [("FIL-04", "used_ml")]
    harvested.fill(count=hemocytometer(512, 31), comment="High.")


def test_a_label_of_another_patient_is_a_hard_stop(harvested: Story) -> None:
    assert refused(harvested, scanned_coi="CI-269999-Z") == [("FIL-03", "scanned_coi")]
    raised = Deviation.objects.get(batch=harvested.batch)
    assert (raised.severity, raised.limit) == ("critical", "identity")
    assert harvested.fresh().stage == Stage.CELL_HARVEST


def test_a_dose_below_the_specification_is_recorded_with_a_comment_and_a_deviation(harvested: Story) -> None:
    low = hemocytometer(300, 12)
    assert refused(harvested, count=low) == [("ALR-01", "comment")]
    harvested.fill(count=low, comment="The pellet was small.")
    assert Deviation.objects.get(batch=harvested.batch).limit == "dose"


def test_a_bag_that_looks_wrong_needs_a_comment_and_raises_a_deviation(harvested: Story) -> None:
    assert refused(harvested, is_appearance_good=False) == [("FIL-07", "comment")]
    harvested.fill(is_appearance_good=False, comment="One clump of 1 mm.")
    assert Deviation.objects.get(batch=harvested.batch).limit == "appearance"


def test_a_container_is_filled_once(harvested: Story) -> None:
    harvested.fill(container_code="BAG-7")
    other = Story(harvested.cast, at=harvested.at)
    other.cell_harvest()
    with pytest.raises(Refused) as found:
        other.fill(container_code="bag-7 ")
    assert found.value.codes == ("FIL-06",)


def test_impossible_volumes_materials_and_times_are_told_together(harvested: Story) -> None:
    told = refused(
        harvested,
        used_ml=Decimal(0),
        volume_ml=Decimal(0),
        drawn_ml=Decimal(-1),
        vehicle_lot=LOTS["container"],
        container_lot="NOBODY",
        done_at=harvested.at - timedelta(hours=3),
        late_reason="Forgotten.",
        comment="None.",
    )
    assert {
        ("FIL-05", "used_ml"),
        ("FIL-05", "volume_ml"),
        ("FIL-05", "drawn_ml"),
        ("LOT-05", "vehicle_lot"),
        ("LOT-01", "container_lot"),
        ("TIM-02", "done_at"),
    } <= set(told)
