"""Every kind of document: refused before its time, and on paper what the same facts say as data."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pikepdf
import pytest
from django.conf import LazySettings

from batches.models import PrintedRecord, PrintJob
from batches.record.contents import CONTENTS, compose
from batches.record.documents import facts_for
from batches.record.facts import gather
from batches.record.texts import block_texts
from batches.record.writers.json import as_data
from batches.rules.documents import Document
from batches.rules.states import DocumentState
from batches.tasks import make_print
from lims.refusals import Refused
from tests.batches.copies import issued, made, text_of
from tests.batches.record.test_writers import squeezed
from tests.builders import Story


@pytest.fixture(autouse=True)
def _own_files(settings: LazySettings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def refused(story: Story, document: Document) -> set[str]:
    with pytest.raises(Refused) as found:
        issued(story, document)
    return set(found.value.codes)


def test_every_document_has_contents() -> None:
    assert set(CONTENTS) == set(Document)


def test_a_document_is_refused_before_what_it_says_is_so(story: Story) -> None:
    story.receive()
    assert refused(story, Document.ANALYSIS) == {"DOC-02"}
    assert refused(story, Document.RELEASE) == {"DOC-03"}
    assert refused(story, Document.SHIPPING) == {"DOC-04"}
    assert refused(story, Document.INFUSION) == {"DOC-05"}
    assert refused(story, Document.DEVIATION) == {"DOC-06"}


def test_a_result_that_may_wait_is_no_reason_to_wait_and_one_declared_invalid_is(story: Story) -> None:
    story.tested()
    issued(story, Document.ANALYSIS)
    story.invalidate(story.batch.results.get(test="endotoxin"))
    with pytest.raises(Refused) as found:
        issued(story, Document.ANALYSIS, reason="Another one.")
    (only,) = found.value.refusals
    assert only.text == "No result yet: Endotoxin. Record them first."


def test_only_sections_of_a_batch_record_can_be_chosen(story: Story) -> None:
    story.receive()
    with pytest.raises(Refused) as found:
        issued(story, Document.MASTER, sections=["harvest"])
    assert found.value.codes == ("DOC-07",)
    with pytest.raises(Refused) as found:
        issued(story, sections=["harvest", "recipes"])
    assert found.value.codes == ("DOC-07",)
    text = text_of(made(issued(story, sections=["harvest"])))
    assert "Draft, issued copy 1, chosen sections" in text
    assert "Harvest" in text
    assert "Audit trail" not in text


def test_a_conditional_release_says_so_and_what_is_pending(story: Story) -> None:
    story.tested()
    pending = text_of(made(issued(story, Document.ANALYSIS)))
    assert "Pending, not judged yet:" in pending
    assert "meets the specification." not in pending
    assert "Draft" not in pending
    story.settle_deviations()
    story.release_conditionally()
    for document in (Document.RELEASE, Document.SHIPPING):
        text = squeezed(text_of(made(issued(story, document)), "-raw"))
        assert squeezed("This is a conditional release. Results still pending: ") in text
        for test in story.fresh().mbr.process.specification:
            if test.key in ("sterility_final", "karyotype"):
                assert squeezed(test.name) in text


def test_a_failed_result_is_told_as_failed(story: Story) -> None:
    story.tested()
    karyotype = story.fresh().mbr.process.row("karyotype")
    found = next(c for c in karyotype.choices if c != karyotype.expected)
    story.result("karyotype", choice=found, comment="Seen in 3 of 20 metaphases.")
    text = squeezed(text_of(made(issued(story, Document.ANALYSIS)), "-raw"))
    assert squeezed(f"Does not meet the specification: {karyotype.name}.") in text
    line = text[text.index(squeezed("Release specification No.")) :]
    assert "Fail" in line[line.index(squeezed(karyotype.name)) :][:300]


def test_a_release_that_no_longer_holds_lets_nothing_out_and_stops_what_was_not_made_yet(story: Story) -> None:
    story.tested()
    story.settle_deviations()
    story.release_conditionally()
    copy = issued(story, Document.RELEASE)
    story.correct(story.fresh().fill, "storage_temp_c", "6")
    assert refused(story, Document.RELEASE) == {"DOC-03", "DOC-01"}
    assert "DOC-04" in refused(story, Document.SHIPPING)
    make_print(copy.request_id)
    job = PrintJob.objects.get(request=copy.request_id)
    assert job.state == DocumentState.FAILED
    assert "DOC-03" in job.error
    assert not PrintedRecord.objects.filter(request=copy.request_id).exists()


def test_every_document_says_on_paper_what_the_same_facts_say_as_data(story: Story) -> None:
    story.infuse()
    deviation = story.raise_deviation()
    other = story.raise_deviation(title="Label printer out of paper")
    heads = gather(story.batch).heads
    for document in Document:
        copy = issued(story, document, deviation=deviation.number if document is Document.DEVIATION else "")
        path = made(copy)
        record = compose(facts_for(gather(story.batch), document, copy.about), document=document)
        with pikepdf.open(path) as pdf:
            inside = json.loads(pdf.attachments["record.json"].get_file().read_bytes())
        assert inside["sections"] == as_data(record)["sections"], document
        paper = squeezed(text_of(path, "-raw"))
        missing = [
            text
            for section in record.sections
            for block in section.blocks
            for text in block_texts(block)
            if squeezed(text) not in paper
        ]
        assert missing == [], document
        if document is Document.DEVIATION:
            assert copy.about == deviation.number
            assert squeezed(other.title) not in paper
        told = subprocess.run(["pdfsig", "-nocert", str(path)], capture_output=True, text=True, check=False).stdout
        assert "Signature is Valid." in told
        assert "Total document signed" in told
        assert PrintedRecord.objects.get(request=copy.request).heads == ({} if document is Document.MASTER else heads)
        assert subprocess.run(["qpdf", "--check", str(path)], capture_output=True, check=False).returncode == 0
