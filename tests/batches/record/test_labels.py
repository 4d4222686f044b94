"""Labels in the record: every copy, why there is more than one, and who signed it."""

from __future__ import annotations

from batches.record.contents import compose
from batches.record.facts import gather
from batches.record.texts import block_texts
from tests.batches.commands.test_labels import TORN, by_qa, printed
from tests.builders import Story


def test_the_record_of_a_batch_counts_its_labels(story: Story) -> None:
    story.isolate()
    assert "labels" not in [s.key for s in compose(gather(story.batch)).sections]
    (code,) = story.vessels()
    printed(story, code)
    printed(story, code, **by_qa(story))
    (section,) = [s for s in compose(gather(story.batch)).sections if s.key == "labels"]
    told = [text for block in section.blocks for text in block_texts(block)]
    assert section.lede == "2 copies of 1 label printed."
    assert [t for t in told if t == "L-000001"] == ["L-000001", "L-000001"]
    assert any(TORN in t for t in told)
    assert "Void" in told and told[told.index("Difference") + 1 :][:6] == ["2", "0", "0", "0", "0", "2"]
    assert f"{story.cast.qa.printed_name}, QA" in told
