"""Guards: triggers by which the database refuses what goes around the program. Put up after every migration.

Nothing in the product takes them down, but SQLite's migrations: it makes a table anew to change it, which takes its
triggers along. Not here: what is refused (guarded.py), and in which words a database is told so (guards_sqlite.py,
guards_postgresql.py).
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import DEFAULT_DB_ALIAS

from lims.ledger import guards_postgresql, guards_sqlite
from lims.ledger.guarded import Guard, guards
from lims.ledger.models import Entry

_SAID_IN: dict[str, ModuleType] = {"sqlite": guards_sqlite, "postgresql": guards_postgresql}


def words_of(connection: BaseDatabaseWrapper) -> ModuleType:
    """The module that says guards in the words of a database."""
    return _SAID_IN[connection.vendor]


def missing(using: str = DEFAULT_DB_ALIAS) -> list[Guard]:
    """The guards that are not there as they were put up: dropped, switched off, or with other words in them."""
    connection = connections[using]
    words = words_of(connection)
    there = words.standing(connection)
    return [g for g in guards(connection, words.naming(connection)) if there.get((g.table, g.name)) != words.text(g)]


def strangers(using: str = DEFAULT_DB_ALIAS) -> list[tuple[str, str]]:
    """Triggers and rules, by table and name, that are no guards of this program's."""
    connection = connections[using]
    words = words_of(connection)
    wanted = {(g.table, g.name) for g in guards(connection, words.naming(connection))}
    return sorted(set(words.acting(connection)) - wanted)


def put_up(using: str = DEFAULT_DB_ALIAS) -> None:
    """Make every guard that is missing; drop those of tables that went by another name."""
    connection = connections[using]
    words = words_of(connection)
    absent = missing(using)
    wanted = {(g.table, g.name) for g in guards(connection, words.naming(connection))}
    stale = words.standing(connection).keys() - wanted
    if not absent and not stale:
        return
    with transaction.atomic(using=using), connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
        for table, name in (*stale, *((g.table, g.name) for g in absent if g.table in there)):
            cursor.execute(words.take_down(table, name))
        for guard in absent:
            if guard.table in there:
                cursor.execute(words.put_up(guard))


def after_migrating(*, using: str, **kwargs: Any) -> None:
    """Receiver of post_migrate. Halfway back in the migrations there may be no ledger yet to look acts up in."""
    connection = connections[using]
    if Entry._meta.db_table in connection.introspection.table_names():
        put_up(using)


def before_migrating(*, using: str, plan: Any, **kwargs: Any) -> None:
    """Receiver of pre_migrate. SQLite renames no table while a trigger names one that is being made anew."""
    connection = connections[using]
    if plan and connection.vendor == "sqlite":
        _take_down(connection)


def _take_down(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        for table, name in guards_sqlite.standing(connection):
            cursor.execute(guards_sqlite.take_down(table, name))
