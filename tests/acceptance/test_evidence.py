"""The acceptance scenarios that concern evidence: who signs, what a change does to it, what a superuser can't hide."""

from __future__ import annotations

import json
import uuid
import zipfile
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from batches.models import TestResult
from batches.queries.release import release_facts
from batches.rules.release import blockers
from batches.rules.states import DispositionState
from lims.ledger import checkpoints
from lims.ledger.models import Entry, Head
from lims.ledger.verify import verify
from lims.notices.models import Notice
from lims.refusals import Refused
from lims.signatures.models import Signature
from lims.signatures.standing import standings
from tests.builders import Story
from tests.cast import PASSWORD
from tests.superuser.lifting import unguarded

OWN = {"issued-username": "hayashi.s", "issued-password": PASSWORD}


def qa_at_a_desk() -> Client:
    """A person of QA, signed in."""
    client = Client()
    client.post("/sign-in/", {"username": "hayashi.s", "password": PASSWORD})
    return client


def against_release(story: Story) -> set[str]:
    """The codes of what stops a conditional release by somebody who took no part."""
    with story.now():
        facts = release_facts(story.fresh(), story.cast.second_qa)
        return {r.code for r in blockers(facts, DispositionState.RELEASED_CONDITIONALLY)}


@pytest.mark.clause("11.10(g)", "A11-6", "R13")
def test_scenario_1_a_performer_who_tries_to_verify_their_own_step_is_refused_and_logged(story: Story) -> None:
    patient = story.enrol()
    itself = {"checked-username": "hayashi.s", "checked-password": PASSWORD, "once": str(uuid.uuid4())}
    page = qa_at_a_desk().post(f"/patients/{patient.code}/issue/", OWN | itself)
    assert (page.status_code, "SIG-03" in page.content.decode()) == (422, True)
    assert not patient.batches.exists()
    logged = Entry.objects.get(name="batch:issue", is_refused=True)
    assert (logged.actor, b"SIG-03" in bytes(logged.payload)) == (story.cast.qa, True)


@pytest.mark.clause("11.200(a)(1)", "11.200(a)(2)", "R13")
def test_scenario_2_a_verifier_signs_in_the_performers_session_and_the_performer_stays(story: Story) -> None:
    patient = story.enrol()
    client = qa_at_a_desk()
    second = {"checked-username": "ono.t", "checked-password": PASSWORD, "once": str(uuid.uuid4())}
    sent = client.post(f"/patients/{patient.code}/issue/", OWN | second)
    assert sent.status_code == 302
    given = Signature.objects.filter(subject_model="batches.Batch").order_by("position")
    assert [(s.printed_name, s.meaning) for s in given] == [("Hayashi Sora", "issued"), ("Ono Tsubasa", "checked")]
    assert client.get(sent["Location"]).context["page"].username == "hayashi.s"


@pytest.mark.clause("11.70", "A11-14", "A11-9", "R11")
def test_scenario_3_an_edit_after_signature_supersedes_it_and_blocks_release_until_reviewed_again(
    story: Story,
) -> None:
    story.tested()
    story.review()
    assert against_release(story) == set()
    story.correct(story.fresh().harvest, "volume_ml", "1.1")
    given = Signature.objects.filter(subject_model="batches.Harvest").order_by("at", "position")
    assert [(s.signature.meaning, s.is_valid) for s in standings(given)] == [
        ("performed", False),
        ("corrected", True),
        ("witnessed", True),
    ]
    assert against_release(story) == {"REL-20"}
    story.review()
    assert against_release(story) == set()


@pytest.mark.clause("11.10(a)", "11.10(c)", "R03")
def test_scenario_12_a_superuser_who_alters_a_result_by_sql_is_named_with_the_exact_row(story: Story) -> None:
    story.tested()
    row = TestResult.objects.get(batch=story.batch, test="cd73")
    with unguarded(), connection.cursor() as cursor:
        cursor.execute("UPDATE batches_testresult SET number = number + 1 WHERE id = %s", [row.pk])
    found = [(f.kind, f.model, f.pk) for f in verify().findings]
    assert found == [("row altered", "batches.TestResult", str(row.pk))]
    assert "REL-12" in against_release(story)


@pytest.mark.django_db(transaction=True)
@pytest.mark.clause("11.10(c)", "11.10(e)", "A11-7", "A11-9", "A11-16", "R33")
def test_scenario_13_restore_yesterdays_backup_chain_verifies_and_count_matches_manifest(
    story: Story, tmp_path: Path
) -> None:
    story.harvest()
    checkpoints.write()
    archive = tmp_path / "yesterday.zip"
    call_command("backup", out=archive, by="Night timetable", stdout=StringIO())
    with zipfile.ZipFile(archive) as zipped:
        manifest = json.loads(zipped.read("manifest.json"))
    stood = dict(Head.objects.values_list("stream", "seq"))
    story.isolate()
    checkpoints.write()
    reached = dict(Head.objects.values_list("stream", "seq"))
    why = "The disk of the database failed this morning."
    said = StringIO()
    call_command("restore", archive, by="Sato Kei", reason=why, replace=True, stdout=said)
    assert f"{sum(manifest['counts'].values())} rows in {len(manifest['counts'])} tables" in said.getvalue()
    # Two acts came after the copy: that it was restored, with what was lost, and that it was verified.
    assert Entry.objects.count() == manifest["counts"]["ledger_entry"] + 2
    assert TestResult.objects.count() == manifest["counts"]["batches_testresult"]
    report = verify()
    assert report.findings == []
    (restored,) = report.restores
    assert (restored.by, restored.reason) == ("Sato Kei", why)
    assert {each.stream: (each.first, each.last) for each in restored.lost} == {
        stream: (stood[stream] + 1, seq) for stream, seq in reached.items() if seq > stood[stream]
    }
    acts = Entry.objects.filter(stream="site").order_by("-seq").values_list("name", flat=True)[:2]
    assert list(acts) == ["ledger:restore-verified", "ledger:restore"]
    assert Notice.objects.open().of(story.cast.qa).filter(message__contains="was put back").count() == 1


@pytest.mark.clause("11.10(g)", "A11-15", "R23")
def test_scenario_19_who_performed_a_step_is_refused_when_trying_to_release(story: Story) -> None:
    story.tested()
    story.correct(story.fresh().harvest, "volume_ml", "1.1", by=story.cast.qa)
    with pytest.raises(Refused) as refused:
        story.decide("released_conditionally", by=story.cast.qa)
    assert refused.value.codes == ("REL-11",)
    assert story.fresh().disposition == DispositionState.PENDING
    assert story.decide("released_conditionally", by=story.cast.second_qa)


@pytest.mark.clause("11.10(e)", "A11-9", "R30")
def test_scenario_20_an_entry_after_the_review_of_the_audit_trail_reopens_it(story: Story) -> None:
    story.tested()
    story.review()
    assert "REL-20" not in against_release(story)
    story.raise_deviation()
    assert "REL-20" in against_release(story)
