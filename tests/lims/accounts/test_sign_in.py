"""Signing in and out, the first steps of an account, and what the ledger keeps of them."""

from __future__ import annotations

import pytest
from django.test import Client

from lims.accounts.commands import add_user, start_site
from lims.accounts.models import User
from lims.ledger.models import SITE_STREAM, Entry
from tests.lims.web.conftest import PASSWORD

FIRST = "chosen by the administrator"


def acts() -> list[str]:
    return list(Entry.objects.filter(stream=SITE_STREAM).order_by("seq").values_list("name", flat=True))


@pytest.fixture
def newcomer(db: None) -> User:
    """A person whose first password somebody else chose, in a laboratory that is no demonstration."""
    start_site(
        name="Real laboratory", time_zone="Europe/Berlin", administrator=("admin.a", "Arai Admin"), password=PASSWORD
    )
    administrator = User.objects.get(username="admin.a")
    return add_user(administrator, username="noda.e", printed_name="Noda Emi", role="clinician", password=FIRST)


def test_it_signs_in_with_the_right_password_and_goes_where_one_was_going(
    client: Client, aoki: User, sample_pages: None
) -> None:
    answer = client.post("/sign-in/", {"username": "Aoki.R", "password": PASSWORD, "next": "/act/"})
    assert answer.status_code == 302
    assert answer["Location"] == "/act/"
    assert "Aoki Ren" in client.get("/act/").content.decode()
    assert acts()[-1] == "account:sign-in"


def test_it_never_goes_to_another_site_after_signing_in(client: Client, aoki: User) -> None:
    answer = client.post("/sign-in/", {"username": "aoki.r", "password": PASSWORD, "next": "https://elsewhere.test/"})
    assert answer["Location"] == "/"


@pytest.mark.clause("R09")
def test_it_refuses_a_wrong_password_and_does_not_say_which_of_the_two_was_wrong(client: Client, aoki: User) -> None:
    wrong_password = client.post("/sign-in/", {"username": "aoki.r", "password": "guess"})
    wrong_user = client.post("/sign-in/", {"username": "nobody", "password": "guess"})
    for answer in (wrong_password, wrong_user):
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "User name or password is wrong. Try again." in page
        assert "ACC-01" in page
        assert "guess" not in page
    assert acts()[-2:] == ["account:password-refused", "account:password-refused"]


@pytest.mark.clause("11.300(d)", "R19")
def test_it_locks_an_account_after_five_wrong_passwords(client: Client, aoki: User) -> None:
    for _ in range(5):
        answer = client.post("/sign-in/", {"username": "aoki.r", "password": "guess"})
    assert "ACC-02" in answer.content.decode()
    right = client.post("/sign-in/", {"username": "aoki.r", "password": PASSWORD})
    assert right.status_code == 422
    assert "This account is locked" in right.content.decode()


def test_it_keeps_the_name_but_never_the_password_on_a_page_that_comes_back(client: Client, aoki: User) -> None:
    page = client.post("/sign-in/", {"username": "aoki.r", "password": "my guess 123"}).content.decode()
    assert 'value="aoki.r"' in page
    assert "my guess 123" not in page


def test_it_signs_out_by_a_post_only(at_act: Client) -> None:
    assert at_act.get("/sign-out/").status_code == 405
    assert at_act.post("/sign-out/")["Location"] == "/sign-in/"
    assert acts()[-1] == "account:sign-out"
    assert "Aoki Ren" not in at_act.get("/sign-in/").content.decode()


@pytest.mark.clause("11.300(b)", "11.10(j)", "R16", "R18")
def test_it_leads_a_newcomer_through_password_and_statement_before_anything_else(
    client: Client, newcomer: User, sample_pages: None
) -> None:
    client.post("/sign-in/", {"username": "noda.e", "password": FIRST})
    assert client.get("/act/")["Location"] == "/account/password/?next=%2Fact%2F"
    chosen = "three grey herons on the weir"
    changed = client.post(
        "/account/password/?next=/act/",
        {"old_password": FIRST, "new_password": chosen, "again_password": chosen, "next": "/act/"},
    )
    assert changed["Location"] == "/act/"
    assert client.get("/act/")["Location"] == "/account/statement/?next=%2Fact%2F"
    assert client.post("/account/statement/", {"next": "/act/"}).status_code == 422
    assert client.post("/account/statement/", {"accepted": "on", "next": "/act/"})["Location"] == "/act/"
    assert client.get("/act/").status_code == 200
    assert acts()[-2:] == ["account:change-password", "account:accept-statement"]


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ({"old_password": "not it"}, "User name or password is wrong"),
        ({"new_password": "short", "again_password": "short"}, "This password is too short"),
        ({"again_password": "something else entirely"}, "The two differ"),
        ({"new_password": FIRST, "again_password": FIRST}, "This is the password until now"),
    ],
)
@pytest.mark.clause("R18")
def test_it_refuses_a_password_change_and_says_why(
    client: Client, newcomer: User, typed: dict[str, str], reason: str
) -> None:
    client.post("/sign-in/", {"username": "noda.e", "password": FIRST})
    good = "three grey herons on the weir"
    answer = client.post(
        "/account/password/", {"old_password": FIRST, "new_password": good, "again_password": good} | typed
    )
    assert answer.status_code == 422
    assert reason in answer.content.decode()
    newcomer.refresh_from_db()
    assert newcomer.must_change_password


def test_it_tells_that_no_laboratory_was_started(client: Client, db: None) -> None:
    assert "No laboratory has been started here yet." in client.get("/sign-in/").content.decode()
