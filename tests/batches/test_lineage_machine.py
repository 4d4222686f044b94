"""No sequence of acts mixes two patients, uses cells that are not there, or skips a state.

Two batches of two patients are walked at random. What the commands allow is checked against the stored rows alone,
by arithmetic of its own; what they refuse must have changed nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from batches.commands.fills import log_fill
from batches.commands.passages import log_cell_harvest
from batches.models import Batch, Detachment, Fill, Isolation, Passage, Vessel, VesselLoss
from batches.queries.lineage import lineage
from batches.rules.seeding import SeedingLine
from batches.rules.states import Stage, VesselState
from lims.ledger.verify import verify
from lims.refusals import Refused
from tests.builders import LOTS, Story
from tests.cast import Cast, performed
from tests.counts import hemocytometer

ORDER = [Stage.CULTURE, Stage.CELL_HARVEST, Stage.FILLED]
which = st.sampled_from([0, 1])
share = st.sampled_from(["1.001", "1", "0.5", "0.25"])
cells = st.sampled_from([30, 205, 444, 900])


class TwoPatients(RuleBasedStateMachine):
    """Everything a technician may try on two batches, in any order."""

    def __init__(self, stories: list[FillingStory]) -> None:
        super().__init__()
        self.savepoint = transaction.savepoint()
        self.stories = [copy(story) for story in stories]
        self.stages = [[Stage.CULTURE], [Stage.CULTURE]]
        self.allowed = 0

    def teardown(self) -> None:
        assert verify().findings == []
        transaction.savepoint_rollback(self.savepoint)

    def attempt(self, at: int, act: Callable[[], Any]) -> tuple[str, ...]:
        """Try an act; refused, it must have left every row of the culture as it was."""
        before = snapshot()
        try:
            act()
        except Refused as refused:
            assert snapshot() == before
            return refused.codes
        self.allowed += 1
        for story, seen in zip(self.stories, self.stages, strict=True):
            stage = Stage(story.fresh().stage)
            if stage is not seen[-1]:
                seen.append(stage)
        return ()

    def named(self, at: int, take: int) -> list[str]:
        """Some vessels in culture, of one passage or not; at times one that is gone already."""
        codes = self.stories[at].vessels()
        gone = list(self.stories[at].batch.vessels.values_list("code", flat=True))
        return (codes or gone)[: max(1, take)]

    @rule(at=which, hours=st.sampled_from([1, 30, 60, 120]))
    def wait(self, at: int, hours: int) -> None:
        self.stories[at].wait(hours=hours)

    @rule(at=which, confluence=st.sampled_from(["10", "85", "101"]), is_fed=st.booleans())
    def look(self, at: int, confluence: str, is_fed: bool) -> None:
        self.attempt(at, lambda: self.stories[at].observe(confluence))
        if is_fed:
            self.attempt(at, lambda: self.stories[at].feed(comment="At random."))

    # A batch that loses its last vessel is over: too short a walk to tell anything.
    @precondition(lambda self: any(len(story.vessels()) > 2 for story in self.stories))
    @rule(take=st.integers(1, 2), contaminated=st.booleans())
    def lose(self, take: int, contaminated: bool) -> None:
        at = max((0, 1), key=lambda i: len(self.stories[i].vessels()))
        self.attempt(at, lambda: self.stories[at].lose(*self.named(at, take), is_contaminated=contaminated))

    @rule(at=which, take=st.integers(1, 4), live=cells, part=share, vessels=st.integers(1, 3), sampled=share)
    def passage(self, at: int, take: int, live: int, part: str, vessels: int, sampled: str) -> None:
        story = self.stories[at].wait(hours=2)
        taken = Decimal(sampled) if Decimal(sampled) < 1 else Decimal(0)
        seeded = (Decimal("9.8") - taken) * Decimal(part)
        line = SeedingLine("T175", vessels, LOTS["vessel"], seeded.quantize(Decimal("0.001")))
        codes = self.attempt(
            at,
            lambda: story.passage(
                live,
                9,
                suspension="10.0",
                seed=("T175", 1, "1"),
                seeding=[line],
                detached={"vessels": self.named(at, take), "sampled_ml": taken},
                comment="At random.",
            ),
        )
        if Decimal(part) > 1:
            assert codes, "more was seeded than there was left"

    @rule(at=which, take=st.sampled_from([1, 2]), live=cells)
    def harvest(self, at: int, take: int, live: int) -> None:
        self._harvest(at, self.named(at, take), live)

    def _harvest(self, at: int, codes: list[str], live: int) -> None:
        story = self.stories[at].wait(hours=2)
        detached = story.detached(live, 9, suspension="60.0", vessels=codes)

        def act() -> None:
            with story.now():
                log_cell_harvest(
                    story.cast.technician,
                    batch=story.batch,
                    detached=detached,
                    done_at=story.at,
                    comment="At random.",
                    signatures=performed(story.cast.technician, story.cast.second_technician),
                )

        self.attempt(at, act)

    @rule(at=which, live=cells, more=st.sampled_from(["0.001", "0", "100", "-1"]))
    def harvest_everything_and_fill(self, at: int, live: int, more: str) -> None:
        """Whatever is in culture, passage by passage; then a fill from all of it, or from a microlitre more."""
        for _ in range(4):
            vessels = self.stories[at].in_culture()
            if vessels:
                lowest = min(generation for _, generation in vessels)
                self._harvest(at, [code for code, generation in vessels if generation == lowest], live)
        finals = Passage.objects.filter(batch=self.stories[at].batch, is_final=True).count()
        self.fill(at, Decimal("59.8") * finals + Decimal(more))

    @rule(at=which, used=st.sampled_from([Decimal(10), Decimal("59.8")]))
    def fill(self, at: int, used: Decimal) -> None:
        story = self.stories[at].wait(hours=1)
        # So few cells that only their volume can be too much.
        self.attempt(at, lambda: story.fill_now(used, 30))

    @rule(at=which, live=cells)
    def detach_what_belongs_to_the_other(self, at: int, live: int) -> None:
        story, other = self.stories[at].wait(hours=1), self.stories[1 - at]
        theirs = other.batch.vessels.order_by("-pk").values_list("code", flat=True)[:2]
        labels = [f"{other.batch.number}-{code}" for code in theirs]
        foreign = [*self.named(at, 1), *labels]
        codes = self.attempt(
            at,
            lambda: story.passage(
                live, 9, suspension="10.0", seed=("T175", 1, "1"), detached={"vessels": foreign}, comment="At random."
            ),
        )
        # Only where no passage may come at all is nobody told that the vessel is another's.
        assert "PAS-05" in codes or set(codes) & {"CUL-01", "PAS-03", "PAS-04"}

    @rule(at=which, live=cells)
    def use_the_other_s_label(self, at: int, live: int) -> None:
        story = self.stories[at].wait(hours=1)
        codes = self.attempt(at, lambda: story.fill_now(Decimal(10), live, scanned_coi=self.stories[1 - at].batch.coi))
        assert codes in {("FIL-01",)} or "FIL-03" in codes

    @invariant()
    def every_vessel_and_every_passage_stays_with_its_patient(self) -> None:
        for vessel in Vessel.objects.select_related("isolation", "passage"):
            source = vessel.isolation or vessel.passage
            assert source is not None
            assert source.batch_id == vessel.batch_id
            assert vessel.generation == (0 if vessel.isolation else vessel.passage.generation + 1)
        for detachment in Detachment.objects.select_related("passage", "vessel"):
            assert detachment.passage.batch_id == detachment.vessel.batch_id
            assert detachment.passage.generation == detachment.vessel.generation
        places: dict[tuple[int | None, str], set[int]] = {}
        for vessel in Vessel.objects.filter(state=VesselState.IN_CULTURE).select_related("isolation", "passage"):
            source = vessel.isolation or vessel.passage
            places.setdefault((source.incubator_id, source.shelf.lower()), set()).add(vessel.batch_id)
        assert all(len(batches) == 1 for batches in places.values())

    @invariant()
    def nothing_is_used_that_is_not_there(self) -> None:
        for isolation in Isolation.objects.all():
            seeded = sum((v.suspension_ml for v in isolation.vessels.all()), Decimal(0))
            assert isolation.drawn_ml + seeded <= isolation.suspension_ml
        left: dict[int, Decimal] = {}
        for passage in Passage.objects.all():
            seeded = sum((v.suspension_ml for v in passage.vessels.all()), Decimal(0))
            rest = passage.suspension_ml - passage.drawn_ml - passage.sampled_ml - seeded
            assert rest >= 0
            assert (seeded == 0) == passage.is_final
            if passage.is_final:
                left[passage.batch_id] = left.get(passage.batch_id, Decimal(0)) + rest
        for fill in Fill.objects.all():
            assert 0 < fill.used_ml <= left[fill.batch_id]

    @invariant()
    def a_vessel_ends_once_and_its_state_says_how(self) -> None:
        detached = set(Detachment.objects.values_list("vessel_id", flat=True))
        lost = dict(VesselLoss.objects.values_list("vessel_id", "is_contaminated"))
        assert not detached & lost.keys()
        for vessel in Vessel.objects.all():
            expected = VesselState.IN_CULTURE
            if vessel.pk in detached:
                expected = VesselState.DETACHED
            elif vessel.pk in lost:
                expected = VesselState.CONTAMINATED if lost[vessel.pk] else VesselState.DISCARDED
            assert vessel.state == expected

    @invariant()
    def no_state_is_skipped(self) -> None:
        for story, seen in zip(self.stories, self.stages, strict=True):
            assert seen == ORDER[: len(seen)]
            batch = Batch.objects.get(pk=story.batch.pk)
            if batch.stage != Stage.CULTURE:
                assert Passage.objects.filter(batch=batch, is_final=True).exists()
                assert not Vessel.objects.filter(batch=batch, state=VesselState.IN_CULTURE).exists()
            assert Fill.objects.filter(batch=batch).exists() == (batch.stage == Stage.FILLED)

    @invariant()
    def cells_never_get_younger(self) -> None:
        for story in self.stories:
            limit = story.batch.mbr.process.cpdl_limit
            for each in lineage(story.batch).passages:
                oldest = max(vessel.before.highest for vessel in each.vessels)
                assert each.growth.after.highest >= oldest
                assert each.passage.is_final or each.growth.after.highest <= limit + Decimal("0.005")


class FillingStory(Story):
    """A story that tries to fill whatever there is, wherever the batch stands."""

    def in_culture(self) -> list[tuple[str, int]]:
        """Code and passage of each vessel in culture."""
        return list(self.batch.vessels.filter(state=VesselState.IN_CULTURE).values_list("code", "generation"))

    def fill_now(self, used: Decimal, live: int, **changes: Any) -> Fill:
        """A fill without walking there first; where cells are harvested, under a label printed for the bag."""
        if self.fresh().stage == Stage.CELL_HARVEST and not self.batch.label_prints.exists():
            self.label_for_fill()
        given: dict[str, Any] = {
            "used_ml": used,
            "vehicle_lot": LOTS["vehicle"],
            "container_lot": LOTS["container"],
            "container_code": f"BAG-{self.batch.number}",
            "volume_ml": Decimal(100),
            "drawn_ml": Decimal(3),
            "storage_temp_c": Decimal(5),
            "is_appearance_good": True,
            "scanned_coi": self.batch.coi,
            "count": hemocytometer(live, 9),
            "done_at": self.at,
            "comment": "At random.",
            "signatures": performed(self.cast.technician, self.cast.second_technician),
        }
        with self.now():
            made: Fill = log_fill(self.cast.technician, batch=self.batch, **(given | changes))
        return made


def snapshot() -> list[Any]:
    """Every row of the culture, as it stands."""
    return [list(model.objects.order_by("pk").values()) for model in (Vessel, Passage, Detachment, VesselLoss, Fill)]


@pytest.mark.clause("11.10(f)", "R24")
def test_no_sequence_of_acts_mixes_patients_overdraws_cells_or_skips_a_state(cast: Cast) -> None:
    stories = [FillingStory(cast) for _ in range(2)]
    for story in stories:
        story.isolate(seeding=[SeedingLine("T25", 3, LOTS["vessel"], Decimal("1.8"))], comment="Thin.")
        story.wait(days=10)
    run_state_machine_as_test(
        lambda: TwoPatients(list(stories)),
        settings=settings(
            max_examples=25,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
