"""The bedside as a person meets it: a hard stop, one page to run and watch an infusion, nothing typed lost."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping

import pytest
from django.http import HttpResponse
from django.test import Client

from batches.models import Deviation, Infusion, InfusionEvent, PainAssessment, Vitals
from batches.rules.scores import PDAS_ITEMS
from lims.accounts.models import User
from tests.builders import Story
from tests.cast import PASSWORD

Post = Callable[[str, Mapping[str, object]], HttpResponse]


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def story(released: Story) -> Story:
    """Every story here begins with a released bag."""
    return released


@pytest.fixture
def post(story: Story) -> Post:
    """Send a form of the batch, signed by the clinician, at the time of the story."""
    client = client_of(story.cast.clinician)

    def send(path: str, values: Mapping[str, object]) -> HttpResponse:
        with story.now():
            return client.post(  # type: ignore[return-value]
                f"/batches/{story.batch.number}/{path}",
                {"once": str(uuid.uuid4()), "performed-username": "ishii.a", "performed-password": PASSWORD, **values},
            )

    return send


def seen(story: Story, path: str, user: User | None = None) -> HttpResponse:
    client = client_of(user or story.cast.clinician)
    with story.now():
        return client.get(f"/batches/{story.batch.number}/{path}")  # type: ignore[return-value]


def check_of(story: Story, **changes: object) -> dict[str, object]:
    return {
        "scanned_patient": story.batch.patient.code,
        "scanned_coi": story.batch.coi,
        "is_name_confirmed": "on",
        "is_bag_good": "on",
        "weight_kg": "62.0",
        "catheter": "22 G, left forearm",
        "witnessed-username": story.cast.second_clinician.username,
        "witnessed-password": PASSWORD,
        **changes,
    }


def reading_of(story: Story, scheduled: str, **changes: object) -> dict[str, object]:
    answers = {f"symptom_{s.code}": "no" for s in story.batch.mbr.process.symptoms}
    values = {"systolic": 118, "diastolic": 72, "heart_rate": 72, "respiratory_rate": 14, "spo2_pct": 98}
    return {"scheduled": scheduled, "temperature_c": "36.5", **answers, **values, **changes}


def test_a_mismatch_replaces_the_page_and_offers_no_way_on(story: Story, post: Post) -> None:
    page = post("infusion-check/", check_of(story, scanned_coi="CI-260777-Z"))
    said = page.content.decode()
    assert page.status_code == 422
    assert "Do not infuse" in said
    assert "INF-20" in said
    assert Deviation.objects.get(batch=story.batch, limit="identity").number in said
    assert "<form" not in said.split("<main")[1].split("</main>")[0]
    assert not Infusion.objects.exists()
    assert "Do not infuse" in seen(story, "infusion-check/").content.decode()


def test_name_and_birth_date_are_at_the_bedside_and_nowhere_else_in_a_batch(story: Story) -> None:
    story.check()
    name = story.batch.patient.name
    for path in ("infusion-check/", "bedside/", "vitals/"):
        if path != "infusion-check/":
            assert name in seen(story, path).content.decode()
    for path in ("", "outcomes/", "baseline/", "record/"):
        assert name not in seen(story, path).content.decode()


def test_an_infusion_is_run_from_one_page(story: Story, post: Post) -> None:
    assert post("infusion-check/", check_of(story)).status_code == 302
    assert post("vitals/", reading_of(story, "baseline")).status_code == 302
    story.wait(minutes=5)
    assert post("bedside/?act=start", {}).status_code == 302
    story.wait(minutes=10)
    assert "left" in seen(story, "bedside/").content.decode()
    assert post("bedside/?act=pause", {"reason": "Line kinked."}).status_code == 302
    assert post("bedside/?act=resume", {"reason": ""}).status_code == 302
    story.wait(minutes=20)
    assert post("bedside/?act=stop", {"infused_ml": "97"}).status_code == 302
    kinds = list(InfusionEvent.objects.order_by("id").values_list("kind", flat=True))
    assert kinds == ["start", "pause", "resume", "stop"]
    assert "Infusion ended" in seen(story, "bedside/").content.decode()


def test_half_an_hour_counts_down_from_the_servers_time(story: Story) -> None:
    story.start()
    story.wait(minutes=11, seconds=36)
    said = seen(story, "bedside/").content.decode()
    assert ">18:24<" in said
    assert 'data-flowed="696.0"' in said
    assert "M251.5 266.0A140 140 0 1 1 160 20" in said


def test_unanswered_symptoms_are_told_and_the_numbers_typed_are_still_there(story: Story, post: Post) -> None:
    story.start()
    story.wait(minutes=5)
    sent = reading_of(story, "m5", heart_rate=77)
    del sent["symptom_cough"]
    page = post("vitals/", sent)
    said = page.content.decode()
    assert page.status_code == 422
    assert 'value="77"' in said
    assert "Not answered. Choose one." in said
    assert Vitals.objects.filter(scheduled="m5").count() == 0


def test_the_same_refusal_of_two_values_names_each(story: Story, post: Post) -> None:
    story.check()
    page = post("vitals/", reading_of(story, "baseline", systolic="999", spo2_pct="140")).content.decode()
    assert "Upper pressure: 999 can&#x27;t be true" in page
    assert "Oxygen saturation: 140 can&#x27;t be true" in page


def test_dyspnoea_leaves_a_paused_page_that_calls_the_physician(story: Story, post: Post) -> None:
    story.start()
    story.wait(minutes=5)
    assert post("vitals/", reading_of(story, "m5", symptom_dyspnoea="yes", grade_dyspnoea="1")).status_code == 302
    said = seen(story, "bedside/").content.decode()
    assert "Paused by the system: Dyspnoea, grade 1" in said
    assert "Call the physician" in said
    refused = post("bedside/?act=resume", {"reason": ""})
    assert refused.status_code == 422
    assert "INF-34" in refused.content.decode()


def test_a_grade_left_behind_a_changed_mind_is_not_sent(story: Story, post: Post) -> None:
    story.start()
    story.wait(minutes=5)
    assert post("vitals/", reading_of(story, "m5", symptom_chills="no", grade_chills="2")).status_code == 302
    assert not Vitals.objects.get(scheduled="m5").symptoms.filter(is_present=True).exists()


def test_a_late_reading_is_told_before_it_is_missed(story: Story) -> None:
    story.start()
    story.wait(minutes=8)
    assert "Overdue: the vital signs of «5 min»" in seen(story, "bedside/").content.decode()


def test_nobody_but_clinicians_sees_the_bedside(story: Story) -> None:
    story.check()
    for user in (story.cast.technician, story.cast.qa, story.cast.analyst, story.cast.administrator):
        assert seen(story, "bedside/", user).status_code == 403


def test_a_follow_up_is_typed_item_by_item_and_shown_beside_the_baseline(story: Story, post: Post) -> None:
    story.infuse()
    story.wait(days=120)
    with story.now() as at:
        typed = at.strftime("%Y-%m-%dT%H:%M")
    items = {code.lower(): "1" for code in PDAS_ITEMS[:19]}
    sent = {"done_at": typed, "rater": "Ishii Akari", "instrument": "fps_r", "fps_score": "2", **items}
    figures = post("pain-figures/follow_up/", sent).content.decode()
    assert "imputed from 19 answers" in figures
    assert post("follow-up/", sent | {"late_reason": "Typed in UTC."}).status_code == 302
    assert PainAssessment.objects.filter(occasion="follow_up").count() == 1
    said = seen(story, "outcomes/").content.decode()
    assert "imputed from 19" in said
    assert "−4" in said
    assert "−10" in said
