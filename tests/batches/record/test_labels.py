"""Labels in the record: every copy, why there is more than one, and who signed it."""

from __future__ import annotations

from batches.record.blocks import Section
from batches.record.contents import compose
from batches.record.facts import gather
from batches.record.sections.subjects import name_of
from batches.record.texts import block_texts
from lims.recorded import recorded_models
from tests.batches.commands.test_labels import TORN, by_qa, printed
from tests.builders import Story


def test_the_record_of_a_batch_counts_its_labels(story: Story) -> None:
    story.isolate()
    assert "labels" not in [s.key for s in compose(gather(story.batch)).sections]
    (code,) = story.vessels()
    printed(story, code)
    assert _section(story).lede == "1 copy of 1 label printed."
    printed(story, code, **by_qa(story))
    section = _section(story)
    told = [text for block in section.blocks for text in block_texts(block)]
    assert section.lede == "2 copies of 1 label printed."
    assert [t for t in told if t == "L-000001"] == ["L-000001", "L-000001"]
    assert any(TORN in t for t in told)
    assert "Void" in told and told[told.index("Difference") + 1 :][:6] == ["2", "0", "0", "0", "0", "2"]
    assert f"{story.cast.qa.printed_name}, QA" in told


def test_no_signature_stands_under_the_name_a_program_has_for_it(story: Story) -> None:
    story.isolate()
    story.account(*printed(story, *story.vessels()))
    (section,) = [s for s in compose(gather(story.batch)).sections if s.key == "signatures"]
    told = [text for block in section.blocks for text in block_texts(block)]
    assert "Label L-000001, copy 1: applied" in told
    assert not any("batches." in text for text in told)
    for model in recorded_models():
        assert "." not in name_of({}, (model._meta.label, "1")), model


def _section(story: Story) -> Section:
    (section,) = [s for s in compose(gather(story.batch)).sections if s.key == "labels"]
    return section
