"""Inserting and updating rows by statements whose words are made once for each model.

Django makes a query, a compiler and an SQL text anew for every row saved, which takes several times what the database
does (docs/decisions/0015). Values go through their fields as they do there. Not here: who may write what, which is
asked by the two that call this (recorded.py, ledger/append.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections, models, transaction

Values = Mapping[str, Any]


def is_counted(model: type[models.Model]) -> bool:
    """Whether the database gives the model's rows their keys."""
    return isinstance(model._meta.pk, models.AutoField)


def insert(model: type[models.Model], rows: Sequence[Values]) -> list[Any]:
    """Insert rows, given by column attribute name, and return their keys in the same order.

    A key that the database gives is not among what is inserted.
    """
    # Not the proxy `connection`: fields ask it several times for every value.
    connection = connections[DEFAULT_DB_ALIAS]
    fields, words, ends = _inserting(model)
    placeholders = f"({', '.join(['%s'] * len(fields))})"
    size = max(connection.ops.bulk_batch_size(fields, rows), 1)
    keys: list[Any] = []
    with transaction.mark_for_rollback_on_error(DEFAULT_DB_ALIAS), connection.cursor() as cursor:
        for start in range(0, len(rows), size):
            piece = rows[start : start + size]
            values = [value for row in piece for value in _prepared(fields, row, connection)]
            cursor.execute(f"{words} {', '.join([placeholders] * len(piece))}{ends}", values)
            if ends:
                keys += [key for (key,) in cursor.fetchall()]
    return keys if ends else [row[model._meta.pk.attname] for row in rows]


def update(model: type[models.Model], row: Values) -> None:
    """Write every column of a row, given by column attribute name. Raises DatabaseError when it is not there."""
    connection = connections[DEFAULT_DB_ALIAS]
    fields, words = _updating(model)
    with transaction.mark_for_rollback_on_error(DEFAULT_DB_ALIAS), connection.cursor() as cursor:
        cursor.execute(words, _prepared(fields, row, connection))
        if cursor.rowcount != 1:
            raise DatabaseError(f"No row of {model._meta.db_table} has this key.")


def _prepared(fields: Sequence[models.Field[Any, Any]], row: Values, connection: Any) -> list[Any]:
    return [
        None if (value := row[f.attname]) is None else f.get_db_prep_save(value, connection=connection) for f in fields
    ]


@cache
def _inserting(model: type[models.Model]) -> tuple[list[models.Field[Any, Any]], str, str]:
    """The fields an insert gives, the words before its values, and those after them, which ask for keys."""
    given = [f for f in model._meta.concrete_fields if not (f.primary_key and is_counted(model))]
    names = ", ".join(_quoted(f.column) for f in given)
    ends = f" RETURNING {_quoted(model._meta.pk.column)}" if is_counted(model) else ""
    return given, f"INSERT INTO {_quoted(model._meta.db_table)} ({names}) VALUES", ends


@cache
def _updating(model: type[models.Model]) -> tuple[list[models.Field[Any, Any]], str]:
    """The fields an update gives, the key last, and its words."""
    key = model._meta.pk
    given = [f for f in model._meta.concrete_fields if f is not key]
    names = ", ".join(f"{_quoted(f.column)} = %s" for f in given)
    words = f"UPDATE {_quoted(model._meta.db_table)} SET {names} WHERE {_quoted(key.column)} = %s"
    return [*given, key], words


def _quoted(name: str | None) -> str:
    return connections[DEFAULT_DB_ALIAS].ops.quote_name(str(name))
