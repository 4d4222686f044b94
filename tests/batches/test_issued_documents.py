"""Every kind of document: refused before its time, and on paper what the same facts say as data."""

from __future__ import annotations

import json
import random
import subprocess
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pikepdf
import pytest
from django.conf import LazySettings

from batches.models import PrintedRecord, PrintJob
from batches.record import blocks, words
from batches.record.contents import CONTENTS, compose
from batches.record.documents import facts_for
from batches.record.facts import gather
from batches.record.texts import block_texts
from batches.record.writers.json import as_data
from batches.rules.documents import Document
from batches.rules.states import DocumentState
from batches.tasks import make_print
from lims.pdf.seal import problem
from lims.refusals import Refused
from lims.site import zone
from tests.batches.copies import issued, made, text_of
from tests.batches.record.test_writers import squeezed
from tests.builders import Story
from tests.preflight import preflight

pytestmark = pytest.mark.poppler

# PDFBox judges by part 1 of the standard, of which a file may be found to be no member only for being of part 3, for
# holding files, and for the seal's field, which shows nothing and so needs no picture (ISO 19005-3, 6.3.3).
NEWER_THAN_PART_1 = {
    "7.11.2 : Error on MetaData, part must be 1",
    "1.2.9 : Body Syntax error, EmbeddedFile entry is present in a FileSpecification dictionary",
    "1.4.7 : Trailer Syntax error, EmbeddedFile entry is present in the Names dictionary",
    "5.3.1 : Invalid field value in an annotation definition, widget annotation lacks an appearance dictionary",
    "5.3.1 : Invalid field value in an annotation definition, widget annotation lacks an appearance dictionary"
    " on page 1",
}


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


@pytest.mark.preflight
@pytest.mark.clause("11.30", "R31")
def test_every_issued_file_is_archival_opens_at_its_sections_and_shows_one_flipped_byte(story: Story) -> None:
    story.infuse()
    deviation = story.raise_deviation()
    for document in Document:
        copy = issued(story, document, deviation=deviation.number if document is Document.DEVIATION else "")
        path = made(copy)
        assert set(preflight(path)) <= NEWER_THAN_PART_1, document
        assert all(is_embedded for _font, is_embedded in _fonts(path)), document
        record = compose(facts_for(gather(story.batch), document, copy.about), document=document)
        wanted = [(section.level, f"{section.number}  {section.title}") for section in record.sections]
        opened = _bookmarks(path)
        assert [(level, title) for level, title, _page in opened] == wanted, document
        for _level, title, page in opened:
            text = squeezed(text_of(path, "-raw", "-f", str(page), "-l", str(page)))
            assert squeezed(title) in text.replace(squeezed(f"{title}, continued"), ""), (document, title, page)
        _flip_one_byte(path)
        assert problem(path), document


def _fonts(path: Path) -> list[tuple[str, bool]]:
    told = subprocess.run(["pdffonts", str(path)], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in told.splitlines()[2:]]
    assert rows
    # The last columns: embedded, subset, has Unicode, number and generation of the object.
    return [(row[0], row[-5] == "yes") for row in rows]


def _bookmarks(path: Path) -> list[tuple[int, str, int]]:
    """Level, title and page of every bookmark, in order."""
    found: list[tuple[int, str, int]] = []
    with pikepdf.open(path) as pdf, pdf.open_outline() as outline:
        pages = {page.objgen: number for number, page in enumerate(pdf.pages, start=1)}

        def walk(items: list[pikepdf.OutlineItem], level: int) -> None:
            for item in items:
                found.append((level, item.title, pages[item.destination[0].objgen]))
                walk(item.children, level + 1)

        walk(outline.root, 0)
    return found


def _flip_one_byte(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    whole[random.Random(path.name).randrange(len(whole))] ^= 1
    path.write_bytes(whole)


def test_a_rejected_batch_says_so_across_every_page_and_one_that_is_not_does_not(story: Story) -> None:
    story.tested()
    story.settle_deviations()
    before = made(issued(story, Document.ANALYSIS))
    assert "Rejected" not in text_of(before)
    story.reject()
    for document in (Document.BATCH_RECORD, Document.ANALYSIS):
        reason = "The batch was rejected." if document is Document.ANALYSIS else ""
        pages = text_of(made(issued(story, document, reason=reason)), "-raw").split("\f")[:-1]
        # Once in the head, once across the page, where poppler reads letter by letter.
        assert all(squeezed(page).count("Rejected") >= 2 for page in pages), document


def test_every_page_says_who_issued_it_when_and_why_once_more(story: Story) -> None:
    story.harvest()
    made(issued(story))
    copy = issued(story, reason="The first one got wet.")
    path = made(copy)
    with pikepdf.open(path) as pdf:
        count = len(pdf.pages)
    qa = story.cast.qa.printed_name
    for page in range(1, count + 1):
        text = squeezed(text_of(path, "-f", str(page), "-l", str(page)))
        assert squeezed(f"Issued by {qa}, QA, {copy.issued_at.astimezone(zone()):%Y-%m-%d %H:%M:%S}") in text
        assert squeezed("Reason: The first one got wet.") in text


def test_vital_signs_out_of_limits_are_marked_with_their_limit(story: Story) -> None:
    story.released()
    story.baseline()
    story.start()
    story.wait(minutes=5)
    story.vitals("m5", spo2_pct=Decimal("93"))
    (section,) = [s for s in compose(gather(story.batch)).sections if s.key == "infusion"]
    readings = next(b for b in section.blocks if isinstance(b, blocks.Table) and b.columns[0].title == "Due")
    assert readings.columns[-1].title == "Verdict"
    assert [row[-1] for row in readings.rows] == ["within", blocks.VerdictMark("action", "Action")]
    notes = [b.text for b in section.blocks if isinstance(b, blocks.Note)]
    assert any(text.startswith("Oxygen saturation 93") and "alert below 94" in text for text in notes)
    limits = next(b for b in section.blocks if isinstance(b, blocks.Table) and b.columns[0].title == "Vital sign")
    (row,) = [row for row in limits.rows if row[0] == "Oxygen saturation"]
    assert row[1:] == (
        "alert below 94\u00a0%, action below 90\u00a0%",
        "alert when 3\u00a0% below, action when 5\u00a0% below",
    )


def test_a_lot_is_judged_by_the_day_it_was_used(story: Story) -> None:
    story.isolate()
    (section,) = [s for s in compose(gather(story.batch)).sections if s.key == "isolation"]
    items = [item for b in section.blocks if isinstance(b, blocks.Items) for item in b.rows]
    assert [item.verdict for item in items if item.limit == "released, in date"] == ["within", "within"]
    lot = story.fresh().isolation.enzyme_lot
    assert words.lot_used(lot, lot.expires_on) == "within"
    assert words.lot_used(lot, lot.expires_on + timedelta(days=1)) == blocks.VerdictMark("action", "Expired")
