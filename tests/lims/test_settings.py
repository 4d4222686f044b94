"""The settings of production, looked at by Django itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lims.test_env import PRODUCTION
from tests.services import PROJECT


def checked(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Django's own checks for deployment in a process of its own; any finding at all ends it with an error."""
    return subprocess.run(
        [sys.executable, "-W", "error", "manage.py", "check", "--deploy", "--fail-level", "DEBUG"],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], "DATA_DIR": str(folder), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("database", ["postgresql://lims@db.example.org/lims", "sqlite:////srv/lims/lims.sqlite3"])
@pytest.mark.clause("11.30", "R43")
def test_production_has_nothing_that_django_warns_of(tmp_path: Path, database: str) -> None:
    secret = "".join(chr(ord("!") + i) for i in range(60))
    done = checked(tmp_path, **{**PRODUCTION, "SECRET_KEY": secret, "DATABASE_URL": database})
    assert done.returncode == 0, done.stderr
    assert "no issues (0 silenced)" in done.stdout


def test_the_check_does_find_what_is_not_fit_for_production(tmp_path: Path) -> None:
    """So that the test above can't pass because nothing was looked at."""
    done = checked(tmp_path, DEBUG="1", SECRET_KEY="short")
    assert done.returncode != 0
    assert {"security.W009", "security.W018"} <= {word.strip("?:()") for word in done.stderr.split()}
