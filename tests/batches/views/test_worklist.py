"""The worklist and the list of batches: what waits for whom, and finding a batch."""

from __future__ import annotations

import re

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from lims import clock
from lims.accounts.models import User
from tests.builders import Story


def work(client: Client, story: Story, user: User) -> str:
    """The home page of a person, at the time of the story."""
    client.force_login(user)
    with clock.replaying(story.at):
        response = client.get("/")
    assert response.status_code == 200
    return response.content.decode()


def tasks(html: str) -> list[str]:
    """Titles of the tasks, in order."""
    return re.findall(r'<div class="task"><div><h3>(.*?)</h3>', html)


def test_nothing_waits_in_an_empty_laboratory(client: Client, story: Story) -> None:
    assert "Nothing waits for you" in work(client, story, story.cast.technician)


def test_a_harvest_waits_for_the_clinician_and_the_receipt_for_the_technician(client: Client, story: Story) -> None:
    story.issue()
    assert tasks(work(client, story, story.cast.clinician)) == ["Record harvest"]
    assert tasks(work(client, story, story.cast.technician)) == []
    story.harvest()
    assert tasks(work(client, story, story.cast.technician)) == ["Receive tissue"]
    assert tasks(work(client, story, story.cast.clinician)) == []


def test_tissue_is_due_by_its_hold_time(client: Client, story: Story) -> None:
    story.harvest()
    story.wait(hours=2)
    html = work(client, story, story.cast.technician)
    assert "alert at 12\u00a0h" in html
    story.wait(hours=11)
    assert "overdue" in work(client, story, story.cast.technician)


def test_a_medium_change_overdue_is_said_in_words(client: Client, story: Story) -> None:
    story.isolate()
    story.wait(hours=75)
    html = work(client, story, story.cast.technician)
    assert "Change medium" in tasks(html)
    assert "3\u00a0h overdue" in html
    assert "1 overdue" in html or "2 overdue" in html


def test_the_most_urgent_batch_comes_first(client: Client, story: Story) -> None:
    story.isolate()
    story.wait(hours=71)
    other = Story(story.cast, at=story.at)
    other.harvest()
    html = work(client, other, story.cast.technician)
    numbers = re.findall(r'<div class="of"><h2><a id="(B-\d+)"', html)
    assert numbers == [story.batch.number, other.batch.number]


def test_cells_seen_ready_wait_for_their_passage(client: Client, story: Story) -> None:
    story.isolate()
    story.culture(2)
    story.observe("85")
    assert "Log passage P0" in tasks(work(client, story, story.cast.technician))


def test_pending_results_wait_for_the_analyst(client: Client, story: Story) -> None:
    story.issue()
    story.sample("donor_blood")
    html = work(client, story, story.cast.analyst)
    assert tasks(html) == ["Record result"]
    assert "infectious" in html


def test_deviations_and_decisions_wait_for_qa(client: Client, story: Story) -> None:
    story.fill()
    story.raise_deviation()
    html = work(client, story, story.cast.qa)
    assert "Decisions waiting for you" in html
    assert "Decide disposition" in tasks(html)
    assert any(title.startswith("Assess DEV-") for title in tasks(html))


def test_every_task_is_in_the_tally_once(client: Client, story: Story) -> None:
    story.fill()
    story.wait(hours=1)
    story.raise_deviation()
    html = work(client, story, story.cast.qa)
    tally = re.search(r'<p class="tally">(.*?)</p>', html, re.S)
    assert tally
    assert "1 with a product waiting" in tally[1]
    assert sum(map(int, re.findall(r"</svg>(\d+) ", tally[1]))) == len(tasks(html))


def test_nothing_more_is_asked_of_a_rejected_batch(client: Client, story: Story) -> None:
    story.fill()
    story.reject()
    for user in (story.cast.technician, story.cast.analyst, story.cast.clinician):
        assert tasks(work(client, story, user)) == []


def test_an_eligible_patient_without_a_batch_waits_to_be_issued(client: Client, story: Story) -> None:
    story.enrol()
    assert story.patient.code in work(client, story, story.cast.qa)


def test_the_administrator_is_told_why_nothing_is_shown(client: Client, story: Story) -> None:
    html = work(client, story, story.cast.administrator)
    assert "No record is shown to an administrator" in html
    assert '<a class="button" href="/people/">' in html


def test_the_number_of_queries_does_not_grow_with_the_batches(client: Client, story: Story) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked, clock.replaying(story.at):
            assert client.get("/").status_code == 200
        return len(asked)

    story.isolate()
    client.force_login(story.cast.technician)
    client.get("/")
    few = queries()
    for _ in range(3):
        Story(story.cast, at=story.at).isolate()
    assert queries() == few


def test_a_scanned_code_opens_its_batch(client: Client, story: Story) -> None:
    story.issue()
    client.force_login(story.cast.technician)
    for typed in (story.batch.coi, story.batch.coi.lower().replace("-", ""), story.batch.number):
        response = client.get("/batches/", {"q": typed})
        assert response.status_code == 302, typed
        assert response["Location"] == f"/batches/{story.batch.number}/"


def test_batches_are_found_by_patient_and_by_stage(client: Client, story: Story) -> None:
    story.issue()
    other = Story(story.cast, at=story.at)
    other.harvest()
    client.force_login(story.cast.technician)
    html = client.get("/batches/", {"stage": "harvested"}).content.decode()
    assert other.batch.number in html
    assert story.batch.number not in html
    html = client.get("/batches/", {"q": story.patient.code}).content.decode()
    assert story.batch.number in html
    assert other.batch.number not in html
    assert "No batch fits" in client.get("/batches/", {"q": "nowhere"}).content.decode()


def test_the_list_goes_on_from_the_last_number_and_counts_nothing(client: Client, story: Story) -> None:
    story.issue()
    client.force_login(story.cast.technician)
    with CaptureQueriesContext(connection) as asked:
        html = client.get("/batches/", {"before": "B-9999"}).content.decode()
    assert story.batch.number in html
    assert "Go to the first page" in html
    assert not any("COUNT(" in query["sql"] for query in asked)
    assert story.batch.number not in client.get("/batches/", {"before": story.batch.number}).content.decode()
