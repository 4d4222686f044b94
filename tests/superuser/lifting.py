"""Taking the guards of a database down, as its owner can, and putting them back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from lims.ledger import guards


def take_guards_down(*events: str) -> None:
    """Drop every guard, or those of some statements. Inside a transaction they come back with its rollback."""
    words = guards.words_of(connection)
    _settle_references()
    with connection.cursor() as cursor:
        for table, name in words.standing(connection):
            if not events or name.endswith(events):
                cursor.execute(words.take_down(table, name))


@contextmanager
def unguarded() -> Iterator[None]:
    """Inside, the database refuses nothing that its constraints do not."""
    take_guards_down()
    try:
        yield
    finally:
        _settle_references()
        guards.put_up()


def _settle_references() -> None:
    """A table of PostgreSQL whose references still wait to be checked lets no trigger come or go."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
