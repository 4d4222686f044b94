"""The second factor: enrolling, the code at sign-in, recovery codes, the lock, and an administrator's reset."""

from __future__ import annotations

import re
from base64 import b32decode
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import zxingcpp
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django_otp.oath import totp
from PIL import Image, ImageDraw

from lims import clock
from lims.accounts import second_factor
from lims.accounts.administration import invite
from lims.accounts.authentication import MAX_FAILURES
from lims.accounts.commands import start_site
from lims.accounts.models import SecondFactor, User
from lims.ledger.models import SITE_STREAM, Entry
from lims.ledger.reading import content_of
from lims.ledger.verify import verify
from lims.refusals import Refused
from lims.site import site
from lims.web import qr
from tests.lims.web.conftest import PASSWORD
from tests.superuser.lifting import unguarded

WHY = "Telephone lost on the train"


@pytest.fixture
def head(db: None) -> User:
    """The administrator of a real laboratory, past the password and the statement."""
    start_site(name="Real", time_zone="Europe/Berlin", administrator=("head.h", "Hara Head"), password=PASSWORD)
    client = Client()
    client.post("/sign-in/", {"username": "head.h", "password": PASSWORD})
    chosen = PASSWORD + " of mine"
    client.post("/account/password/", {"old_password": PASSWORD, "new_password": chosen, "again_password": chosen})
    client.post("/account/statement/", {"accepted": "on"})
    return User.objects.get(username="head.h")


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The time of the server, for a test to move."""
    held = [datetime(2026, 11, 26, 8, 0, tzinfo=UTC)]
    monkeypatch.setattr(clock, "now", lambda: held[0])
    return held


def code_of(key: bytes, at: datetime) -> str:
    return f"{totp(key, t0=0, drift=int(at.timestamp()) // 30 - int(datetime.now(UTC).timestamp()) // 30):06d}"


def enrolled(user: User, password: str = PASSWORD) -> tuple[bytes, tuple[str, ...]]:
    """Enrol a person; the key in their authenticator, and their recovery codes."""
    token = second_factor.new_secret()
    key = b32decode(second_factor.secret_text(token).replace(" ", ""))
    _, recovery = second_factor.enrol(user, token=token, code=code_of(key, clock.now()), password=password)
    return key, recovery.codes


def refused(user: User, code: str) -> tuple[str, ...]:
    with pytest.raises(Refused) as raised:
        second_factor.ask_code(user, code)
    return raised.value.codes


def test_the_code_is_that_of_rfc_6238() -> None:
    """Appendix B of the RFC, SHA-1: its eight digits end in our six."""
    key = b"12345678901234567890"
    for seconds, digits in ((59, "94287082"), (1111111109, "07081804"), (20000000000, "65353130")):
        at = datetime.fromtimestamp(seconds, UTC)
        assert second_factor._matching_step(key, digits[2:], at, after=0) == seconds // 30


@pytest.mark.clause("11.10(d)", "R21")
def test_a_person_who_enrolled_signs_in_with_password_and_code(
    client: Client, aoki: User, sample_pages: None, now: list[datetime]
) -> None:
    key, _ = enrolled(aoki)
    now[0] += timedelta(minutes=1)
    answer = client.post("/sign-in/", {"username": "aoki.r", "password": PASSWORD, "next": "/act/"})
    assert answer["Location"] == "/sign-in/code/?next=%2Fact%2F"
    assert client.get("/account/statement/")["Location"].startswith("/sign-in/"), "the password alone let somebody in"
    assert "Aoki Ren" in client.get(answer["Location"]).content.decode()
    before = client.session.session_key
    passed = client.post("/sign-in/code/", {"one_time_code": code_of(key, now[0]), "next": "/act/"})
    assert passed["Location"] == "/act/"
    assert client.get("/act/").status_code == 200
    assert client.session.session_key != before


@pytest.mark.clause("R21")
def test_a_code_is_good_once(aoki: User, now: list[datetime]) -> None:
    key, _ = enrolled(aoki)
    assert refused(aoki, code_of(key, now[0])) == ("MFA-01",), "the code that enrolled was taken again"
    now[0] += timedelta(seconds=30)
    second_factor.ask_code(aoki, code_of(key, now[0]))
    assert refused(aoki, code_of(key, now[0])) == ("MFA-01",)
    now[0] += timedelta(seconds=30)
    assert refused(aoki, code_of(key, now[0] - timedelta(seconds=30))) == ("MFA-01",)
    second_factor.ask_code(aoki, code_of(key, now[0]))


@pytest.mark.django_db(transaction=True)
def test_of_several_people_with_one_code_at_the_same_moment_one_gets_in(aoki: User) -> None:
    key, _ = enrolled(aoki)
    code = code_of(key, clock.now() + timedelta(seconds=30))

    def ask(_: int) -> bool:
        try:
            second_factor.ask_code(aoki, code)
        except Refused:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(ask, range(4))) == [False, False, False, True]


def test_a_code_of_a_clock_one_step_off_is_taken_and_of_two_is_not(aoki: User, now: list[datetime]) -> None:
    key, _ = enrolled(aoki)
    now[0] += timedelta(minutes=10)
    assert refused(aoki, code_of(key, now[0] - timedelta(seconds=60))) == ("MFA-01",)
    assert refused(aoki, code_of(key, now[0] + timedelta(seconds=60))) == ("MFA-01",)
    second_factor.ask_code(aoki, code_of(key, now[0] - timedelta(seconds=30)))
    second_factor.ask_code(aoki, code_of(key, now[0] + timedelta(seconds=30)))


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "１２３４５６", "-12345"])
def test_what_is_no_code_is_refused(aoki: User, typed: str) -> None:
    enrolled(aoki)
    assert refused(aoki, typed) == ("MFA-01",)


def test_a_recovery_code_signs_in_once_however_it_is_typed(aoki: User) -> None:
    _, codes = enrolled(aoki)
    assert len(set(codes)) == 8
    second_factor.ask_code(aoki, codes[3].upper().replace("-", " "))
    assert refused(aoki, codes[3]) == ("MFA-01",)
    second_factor.ask_code(aoki, codes[4])
    assert len(SecondFactor.objects.get(user=aoki).recovery) == 6


def test_five_wrong_codes_lock_the_account_though_the_password_was_right_in_between(client: Client, aoki: User) -> None:
    key, _ = enrolled(aoki)
    for _ in range(MAX_FAILURES):
        client.post("/sign-in/", {"username": "aoki.r", "password": PASSWORD})
        answer = client.post("/sign-in/code/", {"one_time_code": "000000"})
    assert "ACC-02" in answer.content.decode()
    assert "ACC-02" in client.post("/sign-in/", {"username": "aoki.r", "password": PASSWORD}).content.decode()
    right = code_of(key, clock.now() + timedelta(seconds=30))
    assert refused(aoki, right) == ("ACC-02",)
    entries = Entry.objects.filter(stream=SITE_STREAM, name="account:code-refused", is_refused=True)
    assert entries.count() == MAX_FAILURES + 1


def test_the_code_is_not_asked_for_long_nor_after_a_reset(client: Client, administrator: User, aoki: User) -> None:
    key, codes = enrolled(aoki)
    client.post("/sign-in/", {"username": "aoki.r", "password": PASSWORD})
    second_factor.reset(administrator, user=aoki, reason=WHY)
    assert client.post("/sign-in/code/", {"one_time_code": codes[0]})["Location"] == "/sign-in/"
    client.post("/sign-in/", {"username": "admin.a", "password": PASSWORD})
    assert Client().get("/sign-in/code/")["Location"] == "/sign-in/"


def test_the_code_is_not_asked_for_after_five_minutes(
    client: Client, aoki: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, codes = enrolled(aoki)
    client.post("/sign-in/", {"username": "aoki.r", "password": PASSWORD})
    later = clock.now().timestamp() + 301
    monkeypatch.setattr("lims.accounts.entering.time.time", lambda: later)
    assert client.post("/sign-in/code/", {"one_time_code": codes[0]})["Location"] == "/sign-in/"


def test_a_half_sign_in_at_a_locked_screen_leaves_its_owner_signed_in(at_act: Client, tanabe: User, aoki: User) -> None:
    _, codes = enrolled(tanabe)
    at_act.post("/lock/")
    at_act.post("/sign-in/", {"username": "tanabe.m", "password": PASSWORD})
    assert at_act.get("/act/")["Location"].startswith("/unlock/")
    assert at_act.post("/unlock/", {"password": PASSWORD}).status_code == 302
    assert "Aoki Ren" in at_act.get("/act/").content.decode()
    assert at_act.post("/sign-in/code/", {"one_time_code": codes[0]})["Location"] == "/sign-in/"


def test_the_page_enrols_by_a_drawing_an_authenticator_reads(client: Client, aoki: User, tmp_path: Path) -> None:
    client.post("/sign-in/", {"username": "aoki.r", "password": PASSWORD})
    page = client.get("/account/second-factor/").content.decode()
    assert "optional here" in page
    size, path = re.search(r'viewBox="0 0 (\d+) \d+" role="img".*?<path d="([^"]+)"', page).groups()  # type: ignore[union-attr]
    uri = read_drawing(int(size), path)
    assert uri.startswith("otpauth://totp/Laboratory%20of%20the%20tests:aoki.r?")
    secret = parse_qs(urlsplit(uri).query)["secret"][0]
    assert " ".join(re.findall("....", secret)) in page
    typed = {"one_time_code": code_of(b32decode(secret), clock.now()), "password": PASSWORD}
    wrong = client.post("/account/second-factor/", typed | {"one_time_code": "000000"})
    assert wrong.status_code == 422
    assert secret[:4] in wrong.content.decode(), "another secret was offered after a mistyped code"
    assert client.post("/account/second-factor/", typed | {"password": "guess"}).status_code == 422
    done = client.post("/account/second-factor/", typed)
    codes = done.context["codes"]
    assert all(c in done.content.decode() for c in codes)
    after = client.get("/account/second-factor/").content.decode()
    assert "8 recovery codes are left" in after
    assert not any(c in after for c in codes)


def read_drawing(size: int, path: str) -> str:
    """Draw the path as a browser would, and read the picture as a telephone would."""
    picture = Image.new("L", (size * 4, size * 4), 255)
    draw = ImageDraw.Draw(picture)
    for x, y, wide in re.findall(r"M(\d+) (\d+)h(\d+)", path):
        left, top = int(x) * 4, int(y) * 4
        draw.rectangle((left, top, left + int(wide) * 4 - 1, top + 3), fill=0)
    return str(zxingcpp.read_barcode(picture).text)


def test_the_secret_is_kept_encrypted_and_in_no_version(aoki: User) -> None:
    key, codes = enrolled(aoki)
    factor = SecondFactor.objects.get(user=aoki)
    assert key not in factor.secret.encode()
    assert second_factor._decrypted(factor.secret) == key
    held = "".join(bytes(e.payload).decode() for e in Entry.objects.all())
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_historicalsecondfactor")
        held += str(cursor.fetchall())
    assert factor.secret not in held
    assert not any(c in held for c in codes)
    assert factor.secret_digest in held


def test_the_secret_is_read_under_a_secret_key_of_before_and_under_no_other(aoki: User, settings: object) -> None:
    _, codes = enrolled(aoki)
    before = settings.SECRET_KEY  # type: ignore[attr-defined]
    settings.SECRET_KEY = "another secret key of the same installation"  # type: ignore[attr-defined]
    assert refused(aoki, "123456") == ("MFA-03",)
    settings.SECRET_KEY_FALLBACKS = [before]  # type: ignore[attr-defined]
    assert refused(aoki, "123456") == ("MFA-01",)
    second_factor.ask_code(aoki, codes[0])


def test_verifying_finds_a_secret_changed_around_the_program(aoki: User) -> None:
    enrolled(aoki)
    assert verify().ok
    with unguarded(), connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_secondfactor SET secret = %s", [second_factor.new_secret()])
    assert [f.kind for f in verify().findings] == ["secret altered"]


@pytest.mark.clause("A11-12", "R21")
def test_an_administrator_enrols_before_anything_else_and_nobody_else_has_to(client: Client, head: User) -> None:
    chosen = PASSWORD + " of mine"
    client.post("/sign-in/", {"username": "head.h", "password": chosen})
    assert client.get("/people/")["Location"] == "/account/second-factor/?next=%2Fpeople%2F"
    client.get("/account/second-factor/")
    key = second_factor._decrypted(client.session["second_factor_offered"])
    other = Client()
    other.post("/sign-in/", {"username": "head.h", "password": chosen})
    client.post("/account/second-factor/", {"one_time_code": code_of(key, clock.now()), "password": chosen})
    assert client.get("/people/").status_code == 200
    assert other.get("/people/")["Location"].startswith("/sign-in/"), "a session of the password alone went on"
    made = invite(head, username="noda.e", printed_name="Noda Emi", role="clinician")
    assert not second_factor.is_required(made.user, site())


@pytest.mark.clause("R21")
def test_everybody_has_to_where_the_laboratory_says_so(head: User, settings: object) -> None:
    settings.SECOND_FACTOR = "all"  # type: ignore[attr-defined]
    made = invite(head, username="noda.e", printed_name="Noda Emi", role="clinician")
    assert second_factor.is_required(made.user, site())


def test_nobody_has_to_in_a_demonstration(administrator: User, settings: object) -> None:
    settings.SECOND_FACTOR = "all"  # type: ignore[attr-defined]
    assert not second_factor.is_required(administrator, site())


@pytest.mark.clause("11.300(c)", "R22")
def test_a_reset_is_another_administrators_has_a_reason_and_ends_sessions(
    client: Client, administrator: User, aoki: User, now: list[datetime], sample_pages: None
) -> None:
    key, codes = enrolled(aoki)
    client.post("/sign-in/", {"username": "aoki.r", "password": PASSWORD})
    client.post("/sign-in/code/", {"one_time_code": codes[0]})
    assert client.get("/account/statement/").status_code == 200
    with pytest.raises(Refused, match="ACC-08"):
        second_factor.reset(administrator, user=aoki)
    second_factor.reset(administrator, user=aoki, reason=WHY)
    assert client.get("/account/statement/")["Location"].startswith("/sign-in/")
    told = content_of(Entry.objects.filter(stream=SITE_STREAM).latest("seq"))
    assert (told["act"], told["reason"]) == ("account:reset-second-factor", WHY)
    with pytest.raises(Refused, match="MFA-04"):
        second_factor.reset(administrator, user=aoki, reason=WHY)
    assert client.post("/sign-in/", {"username": "aoki.r", "password": PASSWORD})["Location"] == "/"
    enrolled(administrator)
    with pytest.raises(Refused, match="ACC-06"):
        second_factor.reset(administrator, user=administrator, reason=WHY)


def test_the_console_resets_that_of_an_only_administrator_and_the_ledger_says_so(administrator: User) -> None:
    enrolled(administrator)
    with pytest.raises(CommandError, match="ACC-08"):
        call_command("reset_second_factor", "admin.a", reason=" ")
    with pytest.raises(CommandError, match="no account"):
        call_command("reset_second_factor", "nobody", reason=WHY)
    call_command("reset_second_factor", "admin.a", reason=WHY, stdout=StringIO())
    assert second_factor.factor_of(administrator) is None
    told = Entry.objects.filter(stream=SITE_STREAM).latest("seq")
    assert (told.name, told.actor_name, content_of(told)["reason"]) == ("account:reset-second-factor", "System", WHY)


def test_a_second_one_is_not_enrolled_over_the_first(aoki: User) -> None:
    enrolled(aoki)
    with pytest.raises(Refused, match="MFA-02"):
        enrolled(aoki)


def test_a_drawing_says_what_it_was_given() -> None:
    made = qr.drawn("otpauth://totp/x?secret=ABC")
    assert read_drawing(made.size, made.path) == "otpauth://totp/x?secret=ABC"
