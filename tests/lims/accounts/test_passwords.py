"""Passwords over time: those of before, their age, and one-time passwords that were not used; sessions that end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from lims import clock
from lims.accounts import administration, passwords
from lims.accounts.administration import state_of
from lims.accounts.authentication import Credential, verify
from lims.accounts.commands import change_password
from lims.accounts.models import User
from lims.accounts.permissions import Permission
from lims.ledger.models import Entry
from lims.ledger.verify import verify as verify_ledger
from lims.refusals import Refused
from tests.lims.web.conftest import PASSWORD
from tests.superuser.lifting import unguarded

WHY = "Asked for by the production manager"


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def chosen(n: int) -> str:
    return f"grey heron number {n} on the weir"


@pytest.mark.clause("11.300(b)", "R18")
def test_none_of_the_last_ten_is_chosen_again_and_the_one_before_is_free(aoki: User) -> None:
    before = PASSWORD
    for n in range(10):
        change_password(fresh(aoki), before, chosen(n))
        before = chosen(n)
    for n in range(9):
        with pytest.raises(Refused, match="You had this password before"):
            change_password(fresh(aoki), before, chosen(n))
    change_password(fresh(aoki), before, PASSWORD)


@pytest.mark.clause("11.300(b)", "R18")
@pytest.mark.parametrize(
    ("new", "why"),
    [
        ("grey heron", "too short"),
        ("telechargement", "too common"),
        ("820491736255", "entirely numeric"),
        ("Aoki Ren 2026", "too similar to the printed name"),
    ],
)
def test_a_password_that_is_short_common_of_digits_or_ones_own_name_is_refused(aoki: User, new: str, why: str) -> None:
    with pytest.raises(Refused, match=why) as found:
        change_password(aoki, PASSWORD, new)
    assert set(found.value.codes) == {"ACC-05"}
    assert fresh(aoki).password == aoki.password


def test_a_reset_does_not_free_the_password_of_before(administrator: User, aoki: User) -> None:
    made = administration.reset_password(administrator, user=aoki, reason=WHY)
    with pytest.raises(Refused, match="You had this password before"):
        change_password(fresh(aoki), made.password, PASSWORD)


def test_a_hash_of_before_is_in_no_version_and_a_changed_one_is_found(aoki: User) -> None:
    kept = aoki.password
    change_password(aoki, PASSWORD, chosen(1))
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_historicalusedpassword")
        assert kept not in str(cursor.fetchall())
    assert verify_ledger().ok
    with unguarded(), connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_usedpassword SET password = 'x'")
    assert [f.kind for f in verify_ledger().findings] == ["password altered"]


def test_a_one_time_password_is_good_for_72_hours(
    administrator: User, aoki: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = administration.reset_password(administrator, user=aoki, reason=WHY)
    given = clock.now()
    monkeypatch.setattr(clock, "now", lambda: given + timedelta(hours=71, minutes=59))
    assert verify(Credential("aoki.r", made.password), purpose="sign in") == aoki
    monkeypatch.setattr(clock, "now", lambda: given + timedelta(hours=72, minutes=1))
    with pytest.raises(Refused, match="ACC-12"):
        verify(Credential("aoki.r", made.password), purpose="sign in")
    assert state_of(fresh(aoki), clock.now()) == "expired"
    again = administration.reset_password(administrator, user=aoki, reason=WHY)
    change_password(fresh(aoki), again.password, chosen(1))
    monkeypatch.setattr(clock, "now", lambda: given + timedelta(days=400))
    assert verify(Credential("aoki.r", chosen(1)), purpose="sign in") == aoki


@pytest.mark.clause("R18")
def test_a_password_ages_only_where_the_laboratory_says_so(
    at_act: Client, aoki: User, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_at = clock.now()
    monkeypatch.setattr(clock, "now", lambda: set_at + timedelta(days=91))
    assert at_act.get("/act/").status_code == 200
    settings.PASSWORD_DAYS = 90  # type: ignore[attr-defined]
    assert at_act.get("/act/")["Location"].startswith("/account/password/")
    typed = {"old_password": PASSWORD, "new_password": chosen(1), "again_password": chosen(1)}
    at_act.post("/account/password/", typed)
    assert at_act.get("/act/").status_code == 200
    assert not passwords.is_aged(fresh(aoki), clock.now() + timedelta(days=90))


@pytest.mark.parametrize("act", ["change_role", "disable", "reset_password"])
@pytest.mark.clause("11.300(c)", "11.10(d)", "R22", "R29")
def test_a_live_session_ends_with_the_next_request(administrator: User, at_act: Client, aoki: User, act: str) -> None:
    assert at_act.get("/account/statement/").status_code == 200
    more = {"role": "qa"} if act == "change_role" else {}
    getattr(administration, act)(administrator, user=aoki, reason=WHY, **more)
    assert at_act.get("/account/statement/")["Location"].startswith("/sign-in/")


def test_unlocking_an_account_ends_no_session(administrator: User, at_act: Client, aoki: User) -> None:
    for _ in range(5):
        with pytest.raises(Refused):
            verify(Credential("aoki.r", "guess"), purpose="sign in")
    administration.unlock(administrator, user=aoki, reason=WHY)
    assert at_act.get("/act/").status_code == 200


def test_the_session_gets_a_new_key_at_sign_in(client: Client, aoki: User, sample_pages: None) -> None:
    """Session fixation: what somebody planted before is worth nothing after."""
    session = client.session
    session["planted"] = "yes"
    session.save()
    planted = session.session_key
    client.post("/sign-in/", {"username": "aoki.r", "password": PASSWORD})
    assert client.session.session_key != planted
    thief = Client()
    thief.cookies["sessionid"] = planted
    assert thief.get("/account/statement/")["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("role", ["technician", "qa", "administrator"])
@pytest.mark.clause("11.100(a)", "11.300(a)", "R17")
def test_a_shared_account_looks_and_never_writes_whatever_its_role(administrator: User, role: str) -> None:
    made = administration.invite(
        administrator, username="wall.1", printed_name="Wall screen", role=role, is_shared=True
    )
    assert {p for p in Permission if fresh(made.user).may(p)} == {Permission.VIEW_RECORDS}
    with pytest.raises(Refused, match="PERM-01"):
        administration.invite(made.user, username="noda.e", printed_name="Noda Emi", role="qa")
    assert Entry.objects.latest("seq").is_refused
