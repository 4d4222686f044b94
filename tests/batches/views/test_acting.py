"""The page of an act: refusals beside fields, nothing typed lost, stale forms, double clicks."""

from __future__ import annotations

import re
import uuid

import pytest
from django.test import Client

from batches.models import Harvest
from lims.accounts.models import User
from lims.ledger.models import Entry
from tests.builders import Story
from tests.cast import PASSWORD

FIELDS = {
    "body_site": "Abdomen <b>left</b>",
    "side": "left",
    "volume_ml": "1.0",
    "anaesthesia": "Lidocaine",
    "operator": "Ishii Akari",
    "container_code": "HK-1",
    "transport_temp_c": "5",
    "performed-username": "ishii.a",
    "performed-password": PASSWORD,
}


@pytest.fixture
def clinician(story: Story) -> Client:
    client = Client()
    client.force_login(story.cast.clinician)
    return client


def filled(story: Story, **changes: str) -> dict[str, str]:
    at = "2026-09-28T12:00"
    times = {"started_at": at, "done_at": at, "dispatched_at": at, "late_reason": "Tablet out of use."}
    return {**FIELDS, **times, "once": str(uuid.uuid4()), "seen": "1", **changes}


def test_a_harvest_typed_on_the_page_is_recorded_once_however_often_it_is_sent(story: Story, clinician: Client) -> None:
    story.issue()
    address = f"/batches/{story.batch.number}/harvest/"
    sent = filled(story)
    assert clinician.post(address, sent).status_code == 302
    assert clinician.post(address, sent).status_code == 302
    assert Harvest.objects.count() == 1
    assert Entry.objects.filter(name="harvest:log", is_refused=False).count() == 1


def test_what_can_not_be_is_said_beside_its_field_and_everything_typed_is_still_there(
    story: Story, clinician: Client
) -> None:
    story.issue()
    address = f"/batches/{story.batch.number}/harvest/"
    page = clinician.post(address, filled(story, volume_ml="-3", **{"performed-password": PASSWORD}))
    said = page.content.decode()
    assert page.status_code == 422
    assert "HAR-02" in said
    assert re.search(r'name="volume_ml"[^>]*value="-3"|value="-3"[^>]*name="volume_ml"', said)
    assert "Abdomen &lt;b&gt;left&lt;/b&gt;" in said
    assert PASSWORD not in said
    assert not Harvest.objects.exists()


def test_the_second_of_two_people_sees_what_the_first_did(story: Story, clinician: Client) -> None:
    story.receive()
    client = Client()
    client.force_login(story.cast.technician)
    page = client.post(f"/batches/{story.batch.number}/raise-deviation/", {"seen": "1", "once": str(uuid.uuid4())})
    assert page.status_code == 422
    stale = client.post(
        f"/batches/{story.batch.number}/raise-deviation/",
        {
            "seen": "1",
            "once": str(uuid.uuid4()),
            "done_at": "2026-09-28T12:00",
            "late_reason": "Seen later.",
            "severity": "minor",
            "title": "Label torn",
            "description": "The label of the box is torn.",
            "performed-username": "aoki.r",
            "performed-password": PASSWORD,
        },
    )
    said = stale.content.decode()
    assert stale.status_code == 409
    assert f"{story.cast.clinician.printed_name}: Record harvest" in said
    assert "harvest:log" not in said
    assert "Label torn" in said


def test_a_wrong_password_signs_nothing_and_counts(story: Story, clinician: Client) -> None:
    story.issue()
    page = clinician.post(f"/batches/{story.batch.number}/harvest/", filled(story, **{"performed-password": "wrong"}))
    assert "ACC-01" in page.content.decode()
    assert not Harvest.objects.exists()
    assert User.objects.get(pk=story.cast.clinician.pk).failed_attempts == 1


def test_a_step_that_can_not_come_now_says_why(story: Story, clinician: Client) -> None:
    story.harvest()
    page = clinician.get(f"/batches/{story.batch.number}/harvest/")
    assert page.status_code == 409
    assert "HAR-01" in page.content.decode()
