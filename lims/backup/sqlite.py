"""Copying a SQLite database while it is in use, and putting a copy back, by SQLite's own online backup."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.db import connection

from lims.backup.archive import Ask, BackupError, facts

MEMBER = "database.sqlite3"
# How long a restore waits for other processes to let go of the database, in seconds.
PATIENCE_S = 20
_PAGES = 4096


def taken(folder: Path, tables: list[str]) -> tuple[Path, dict[str, Any]]:
    """A copy of the database as it stands at one moment, and what it holds."""
    place = folder / MEMBER
    with closing(sqlite3.connect(_live(), timeout=PATIENCE_S)) as live, closing(sqlite3.connect(place)) as copy:
        live.backup(copy)
        # One file, with no log beside it.
        copy.execute("PRAGMA journal_mode=DELETE")
        told = facts(_asking(copy), tables)
    return place, told


def version() -> str:
    """The version of the program that keeps the database."""
    return sqlite3.sqlite_version


def look(place: Path, manifest: dict[str, Any]) -> None:
    """Whether a database taken out of an archive holds what the manifest says; raises BackupError."""
    with closing(sqlite3.connect(f"file:{place}?mode=ro", uri=True)) as copy:
        try:
            sound = copy.execute("PRAGMA integrity_check").fetchone()[0]
            told = facts(_asking(copy), sorted(manifest["counts"]))
        except sqlite3.DatabaseError as error:
            raise BackupError(f"The database in the archive can't be read: {error}") from error
    if sound != "ok":
        raise BackupError(f"The database in the archive is damaged: {sound}")
    if any(told[name] != manifest[name] for name in told):
        raise BackupError("The database in the archive does not hold what the manifest says.")


def keep_aside(mark: str) -> str:
    """Copy the database as it stands beside itself; gives the name of the copy."""
    place = Path(f"{_live()}.{mark}")
    with closing(sqlite3.connect(_live(), timeout=PATIENCE_S)) as live, closing(sqlite3.connect(place)) as copy:
        live.backup(copy)
    place.chmod(0o600)
    return str(place)


@contextmanager
def put_back(place: Path, mark: str) -> Iterator[None]:
    """Make the database what the copy is, in one transaction of SQLite: whoever reads sees the one or the other."""
    connection.close()
    began = time.monotonic()

    def patient(status: int, remaining: int, total: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() - began > PATIENCE_S:
            raise TimeoutError

    try:
        with closing(sqlite3.connect(place)) as copy, closing(sqlite3.connect(_live(), timeout=1)) as live:
            live.execute("PRAGMA synchronous=FULL")
            copy.backup(live, pages=_PAGES, progress=patient, sleep=0.1)
    except (TimeoutError, sqlite3.Error) as error:
        raise BackupError(f"The database is in use: stop web server, workers and timetable first. {error}") from error
    yield


def _live() -> str:
    return str(connection.settings_dict["NAME"])


def _asking(database: sqlite3.Connection) -> Ask:
    return lambda sql: database.execute(sql).fetchall()
