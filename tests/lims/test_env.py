"""Reading the environment, and refusing to start half-configured."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lims import env
from tests.services import PROJECT

PRODUCTION = {
    "PRODUCTION": "1",
    "SECRET_KEY": "".join(chr(ord("0") + i) for i in range(60)),
    "ALLOWED_HOSTS": "ebr.example.org",
    "DATABASE_URL": "postgresql://lims@db.example.org/lims",
    "REDIS_URL": "redis://redis.example.org/0",
    "CHECKPOINT_KEY": "/run/secrets/checkpoint.pem",
    "LEDGER_KEY": "/run/secrets/ledger.key",
    "DOCUMENT_KEY": "/etc/lims/document.pem",
}


def loaded(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Load the settings in a process of their own."""
    code = (
        "from lims import settings as s; print(s.DEBUG, s.SESSION_COOKIE_SECURE if s.PRODUCTION else '', s.BROKER_URL)"
    )
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], "DATA_DIR": str(folder), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_production_starts_when_everything_is_said(tmp_path: Path) -> None:
    done = loaded(tmp_path, **PRODUCTION)
    assert done.stdout == "False True redis://redis.example.org/0\n", done.stderr
    assert not (tmp_path / "secret_key").exists()


@pytest.mark.parametrize(
    "left_out",
    ["SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL", "CHECKPOINT_KEY", "LEDGER_KEY", "DOCUMENT_KEY"],
)
def test_production_refuses_to_start_without(tmp_path: Path, left_out: str) -> None:
    done = loaded(tmp_path, **{name: value for name, value in PRODUCTION.items() if name != left_out})
    assert done.returncode != 0
    assert f"HalfConfigured: {left_out} is not set." in done.stderr


@pytest.mark.clause("11.10(d)", "A11-12", "R20")
@pytest.mark.parametrize(("minutes", "starts"), [("1", True), ("15", True), ("16", False), ("0", False), ("-5", False)])
def test_production_starts_with_a_screen_that_locks_within_a_quarter_of_an_hour_or_not_at_all(
    tmp_path: Path, minutes: str, starts: bool
) -> None:
    done = loaded(tmp_path, **PRODUCTION, IDLE_MINUTES=minutes)
    assert (done.returncode == 0) is starts
    assert (f"HalfConfigured: IDLE_MINUTES is {minutes}." in done.stderr) is not starts


def test_a_screen_that_never_locks_is_refused_outside_production_too_and_a_longer_time_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("IDLE_MINUTES", "0")
    with pytest.raises(env.HalfConfigured):
        env.idle_minutes(production=False)
    monkeypatch.setenv("IDLE_MINUTES", "soon")
    with pytest.raises(env.HalfConfigured):
        env.idle_minutes(production=False)
    monkeypatch.setenv("IDLE_MINUTES", "600")
    assert env.idle_minutes(production=False) == 600


def test_a_key_in_a_token_comes_with_the_file_of_its_certificate(tmp_path: Path) -> None:
    uri = "pkcs11:token=laboratory;object=seal?module-path=/usr/lib/softhsm/libsofthsm2.so"
    done = loaded(tmp_path, **{**PRODUCTION, "DOCUMENT_KEY": uri})
    assert "HalfConfigured: DOCUMENT_CERTIFICATE is not set." in done.stderr
    assert loaded(tmp_path, **{**PRODUCTION, "DOCUMENT_KEY": uri, "DOCUMENT_CERTIFICATE": "/etc/c.pem"}).returncode == 0


def test_production_refuses_the_secret_that_lies_beside_the_data(tmp_path: Path) -> None:
    assert loaded(tmp_path).returncode == 0
    assert (tmp_path / "secret_key").exists()
    done = loaded(tmp_path, **{**PRODUCTION, "SECRET_KEY": ""})
    assert "HalfConfigured: SECRET_KEY is not set." in done.stderr


def test_production_refuses_a_short_secret_and_debug(tmp_path: Path) -> None:
    assert "too short" in loaded(tmp_path, **{**PRODUCTION, "SECRET_KEY": "short"}).stderr
    assert "default or repeats" in loaded(tmp_path, **{**PRODUCTION, "SECRET_KEY": "abcdefghijkl0123" * 4}).stderr
    assert "Unset DEBUG" in loaded(tmp_path, **{**PRODUCTION, "DEBUG": "1"}).stderr


def test_the_kept_secret_is_made_once_and_read_by_its_owner_only(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        secrets = set(pool.map(lambda _: env.secret_key(tmp_path, production=False), range(32)))
    assert len(secrets) == 1
    assert len(secrets.pop()) >= env.SHORTEST_SECRET
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


MAILED = {"EMAIL_HOST": "mail.example.org", "NOTICE_EMAIL_QA": "qa@example.org, duty@example.org"}


def test_notices_are_mailed_to_addresses_of_each_role_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    roles = ("qa", "administrator")
    assert env.notice_email(roles) == {"qa": [], "administrator": []}
    for name, value in MAILED.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(env.HalfConfigured, match="NOTICE_EMAIL_ADMINISTRATOR"):
        env.notice_email(roles)
    monkeypatch.setenv("NOTICE_EMAIL_ADMINISTRATOR", "it@example.org")
    assert env.notice_email(roles)["qa"] == ["qa@example.org", "duty@example.org"]
    monkeypatch.setenv("EMAIL_HOST", "")
    with pytest.raises(env.HalfConfigured, match="EMAIL_HOST"):
        env.notice_email(roles)


def test_a_database_url_is_taken_apart() -> None:
    entry = env.database("postgresql://lims:p%40ss@db.example.org:5433/records?sslmode=require", pooled=False)
    assert entry["HOST"] == "db.example.org"
    assert entry["PORT"] == "5433"
    assert entry["USER"] == "lims"
    assert entry["PASSWORD"] == "p@ss"
    assert entry["NAME"] == "records"
    assert entry["OPTIONS"] == {"sslmode": "require"}


def test_a_sqlite_url_names_a_file() -> None:
    assert env.database("sqlite:////srv/data/lims.sqlite3")["NAME"] == "/srv/data/lims.sqlite3"


def test_another_kind_of_database_is_refused() -> None:
    with pytest.raises(env.HalfConfigured, match="mysql"):
        env.database("mysql://db/lims")


@pytest.mark.parametrize("typed", ["maybe", "2", "ja"])
def test_a_flag_that_is_neither_yes_nor_no_is_refused(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    monkeypatch.setenv("DEBUG", typed)
    with pytest.raises(env.HalfConfigured, match="Set it to 1 or 0"):
        env.flag("DEBUG")


@pytest.mark.parametrize(
    "secret",
    [
        "x9" * 30,
        "a" * 60,
        "django-insecure-" + "".join(map(chr, range(65, 110))),
        "changeme-0123456789-abcdefghijk" * 2,
    ],
)
def test_a_default_or_repeated_secret_is_no_secret(secret: str) -> None:
    assert env.is_guessable(secret)
    assert not env.is_guessable("Jm3v_Qx8tLw0Zr-5NfKp2YhBd7GsUc4EaXi6Toq9RnMlVkWy1")


def test_a_word_that_is_none_of_the_choices_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.one_of("SECOND_FACTOR", ("administrators", "all")) == "administrators"
    monkeypatch.setenv("SECOND_FACTOR", "some")
    with pytest.raises(env.HalfConfigured, match="administrators, all"):
        env.one_of("SECOND_FACTOR", ("administrators", "all"))


def test_the_console_says_what_is_missing_in_a_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), "PRODUCTION": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Can't start. SECRET_KEY is not set.")
