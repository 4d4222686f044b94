"""Issued copies: numbered, signed for, made by the task, found again by the code on their pages."""

from __future__ import annotations

import json
import re
import subprocess
import uuid
import zipfile
from pathlib import Path

import pikepdf
import pytest
import zxingcpp
from django.conf import LazySettings, settings
from django.core.management import CommandError, call_command
from django.test import Client
from PIL import Image

from batches.commands.documents import request_print, request_year
from batches.commands.issued import issue_document, issue_infusion_record
from batches.models import IssuedCopy, PrintedRecord, PrintJob, PrintRequest
from batches.queries.issued import copies_of
from batches.rules.check_codes import code_of, grouped
from batches.rules.documents import Document
from batches.rules.states import DocumentState
from batches.tasks import make_print
from lims.files import path_of
from lims.ledger.append import AlreadyDone
from lims.ledger.models import Entry
from lims.pdf.seal import problem
from lims.refusals import Refused
from lims.signatures.meanings import Meaning
from lims.signatures.models import Signature
from tests.batches.copies import issued, made, text_of
from tests.builders import Story, any_text
from tests.cast import PASSWORD, signed


@pytest.fixture(autouse=True)
def _own_files(settings: LazySettings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def scanned(path: Path) -> list[str]:
    """What a scanner reads from the last page."""
    with pikepdf.open(path) as pdf:
        last = str(len(pdf.pages))
    picture = path.with_name("page")
    subprocess.run(["pdftoppm", "-r", "200", "-gray", "-singlefile", "-f", last, str(path), str(picture)], check=True)
    with Image.open(picture.with_suffix(".pgm")) as page:
        return [found.text for found in zxingcpp.read_barcodes(page)]


def test_copies_are_numbered_from_one_for_each_document_and_signed_for(story: Story) -> None:
    story.harvest()
    first = issued(story)
    second = issued(story, reason="The clinic lost the first one.")
    master = issued(story, Document.BATCH_RECORD, sections=["harvest"], reason="For the surgeon.")
    assert [c.number for c in (first, second, master)] == [1, 2, 3]
    assert second.supersedes == first
    assert master.supersedes is None, "a part does not take the place of the whole"
    assert len({first.check_code, second.check_code, master.check_code}) == 3
    given = Signature.objects.get(subject_model="batches.IssuedCopy", subject_pk=str(first.pk))
    assert given.meaning == Meaning.ISSUED
    assert given.entry.stream == "site"


@pytest.mark.clause("R37")
def test_a_second_copy_needs_a_reason_and_every_copy_somebody_it_is_for(story: Story) -> None:
    story.harvest()
    issued(story)
    with pytest.raises(Refused) as refused:
        issued(story, recipient="  ", reason="  ")
    assert refused.value.codes == ("DOC-01", "DOC-08")
    assert IssuedCopy.objects.count() == 1


@pytest.mark.clause("R37")
def test_a_reason_stands_on_every_page_and_is_short(story: Story) -> None:
    story.harvest()
    issued(story)
    with pytest.raises(Refused) as refused:
        issued(story, reason="x" * 301)
    assert [(r.code, r.field) for r in refused.value.refusals] == [("DOC-09", "reason")]
    assert issued(story, reason="x" * 300).number == 2
    client = Client()
    client.force_login(story.cast.qa)
    page = client.get(f"/batches/{story.batch.number}/copies/issue/").content.decode()
    field = re.search(r'<textarea name="reason"[^>]*>', page)
    assert field and 'maxlength="300"' in field.group()


def test_a_long_name_on_the_list_of_copies_wraps_instead_of_stretching_the_page(story: Story) -> None:
    story.harvest()
    issued(story, recipient="W" * 120)
    client = Client()
    client.force_login(story.cast.qa)
    page = client.get(f"/batches/{story.batch.number}/copies/").content.decode()
    entry = re.search(r'<div class="([^"]*)" role="status">(?:(?!</div>).)*W{120}', page, re.DOTALL)
    assert entry
    css = (Path(settings.BASE_DIR) / "lims/static/lims/lims.css").read_text()
    assert re.search(rf"^\.{entry.group(1)} {{ overflow-wrap: anywhere; }}$", css, re.MULTILINE)


def test_issuing_does_not_change_what_is_issued(story: Story) -> None:
    story.harvest()
    before = Entry.objects.filter(stream=story.batch.number).count()
    made(issued(story))
    assert Entry.objects.filter(stream=story.batch.number).count() == before


@pytest.mark.clause("R34", "R37")
def test_every_page_says_which_copy_it_is_for_whom_and_how_to_check_it(story: Story) -> None:
    story.harvest()
    copy = issued(story)
    path = made(copy)
    printed = PrintedRecord.objects.get(request=copy.request)
    with pikepdf.open(path) as pdf:
        assert len(pdf.pages) == printed.pages
        checkpoint = json.loads(pdf.attachments["checkpoint.json"].get_file().read_bytes())
    told = json.loads(checkpoint["payload"])
    assert scanned(path) == [grouped(copy.check_code)]
    for page in range(1, printed.pages + 1):
        text = text_of(path, "-f", str(page), "-l", str(page))
        assert f"Copy 1 of {story.batch.number} for City Clinic, ward 4. Check code {grouped(copy.check_code)}" in text
        assert story.batch.patient.code in text
        assert f"Covered by checkpoint {told['number']} (" in text
        assert "Made by lims " in text
        assert f"Page {page} of {printed.pages}" in text
        assert "Draft" in text
    streams = {stream for stream, _seq, _hash in checkpoint["heads"]}
    assert story.batch.stream in streams
    assert "site" not in streams


def test_a_copy_is_sealed_and_given_back_byte_for_byte(story: Story) -> None:
    story.harvest()
    copy = issued(story)
    path = made(copy)
    assert problem(path) == ""
    client = Client()
    client.force_login(story.cast.auditor)
    answer = client.get(f"/batches/{story.batch.number}/copies/{copy.request_id}/copy.pdf")
    assert b"".join(answer.streaming_content) == path.read_bytes()  # type: ignore[attr-defined]


def test_the_page_of_a_code_tells_a_genuine_sheet_from_an_unknown_one(story: Story) -> None:
    story.harvest()
    copy = issued(story)
    path = made(copy)
    code = re.search(r"Check code (\S+)", text_of(path))
    assert code is not None
    client = Client()
    client.force_login(story.cast.technician)

    def answer(typed: str) -> str:
        return client.get("/records/check/", {"code": typed}).content.decode()

    page = answer(code.group(1).lower().replace("-", " "))
    assert "Genuine" in page
    assert "The record says what this copy says" in page
    assert "City Clinic, ward 4" in page
    assert PrintedRecord.objects.get(request=copy.request).sha256 in page
    assert "missing or damaged" not in answer(copy.check_code)
    path.write_bytes(b"%PDF-1.7")
    assert "missing or damaged" in answer(copy.check_code)
    assert "No such code" in answer("2345-2345-234")
    assert "No such code" in answer("I do not know")
    assert "Unknown" in answer(grouped(code_of(range(10))))


@pytest.mark.clause("R36")
def test_a_copy_is_superseded_by_a_newer_one_that_is_made_and_changed_by_later_acts(story: Story) -> None:
    story.harvest()
    first = issued(story)
    made(first)
    story.receive()
    (standing,) = copies_of(story.batch)
    assert standing.later == Entry.objects.filter(stream=story.batch.stream).count() - 2
    second = issued(story, reason="The cells were received.")
    assert copies_of(story.batch)[1].successor is None
    made(second)
    newer, older = copies_of(story.batch)
    assert newer.is_current
    assert older.successor == second
    client = Client()
    client.force_login(story.cast.qa)
    page = client.get("/records/check/", {"code": first.check_code}).content.decode()
    assert "Superseded" in page
    assert f"Copy {second.number} for" in page
    assert "<del>" in client.get(f"/batches/{story.batch.number}/").content.decode()


def test_a_clinician_issues_the_infusion_record_and_nothing_else(story: Story) -> None:
    story.harvest()
    clinician = story.cast.clinician
    with pytest.raises(Refused) as refused:
        issue_infusion_record(
            clinician, batch=story.batch, recipient="Ward", signatures=signed((Meaning.ISSUED, clinician))
        )
    assert refused.value.codes == ("DOC-05",)
    with pytest.raises(Refused) as refused:
        issue_document(clinician, batch=story.batch, document=Document.BATCH_RECORD, recipient="Ward")
    assert refused.value.codes == ("PERM-01",)


def test_the_records_of_a_year_are_one_file_of_the_kept_ones_byte_for_byte(story: Story, tmp_path: Path) -> None:
    story.harvest()
    print_request = request_print(story.cast.qa, batch=story.batch)
    make_print(print_request.pk)
    kept = path_of(PrintedRecord.objects.get(request=print_request).sha256)
    request = request_year(story.cast.qa, year=2026)
    make_print(request.pk)
    number = story.batch.number
    with zipfile.ZipFile(path_of(PrintedRecord.objects.get(request=request).sha256)) as year:
        assert year.read(f"{number}/{number}-record-print-{print_request.pk}.pdf") == kept.read_bytes()
    copy = issued(story)
    path = made(copy)
    call_command("export_year", "2026", "--out", str(tmp_path / "year.zip"), verbosity=0)
    with zipfile.ZipFile(tmp_path / "year.zip") as year:
        assert year.namelist() == [f"{number}/{number}-record-copy-1.pdf", "index.csv"]
        assert year.read(f"{number}/{number}-record-copy-1.pdf") == path.read_bytes()
        index = year.read("index.csv").decode("utf-8-sig")
    assert grouped(copy.check_code) in index
    assert story.batch.patient.code in index
    entry = Entry.objects.get(name="year:export_at_console")
    assert json.loads(bytes(entry.payload))["notes"]["year"] == "2026"
    path.write_bytes(b"%PDF-1.7 something else")
    with pytest.raises(CommandError, match="missing or damaged"):
        call_command("export_year", "2026", "--out", str(tmp_path / "again.zip"), verbosity=0)
    assert not (tmp_path / "again.zip").exists()


def test_a_year_is_asked_for_on_the_page_of_records(story: Story) -> None:
    story.harvest()
    issued(story)
    client = Client()
    client.force_login(story.cast.qa)
    assert "All records of a year" in client.get("/records/").content.decode()
    assert client.post("/records/year/", {"year": "1999"}).status_code == 404
    client.post("/records/year/", {"year": "2026"})
    request = PrintRequest.objects.get(kind=PrintRequest.Kind.YEAR)
    make_print(request.pk)
    page = client.get("/records/").content.decode()
    assert "Batch record, copy 1 for City Clinic, ward 4" in page
    assert f"/records/{request.pk}/file/" in page
    answer = client.get(f"/records/{request.pk}/file/")
    assert b"".join(answer.streaming_content)[:4] == b"PK\x03\x04"  # type: ignore[attr-defined]
    assert answer["Content-Disposition"] == f'attachment; filename="records-2026-{request.pk}.zip"'


def test_the_page_of_issuing_says_what_can_not_be_issued_yet_and_why(story: Story) -> None:
    story.harvest()
    client = Client()
    client.force_login(story.cast.supervisor)
    page = client.get(f"/batches/{story.batch.number}/copies/issue/").content.decode()
    for code in ("DOC-02", "DOC-03", "DOC-04", "DOC-05", "DOC-06"):
        assert code in page
    client.force_login(story.cast.clinician)
    page = client.get(f"/batches/{story.batch.number}/copies/issue/").content.decode()
    assert "DOC-05" in page
    assert "DOC-03" not in page
    assert 'name="document"' not in page


def test_a_copy_that_can_not_be_made_says_why_and_is_tried_again_under_its_number(story: Story) -> None:
    with any_text():
        story.harvest(operator="Ishii \U0001f9ec")
    copy = issued(story)
    make_print(copy.request_id)
    job = PrintJob.objects.get(request=copy.request)
    assert job.state == DocumentState.FAILED
    assert "\U0001f9ec" in job.error
    client = Client()
    client.force_login(story.cast.qa)
    assert "Try again" in client.get(f"/batches/{story.batch.number}/copies/").content.decode()
    client.post(f"/batches/{story.batch.number}/copies/{copy.request_id}/retry/")
    assert PrintJob.objects.get(request=copy.request).state == DocumentState.QUEUED
    assert IssuedCopy.objects.get().number == 1


def test_a_double_click_issues_one_copy(story: Story) -> None:
    story.harvest()
    once = uuid.uuid4()
    issued(story, once=once)
    with pytest.raises(AlreadyDone):
        issued(story, once=once)
    assert IssuedCopy.objects.get().number == 1


@pytest.mark.clause("R37")
def test_a_copy_for_a_name_that_paper_can_not_show_is_refused_beside_it_and_takes_no_number(story: Story) -> None:
    story.harvest()
    client = Client()
    client.force_login(story.cast.qa)
    given = {"document": "record", "recipient": "Clinic \U0001f600", "reason": "Kept as typed"}
    sign = {"issued-username": story.cast.qa.username, "issued-password": PASSWORD}
    answer = client.post(f"/batches/{story.batch.number}/copies/issue/", {**given, **sign})
    assert answer.status_code == 422
    assert not IssuedCopy.objects.exists()
    page = answer.content.decode()
    beside = re.search(r'id="id_recipient".*?</div>', page, re.DOTALL)
    assert beside and "TXT-01" in beside.group() and "U+1F600" in beside.group()
    assert 'value="Clinic \U0001f600"' in page and "Kept as typed" in page
    assert issued(story).number == 1
