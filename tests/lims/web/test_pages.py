"""The frame of every page, the page of one act, and the pages for what went wrong."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from django.test import Client

from lims.accounts.models import User
from tests.lims.web.conftest import PASSWORD


class Inline(HTMLParser):
    """Collects what a strict policy would block: inline styles, scripts and handlers."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        self.found += [f"{tag} {name}" for name in names if name == "style" or name.startswith(("on", "hx-on"))]
        if tag == "style" or (tag == "script" and "src" not in names):
            self.found.append(tag)


def inline(page: str) -> list[str]:
    parser = Inline()
    parser.feed(page)
    return parser.found


def test_the_head_shows_who_is_signed_in_where_and_that_the_data_is_synthetic(at_act: Client) -> None:
    page = at_act.get("/act/").content.decode()
    assert "<b>Aoki Ren</b>" in page
    assert ">Technician<" in page
    assert ">Synthetic data<" in page
    assert re.search(r"\d\d:\d\d</span> JST", page)
    assert '<html lang="en">' in page


def test_the_navigation_marks_the_place_one_is_at(at_act: Client) -> None:
    page = at_act.get("/act/").content.decode()
    assert re.findall(r'aria-current="page"[^>]*>([^<]+)<', page) == ["Worklist"]


def test_an_administrator_sees_no_way_into_the_records(client: Client, administrator: User, sample_pages: None) -> None:
    client.post("/sign-in/", {"username": "admin.a", "password": PASSWORD})
    page = client.get("/parts/").content.decode()
    assert "Arai Admin" in page
    assert ">Worklist<" not in page


@pytest.mark.parametrize("address", ["/act/", "/act/?changed", "/parts/", "/account/password/", "/account/statement/"])
def test_no_page_carries_what_a_strict_policy_would_block(at_act: Client, address: str) -> None:
    answer = at_act.get(address)
    assert inline(answer.content.decode()) == []
    assert "'unsafe-inline'" not in answer["Content-Security-Policy"]


def test_a_refused_act_shows_every_reason_with_its_code_and_keeps_what_was_typed(at_act: Client) -> None:
    answer = at_act.post(
        "/act/", {"medium_lot": "MX-5518", "comment": "a <b> c", "performed-password": "secret of Aoki"}
    )
    page = answer.content.decode()
    assert "Not recorded, for 2 reasons. Everything you typed is still here." in page
    assert '<a href="#id_medium_lot">Expired on 19\u00a0Oct 2026. Scan a lot that is released and in date.</a>' in page
    assert "LIN-01" in page
    assert 'value="MX-5518"' in page
    assert "a &lt;b&gt; c" in page
    assert "secret of Aoki" not in page
    assert 'value="tanabe.m"' in page
    assert page.index('role="alert"') < page.index("<form class")
    assert 'name="once" value="0f9a"' in page
    assert 'name="seen" value="41"' in page


def test_the_cards_of_an_act_are_numbered_and_signing_comes_last(at_act: Client) -> None:
    page = at_act.get("/act/").content.decode()
    assert re.findall(r'<span class="n">(\d)</span>([^<]+)<', page) == [
        ("1", "Detach"),
        ("2", "Look"),
        ("3", "Reseed into P2"),
        ("4", "Sign"),
    ]
    assert page.index('id="figures"') < page.index('id="step-3"'), "the figures are read after the counts"


def test_a_form_that_is_behind_the_record_says_what_others_did(at_act: Client) -> None:
    page = at_act.get("/act/?changed").content.decode()
    assert "This record changed while you were typing." in page
    assert "Tanabe Mio changed the medium at 10:41." in page


def test_nothing_at_an_address_is_told_calmly_with_a_number(at_act: Client) -> None:
    answer = at_act.get("/batches/B-9999/")
    page = answer.content.decode()
    assert answer.status_code == 404
    assert "Nothing is at this address" in page
    assert re.search(r'Error <span class="code">[0-9A-F]{6}</span>, \d+\xa0\w+\xa0\d{4} \d\d:\d\d\xa0JST', page)


def test_a_failure_of_the_system_names_a_number_that_is_in_the_log(
    at_act: Client, caplog: pytest.LogCaptureFixture
) -> None:
    at_act.raise_request_exception = False
    answer = at_act.get("/broken/")
    page = answer.content.decode()
    assert answer.status_code == 500
    assert "The record is safe" in page
    assert "sample failure" not in page
    number = re.search(r'<span class="code">([0-9A-F]{6})</span>', page)
    assert number
    assert any(number[1] in record.getMessage() and record.exc_info for record in caplog.records)


def test_a_form_with_an_old_token_is_told_to_be_out_of_date(aoki: User, sample_pages: None) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/sign-in/", {"username": "aoki.r", "password": PASSWORD})
    assert answer.status_code == 403
    assert "This form is out of date" in answer.content.decode()


def test_a_demonstration_is_not_served_in_production(client: Client, administrator: User, settings: object) -> None:
    settings.PRODUCTION = True  # type: ignore[attr-defined]
    for path in ("/sign-in/", "/", "/batches/"):
        answer = client.get(path)
        assert answer.status_code == 503, path
        assert "This database holds a demonstration" in answer.content.decode()
    signed_in = client.post("/sign-in/", {"username": "admin.a", "password": PASSWORD})
    assert signed_in.status_code == 503
    assert "_auth_user_id" not in client.session
