"""A passage and the final cell harvest, through their commands."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from batches.commands.passages import log_cell_harvest
from batches.models import Batch, Count, Detachment, Deviation, Passage, Vessel
from batches.queries.lineage import lineage
from batches.rules.counts import COUNTER
from batches.rules.seeding import SeedingLine
from batches.rules.states import Stage, VesselState
from lims.ledger.models import Entry
from lims.ledger.verify import verify
from lims.refusals import Refused
from lims.signatures.models import Signature
from lims.signatures.standing import standings
from tests.builders import LOTS, Story
from tests.cast import Cast, performed
from tests.counts import hemocytometer

ONE = {"suspension": "4.0", "seed": ("T175", 2, "3.4")}


@pytest.fixture
def grown(story: Story) -> Story:
    """P0 in one T25 for ten days."""
    story.isolate()
    story.culture(10)
    return story


def refused(story: Story, live: int = 205, dead: int = 9, **changes: Any) -> set[str]:
    """The codes a passage is refused with; nothing of it may be written."""
    before = (Passage.objects.count(), Vessel.objects.count(), Count.objects.count())
    with pytest.raises(Refused) as found:
        story.passage(live, dead, **(ONE | changes))
    assert (Passage.objects.count(), Vessel.objects.count(), Count.objects.count()) == before
    return set(found.value.codes)


def harvest(story: Story, code: str, *, live: int = 323, suspension: str = "15.0") -> Passage:
    """One vessel harvested for the product, whatever its figures."""
    story.wait(hours=1)
    detached = story.detached(live, 9, suspension=suspension, vessels=[code])
    with story.now():
        made: Passage = log_cell_harvest(
            story.cast.technician,
            batch=story.batch,
            detached=detached,
            done_at=story.at,
            comment="In parts.",
            signatures=performed(story.cast.technician, story.cast.second_technician),
        )
    return made


@pytest.mark.clause("A11-6")
def test_a_passage_detaches_counts_reseeds_and_is_signed_by_two(grown: Story) -> None:
    passage = grown.passage(205, 9, **ONE)
    vessels = {v.code: v for v in Vessel.objects.filter(batch=grown.batch)}
    assert set(vessels) == {"P0-01", "P1-01", "P1-02"}
    assert vessels["P0-01"].state == VesselState.DETACHED
    assert [vessels[code].suspension_ml for code in ("P1-01", "P1-02")] == [Decimal("1.700"), Decimal("1.700")]
    assert passage.count.squares.count() == 8
    assert list(Detachment.objects.values_list("vessel__code", flat=True)) == ["P0-01"]
    batch = grown.fresh()
    assert (batch.generation, batch.latest_viable_cells) == (1, Decimal(2_050_000))
    assert (batch.due_act, batch.due_at) == ("culture:change_medium", passage.done_at + timedelta(hours=72))
    signatures = Signature.objects.filter(subject_model="batches.Passage", subject_pk=str(passage.pk))
    assert [s.is_valid for s in standings(signatures)] == [True, True]


def test_a_later_passage_leaves_the_signatures_of_the_one_before_valid(grown: Story) -> None:
    first = grown.passage(205, 9, **ONE)
    grown.culture(5)
    grown.passage(323, 20, suspension="15.0", seed=("CS5", 1, "14.8"))
    signatures = Signature.objects.filter(subject_model="batches.Passage", subject_pk=str(first.pk))
    assert [s.is_valid for s in standings(signatures)] == [True, True]
    assert verify().findings == []


@pytest.mark.clause("R26")
def test_low_viability_needs_a_comment_and_below_the_action_limit_raises_a_deviation(grown: Story) -> None:
    assert refused(grown, 205, 70) == {"ALR-01"}
    grown.passage(205, 70, **ONE, comment="Long wash.")
    raised = Deviation.objects.get(batch=grown.batch)
    assert (raised.limit, raised.severity) == ("viability_pct", "major")
    assert "74.5" in raised.description


def test_seeding_an_hour_after_the_suspension_was_made_is_beyond_the_hold_time(grown: Story) -> None:
    late = {
        "exposure_started_at": grown.at - timedelta(minutes=66),
        "exposure_ended_at": grown.at - timedelta(minutes=62),
    }
    assert refused(grown, detached=late) == {"ALR-01"}
    grown.passage(205, 9, **ONE, detached=late, comment="The centrifuge stopped.")
    assert Deviation.objects.get(batch=grown.batch).limit == "suspension_to_seeding_min"


def test_a_passage_past_its_limit_is_refused(story: Story) -> None:
    limit = story.cast.mbr.process.passage_limit
    story.isolate()
    for _ in range(limit):
        story.culture(4)
        story.passage(100, 2, suspension="4.0", seed=("T175", 1, "3.0"), comment="Slow.")
    story.culture(4)
    assert refused(story, 100, 2, suspension="4.0", seed=("T175", 1, "3.0"), comment="Slow.") == {"PAS-03"}
    assert story.fresh().generation == limit


def test_cells_past_the_limit_of_doublings_are_harvested_not_reseeded(story: Story) -> None:
    story.isolate()
    story.culture(10)
    # Few cells into a large vessel, many out of it: 5.4 and 5.3 doublings, and 12 are the limit.
    story.passage(205, 9, suspension="4.0", seed=("T175", 1, "1.0"))
    for _ in range(2):
        story.culture(6)
        story.passage(220, 9, suspension="40.0", seed=("T175", 1, "1.0"), comment="Fast.")
    story.culture(6)
    assert 10 < lineage(story.batch).highest.highest < 12
    assert refused(story, 220, 9, suspension="40.0", seed=("T175", 1, "1.0"), comment="Fast.") == {"PAS-04"}
    harvested = harvest(story, "P3-01", live=220, suspension="40.0")
    assert harvested.is_final
    assert set(Deviation.objects.values_list("limit", flat=True)) == {"cumulative_pdl"}


@pytest.mark.clause("11.10(h)", "R25")
def test_a_vessel_of_another_patient_is_a_hard_stop_and_leaves_a_critical_deviation(grown: Story) -> None:
    other = Story(grown.cast, at=grown.at)
    other.isolate()
    other.culture(2)
    grown.at = other.at
    codes = ["P0-01", f"{other.batch.number}-P0-01"]
    assert refused(grown, detached={"vessels": codes}) == {"PAS-05"}
    raised = Deviation.objects.get(batch=grown.batch)
    assert (raised.severity, raised.limit) == ("critical", "identity")
    assert raised.title == "Identity mismatch: log passage"
    assert raised.is_raised_by_refusal and not raised.is_raised_by_limit
    assert grown.cast.technician.printed_name in raised.description
    assert not Deviation.objects.filter(batch=other.batch).exists()
    acts = list(Entry.objects.filter(stream=grown.batch.number).order_by("seq").values_list("name", "is_refused"))
    assert acts[-2:] == [("passage:log", True), ("deviation:identity", False)]
    # Tried again, the same stop raises no second deviation.
    assert refused(grown, detached={"vessels": codes}) == {"PAS-05"}
    assert Deviation.objects.count() == 1
    assert verify().findings == []


def test_vessels_of_two_passages_are_never_counted_together(grown: Story) -> None:
    grown.passage(205, 9, suspension="4.0", seed=("T75", 2, "1.6"))
    grown.culture(4)
    grown.passage(
        205, 9, suspension="4.0", seed=("T75", 1, "1.0"), detached={"vessels": ["P1-01"]}, comment="Slow growth."
    )
    grown.wait(days=2)
    assert grown.vessels() == ["P1-02", "P2-01"]
    assert "PAS-02" in refused(grown)
    assert refused(grown, detached={"vessels": []}) == {"PAS-01"}
    assert refused(grown, detached={"vessels": ["P1-01"]}) == {"PAS-06"}


def test_more_suspension_than_is_left_is_neither_seeded_nor_sampled(grown: Story) -> None:
    assert refused(grown, seed=("T175", 2, "3.801")) == {"SEE-05"}
    assert refused(grown, detached={"sampled_ml": Decimal("1.0")}) == {"SEE-05"}
    assert "SUS-03" in refused(grown, detached={"sampled_ml": Decimal("5.0")})


@pytest.mark.clause("R26")
def test_everything_wrong_is_told_at_once_beside_its_field(grown: Story) -> None:
    with pytest.raises(Refused) as found:
        grown.passage(
            205,
            9,
            suspension="4.0",
            seed=("T175", 0, "3.4"),
            detached={
                "confluence_pct": Decimal(101),
                "reagent_lot": "NOBODY",
                "exposure_ended_at": grown.at - timedelta(minutes=40),
                "cabinet": LOTS["medium"],
            },
            medium_ml=Decimal(0),
            done_at=grown.at + timedelta(hours=1),
        )
    told = {(r.code, r.field) for r in found.value.refusals}
    assert {
        ("SEE-03", "seed1_number"),
        ("CUL-02", "confluence_pct"),
        ("LOT-01", "reagent_lot"),
        ("TIM-02", "exposure_ended_at"),
        ("EQP-01", "cabinet"),
        ("CUL-03", "medium_ml"),
        ("TIM-01", "done_at"),
    } <= told


def test_cells_detached_before_they_were_seeded_are_refused(grown: Story) -> None:
    early = grown.at - timedelta(days=20)
    codes = refused(grown, detached={"exposure_started_at": early, "exposure_ended_at": early + timedelta(minutes=4)})
    assert "TIM-02" in codes


def test_a_shelf_of_another_patient_is_refused(grown: Story) -> None:
    other = Story(grown.cast, at=grown.at)
    other.isolate()
    grown.at = other.at
    assert refused(grown, shelf=other.batch.number.lower()) == {"CUL-04"}


@pytest.mark.clause("R25")
def test_a_counter_needs_its_code_and_its_file(grown: Story) -> None:
    by_counter = dataclasses.replace(
        hemocytometer(0, 0),
        method=COUNTER,
        squares=(),
        live_per_ml=Decimal(512500),
        dead_per_ml=Decimal(20000),
        live_counted=512,
        dead_counted=20,
    )
    assert refused(grown, detached={"count": by_counter}) == {"CNT-07", "CNT-08"}


def test_somebody_whose_role_does_not_cover_it_passages_nothing(grown: Story, cast: Cast) -> None:
    grown.cast = dataclasses.replace(cast, technician=cast.qa)
    assert refused(grown) == {"PERM-01"}


def test_a_final_cell_harvest_in_parts_moves_the_batch_on_only_when_nothing_is_left(grown: Story) -> None:
    grown.passage(205, 9, **ONE)
    grown.culture(6)
    first = harvest(grown, "P1-01")
    assert first.is_final
    assert grown.fresh().stage == Stage.CULTURE
    grown.wait(hours=1)
    harvest(grown, "P1-02")
    batch: Batch = grown.fresh()
    assert (batch.stage, batch.due_act, batch.latest_viable_cells) == (Stage.CELL_HARVEST, "fill:log", 24_225_000)
    assert not Vessel.objects.filter(passage__is_final=True).exists()
    assert refused(grown) == {"CUL-01"}


def test_what_is_left_may_be_discarded_after_a_part_was_harvested(grown: Story) -> None:
    grown.passage(205, 9, **ONE)
    grown.culture(6)
    harvest(grown, "P1-01")
    grown.lose("P1-02")
    assert grown.fresh().stage == Stage.CELL_HARVEST


def test_a_line_of_seeding_may_have_a_kind_and_a_lot_of_its_own(grown: Story) -> None:
    lot = LOTS["vessel"]
    lines = [SeedingLine("T175", 1, lot, Decimal("2.0")), SeedingLine("T75", 2, lot, Decimal("1.001"), 2)]
    grown.passage(205, 9, **ONE, seeding=lines, comment="Dense.")
    found = Vessel.objects.filter(generation=1).values_list("code", "kind", "suspension_ml")
    assert list(found) == [
        ("P1-01", "T175", Decimal("2.000")),
        ("P1-02", "T75", Decimal("0.500")),
        ("P1-03", "T75", Decimal("0.501")),
    ]
