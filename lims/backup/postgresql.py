"""Copying a PostgreSQL database while it is in use, and putting a copy back, by pg_dump and pg_restore.

The copy is of the schema the tables are in. What it replaces is renamed and stays in the database as evidence.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from lims.backup.archive import BackupError, ask_here, facts

MEMBER = "database.dump"


def taken(folder: Path, tables: list[str]) -> tuple[Path, dict[str, Any]]:
    """A dump of the database as it stands at one moment, and what it holds: both read the same snapshot."""
    place = folder / MEMBER
    with transaction.atomic():
        ask_here_nothing("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        snapshot = ask_here("SELECT pg_export_snapshot()")[0][0]
        told = facts(ask_here, tables)
        _run(
            "pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--schema={_schema()}", "--no-owner",
            "--no-privileges", f"--file={place}",
        )  # fmt: skip
    return place, told


def version() -> str:
    """The version of the server that keeps the database."""
    return str(ask_here("SHOW server_version")[0][0])


def look(place: Path, manifest: dict[str, Any]) -> None:
    """Whether a dump taken out of an archive can be read; what it holds shows when it was put back."""
    _run("pg_restore", "--list", str(place), is_connected=False)


def keep_aside(mark: str) -> str:
    """The name under which the schema that is replaced stays in the database."""
    return f"the schema {_aside(_schema(), mark)}"


@contextmanager
def put_back(place: Path, mark: str) -> Iterator[None]:
    """Put the dump in the place of the schema; should that, or what is done inside, fail, the one of before returns."""
    schema = _schema()
    aside = _aside(schema, mark)
    with transaction.atomic():
        ask_here_nothing(f'ALTER SCHEMA "{schema}" RENAME TO "{aside}"')
        ask_here_nothing(f'CREATE SCHEMA "{schema}"')
    try:
        _reconnect()
        _run(
            "pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction",
            f"--schema={schema}", f"--dbname={_name()}", str(place),
        )  # fmt: skip
        yield
    except BaseException:
        _reconnect()
        with transaction.atomic():
            ask_here_nothing(f'DROP SCHEMA "{schema}" CASCADE')
            ask_here_nothing(f'ALTER SCHEMA "{aside}" RENAME TO "{schema}"')
        raise


def ask_here_nothing(sql: str) -> None:
    """Run a statement that answers nothing."""
    with connection.cursor() as cursor:
        cursor.execute(sql)


def _schema() -> str:
    return str(ask_here("SELECT current_schema()")[0][0])


def _aside(schema: str, mark: str) -> str:
    return f"{schema}_{mark.replace('-', '_').lower()}"


def _reconnect() -> None:
    """Let go of what the server prepared for the tables of before."""
    connection.close()
    if connection.settings_dict["OPTIONS"].get("pool"):
        connection.close_pool()  # type: ignore[attr-defined]


def _name() -> str:
    return str(connection.settings_dict["NAME"])


def _run(program: str, *arguments: str, is_connected: bool = True) -> None:
    """Run one of PostgreSQL's programs on the database in use; raises BackupError with what it said."""
    found = shutil.which(program)
    if found is None:
        raise BackupError(
            f"{program} is not on this machine. Install PostgreSQL's client programs (Debian: postgresql-client)."
        )
    named = connection.settings_dict
    environment = dict(os.environ)
    if is_connected:
        # The password is in the environment: arguments can be read by everybody on the machine.
        given = {
            "PGHOST": named["HOST"],
            "PGPORT": named["PORT"],
            "PGUSER": named["USER"],
            "PGPASSWORD": named["PASSWORD"],
        }
        given |= {f"PG{name.upper()}": value for name, value in named["OPTIONS"].items() if name.startswith("ssl")}
        environment |= {name: str(value) for name, value in given.items() if value} | {"PGDATABASE": _name()}
    done = subprocess.run([found, *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BackupError(f"{program} failed: {done.stderr.strip()[-500:]}")
