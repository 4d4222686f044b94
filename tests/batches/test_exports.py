"""Exports: asked for by QA, made by the same task as prints, kept once, found again, left in the ledger."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.test import Client

from batches.commands.documents import request_export, request_print, request_trail, request_year
from batches.models import PrintedRecord, PrintJob, PrintRequest
from batches.rules.documents import LOST_AFTER
from batches.rules.states import DocumentState
from batches.tasks import make_print, sweep_print_requests
from lims import clock
from lims.files import path_of
from lims.ledger import verify_export
from lims.ledger.models import Entry
from lims.refusals import Refused
from tests.batches.copies import issued
from tests.builders import Story, any_text

Kind = PrintRequest.Kind


@pytest.fixture(autouse=True)
def _own_files(settings: LazySettings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"


def asked(story: Story, kind: str, **wanted: str) -> PrintRequest:
    """A request of a kind by QA."""
    request: PrintRequest
    if kind == Kind.RECORD:
        request = request_print(story.cast.qa, batch=story.batch)
    elif kind == Kind.EXPORT:
        request = request_export(story.cast.qa, batch=story.batch)
    elif kind == Kind.COPY:
        request = issued(story).request
    elif kind == Kind.YEAR:
        request = request_year(story.cast.qa, year=2026)
    else:
        request = request_trail(story.cast.qa, kind=Kind(kind), wanted=wanted)
    return request


def notes_of(name: str) -> dict[str, Any]:
    notes: dict[str, Any] = json.loads(bytes(Entry.objects.get(name=name).payload))["notes"]
    return notes


@pytest.mark.parametrize("kind", Kind.values)
def test_a_file_whose_worker_was_killed_is_found_again_and_made_once(story: Story, kind: str) -> None:
    story.harvest()
    request = asked(story, kind)
    long_ago = clock.now() - LOST_AFTER - timedelta(seconds=1)
    PrintJob.objects.filter(request=request).update(
        state=DocumentState.RUNNING, done=3, total=9, attempts=1, touched_at=long_ago
    )
    assert sweep_print_requests() == 1
    make_print(request.pk)
    make_print(request.pk)
    job = PrintJob.objects.get(request=request)
    assert (job.state, job.error) == (DocumentState.READY, "")
    assert PrintedRecord.objects.filter(request=request).count() == 1
    assert sweep_print_requests() == 0


@pytest.mark.clause("R09")
def test_an_export_is_an_act_of_the_site_with_its_digest(story: Story) -> None:
    story.harvest()
    own = Entry.objects.filter(stream=story.batch.stream).count()
    make_print(asked(story, Kind.EXPORT).pk)
    made = PrintedRecord.objects.get()
    content = path_of(made.sha256).read_bytes()
    assert notes_of("record:export") == {"batch": "B-0001", "sha256": hashlib.sha256(content).hexdigest()}
    assert verify_export.verify(path_of(made.sha256)).findings == []
    assert Entry.objects.filter(stream=story.batch.stream).count() == own, "an export changes nothing it exports"


def test_the_audit_trail_asked_for_is_what_the_filter_says(story: Story) -> None:
    story.harvest()
    make_print(asked(story, Kind.TRAIL_CSV, stream="b-0001", act="harvest:").pk)
    text = path_of(PrintedRecord.objects.get().sha256).read_text("utf-8-sig")
    acts = {(line["Stream"], line["Act"]) for line in csv.DictReader(io.StringIO(text))}
    assert acts == {("B-0001", "harvest:log")}
    assert notes_of("ledger:export")["only act"] == "harvest:"


def test_only_who_may_export_is_given_one(story: Story, client: Client) -> None:
    story.harvest()
    for other in (story.cast.technician, story.cast.supervisor, story.cast.clinician, story.cast.administrator):
        with pytest.raises(Refused, match="PERM-01"):
            request_export(other, batch=story.batch)
    request = asked(story, Kind.EXPORT)
    make_print(request.pk)
    address = f"/records/{request.pk}/file/"
    client.force_login(story.cast.technician)
    assert client.get(address).status_code == 403
    assert "Export for checking offline" not in client.get("/batches/B-0001/").content.decode()
    assert "Export for checking offline" not in client.get("/records/").content.decode()
    client.force_login(story.cast.qa)
    page = client.get("/batches/B-0001/").content.decode()
    assert address in page
    assert PrintedRecord.objects.get().sha256 in page, "the digest the laboratory states"
    response = client.get(address)
    assert response["Content-Disposition"] == f'attachment; filename="B-0001-export-{request.pk}.zip"'
    assert b"".join(response.streaming_content)[:4] == b"PK\x03\x04"  # type: ignore[attr-defined]


def test_the_audit_trail_is_asked_for_on_its_page_with_the_filter_typed_there(story: Story, client: Client) -> None:
    story.harvest()
    client.force_login(story.cast.qa)
    page = client.get("/ledger/?stream=B-0001").content.decode()
    assert 'href="/ledger/exports/?stream=B-0001"' in page
    assert 'value="B-0001"' in client.get("/ledger/exports/?stream=B-0001").content.decode()
    client.post("/ledger/exports/", {"stream": "B-0001", "since": "2026-01-01", "kind": "trail_json"})
    request = PrintRequest.objects.get()
    assert request.wanted == {"stream": "B-0001", "since": "2026-01-01"}
    make_print(request.pk)
    assert f"/records/{request.pk}/file/" in client.get("/ledger/exports/list/").content.decode()
    told = json.loads(b"".join(client.get(f"/records/{request.pk}/file/").streaming_content))  # type: ignore[attr-defined]
    assert {e["stream"] for e in told["entries"]} == {"B-0001", "P-001"}
    client.force_login(story.cast.analyst)
    assert "/ledger/exports/" not in client.get("/ledger/").content.decode()


def test_a_day_that_is_none_is_told_and_nothing_is_asked_for(story: Story, client: Client) -> None:
    client.force_login(story.cast.qa)
    response = client.post("/ledger/exports/", {"since": "yesterday", "kind": "trail_csv"})
    assert response.status_code == 200
    assert not PrintRequest.objects.exists()


def test_a_filter_that_paper_can_not_show_is_told_beside_it(story: Story, client: Client) -> None:
    client.force_login(story.cast.qa)
    response = client.post("/ledger/exports/", {"stream": "B-\U0001f600", "kind": "trail_csv"})
    assert response.status_code == 200
    assert "TXT-01" in response.content.decode()
    assert not PrintRequest.objects.exists()


def test_an_export_that_fails_says_why_and_can_be_tried_again(story: Story, client: Client) -> None:
    with any_text():
        story.harvest(operator="Ishii \U0001f9ec")
    request = asked(story, Kind.EXPORT)
    make_print(request.pk)
    assert "\U0001f9ec" in PrintJob.objects.get(request=request).error
    client.force_login(story.cast.qa)
    client.post(f"/records/{request.pk}/retry/")
    assert PrintJob.objects.get(request=request).state == DocumentState.QUEUED


def test_an_export_at_the_console_is_whole_and_in_the_ledger(story: Story, tmp_path: Path) -> None:
    story.harvest()
    out = tmp_path / "B-0001.zip"
    call_command("export_record", story.batch.number, "--out", str(out), verbosity=0)
    assert verify_export.verify(out).findings == []
    assert notes_of("record:export_at_console")["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    with pytest.raises(CommandError, match="no batch"):
        call_command("export_record", "B-9999", "--out", str(out), verbosity=0)
