"""Who gives a password can't sign with it: an identity is confirmed by a second person before anything is signed."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from lims.accounts import administration, statement
from lims.accounts.commands import accept_statement, change_password, start_site
from lims.accounts.identity import confirm_first, confirm_identity, unconfirmed
from lims.accounts.models import IdentityConfirmation, User
from lims.accounts.permissions import Permission
from lims.ledger.models import Entry
from lims.ledger.verify import verify
from lims.notices.commands import acknowledge
from lims.notices.models import Notice
from lims.refusals import Refused
from lims.signatures.meanings import Meaning
from lims.signatures.models import Signature
from lims.signatures.signing import verify_signers
from tests.cast import PASSWORD, Cast, performed, signed

CHOSEN = "three grey herons on the weir"
EVIDENCE = "Passport seen; she signed in before me."
NEEDS = Permission.RECORD_PRODUCTION


def refused(call: Any, *args: Any, **kwargs: Any) -> dict[str, str | None]:
    with pytest.raises(Refused) as raised:
        call(*args, **kwargs)
    return {r.code: r.field for r in raised.value.refusals}


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def sign(user: User, password: str = CHOSEN) -> Any:
    given = performed(user) if password == PASSWORD else signed((Meaning.PERFORMED, user), password=password)
    return verify_signers(user, (Meaning.PERFORMED,), given, needs=NEEDS)


def choose(user: User, one_time: str, own: str = CHOSEN) -> User:
    """What a person does at the first signing in."""
    change_password(user, one_time, own)
    return fresh(accept_statement(user))


def confirm(cast: Cast, user: User, by: User | None = None, evidence: str = EVIDENCE) -> IdentityConfirmation:
    actor = by or cast.qa
    made: IdentityConfirmation = confirm_identity(
        actor, user=user, evidence=evidence, signatures=signed((Meaning.APPROVED, actor))
    )
    return made


@pytest.fixture
def reset(cast: Cast) -> User:
    """A technician whose password an administrator reset, and who has chosen another since."""
    made = administration.reset_password(cast.administrator, user=cast.technician, reason="Forgotten")
    return choose(cast.technician, made.password)


@pytest.mark.clause("11.100(b)", "11.200(a)(3)", "R14", "R22")
def test_after_a_reset_nothing_is_signed_until_a_person_of_qa_confirms(cast: Cast, reset: User) -> None:
    assert refused(sign, reset) == {"SIG-07": "performed-password"}
    made = confirm(cast, reset)
    assert sign(reset)[0].user == reset
    assert made.evidence == EVIDENCE
    given = Signature.objects.get(subject_model="accounts.IdentityConfirmation", subject_pk=str(made.pk))
    assert (given.signer, given.meaning) == (cast.qa, "approved")
    assert verify().ok


@pytest.mark.clause("11.200(a)(3)", "R14")
def test_an_administrator_who_signs_in_with_the_password_they_gave_signs_nothing(cast: Cast) -> None:
    """The whole path somebody would try: reset, sign in as the person, choose a password, sign."""
    made = administration.reset_password(cast.administrator, user=cast.technician, reason="Forgotten")
    thief = Client()
    thief.post("/sign-in/", {"username": "aoki.r", "password": made.password})
    chosen = {"old_password": made.password, "new_password": CHOSEN, "again_password": CHOSEN}
    assert thief.post("/account/password/", chosen).status_code == 302
    assert refused(sign, fresh(cast.technician)) == {"SIG-07": "performed-password"}
    assert refused(confirm, cast, fresh(cast.technician), by=cast.administrator) == {"PERM-01": None}


def test_nor_is_anything_witnessed_by_an_account_that_was_not_confirmed(cast: Cast, reset: User) -> None:
    performer = cast.second_technician
    given = performed(performer) | signed((Meaning.WITNESSED, reset), password=CHOSEN)
    both = (Meaning.PERFORMED, Meaning.WITNESSED)
    assert refused(verify_signers, performer, both, given, needs=NEEDS) == {"SIG-07": "witnessed-password"}


@pytest.mark.parametrize("way", ["invite", "enable"])
@pytest.mark.clause("R16")
def test_an_account_invited_or_enabled_waits_for_its_confirmation_too(cast: Cast, way: str) -> None:
    admin = cast.administrator
    if way == "invite":
        made = administration.invite(admin, username="noda.e", printed_name="Noda Emi", role="technician")
    else:
        administration.disable(admin, user=cast.technician, reason="On leave")
        made = administration.enable(admin, user=cast.technician, reason="Back from leave")
    person = choose(made.user, made.password)
    assert refused(sign, person) == {"SIG-07": "performed-password"}
    confirm(cast, person)
    assert sign(person)


@pytest.mark.clause("11.300(c)")
def test_who_knows_the_one_time_password_can_neither_act_unsigned_nor_silence_the_notice(cast: Cast) -> None:
    made = administration.reset_password(cast.administrator, user=cast.qa, reason="Forgotten")
    qa = choose(cast.qa, made.password)
    told = Notice.objects.get(person=qa)
    assert refused(acknowledge, qa, notice=told, comment="Nothing to see") == {"SIG-07": None}
    assert Notice.objects.get(pk=told.pk).is_open
    confirm(cast, qa, by=cast.second_qa)
    acknowledge(fresh(qa), notice=told, comment="I asked for it myself")
    assert not Notice.objects.get(pk=told.pk).is_open


def test_nobody_confirms_themselves(cast: Cast) -> None:
    made = administration.reset_password(cast.administrator, user=cast.qa, reason="Forgotten")
    qa = choose(cast.qa, made.password)
    given = signed((Meaning.APPROVED, qa), password=CHOSEN)
    assert refused(confirm_identity, qa, user=qa, evidence=EVIDENCE, signatures=given) == {
        "SIG-07": "approved-password"
    }
    assert refused(confirm, cast, cast.second_qa, by=cast.second_qa).keys() == {"ACC-06", "IDN-01"}


@pytest.mark.clause("R14")
def test_who_gave_the_password_does_not_confirm_it_in_another_role(cast: Cast, reset: User) -> None:
    made = administration.invite(cast.administrator, username="admin.b", printed_name="Baba Jun", role="administrator")
    second = choose(made.user, made.password)
    confirm(cast, second)
    administration.change_role(fresh(second), user=cast.administrator, role="qa", reason="Changes department")
    assert refused(confirm, cast, reset, by=fresh(cast.administrator)) == {"IDN-02": None}


def test_a_password_that_was_not_chosen_by_its_owner_yet_is_not_confirmed(cast: Cast) -> None:
    """Otherwise whoever knows the one-time password chooses one after the confirmation, and signs."""
    administration.reset_password(cast.administrator, user=cast.technician, reason="Forgotten")
    assert refused(confirm, cast, cast.technician) == {"IDN-03": None}


def test_a_confirmation_says_how_and_is_given_once(cast: Cast, reset: User) -> None:
    assert refused(confirm, cast, reset, evidence=" seen ") == {"IDN-04": "evidence"}
    confirm(cast, reset)
    assert refused(confirm, cast, reset) == {"IDN-01": None}


def test_another_reset_takes_the_confirmation_back(cast: Cast, reset: User) -> None:
    confirm(cast, reset)
    made = administration.reset_password(cast.administrator, user=reset, reason="Forgotten again")
    choose(fresh(reset), made.password, own=CHOSEN + " again")
    assert refused(sign, fresh(reset), password=CHOSEN + " again") == {"SIG-07": "performed-password"}


def test_a_password_of_ones_own_choice_keeps_the_confirmation(cast: Cast) -> None:
    change_password(cast.technician, PASSWORD, CHOSEN)
    assert sign(fresh(cast.technician))


@pytest.mark.clause("11.200(a)(3)", "11.300(c)", "R14")
def test_a_reset_is_told_to_its_owner_and_to_qa(cast: Cast) -> None:
    made = administration.reset_password(cast.administrator, user=cast.technician, reason="Forgotten")
    owner = Notice.objects.of(cast.technician).get()
    assert owner.text.startswith("Your password was reset by Sato Kei at ")
    qa = Notice.objects.of(cast.qa).get()
    assert qa.text.startswith("Aoki Ren (aoki.r): password reset by Sato Kei at ")
    client = Client()
    client.post("/sign-in/", {"username": "aoki.r", "password": made.password})
    page = client.get("/account/password/").content.decode()
    assert "Your password was given by Sato Kei on " in page


def test_qa_confirms_on_a_page_and_the_list_says_what_each_account_waits_for(cast: Cast, reset: User) -> None:
    waiting = administration.invite(cast.administrator, username="noda.e", printed_name="Noda Emi", role="analyst")
    client = Client()
    client.post("/sign-in/", {"username": "hayashi.s", "password": PASSWORD})
    page = client.get("/identity/").content.decode()
    assert "/identity/aoki.r/" in page
    assert f"/identity/{waiting.user.username}/" not in page
    assert "Waits for a password of their own" in page
    given = {"evidence": EVIDENCE, "approved-username": "hayashi.s", "approved-password": PASSWORD}
    assert client.post("/identity/aoki.r/", given).status_code == 302
    assert list(unconfirmed()) == [waiting.user]


@pytest.mark.parametrize("role", ["technician", "analyst", "clinician", "administrator"])
def test_no_other_role_confirms(cast: Cast, reset: User, role: str) -> None:
    actor: User = getattr(cast, role) if role != "technician" else cast.second_technician
    assert refused(confirm, cast, reset, by=actor) == {"PERM-01": None}


# --- The first person of QA ------------------------------------------------------------------------------------------


@pytest.fixture
def first_qa(db: None) -> User:
    """The first person of QA of a real laboratory, who has chosen a password."""
    start_site(name="Real laboratory", time_zone="Asia/Tokyo", administrator=("admin", "Sato Kei"), password=PASSWORD)
    admin = User.objects.get(username="admin")
    made = administration.invite(admin, username="hayashi.s", printed_name="Hayashi Sora", role="qa")
    return choose(made.user, made.password)


def test_the_first_person_of_qa_is_confirmed_at_the_console_and_the_second_is_not(first_qa: User) -> None:
    admin = User.objects.get(username="admin")
    other = administration.invite(admin, username="ono.t", printed_name="Ono Tsubasa", role="qa")
    second = choose(other.user, other.password)
    call_command("confirm_identity", "hayashi.s")
    assert sign(fresh(first_qa))
    with pytest.raises(CommandError, match="IDN-05"):
        call_command("confirm_identity", "ono.t")
    assert fresh(second).identity_confirmed_at is None
    confirm_identity(
        fresh(first_qa),
        user=second,
        evidence=EVIDENCE,
        signatures=signed((Meaning.APPROVED, first_qa), password=CHOSEN),
    )
    assert sign(fresh(second))
    assert Entry.objects.filter(name="account:confirm-identity", actor=None).count() == 1
    assert verify().ok


def test_the_console_confirms_no_other_role_and_nobody_with_a_one_time_password(first_qa: User) -> None:
    admin = User.objects.get(username="admin")
    assert refused(confirm_first, "admin") == {"IDN-06": None}
    assert refused(confirm_first, "nobody") == {"IDN-06": None}
    administration.reset_password(admin, user=first_qa, reason="Forgotten")
    assert refused(confirm_first, "hayashi.s") == {"IDN-03": None}
    administration.disable(admin, user=first_qa, reason="Left")
    assert refused(confirm_first, "hayashi.s") == {"ACC-07": None}


# --- Names and the statement -----------------------------------------------------------------------------------------


@pytest.mark.clause("11.50(b)", "11.100(a)", "R15")
def test_a_signature_keeps_the_name_it_was_given_with(cast: Cast, reset: User) -> None:
    confirm(cast, reset, by=cast.qa)
    before = Signature.objects.latest("at", "position")
    administration.rename(cast.administrator, user=cast.qa, printed_name="Mori Sora", reason="Married")
    assert fresh(cast.qa).printed_name == "Mori Sora"
    after = Signature.objects.get(pk=before.pk)
    assert (after.printed_name, after.digest) == ("Hayashi Sora", before.digest)
    assert Entry.objects.get(pk=after.entry_id).actor_name == "Hayashi Sora"
    assert verify().ok
    assert "from Hayashi Sora to Mori Sora" in Notice.objects.get(person=cast.qa).text


@pytest.mark.clause("11.100(b)", "R16")
def test_who_was_renamed_signs_nothing_before_qa_confirms_them(cast: Cast) -> None:
    assert sign(cast.technician, PASSWORD)
    administration.rename(cast.administrator, user=cast.technician, printed_name="Aoki Rin", reason="Typo")
    person = fresh(cast.technician)
    assert refused(sign, person, PASSWORD) == {"SIG-07": "performed-password"}
    confirm(cast, person, by=cast.qa)
    assert sign(fresh(person), PASSWORD)


@pytest.mark.clause("11.100(a)", "R15")
def test_nobody_is_given_the_printed_name_of_another(cast: Cast) -> None:
    administration.disable(cast.administrator, user=cast.second_qa, reason="Left")
    rename, admin = administration.rename, cast.administrator
    for taken in ("Hayashi Sora", "HAYASHI SORA ", "Ono Tsubasa"):
        given = {"user": cast.technician, "printed_name": taken, "reason": "Typo"}
        assert refused(rename, admin, **given) == {"ACC-21": "printed_name"}
        invited = {"username": "somebody.n", "printed_name": taken, "role": "qa"}
        assert refused(administration.invite, admin, **invited) == {"ACC-21": "printed_name"}


def test_a_rename_needs_a_reason_and_another_name_and_another_person(cast: Cast) -> None:
    rename = administration.rename
    admin, user = cast.administrator, cast.technician
    assert refused(rename, admin, user=user, printed_name="Aoki Rin") == {"ACC-08": "reason"}
    assert refused(rename, admin, user=user, printed_name=" Aoki Ren ", reason="Typo") == {"ACC-20": "printed_name"}
    assert refused(rename, admin, user=user, printed_name="  ", reason="Typo") == {"FLD-01": "printed_name"}
    assert refused(rename, admin, user=admin, printed_name="Sato Kai", reason="Typo") == {"ACC-06": None}


@pytest.mark.clause("R15")
def test_a_user_name_is_not_given_again_after_its_owner_was_renamed_and_disabled(cast: Cast) -> None:
    administration.rename(cast.administrator, user=cast.technician, printed_name="Aoki Rin", reason="Typo")
    administration.disable(cast.administrator, user=cast.technician, reason="Left")
    again = {"username": "aoki.r", "printed_name": "Aoki Ren", "role": "technician"}
    assert refused(administration.invite, cast.administrator, **again) == {"ACC-04": "username"}


@pytest.mark.clause("11.10(j)", "R16")
def test_another_version_of_the_statement_is_accepted_before_anything_is_signed(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sign(cast.technician, PASSWORD)
    monkeypatch.setattr(statement, "TEXTS", {**statement.TEXTS, 2: ("Another sentence.",)})
    assert refused(sign, cast.technician, PASSWORD) == {"SIG-04": "performed-password"}
    client = Client()
    client.post("/sign-in/", {"username": "aoki.r", "password": PASSWORD})
    assert client.get("/batches/")["Location"].startswith("/account/statement/")
    assert "Another sentence." in client.get("/account/statement/").content.decode()
    client.post("/account/statement/", {"accepted": "on"})
    person = fresh(cast.technician)
    assert person.statement_version == 2
    assert sign(person, PASSWORD)
