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
    "SECRET_KEY": "x9" * 30,
    "ALLOWED_HOSTS": "ebr.example.org",
    "DATABASE_URL": "postgresql://lims@db.example.org/lims",
    "REDIS_URL": "redis://redis.example.org/0",
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


@pytest.mark.parametrize("left_out", ["SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL"])
def test_production_refuses_to_start_without(tmp_path: Path, left_out: str) -> None:
    done = loaded(tmp_path, **{name: value for name, value in PRODUCTION.items() if name != left_out})
    assert done.returncode != 0
    assert f"HalfConfigured: {left_out} is not set." in done.stderr


def test_production_refuses_the_secret_that_lies_beside_the_data(tmp_path: Path) -> None:
    assert loaded(tmp_path).returncode == 0
    assert (tmp_path / "secret_key").exists()
    done = loaded(tmp_path, **{**PRODUCTION, "SECRET_KEY": ""})
    assert "HalfConfigured: SECRET_KEY is not set." in done.stderr


def test_production_refuses_a_short_secret_and_debug(tmp_path: Path) -> None:
    assert "too short" in loaded(tmp_path, **{**PRODUCTION, "SECRET_KEY": "short"}).stderr
    assert "Unset DEBUG" in loaded(tmp_path, **{**PRODUCTION, "DEBUG": "1"}).stderr


def test_the_kept_secret_is_made_once_and_read_by_its_owner_only(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        secrets = set(pool.map(lambda _: env.secret_key(tmp_path, production=False), range(32)))
    assert len(secrets) == 1
    assert len(secrets.pop()) >= env.SHORTEST_SECRET
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


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
