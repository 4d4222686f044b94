"""The whole chain from harvest to the filled bag, through the commands."""

from __future__ import annotations

from decimal import Decimal

from batches.queries.lineage import lineage
from batches.record.contents import compose
from batches.record.facts import gather
from batches.record.texts import texts
from batches.rules.states import Stage
from lims.ledger.verify import verify
from tests.builders import Story


def test_a_batch_goes_from_harvest_to_the_bag_and_the_ledger_holds(story: Story) -> None:
    story.fill()
    assert story.fresh().stage == Stage.FILLED
    passages = lineage(story.batch).passages
    assert [p.passage.generation for p in passages] == [0, 1, 2]
    assert passages[0].growth.doublings is None
    assert passages[1].count.total_viable == Decimal(12112500)
    assert verify().findings == []


def test_the_record_tells_the_figures_of_the_drawn_batch(story: Story) -> None:
    """Raw counts of the reference batch give its published figures: 1.21×10⁷, PD 2.80, cumulative 6.26 to 6.28."""
    story.fill()
    told = set(texts(compose(gather(story.batch))))
    joined = " ".join(told)
    assert "1.21×10⁷" in joined
    assert "2.80" in joined
    assert "1.08×10⁸" in joined
    assert "not measurable" in told
