"""The isolation, through its command."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from batches.models import Deviation, Isolation
from batches.rules.seeding import SeedingLine
from batches.rules.states import Stage
from lims.ledger.models import Entry
from lims.refusals import Refused
from lims.signatures.models import Signature
from lims.signatures.standing import standings
from tests.builders import LOTS, Story
from tests.counts import hemocytometer


def test_an_isolation_is_signed_by_two_seeds_p0_and_moves_the_batch_on(story: Story) -> None:
    isolation = story.isolate()
    batch = story.fresh()
    assert (batch.stage, batch.generation) == (Stage.CULTURE, 0)
    assert [(v.kind, v.generation, v.area_cm2) for v in isolation.vessels.all()] == [("T25", 0, Decimal("25.0"))]
    signatures = Signature.objects.filter(subject_model="batches.Isolation", subject_pk=str(isolation.pk))
    assert {s.signature.meaning for s in standings(signatures) if s.is_valid} == {"performed", "witnessed"}
    assert Entry.objects.filter(stream=batch.number, name="isolation:log", is_refused=False).count() == 1


def test_the_tissue_of_a_batch_is_isolated_once(story: Story) -> None:
    story.isolate()
    with pytest.raises(Refused) as refused:
        story.isolate()
    assert refused.value.codes == ("ISO-01",)
    assert Isolation.objects.count() == 1


def test_more_fat_than_was_harvested_and_a_hot_bath_are_refused_together(story: Story) -> None:
    with pytest.raises(Refused) as refused:
        story.isolate(fat_processed_ml=Decimal("1.5"), digestion_temp_c=Decimal(370))
    assert set(refused.value.codes) == {"ISO-02", "ISO-04"}
    assert story.fresh().stage == Stage.RECEIVED
    assert not Isolation.objects.exists()


def test_digestion_can_not_begin_before_the_tissue_came_or_end_before_it_began(story: Story) -> None:
    story.receive()
    with pytest.raises(Refused) as refused:
        story.isolate(
            digestion_started_at=story.at - timedelta(hours=1), digestion_ended_at=story.at - timedelta(hours=2)
        )
    assert {r.field for r in refused.value.refusals if r.code == "TIM-02"} == {
        "digestion_started_at",
        "digestion_ended_at",
    }


def test_a_long_digestion_needs_a_comment_and_beyond_the_action_limit_raises_a_deviation(story: Story) -> None:
    story.receive()
    started = story.at + timedelta(minutes=2)
    with pytest.raises(Refused) as refused:
        story.isolate(digestion_started_at=started, digestion_ended_at=started + timedelta(minutes=91))
    assert refused.value.codes == ("ALR-01",)
    story.at -= timedelta(hours=2)
    story.isolate(
        digestion_started_at=started,
        digestion_ended_at=started + timedelta(minutes=91),
        comment="The water bath was occupied.",
    )
    raised = Deviation.objects.get(batch=story.batch, limit="digest_minutes")
    assert "The water bath was occupied." in raised.description


def test_few_dead_cells_are_within_limits_and_many_are_not(story: Story) -> None:
    """160 live of 240 counted are 66.7 % viable, below the action limit of 70 %."""
    story.isolate(count=hemocytometer(160, 80), comment="Long transport.")
    assert Deviation.objects.filter(batch=story.batch, limit="svf_viability_pct").count() == 1


def test_p0_can_not_be_seeded_with_more_suspension_than_is_left(story: Story) -> None:
    with pytest.raises(Refused) as refused:
        story.isolate(seeding=[SeedingLine("T25", 1, LOTS["vessel"], Decimal("1.9"))])
    assert [code for code in refused.value.codes if code.startswith("SEE")]
    assert not Isolation.objects.exists()


def test_a_thin_seeding_of_p0_asks_for_a_comment(story: Story) -> None:
    """4.0×10⁵ cells per 2.0 mL; 0.6 mL over a T75 are 1,600 per cm², below the alert limit of 5,000."""
    with pytest.raises(Refused) as refused:
        story.isolate(seeding=[SeedingLine("T75", 1, LOTS["vessel"], Decimal("0.6"))])
    assert refused.value.codes == ("ALR-01",)
