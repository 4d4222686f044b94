"""The administrator's acts on the accounts of others, and their pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from lims import clock
from lims.accounts import administration
from lims.accounts.administration import OneTimePassword, state_of
from lims.accounts.authentication import MAX_FAILURES, Credential, verify
from lims.accounts.models import User
from lims.accounts.second_factor import factor_of
from lims.commands import COMMANDS
from lims.ledger.models import SITE_STREAM, Entry
from lims.ledger.reading import content_of
from lims.refusals import Refused
from lims.signatures.meanings import Meaning
from lims.signatures.signing import verify_signers
from tests.lims.accounts.test_second_factor import enrolled
from tests.lims.web.conftest import PASSWORD

WHY = "Asked for by the production manager"


def last_act() -> dict[str, Any]:
    entry = Entry.objects.filter(stream=SITE_STREAM).order_by("-seq").first()
    assert entry is not None
    return content_of(entry)


def refused(call: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[str, ...]:
    with pytest.raises(Refused) as raised:
        call(*args, **kwargs)
    return raised.value.codes


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def lock(user: User) -> None:
    for _ in range(MAX_FAILURES):
        refused(verify, Credential(user.username, "guess"), purpose="sign in")


def test_it_invites_a_person_with_a_password_that_is_good_for_signing_in_only(administrator: User) -> None:
    made = administration.invite(administrator, username="noda.e", printed_name="Noda Emi", role="clinician")
    assert verify(Credential("noda.e", made.password), purpose="sign in") == made.user
    assert made.user.must_change_password
    signature = {Meaning.PERFORMED: Credential("noda.e", made.password)}
    needs = administration.Permission.RECORD_HARVEST
    assert refused(verify_signers, made.user, [Meaning.PERFORMED], signature, needs=needs) == ("SIG-04",)


def test_it_makes_another_password_each_time_and_shows_none_in_a_log(administrator: User, aoki: User) -> None:
    made: list[OneTimePassword] = [
        administration.reset_password(administrator, user=aoki, reason=WHY) for _ in range(3)
    ]
    assert len({m.password for m in made}) == 3
    assert made[0].password not in repr(made[0])
    assert not any(m.password.encode() in bytes(e.payload) for m in made for e in Entry.objects.all())


@pytest.mark.clause("11.100(a)", "11.300(a)", "R15")
def test_it_never_gives_a_user_name_twice(administrator: User, aoki: User) -> None:
    administration.disable(administrator, user=aoki, reason=WHY)
    again = {"username": "aoki.r", "printed_name": "Aoki Rin", "role": "analyst"}
    assert refused(administration.invite, administrator, **again) == ("ACC-04",)
    assert fresh(aoki).printed_name == "Aoki Ren"


@pytest.mark.parametrize(
    "typed",
    [
        {"username": "Noda E", "printed_name": "Noda Emi", "role": "clinician"},
        {"username": "noda.e", "printed_name": "", "role": "clinician"},
        {"username": "noda.e", "printed_name": "Noda Emi", "role": "owner"},
    ],
)
def test_it_refuses_a_person_it_could_not_print_or_place(administrator: User, typed: dict[str, str]) -> None:
    assert refused(administration.invite, administrator, **typed) == ("FLD-01",)
    assert User.objects.count() == 1


def test_a_reset_ends_the_old_password_and_the_lock(administrator: User, aoki: User) -> None:
    lock(aoki)
    made = administration.reset_password(administrator, user=aoki, reason=WHY)
    assert refused(verify, Credential("aoki.r", PASSWORD), purpose="sign in") == ("ACC-01",)
    assert verify(Credential("aoki.r", made.password), purpose="sign in") == aoki
    assert last_act()["act"] == "account:failures-cleared"


@pytest.mark.clause("11.300(c)")
def test_a_reset_ends_the_sessions_of_the_person(administrator: User, at_act: Client, aoki: User) -> None:
    assert at_act.get("/act/").status_code == 200
    administration.reset_password(administrator, user=aoki, reason=WHY)
    assert at_act.get("/account/password/")["Location"].startswith("/sign-in/")


@pytest.mark.clause("11.300(c)", "A11-12", "R29")
def test_a_disabled_person_is_signed_out_and_let_in_no_more(administrator: User, at_act: Client, aoki: User) -> None:
    administration.disable(administrator, user=aoki, reason=WHY)
    assert at_act.get("/account/password/")["Location"].startswith("/sign-in/")
    assert refused(verify, Credential("aoki.r", PASSWORD), purpose="sign in") == ("ACC-03",)
    assert last_act()["act"] == "account:password-refused"


def test_an_enabled_person_comes_in_with_a_new_password_only(administrator: User, aoki: User) -> None:
    administration.disable(administrator, user=aoki, reason=WHY)
    made = administration.enable(administrator, user=aoki, reason="Back from leave")
    assert refused(verify, Credential("aoki.r", PASSWORD), purpose="sign in") == ("ACC-01",)
    assert verify(Credential("aoki.r", made.password), purpose="sign in").must_change_password


def test_it_unlocks_a_locked_account(administrator: User, aoki: User) -> None:
    lock(aoki)
    assert state_of(fresh(aoki), clock.now()) == "locked"
    administration.unlock(administrator, user=aoki, reason="It was Aoki, caps lock was on")
    assert verify(Credential("aoki.r", PASSWORD), purpose="sign in") == aoki


@pytest.mark.clause("R09")
def test_it_changes_a_role_and_keeps_why(administrator: User, aoki: User) -> None:
    administration.change_role(administrator, user=aoki, role="analyst", reason=WHY)
    assert fresh(aoki).role == "analyst"
    told = last_act()
    assert (told["act"], told["reason"]) == ("account:change-role", WHY)


@pytest.mark.parametrize("act", ["change-role", "disable", "enable", "reset-password", "unlock"])
def test_nobody_does_it_to_their_own_account(administrator: User, act: str) -> None:
    more = {"role": "qa"} if act == "change-role" else {}
    codes = refused(COMMANDS[f"account:{act}"], administrator, user=administrator, reason=WHY, **more)
    assert codes == ("ACC-06",)
    assert fresh(administrator).role == "administrator"
    assert last_act()["refused"] is True


@pytest.mark.parametrize("act", ["change-role", "disable", "reset-password"])
@pytest.mark.clause("R05")
def test_it_asks_why(administrator: User, aoki: User, act: str) -> None:
    more = {"role": "qa"} if act == "change-role" else {}
    assert refused(COMMANDS[f"account:{act}"], administrator, user=aoki, reason=" ", **more) == ("ACC-08",)


def test_it_refuses_what_is_so_already(administrator: User, aoki: User) -> None:
    role = {"user": aoki, "role": "technician", "reason": WHY}
    assert refused(administration.change_role, administrator, **role) == ("ACC-09",)
    assert refused(administration.enable, administrator, user=aoki, reason=WHY) == ("ACC-10",)
    assert refused(administration.unlock, administrator, user=aoki, reason=WHY) == ("ACC-11",)
    administration.disable(administrator, user=aoki, reason=WHY)
    assert refused(administration.disable, administrator, user=aoki, reason=WHY) == ("ACC-07",)
    assert refused(administration.change_role, administrator, user=aoki, role="qa", reason=WHY) == ("ACC-07",)
    assert refused(administration.reset_password, administrator, user=aoki, reason=WHY) == ("ACC-07",)


@pytest.mark.parametrize("act", sorted(n for n in COMMANDS if n.startswith("account:")))
@pytest.mark.clause("11.10(d)")
def test_only_an_administrator_changes_accounts(tanabe: User, aoki: User, act: str) -> None:
    assert refused(COMMANDS[act], tanabe, user=aoki, reason=WHY) == ("PERM-01",)
    assert fresh(aoki).is_active


# --- Pages -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def office(client: Client, administrator: User) -> Client:
    """The administrator, signed in."""
    assert client.post("/sign-in/", {"username": "admin.a", "password": PASSWORD}).status_code == 302
    return client


def test_the_list_names_everybody_with_the_state_of_the_account(office: Client, aoki: User, tanabe: User) -> None:
    lock(tanabe)
    page = office.get("/people/").content.decode()
    assert "Aoki Ren" in page
    assert "Tanabe Mio" in page
    assert page.count("Locked") == 1


def test_the_page_shows_the_one_time_password_once(office: Client) -> None:
    form = office.get("/people/add/")
    once = form.context["once"]
    typed = {"printed_name": "Noda Emi", "username": "noda.e", "role": "clinician", "once": str(once)}
    answer = office.post("/people/add/", typed)
    password = answer.context["password"]
    assert password in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert verify(Credential("noda.e", password), purpose="sign in").username == "noda.e"
    again = office.post("/people/add/", typed)
    assert again["Location"] == "/people/"
    assert User.objects.filter(username="noda.e").count() == 1


def test_the_page_resets_a_lost_second_factor(office: Client, aoki: User) -> None:
    assert "Reset second factor" not in office.get("/people/aoki.r/").content.decode()
    enrolled(aoki)
    assert "Reset second factor" in office.get("/people/aoki.r/").content.decode()
    assert office.post("/people/aoki.r/reset-second-factor/", {"reason": ""}).status_code == 422
    answer = office.post("/people/aoki.r/reset-second-factor/", {"reason": WHY})
    assert answer["Location"] == "/people/aoki.r/"
    assert factor_of(aoki) is None


def test_the_page_invites_an_account_that_is_shared(office: Client) -> None:
    typed = {"printed_name": "Wall screen", "username": "wall.1", "role": "technician", "is_shared": "on"}
    office.post("/people/add/", typed)
    assert User.objects.get(username="wall.1").is_shared
    assert "By several people" in office.get("/people/wall.1/").content.decode()


def test_the_page_of_an_account_tells_what_happened_to_it(office: Client, administrator: User, aoki: User) -> None:
    answer = office.post("/people/aoki.r/role/", {"role": "analyst", "reason": WHY})
    assert answer["Location"] == "/people/aoki.r/"
    administration.reset_password(administrator, user=aoki, reason=WHY)
    page = office.get("/people/aoki.r/").content.decode()
    assert "<del>Technician</del> <ins>QC analyst</ins>" in page
    assert "Another password" in page
    assert fresh(aoki).credential_digest not in page


@pytest.mark.parametrize("act", ["role", "disable", "reset-password", "unlock", "enable"])
def test_a_page_that_is_refused_says_so_and_changes_nothing(office: Client, aoki: User, act: str) -> None:
    before = fresh(aoki).credential_digest
    answer = office.post(f"/people/aoki.r/{act}/", {"role": "analyst", "reason": ""})
    assert answer.status_code == 422
    assert "Say why." in answer.content.decode()
    after = fresh(aoki)
    assert (after.role, after.is_active, after.credential_digest) == ("technician", True, before)


def test_the_pages_are_the_administrators_alone(client: Client, aoki: User, tanabe: User) -> None:
    client.post("/sign-in/", {"username": "aoki.r", "password": PASSWORD})
    for address in ("/people/", "/people/add/", "/people/tanabe.m/", "/people/tanabe.m/reset-password/"):
        assert client.get(address).status_code == 403
    assert client.post("/people/tanabe.m/reset-password/", {"reason": WHY}).status_code == 403
    assert last_act()["notes"]["refused"] == "PERM-01"
    assert not fresh(tanabe).must_change_password
