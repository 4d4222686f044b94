"""Guards as triggers of SQLite. Not here: what they refuse (guarded.py)."""

from __future__ import annotations

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from lims.ledger.guarded import Check, Guard, Named


def naming(connection: BaseDatabaseWrapper) -> Named:
    """How a guard names tables. It sees those of its own database file only, so no temporary one stands in for one."""

    def named(model: type[models.Model]) -> str:
        return f'"{model._meta.db_table}"'

    return named


def text(guard: Guard) -> str:
    """What a guard is, as the database keeps it."""
    body = "\n".join(_refusal(check) for check in guard.checks)
    return f'CREATE TRIGGER "{guard.name}" BEFORE {guard.event} ON "{guard.table}" FOR EACH ROW BEGIN\n{body}\nEND'


def standing(connection: BaseDatabaseWrapper) -> dict[tuple[str, str], str]:
    """The text of each guard that is there, by its table and name."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger' AND name GLOB 'guard_*'")
        return {(table, name): sql for table, name, sql in cursor.fetchall()}


def acting(connection: BaseDatabaseWrapper) -> list[tuple[str, str]]:
    """The table and name of every trigger, whoever made it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'")
        return [(str(table), str(name)) for table, name in cursor.fetchall()]


def put_up(guard: Guard) -> str:
    """The statement that makes a guard."""
    return text(guard)


def take_down(table: str, name: str) -> str:
    """The statement that drops a guard, if it is there."""
    return f'DROP TRIGGER IF EXISTS "{name}"'


def _refusal(check: Check) -> str:
    return f"SELECT RAISE(ABORT, '{check.says}') WHERE {check.when};"
