"""Floods of wrong passwords: counted for each address and name, answered 429, told once, and forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.http import HttpRequest
from django.test import Client, RequestFactory

from lims import clock
from lims.accounts.commands import add_user
from lims.accounts.models import FailureWindow, User
from lims.accounts.rate_limit import PER_ADDRESS, PER_NAME, WINDOW
from lims.celery import app
from lims.ledger.models import Entry
from lims.tasks import prune_failure_windows
from lims.web.flood import address_of
from tests.lims.web.conftest import PASSWORD


def guess(client: Client, username: str, address: str = "192.0.2.7") -> int:
    typed = {"username": username, "password": "guess", "next": "/act/"}
    return client.post("/sign-in/", typed, REMOTE_ADDR=address).status_code


def floods() -> int:
    return Entry.objects.filter(name="account:flood-refused").count()


@pytest.mark.clause("11.300(d)")
def test_an_address_is_told_to_wait_after_thirty_failures_and_others_are_not(client: Client, aoki: User) -> None:
    assert [guess(client, f"nobody{n}") for n in range(PER_ADDRESS)] == [422] * PER_ADDRESS
    entries = Entry.objects.count()
    right = {"username": "aoki.r", "password": PASSWORD, "next": "/act/"}
    for _ in range(5):
        answer = client.post("/sign-in/", right, REMOTE_ADDR="192.0.2.7")
        assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= WINDOW.total_seconds()
    page = answer.content.decode()
    assert "Too many wrong passwords or codes." in page
    assert "Wait 5 minutes" in page
    assert 'value="aoki.r"' in page, "what was typed is lost"
    assert PASSWORD not in page
    assert Entry.objects.count() == entries + 1, "a flood is one act, not one for each request"
    assert floods() == 1
    assert client.post("/sign-in/", right, REMOTE_ADDR="192.0.2.8").status_code == 302


def test_a_name_is_told_to_wait_wherever_the_guesses_come_from(client: Client, db: None) -> None:
    for n in range(PER_NAME):
        assert guess(client, "Aoki.R", f"192.0.2.{n}") == 422
    assert guess(client, "aoki.r ", "198.51.100.1") == 429
    assert guess(client, "tanabe.m", "198.51.100.1") == 422


def test_a_flood_is_answered_again_after_the_window_and_told_again_in_the_next(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = clock.now()
    monkeypatch.setattr(clock, "now", lambda: began)
    for _ in range(PER_NAME):
        guess(client, "nobody")
    assert guess(client, "nobody") == 429
    monkeypatch.setattr(clock, "now", lambda: began + WINDOW)
    assert [guess(client, "nobody") for _ in range(PER_NAME)] == [422] * PER_NAME
    assert guess(client, "nobody") == 429
    assert floods() == 2


def test_pages_and_work_of_a_flooding_address_go_on(at_act: Client, aoki: User) -> None:
    for n in range(PER_ADDRESS):
        guess(Client(), f"nobody{n}", "127.0.0.1")
    assert at_act.get("/act/").status_code == 200
    assert at_act.post("/act/", {"volume_ml": "15"}).status_code == 422
    at_act.post("/lock/")
    answer = at_act.post("/unlock/", {"password": PASSWORD}, HTTP_ACCEPT="application/json")
    assert answer.status_code == 429
    assert answer.json()["reasons"][0] == "Too many wrong passwords or codes."


def test_a_signature_prompt_waits_too_and_loses_nothing_typed(client: Client, administrator: User) -> None:
    add_user(administrator, username="hayashi.s", printed_name="Hayashi Sora", role="qa", password=PASSWORD)
    client.post("/sign-in/", {"username": "hayashi.s", "password": PASSWORD})
    for n in range(PER_NAME):
        guess(Client(), "hayashi.s", f"192.0.2.{n}")
    typed = {"reviewed-username": "hayashi.s", "reviewed-password": PASSWORD}
    for username in ("admin.a", "hayashi.s"):
        typed |= {f"answer-{username}": "keep", f"comment-{username}": f"seen: {username}"}
        typed[f"standing-{username}"] = "x"
    before = Entry.objects.count()
    answer = client.post("/access-reviews/new/", typed)
    assert answer.status_code == 429
    assert 'action="/access-reviews/new/"' in answer.content.decode()
    assert 'value="seen: admin.a"' in answer.content.decode()
    assert PASSWORD not in answer.content.decode()
    assert Entry.objects.count() == before + 1
    assert floods() == 1


def test_windows_that_are_over_are_forgotten(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    guess(client, "nobody")
    assert FailureWindow.objects.count() == 2
    assert prune_failure_windows() == 0
    later = clock.now() + WINDOW + timedelta(seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert prune_failure_windows() == 2


def asked(**meta: str) -> HttpRequest:
    return RequestFactory().get("/", **meta)  # type: ignore[arg-type]


def test_a_header_is_believed_only_when_settings_name_it(settings: object) -> None:
    forged = {"REMOTE_ADDR": "192.0.2.1", "HTTP_X_FORWARDED_FOR": "203.0.113.9, 198.51.100.4"}
    assert address_of(asked(**forged)) == "192.0.2.1"
    settings.CLIENT_ADDRESS_HEADER = "X-Forwarded-For"  # type: ignore[attr-defined]
    assert address_of(asked(**forged)) == "198.51.100.4", "only what the proxy itself wrote, which stands last"
    assert address_of(asked(REMOTE_ADDR="192.0.2.1")) == ""


def test_addresses_of_one_network_of_ipv6_are_one_client() -> None:
    one, two = "2001:db8:1:2::1", "2001:db8:1:2:ffff::9"
    assert address_of(asked(REMOTE_ADDR=one)) == address_of(asked(REMOTE_ADDR=two)) == "2001:db8:1:2::/64"
    assert address_of(asked(REMOTE_ADDR="::ffff:192.0.2.1")) == "192.0.2.1"
    assert address_of(asked(REMOTE_ADDR="")) == ""


def test_every_task_of_the_timetable_is_one_a_worker_knows() -> None:
    app.loader.import_default_modules()
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)
