"""The page of one batch: whose cells, which stage, how far, what next and why not, what is wrong."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from lims import clock
from lims.accounts.models import User
from tests.builders import Story


def page(client: Client, story: Story, user: User) -> str:
    """The page of the story's batch as one person sees it, at the time of the story."""
    client.force_login(user)
    with clock.replaying(story.at):
        response = client.get(f"/batches/{story.batch.number}/")
    assert response.status_code == 200
    return response.content.decode()


def section(html: str, heading: str) -> str:
    """The text of one card."""
    found = re.search(rf'<section class="card[^"]*" aria-labelledby="{heading}">(.*?)</section>', html, re.S)
    assert found
    return re.sub(r"[ \n\t]+", " ", re.sub(r"<[^>]+>", " ", found[1]))


def offered(html: str) -> list[str]:
    """Titles of the acts that may be done."""
    return re.findall(r'<article class="act[^"]*"><h3>(.*?)</h3>', html)


def not_yet(html: str) -> str:
    """What stands under «Not yet, and why»."""
    found = re.search(r'<div class="not-yet">(.*?)</div>', html, re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[1])) if found else ""


def test_it_tells_whose_cells_they_are(client: Client, story: Story) -> None:
    story.issue()
    html = page(client, story, story.cast.technician)
    for known in (
        story.batch.number,
        story.batch.coi,
        story.batch.patient.code,
        "MBR-01 v1",
        "For autologous use only",
    ):
        assert known in html
    assert story.batch.patient.name not in html


def test_it_offers_the_act_of_the_stage_first(client: Client, story: Story) -> None:
    story.issue()
    assert offered(page(client, story, story.cast.technician))[0] == "Record harvest"
    story.harvest()
    assert offered(page(client, story, story.cast.technician))[0] == "Receive tissue"
    story.receive()
    assert offered(page(client, story, story.cast.technician))[0] == "Log isolation"


def test_what_may_not_be_done_is_told_with_its_code(client: Client, story: Story) -> None:
    story.harvest()
    text = not_yet(page(client, story, story.cast.technician))
    assert "Log isolation" in text
    assert "ISO-01" in text


def test_acts_refused_for_the_same_reason_share_a_line(client: Client, story: Story) -> None:
    story.harvest()
    assert not_yet(page(client, story, story.cast.technician)).count("CUL-01") == 1


def test_what_a_role_can_never_do_is_not_shown(client: Client, story: Story) -> None:
    story.harvest()
    html = page(client, story, story.cast.analyst)
    everything = " ".join([*offered(html), not_yet(html)])
    assert "isolation" not in everything
    assert "disposition" not in everything


def test_an_act_whose_time_is_over_is_not_spoken_of(client: Client, story: Story) -> None:
    story.receive()
    html = page(client, story, story.cast.technician)
    assert "Record harvest" not in [*offered(html), not_yet(html)]


def test_before_the_first_count_the_gauge_says_so(client: Client, story: Story) -> None:
    story.receive()
    html = page(client, story, story.cast.technician)
    assert "No count yet" in section(html, "dose")
    assert "<svg" not in section(html, "growth")


def test_the_gauge_and_the_chart_show_the_counts(client: Client, story: Story) -> None:
    story.expand()
    html = page(client, story, story.cast.technician)
    dose = section(html, "dose")
    # 323 live in 8 squares at a factor of 2 in 15 mL: 1.21×10⁷ of 1.0×10⁸, 3.05 doublings short.
    assert "1.21×10⁷" in dose
    assert "12\u00a0%" in dose
    assert "3.05" in dose
    assert 'class="plot dose"' in html
    assert 'class="plot growth"' in html
    assert "P0 2.05×10⁶" in html


def test_the_stage_is_told_with_its_day(client: Client, story: Story) -> None:
    story.expand()
    story.wait(days=2.9)
    assert "P2 · day 2.9" in page(client, story, story.cast.technician)


def test_the_rail_marks_what_is_done_and_where_it_stands(client: Client, story: Story) -> None:
    story.expand()
    html = page(client, story, story.cast.technician)
    stations = re.findall(r'<li class="is-(\w+)"[^>]*>.*?<b>(.*?)</b>', html[: html.index("<main")], re.S)
    assert ("done", "P1") in stations
    assert ("here", "P2") in stations
    assert ("next", "Fill") in stations


