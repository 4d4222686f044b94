"""Prints: asked for, made by the task, kept once, found again."""

from __future__ import annotations

import json
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.test import Client

from batches.commands.documents import request_print
from batches.models import PrintedRecord, PrintJob
from batches.record.contents import compose
from batches.record.facts import gather
from batches.record.printing import print_to, write_record
from batches.record.writers.json import as_data
from batches.rules.documents import LOST_AFTER
from batches.rules.states import DocumentState
from batches.tasks import make_print, sweep_print_requests
from lims import clock
from lims.files import is_whole, path_of
from lims.ledger import chain
from lims.ledger.models import Entry
from lims.pdf.seal import problem
from lims.refusals import Refused
from tests.batches.copies import text_of
from tests.builders import Story, any_text


@pytest.fixture(autouse=True)
def _own_files(settings: LazySettings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def test_a_print_is_made_once_however_often_the_task_runs(story: Story) -> None:
    story.harvest()
    request = request_print(story.cast.qa, batch=story.batch)
    make_print(request.pk)
    make_print(request.pk)
    printed = PrintedRecord.objects.get(request=request)
    assert printed.is_draft
    assert is_whole(printed.sha256)
    assert path_of(printed.sha256).read_bytes().startswith(b"%PDF-")
    assert PrintJob.objects.get(request=request).state == DocumentState.READY
    assert Entry.objects.filter(name="record:keep_print", is_refused=False).count() == 1


def test_prints_of_a_batch_are_numbered_on_every_page_in_the_ledger_and_on_screen(story: Story) -> None:
    story.harvest()
    client = Client()
    client.force_login(story.cast.qa)
    for number in (1, 2):
        request = request_print(story.cast.qa, batch=story.batch)
        make_print(request.pk)
        printed = PrintedRecord.objects.get(request=request)
        for page in range(1, printed.pages + 1):
            text = text_of(path_of(printed.sha256), "-f", str(page), "-l", str(page))
            assert f"Draft, working print {number}" in text, page
        asked = Entry.objects.filter(name="record:request_print").latest("seq")
        assert json.loads(bytes(asked.payload))["notes"] == {"batch": story.batch.number, "print": str(number)}
        assert f"Working print {number}" in client.get(f"/batches/{story.batch.number}/").content.decode()


def test_what_was_refused_for_a_character_that_paper_lacks_keeps_no_record_from_being_printed(story: Story) -> None:
    story.issue()
    with pytest.raises(Refused) as refused:
        story.harvest(operator="Ishii \U0001f600")
    assert refused.value.codes == ("TXT-01",)
    request = request_print(story.cast.qa, batch=story.batch)
    make_print(request.pk)
    job = PrintJob.objects.get(request=request)
    assert job.state == DocumentState.READY, job.error
    assert "U+1F600" in text_of(path_of(PrintedRecord.objects.get(request=request).sha256), "-raw")


def test_a_print_does_not_change_what_is_printed(story: Story) -> None:
    story.harvest()
    head = Entry.objects.filter(stream=story.batch.number).count()
    make_print(request_print(story.cast.qa, batch=story.batch).pk)
    assert Entry.objects.filter(stream=story.batch.number).count() == head


def test_the_same_facts_give_the_same_bytes(story: Story) -> None:
    story.receive()
    first, second = BytesIO(), BytesIO()
    write_record(story.batch, first)
    write_record(story.batch, second)
    assert first.getvalue() == second.getvalue()


def test_a_kept_print_is_sealed_and_one_from_the_console_is_not(story: Story, tmp_path: Path) -> None:
    story.harvest()
    request = request_print(story.cast.qa, batch=story.batch)
    make_print(request.pk)
    assert problem(path_of(PrintedRecord.objects.get(request=request).sha256)) == ""
    print_to(tmp_path / "copy.pdf", story.batch)
    assert problem(tmp_path / "copy.pdf") == "The file carries 0 signatures instead of one."


def test_a_print_carries_the_record_as_data_and_the_chain_that_leads_to_its_head(story: Story) -> None:
    story.receive()
    out = BytesIO()
    printed = write_record(story.batch, out, checkpoint=b'{"number": 7}')
    with pikepdf.open(out) as pdf:
        inside = {name: spec.get_file().read_bytes() for name, spec in pdf.attachments.items()}
    head = chain.GENESIS
    for line in inside["chain.jsonl"].splitlines():
        head = chain.link(head, line)
    assert head == printed.record_head != chain.GENESIS
    assert json.loads(inside["record.json"]) == as_data(compose(gather(story.batch)))
    assert inside["checkpoint.json"] == b'{"number": 7}'


def test_a_print_is_on_the_paper_of_the_site(story: Story, settings: LazySettings) -> None:
    story.harvest()
    settings.PAPER = "letter"
    out = BytesIO()
    write_record(story.batch, out)
    with pikepdf.open(out) as pdf:
        assert [float(side) for side in pdf.pages[0].MediaBox] == [0, 0, 612, 792]


def test_japanese_and_chinese_in_any_field_are_printed(story: Story) -> None:
    story.harvest(operator="山田太郎 (随访)")
    out = BytesIO()
    write_record(story.batch, out)
    with pikepdf.open(out) as pdf:
        faces = {str(font.BaseFont) for font in pdf.objects if _is_font(font)}
    assert {face.split("+")[1].split("-")[0] for face in faces} == {"SourceSansPro", "NotoSansJP", "NotoSansSC"}


def _is_font(thing: object) -> bool:
    return isinstance(thing, pikepdf.Dictionary) and thing.get("/Type") == "/Font"


def test_a_print_that_fails_says_why_and_can_be_tried_again(story: Story) -> None:
    with any_text():
        story.harvest(operator="Ishii \U0001f9ec")
    request = request_print(story.cast.qa, batch=story.batch)
    make_print(request.pk)
    job = PrintJob.objects.get(request=request)
    assert job.state == DocumentState.FAILED
    assert "\U0001f9ec" in job.error
    client = Client()
    client.force_login(story.cast.qa)
    client.post(f"/batches/{story.batch.number}/prints/{request.pk}/retry/")
    assert PrintJob.objects.get(request=request).state == DocumentState.QUEUED


def test_a_print_whose_worker_was_lost_is_taken_up_again(story: Story) -> None:
    story.harvest()
    request = request_print(story.cast.qa, batch=story.batch)
    long_ago = clock.now() - LOST_AFTER - timedelta(seconds=1)
    PrintJob.objects.filter(request=request).update(state=DocumentState.RUNNING, touched_at=long_ago)
    assert sweep_print_requests() == 1
    make_print(request.pk)
    assert PrintJob.objects.get(request=request).state == DocumentState.READY


def test_a_print_at_the_console_is_whole_and_in_the_ledger(story: Story, tmp_path: Path) -> None:
    story.harvest()
    out = tmp_path / "record.pdf"
    call_command("print_record", story.batch.number, "--out", str(out), verbosity=0)
    assert out.read_bytes().startswith(b"%PDF-")
    entry = Entry.objects.get(name="record:print_uncontrolled")
    assert json.loads(bytes(entry.payload))["notes"]["batch"] == story.batch.number


def test_a_print_can_be_fetched_by_who_may_see_records_and_nobody_else(story: Story) -> None:
    story.harvest()
    request = request_print(story.cast.qa, batch=story.batch)
    make_print(request.pk)
    address = f"/batches/{story.batch.number}/prints/{request.pk}/record.pdf"
    client = Client()
    assert client.get(address).status_code == 302
    client.force_login(story.cast.administrator)
    assert client.get(address).status_code == 403
    client.force_login(story.cast.technician)
    assert b"".join(client.get(address).streaming_content).startswith(b"%PDF-")  # type: ignore[attr-defined]
