"""The idle lock as the server holds it, without any script."""

from __future__ import annotations

import html
import re
import time

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from lims.accounts.models import User
from lims.ledger.models import SITE_STREAM, Entry
from tests.lims.web.conftest import PASSWORD

LATER_S = 15 * 60 + 60


def away(seconds: int = LATER_S) -> time_machine.travel:
    return time_machine.travel(time.time() + seconds, tick=True)


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"no hidden {name}"
    return html.unescape(found[1])


@pytest.mark.clause("11.10(d)", "R20")
def test_it_asks_for_the_password_again_after_fifteen_minutes_and_goes_back_to_the_page(at_act: Client) -> None:
    at_act.get("/act/")
    with away():
        answer = at_act.get("/act/?changed")
        assert answer["Location"] == "/unlock/?next=%2Fact%2F%3Fchanged"
        page = at_act.get(answer["Location"]).content.decode()
        assert "aoki.r" in page
        unlocked = at_act.post("/unlock/", {"password": PASSWORD, "next": hidden(page, "next")})
        assert unlocked["Location"] == "/act/?changed"
        assert at_act.get("/act/?changed").status_code == 200


def test_it_stays_open_while_somebody_works(at_act: Client) -> None:
    start = time.time()
    for minutes in (10, 20, 30):
        with time_machine.travel(start + minutes * 60, tick=True):
            assert at_act.get("/act/").status_code == 200


def test_a_page_that_asks_by_itself_is_no_sign_of_a_person(at_act: Client) -> None:
    at_act.get("/act/")
    start = time.time()
    for minutes in (5, 10, 14):
        with time_machine.travel(start + minutes * 60, tick=True):
            assert at_act.get("/parts/", headers={"X-Poll": "1"}).status_code == 200
    with time_machine.travel(start + 16 * 60, tick=True):
        answer = at_act.get("/parts/", headers={"X-Poll": "1"})
        assert answer.status_code == 409
        assert answer["X-Locked"] == "1"


def test_typing_on_a_page_that_sends_nothing_keeps_it_open(at_act: Client) -> None:
    start = time.time()
    with time_machine.travel(start + 14 * 60, tick=True):
        assert at_act.post("/here/").status_code == 204
    with time_machine.travel(start + 20 * 60, tick=True):
        assert at_act.get("/act/").status_code == 200


@pytest.mark.clause("R20")
def test_a_form_sent_too_late_comes_back_with_everything_typed_but_passwords_and_files(at_act: Client) -> None:
    at_act.get("/act/")
    typed = {
        "medium_lot": "MX-5518 <b>",
        "comment": "debris; «long» wash",
        "applies": ["yes", "no"],
        "performed-password": "secret of Aoki",
        "once": "0f9a",
        "photo": SimpleUploadedFile("cells.png", b"\x89PNG"),
    }
    with away():
        late = at_act.post("/act/", typed)
        page = late.content.decode()
        assert late.status_code == 409
        assert "secret of Aoki" not in page
        assert "A photo or file has to be chosen again." in page
        resumed = at_act.post("/unlock/", {"password": PASSWORD, "next": "/act/", "kept": hidden(page, "kept")})
        page = resumed.content.decode()
        assert 'action="/act/"' in page
        assert hidden(page, "medium_lot") == "MX-5518 <b>"
        assert hidden(page, "comment") == "debris; «long» wash"
        assert hidden(page, "once") == "0f9a"
        assert re.findall(r'name="applies" value="(\w+)"', page) == ["yes", "no"]
        assert "secret of Aoki" not in page


def test_a_wrong_password_keeps_it_locked_and_keeps_what_was_typed(at_act: Client) -> None:
    at_act.get("/act/")
    with away():
        page = at_act.post("/act/", {"comment": "kept"}).content.decode()
        kept = hidden(page, "kept")
        wrong = at_act.post("/unlock/", {"password": "guess", "next": "/act/", "kept": kept})
        assert wrong.status_code == 422
        assert hidden(wrong.content.decode(), "kept") == kept
        assert at_act.get("/act/").status_code == 302


def test_it_stays_locked_when_the_clock_alone_would_open_it_again(at_act: Client) -> None:
    at_act.post("/lock/")
    assert at_act.get("/act/").status_code == 302


def test_the_script_of_the_page_is_answered_in_its_own_words(at_act: Client) -> None:
    at_act.post("/lock/")
    wants = {"Accept": "application/json"}
    wrong = at_act.post("/unlock/", {"password": "guess"}, headers=wants)
    assert wrong.status_code == 422
    assert wrong.json() == {"unlocked": False, "reasons": ["User name or password is wrong. Try again."]}
    assert at_act.post("/unlock/", {"password": PASSWORD}, headers=wants).json() == {"unlocked": True}
    assert at_act.get("/act/").status_code == 200


def test_somebody_else_may_sign_in_at_a_locked_screen_and_ends_the_first_session(at_act: Client, tanabe: User) -> None:
    at_act.post("/lock/")
    assert at_act.get("/sign-in/").status_code == 200
    at_act.post("/sign-in/", {"username": "tanabe.m", "password": PASSWORD})
    page = at_act.get("/act/").content.decode()
    assert "<b>Tanabe Mio</b>" in page
    last = list(Entry.objects.filter(stream=SITE_STREAM).order_by("-seq").values_list("name", "actor__username")[:2])
    assert last == [("account:sign-in", "tanabe.m"), ("account:sign-out", "aoki.r")]


def test_another_site_can_not_have_a_form_of_its_own_kept(aoki: User, sample_pages: None) -> None:
    client = Client(enforce_csrf_checks=True)
    token = hidden(client.get("/sign-in/").content.decode(), "csrfmiddlewaretoken")
    client.post("/sign-in/", {"username": "aoki.r", "password": PASSWORD, "csrfmiddlewaretoken": token})
    client.get("/act/")
    with away():
        answer = client.post("/act/", {"comment": "not typed here"})
        assert answer.status_code == 403
        assert "not typed here" not in answer.content.decode()


def test_health_is_answered_whoever_is_locked(at_act: Client) -> None:
    at_act.post("/lock/")
    assert at_act.get("/healthz").headers["Content-Type"] == "application/json"
