"""A change of settings is an act of the site, and no secret is in it."""

from __future__ import annotations

import json

import pytest
from pytest_django import Settings

from lims import configuration
from lims.ledger.models import Entry
from lims.program import program
from tests.cast import Cast


def said() -> list[tuple[str, dict[str, str]]]:
    """The reasons and notes of every such act, in their order."""
    payloads = Entry.objects.filter(name="site:configure").order_by("seq").values_list("payload", flat=True)
    return [(c["reason"], c["notes"]) for c in (json.loads(bytes(p)) for p in payloads)]


@pytest.mark.clause("11.10(k)", "A11-10", "R09", "R34", "R35")
def test_what_is_set_is_told_once_and_a_change_with_old_and_new(cast: Cast, settings: Settings) -> None:
    settings.IDLE_MINUTES = 15
    assert configuration.note("web server")
    assert not configuration.note("web server")
    settings.IDLE_MINUTES, settings.EMAIL_HOST = 10, "mail.example"
    assert configuration.note("web server")
    (first, at_first), (then, later) = said()
    assert first == ""
    assert at_first["IDLE_MINUTES"] == "15"
    assert then == "web server: EMAIL_HOST: – → mail.example; IDLE_MINUTES: 15 → 10"
    assert later["IDLE_MINUTES"] == "10"
    assert later["program"] == program()


def test_web_server_and_worker_tell_their_own(cast: Cast, settings: Settings) -> None:
    configuration.note("web server")
    settings.CHECKPOINT_DIR = "/elsewhere"
    assert configuration.note("worker")
    assert not configuration.note("worker")
    assert [notes["told by"] for _, notes in said()] == ["web server", "worker"]
    assert [reason for reason, _ in said()] == ["", ""]


@pytest.mark.clause("R35")
def test_going_back_is_a_change_too(cast: Cast, settings: Settings) -> None:
    for minutes in (15, 10, 15):
        settings.IDLE_MINUTES = minutes
        assert configuration.note("worker")
    assert [reason for reason, _ in said()] == ["", "worker: IDLE_MINUTES: 15 → 10", "worker: IDLE_MINUTES: 10 → 15"]


def test_no_secret_is_told(cast: Cast, settings: Settings) -> None:
    settings.SECRET_KEY = "only-a-few-people-know-this-" * 3
    settings.EMAIL_HOST_PASSWORD = "mail-secret"
    settings.DATABASE_URL = "postgresql://lims:database-secret@db.example:5432/lims"
    settings.TIMESTAMP_URL = "https://lab:stamp-secret@tsa.example/rfc3161?token=stamp-secret"
    configuration.note("web server")
    [(_, notes)] = said()
    assert notes["TIMESTAMP_URL"] == "https://tsa.example/rfc3161"
    assert notes["DATABASE_URL"] == "postgresql://db.example/lims"
    for secret in (settings.SECRET_KEY, "mail-secret", "database-secret", "stamp-secret"):
        assert secret not in json.dumps(notes)


def test_what_keeps_it_from_being_told_keeps_no_process_from_starting(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(configuration, "_done", set())
    with monkeypatch.context() as broken:
        broken.setattr(configuration, "told", lambda: 1 / 0)
        configuration.note_once("worker")
    assert "was not told to the ledger" in caplog.text
    configuration.note_once("worker")
    configuration.note_once("worker")
    assert len(said()) == 1


@pytest.mark.django_db
def test_nothing_is_told_before_there_is_a_laboratory() -> None:
    assert not configuration.note("web server")
    assert not Entry.objects.exists()
