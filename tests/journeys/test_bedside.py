"""The bedside in a real browser, at a desk and on a tablet: from two scans to the follow-up."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from batches.models import Infusion, InfusionEvent, PainAssessment, Vitals
from batches.rules.scores import PDAS_ITEMS
from tests.builders import START, Story
from tests.cast import Cast, gather_cast
from tests.journeys.person import Person

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    """One laboratory."""
    return gather_cast()


def released_now(cast: Cast) -> Story:
    """A bag released a minute ago, by a clock that nobody replays."""
    first = Story(cast)
    first.released()
    story = Story(cast, at=timezone.now() - (first.at - START) - timedelta(minutes=1))
    story.released()
    return story


def keep(person: Person, name: str, width: int) -> None:
    """A picture of the page, where PICTURES says."""
    if os.environ.get("PICTURES"):
        person.page.screenshot(path=Path(os.environ["PICTURES"]) / f"{name}-{width}.png", full_page=True)


def read(person: Person, story: Story, **changes: str) -> None:
    """One reading of somebody well; nothing is preset, so everything is typed."""
    answers = {f"symptom_{s.code}": "no" for s in story.batch.mbr.process.symptoms}
    values = {"systolic": "118", "diastolic": "72", "heart_rate": "72", "respiratory_rate": "14", "spo2_pct": "98"}
    typed = values | {"temperature_c": "36.5"} | {k: v for k, v in changes.items() if k not in answers}
    person.fill(**typed)
    for name, value in (answers | {k: v for k, v in changes.items() if k in answers}).items():
        choose(person, name, value)
    person.sign(within="#ask")


def choose(person: Person, name: str, value: str) -> None:
    """Answer by keyboard: what takes the focus must come out from under the bar at the foot of the page."""
    person.page.locator(f"[name='{name}'][value='{value}']").focus()
    person.page.keyboard.press("Space")


def turn(person: Person, link: str, button: str, **values: str) -> None:
    """Choose a turn, confirm it in its panel."""
    person.press(person.page.locator("#bedbar").get_by_role("link", name=link, exact=True))
    person.look()
    panel = person.page.locator("#turn")
    for name, value in values.items():
        panel.locator(f"[name='{name}']").fill(value)
    person.sign(within="#turn")
    person.press(panel.get_by_role("button", name=button))
    expect(panel).to_be_hidden()


def test_two_people_check_identity_and_one_runs_the_infusion_to_its_end(
    cast: Cast, browser: Browser, live_server: LiveServer, width: int
) -> None:
    story = released_now(cast)
    home = f"/batches/{story.batch.number}"
    nurse = Person(browser, live_server.url, cast.clinician, width=width)
    nurse.open(f"{home}/infusion-check/")
    nurse.fill(
        scanned_patient=story.batch.patient.code,
        scanned_coi=story.batch.coi,
        is_name_confirmed=True,
        is_bag_good=True,
        weight_kg="62.0",
        catheter="22 G, left forearm",
    )
    nurse.sign(second=("witnessed", cast.second_clinician))
    nurse.send("Confirm identity")
    expect(nurse.page.get_by_role("heading", name="Ready to start")).to_be_visible()
    nurse.look()
    keep(nurse, "ready", width)
    expect(nurse.page.locator("#bedbar")).to_contain_text("INF-07")
    read(nurse, story)
    nurse.press(nurse.page.get_by_role("button", name="Record reading"))
    expect(nurse.page.get_by_text("Baseline, ").first).to_be_visible()
    turn(nurse, "Start infusion", "Start infusion")
    expect(nurse.page.get_by_role("heading", name="Infusion running")).to_be_visible()
    before = nurse.page.locator("[data-left]").text_content() or ""
    expect(nurse.page.locator("[data-left]")).not_to_have_text(before)
    nurse.look()
    keep(nurse, "running", width)
    choose(nurse, "symptom_dyspnoea", "yes")
    turn(nurse, "Pause", "Pause infusion", reason="The patient feels short of breath.")
    expect(nurse.page.locator("[name='symptom_dyspnoea'][value='yes']")).to_be_checked()
    turn(nurse, "Resume", "Resume infusion")
    nurse.fill(scheduled="extra")
    read(nurse, story, scheduled="extra", symptom_dyspnoea="yes")
    choose(nurse, "grade_dyspnoea", "1")
    nurse.press(nurse.page.get_by_role("button", name="Record reading"))
    expect(nurse.page.get_by_text("Paused by the system: Dyspnoea, grade 1")).to_be_visible()
    nurse.look()
    keep(nurse, "paused", width)
    turn(nurse, "Stop infusion", "Stop infusion", infused_ml="20", reason="Dyspnoea. 77 mL destroyed, witnessed.")
    expect(nurse.page.get_by_role("heading", name="Infusion ended")).to_be_visible()
    nurse.look()
    keep(nurse, "ended", width)
    nurse.press(nurse.page.get_by_role("link", name="Assess adverse events"))
    nurse.look()
    choose(nurse, "is_none", "none")
    nurse.sign()
    nurse.send("Record assessment")
    assert nurse.leave() == []
    assert list(InfusionEvent.objects.order_by("id").values_list("kind", flat=True)) == [
        "start",
        "pause",
        "resume",
        "pause",
        "stop",
    ]
    assert Vitals.objects.count() == 2


def test_a_wrong_bag_replaces_the_page(cast: Cast, browser: Browser, live_server: LiveServer, width: int) -> None:
    story = released_now(cast)
    nurse = Person(browser, live_server.url, cast.clinician, width=width)
    nurse.open(f"/batches/{story.batch.number}/infusion-check/")
    nurse.fill(
        scanned_patient=story.batch.patient.code,
        scanned_coi="CI-260001-Z",
        is_name_confirmed=True,
        is_bag_good=True,
        weight_kg="62.0",
        catheter="22 G",
    )
    nurse.sign(second=("witnessed", cast.second_clinician))
    nurse.press(nurse.page.get_by_role("button", name="Confirm identity"))
    expect(nurse.page.get_by_role("heading", name="Do not infuse")).to_be_visible()
    nurse.look()
    keep(nurse, "mismatch", width)
    assert nurse.page.locator("main form, main a, main button").count() == 0
    assert nurse.leave() == []
    assert not Infusion.objects.exists()


def test_pain_is_scored_with_its_figures_coming_as_one_answers(
    cast: Cast, browser: Browser, live_server: LiveServer, width: int
) -> None:
    story = released_now(cast)
    clinician = Person(browser, live_server.url, cast.clinician, width=width)
    clinician.open(f"/batches/{story.batch.number}/baseline/")
    clinician.fill(instrument="fps_r", fps_score="6", **{code.lower(): "2" for code in PDAS_ITEMS})
    expect(clinician.page.locator("#figures")).to_contain_text("40 / 60")
    clinician.look()
    keep(clinician, "baseline", width)
    clinician.sign()
    clinician.send("Record pain before infusion")
    expect(clinician.page.get_by_role("heading", name="Pain before and after")).to_be_visible()
    clinician.look()
    keep(clinician, "outcomes", width)
    assert clinician.leave() == []
    assert PainAssessment.objects.get(batch=story.batch).answers.filter(score=2).count() == 20
