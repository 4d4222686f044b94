"""The page of the isolation: what is typed reaches the command, and a refusal loses nothing of it."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.test import Client

from batches.models import Isolation
from batches.rules.states import Stage
from tests.batches.views.test_culture_pages import WITNESSED, a_count, post, typed
from tests.builders import EQUIPMENT, LOTS, Story


@pytest.fixture
def received(story: Story, client: Client) -> Story:
    """Tissue received an hour and a half ago, and the technician signed in."""
    story.receive()
    story.stock()
    story.wait(minutes=90)
    client.force_login(story.cast.technician)
    return story


def an_isolation(story: Story, **changes: str) -> dict[str, str]:
    """The form: 160 live of 190 counted, 1.8 mL into one T25."""
    return {
        **a_count(160, 30),
        "fat_processed_ml": "1.0",
        "enzyme_lot": LOTS["enzyme"],
        "cabinet": EQUIPMENT["bsc"],
        "digestion_started_at": typed(story.at - timedelta(minutes=75)),
        "digestion_ended_at": typed(story.at - timedelta(minutes=30)),
        "digestion_temp_c": "37.0",
        "suspension_ml": "2.0",
        "seed1_kind": "T25",
        "seed1_number": "1",
        "seed1_lot": LOTS["vessel"],
        "seed1_ml": "1.8",
        "medium_lot": LOTS["medium"],
        "medium_ml": "5",
        "done_at": typed(story.at),
        "incubator": EQUIPMENT["incubator"],
        "shelf": "S-1",
        "once": str(uuid.uuid4()),
        **WITNESSED,
        **changes,
    }


def test_an_isolation_is_typed_signed_by_two_and_the_culture_begins(received: Story, client: Client) -> None:
    answer = post(client, received, "isolation", an_isolation(received))
    assert answer["Location"] == f"/batches/{received.batch.number}/"
    assert received.fresh().stage == Stage.CULTURE
    assert Isolation.objects.get().count.squares.count() == 8


def test_a_lot_that_is_not_known_is_refused_beside_its_field_and_nothing_typed_is_lost(
    received: Story, client: Client
) -> None:
    answer = post(client, received, "isolation", an_isolation(received, enzyme_lot="EN-000", shelf="S-9"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "LOT-01" in page
    assert 'value="EN-000"' in page
    assert 'value="S-9"' in page
    assert not Isolation.objects.exists()


def test_nobody_witnesses_their_own_isolation(received: Story, client: Client) -> None:
    alone = an_isolation(received, **{"witnessed-username": "aoki.r"})
    assert post(client, received, "isolation", alone).status_code == 422
    assert received.fresh().stage == Stage.RECEIVED


def test_the_figures_follow_what_is_typed(received: Story, client: Client) -> None:
    """160 / 8 × 2 × 10⁴ are 4.00×10⁵ viable cells for each mL; 160 of 190 are 84.2 %; 7.2×10⁵ over 25 cm²."""
    page = post(client, received, "isolation/figures", an_isolation(received)).content.decode()
    assert "4.00×10⁵" in page
    assert "84.2" in page
    assert "28,800" in page


def test_half_a_form_shows_the_figures_it_can(received: Story, client: Client) -> None:
    answer = post(client, received, "isolation/figures", {"suspension_ml": "two", "a1_live": "-3"})
    assert answer.status_code == 200
    assert "NaN" not in answer.content.decode()


def test_the_page_says_why_an_isolation_can_not_come_now(story: Story, client: Client) -> None:
    story.harvest()
    client.force_login(story.cast.technician)
    page = client.get(f"/batches/{story.batch.number}/isolation/")
    assert page.status_code == 409
    assert "ISO-01" in page.content.decode()


def test_a_digestion_that_ends_before_it_starts_is_told_and_not_judged_to_be_within_limits(
    received: Story, client: Client
) -> None:
    early = typed(received.at - timedelta(minutes=90))
    answer = post(client, received, "isolation/figures", an_isolation(received, digestion_ended_at=early))
    page = answer.content.decode()
    assert "Ends before it starts" in page
    assert "\u221215" not in page