def test_a_due_act_leads_with_its_clock(client: Client, story: Story) -> None:
    story.isolate()
    story.wait(days=4)
    html = page(client, story, story.cast.technician)
    assert offered(html)[0] == "Change medium"
    assert "overdue" in section(html, "next")


@pytest.mark.clause("R08")
def test_the_recent_record_shows_late_entries_and_corrections_where_they_are_read(client: Client, story: Story) -> None:
    story.isolate()
    story.wait(days=2)
    observation = story.observe("40", done_at=story.at, late_reason="")
    story.correct(observation, "confluence_pct", "35")
    html = page(client, story, story.cast.technician)
    assert re.search(r"<del>40[^<]*</del>\s*<ins>35[^<]*</ins>", html)
    assert "Misread on the worksheet." in section(html, "recent")
    assert "Superseded" in section(html, "signatures")


def test_an_open_deviation_is_what_is_wrong(client: Client, story: Story) -> None:
    story.receive(temperature_max_c=Decimal("11.0"), comment="Logger read 11 at the door.")
    deviation = story.fresh().deviations.get()
    html = page(client, story, story.cast.qa)
    assert deviation.number in section(html, "wrong")
    assert offered(html)[0] == "Assess deviation"


def test_a_final_act_does_not_lead_because_nothing_else_is_left_to_do(client: Client, story: Story) -> None:
    story.issue()
    html = page(client, story, story.cast.qa)
    assert "Decide disposition" in offered(html)
    assert 'class="act first"' not in html


def test_more_than_five_open_exceptions_are_folded_the_gravest_in_sight(client: Client, story: Story) -> None:
    story.isolate()
    for _ in range(6):
        story.wait(hours=2)
        story.observe("40", done_at=story.at - timedelta(hours=1), late_reason="Tablet out of use.")
    story.raise_deviation(severity="critical")
    wrong = section(page(client, story, story.cast.technician), "wrong")
    assert "7 open" in wrong
    assert "2 more open" in wrong
    assert wrong.index("critical") < wrong.index("2 more open") < wrong.rindex("Late entry")


def test_a_closed_deviation_of_no_step_flags_no_station(client: Client, story: Story) -> None:
    story.isolate()
    deviation = story.raise_deviation(severity="minor")
    rail = page(client, story, story.cast.technician).split("<main")[0]
    assert 'class="flag is-action"' in rail
    story.assess(deviation)
    story.close(deviation)
    assert 'class="flag' not in page(client, story, story.cast.technician).split("<main")[0]


def test_the_number_of_queries_does_not_grow_with_the_record(client: Client, story: Story) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked, clock.replaying(story.at):
            assert client.get(f"/batches/{story.batch.number}/").status_code == 200
        return len(asked)

    story.isolate()
    story.culture(4)
    client.force_login(story.cast.technician)
    client.get("/")
    few = queries()
    story.culture(12)
    many = queries()
    assert many <= few + 2
    assert many < 120


def test_no_name_is_markup(client: Client, story: Story) -> None:
    story.receive(temperature_max_c=Decimal("11.0"), comment="<script>alert(1)</script>")
    html = page(client, story, story.cast.qa)
    assert "<script>alert" not in html


@pytest.mark.parametrize("role", ["technician", "supervisor", "analyst", "qa", "clinician"])
def test_every_role_of_the_record_may_look(client: Client, story: Story, role: str) -> None:
    story.issue()
    user: Any = getattr(story.cast, role)
    assert story.batch.number in page(client, story, user)


def test_the_administrator_may_not_look(client: Client, story: Story) -> None:
    story.issue()
    client.force_login(story.cast.administrator)
    assert client.get(f"/batches/{story.batch.number}/").status_code == 403
    assert client.get("/batches/").status_code == 403


def test_an_unknown_batch_is_not_found(client: Client, story: Story) -> None:
    client.force_login(story.cast.technician)
    assert client.get("/batches/B-9999/").status_code == 404


def test_the_strip_says_when_a_release_no_longer_rests_on_the_record(client: Client, released: Story) -> None:
    def strip() -> str:
        html = page(client, released, released.cast.qa)
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html[html.index('class="strip"') :][:3000]))

    decision = released.batch.get_disposition_display()
    assert f" {decision} " in strip()
    assert "changed since" not in strip()
    released.wait(minutes=5)
    released.correct(released.fresh().fill, "storage_temp_c", "6")
    assert f" {decision}, changed since " in strip()
