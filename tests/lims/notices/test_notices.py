"""Notices: raised with the act that causes them, seen by those they are for, open until one of them says so."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, models, transaction
from django.test import Client

from lims import clock
from lims.accounts.administration import reset_password
from lims.accounts.authentication import MAX_FAILURES, Credential, verify
from lims.accounts.models import User
from lims.accounts.permissions import Permission
from lims.ledger.models import Entry
from lims.ledger.reading import content_of
from lims.ledger.verify import verify as verify_ledger
from lims.notices.commands import acknowledge
from lims.notices.models import Notice, NoticeMail
from lims.notices.tasks import send_notice, sweep_notices
from lims.refusals import Refused
from lims.signatures.meanings import Meaning
from lims.signatures.signing import verify_signers
from tests.cast import PASSWORD, Cast, signed


def codes(call: Any, *args: Any, **kwargs: Any) -> tuple[str, ...]:
    with pytest.raises(Refused) as raised:
        call(*args, **kwargs)
    return raised.value.codes


def fail_to_sign(user: User, times: int) -> None:
    wrong = signed((Meaning.PERFORMED, user), password="guess")
    for _ in range(times):
        codes(verify_signers, user, (Meaning.PERFORMED,), wrong, needs=Permission.VIEW_RECORDS)


@pytest.fixture
def locked(cast: Cast) -> User:
    """A technician's account, locked by wrong passwords at signing in and at last at a signature."""
    for _ in range(MAX_FAILURES - 1):
        codes(verify, Credential("aoki.r", "guess"), purpose="sign-in")
    assert not Notice.objects.exists(), "four wrong passwords alarm nobody"
    fail_to_sign(cast.technician, 1)
    return cast.technician


def client_of(user: User) -> Client:
    client = Client()
    client.post("/sign-in/", {"username": user.username, "password": PASSWORD})
    return client


@pytest.mark.clause("11.300(d)", "R19")
def test_five_failures_of_both_kinds_lock_the_account_and_alert_qa_and_administrators(cast: Cast, locked: User) -> None:
    alert = Notice.objects.of(cast.qa).get()
    assert alert.text == Notice.objects.of(cast.administrator).get().text
    assert "Aoki Ren (aoki.r): locked until " in alert.text, "who"
    assert alert.raised_at.astimezone().strftime("%Y") in alert.text, "when"
    assert "JST for: signature performed." in alert.text, "where"
    assert not Notice.objects.of(cast.technician).exists()
    assert alert.act.name == "account:password-refused", "the act that locks is the act that alerts"


def test_more_wrong_passwords_at_a_locked_account_alert_nobody_again(cast: Cast, locked: User) -> None:
    fail_to_sign(locked, 3)
    assert Notice.objects.count() == 2


def test_an_alert_stands_on_the_home_page_and_is_counted_until_it_is_acknowledged(cast: Cast, locked: User) -> None:
    qa = client_of(cast.qa)
    home = qa.get("/").content.decode()
    alert = Notice.objects.of(cast.qa).get()
    assert f"/notices/{alert.pk}/acknowledge/" in home
    assert '<a class="noticed" href="/notices/">' in qa.get("/batches/").content.decode()
    assert qa.post(f"/notices/{alert.pk}/acknowledge/", {"comment": "No"}).status_code == 422
    sent = qa.post(f"/notices/{alert.pk}/acknowledge/", {"comment": "It was Aoki; caps lock was on."})
    assert sent["Location"] == "/notices/"
    home = qa.get("/").content.decode()
    assert "noticed" not in home
    assert f"/notices/{alert.pk}/acknowledge/" not in home
    assert "It was Aoki; caps lock was on." in qa.get("/notices/").content.decode()
    administrator = client_of(cast.administrator).get("/").content.decode()
    assert "locked until" in administrator, "each audience says for itself that it knows"


@pytest.mark.clause("R41")
def test_an_acknowledgement_is_an_act_with_its_person_and_comment(cast: Cast, locked: User) -> None:
    alert = Notice.objects.of(cast.qa).get()
    acknowledge(cast.second_qa, notice=alert, comment="Called him.")
    alert.refresh_from_db()
    assert (alert.acknowledged_by, alert.comment, alert.is_open) == (cast.second_qa, "Called him.", False)
    assert content_of(Entry.objects.get(name="notice:acknowledge"))["actor"]["name"] == "Ono Tsubasa"
    assert codes(acknowledge, cast.qa, notice=alert, comment="Called him too.") == ("NOT-02",)
    assert verify_ledger().ok


def test_a_notice_for_others_is_neither_seen_nor_acknowledged(cast: Cast, locked: User) -> None:
    alert = Notice.objects.of(cast.qa).get()
    assert codes(acknowledge, cast.analyst, notice=alert, comment="Not mine at all") == ("NOT-01",)
    analyst = client_of(cast.analyst)
    assert "locked until" not in analyst.get("/notices/").content.decode()
    assert analyst.get(f"/notices/{alert.pk}/acknowledge/").status_code == 404


def test_a_comment_that_tells_nothing_acknowledges_nothing(cast: Cast, locked: User) -> None:
    assert codes(acknowledge, cast.qa, notice=Notice.objects.of(cast.qa).get(), comment=" ok ") == ("NOT-03",)
    assert Notice.objects.of(cast.qa).get().is_open


def test_a_locked_screen_shows_no_notice(cast: Cast, locked: User) -> None:
    qa = client_of(cast.qa)
    qa.post("/lock/")
    assert "noticed" not in qa.get("/unlock/").content.decode()


@pytest.mark.parametrize("changes", [{"role": ""}, {"acknowledged_at": clock.now()}])
def test_a_notice_for_nobody_or_acknowledged_by_nobody_can_not_be(
    cast: Cast, locked: User, changes: dict[str, object]
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        models.QuerySet(Notice).update(**changes)


# --- E-mail ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def mailed(settings: Any) -> None:
    """A laboratory with a mail server, and an address for QA alone."""
    settings.NOTICE_EMAIL = {"qa": ["qa@example.org", "duty@example.org"], "administrator": []}


def test_without_a_mail_server_nothing_waits_to_be_mailed(cast: Cast, locked: User) -> None:
    assert not NoticeMail.objects.exists()


def test_an_alert_is_mailed_once_to_the_addresses_of_its_role(mailed: None, cast: Cast, locked: User) -> None:
    waiting = NoticeMail.objects.get()
    for _ in range(2):
        send_notice(waiting.pk)
    assert [m.to for m in mail.outbox] == [["qa@example.org", "duty@example.org"]]
    assert "Aoki Ren (aoki.r): locked until" in mail.outbox[0].body
    waiting.refresh_from_db()
    assert waiting.sent_at is not None


def test_a_mail_server_that_is_away_fails_no_act_and_the_sweep_tries_again(
    mailed: None, cast: Cast, locked: User, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    sweep_notices()
    waiting = NoticeMail.objects.get()
    assert (waiting.sent_at, waiting.attempts) == (None, 1)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    sweep_notices()
    assert len(mail.outbox) == 1
    sweep_notices()
    assert len(mail.outbox) == 1


def test_a_broker_that_is_away_fails_no_act(mailed: None, cast: Cast, django_capture_on_commit_callbacks: Any) -> None:
    """The broker of the tests does not run unless it is asked for."""
    with django_capture_on_commit_callbacks(execute=True) as told:
        reset_password(cast.administrator, user=cast.technician, reason="Forgotten")
    assert len(told) == 1
    assert NoticeMail.objects.get().sent_at is None
