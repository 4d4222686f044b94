"""What each table is declared to be, column by column and constraint by constraint, against what its model makes.

SQLite keeps the words a table was made with, and obeys them: they are compared with those the model would be made with
today. PostgreSQL keeps no words: its columns are compared by type, its constraints by name, kind and columns. Not here:
tables and columns that are gone (schema.py), and indexes that forbid nothing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from django.apps import apps
from django.db import connection, models

_MOST = 100
_TOKEN = re.compile(r"""'[^']*'|"[^"]*"|[(),]|[^'"(),]+|['"]""")
_MADE = "SELECT tbl_name, sql FROM sqlite_master WHERE type = 'table' OR sql LIKE 'CREATE UNIQUE INDEX%'"

_TYPES = """
SELECT c.relname, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity <> '',
       a.attcollation <> t.typcollation
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
"""
# Constraints with their columns; of unique ones the indexes, which is where a partial one stands.
_CONSTRAINTS = """
SELECT c.relname, CASE k.contype WHEN 'c' THEN 'CHECK' ELSE 'FOREIGN KEY' END, k.conname, k.conkey, false, c.oid
FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
WHERE c.relnamespace = current_schema()::regnamespace AND k.contype IN ('c', 'f') AND k.convalidated
UNION ALL
SELECT c.relname, CASE WHEN x.indisprimary THEN 'PRIMARY KEY' ELSE 'UNIQUE' END, i.relname, x.indkey::smallint[],
       x.indpred IS NOT NULL, c.oid
FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class c ON c.oid = x.indrelid
JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
WHERE c.relnamespace = current_schema()::regnamespace AND x.indisunique AND x.indisvalid AND x.indimmediate
"""
_NAMED = f"""
SELECT s.relname, s.kind, s.conname, s.partial, ARRAY(
    SELECT a.attname::text FROM pg_catalog.pg_attribute a WHERE a.attrelid = s.oid AND a.attnum = ANY(s.keys))
FROM ({_CONSTRAINTS}) s (relname, kind, conname, keys, partial, oid)
"""  # noqa: S608


def unlike(tables: Iterable[type[models.Model]]) -> Iterator[tuple[type[models.Model], list[str], list[str]]]:
    """Models whose table is declared otherwise, with the parts that it lacks and those it has in their place."""
    made, stored = (_made_sqlite, _words()) if connection.vendor == "sqlite" else (_made_postgresql, _catalogue())
    for model in tables:
        expected, found = set(made(model)), set(stored[model._meta.db_table])
        if expected != found:
            yield model, sorted(expected - found), sorted(found - expected)


def is_without_key(model: type[models.Model], lacks: Iterable[str]) -> bool:
    """Whether a primary key is among the parts a table lacks."""
    column = f'"{model._meta.pk.column}" '
    return any("PRIMARY KEY" in part and part.startswith((column, "PRIMARY KEY")) for part in lacks)


def repeated(model: type[models.Model]) -> list[tuple[object, int]]:
    """Keys that stand in more than one row, and in how many."""
    quoted = connection.ops.quote_name
    key, table = quoted(str(model._meta.pk.column)), quoted(model._meta.db_table)
    # SQLite gives text that is none as an error: as bytes it can be read.
    form = "BLOB" if connection.vendor == "sqlite" else "text"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT CAST({key} AS {form}), COUNT(*) FROM {table} "  # noqa: S608
            f"GROUP BY 1 HAVING COUNT(*) > 1 ORDER BY 1 LIMIT {_MOST}"
        )
        return list(cursor.fetchall())


# --- SQLite ----------------------------------------------------------------------------------------------------------


@cache
def _made_sqlite(model: type[models.Model]) -> list[str]:
    editor: Any = connection.schema_editor()
    editor.deferred_sql = []
    made, _ = editor.table_sql(model)
    return [*_parts(model._meta.db_table, made), *map(str, editor.deferred_sql)]


def _words() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_MADE)
        for table, made in cursor.fetchall():
            found[table] += _parts(table, str(made))
    return found


def _parts(table: str, made: str) -> list[str]:
    """The columns and constraints of a CREATE TABLE, each in its own words; anything else as a whole."""
    head = f'CREATE TABLE "{table}" ('
    if not made.startswith(head) or not made.endswith(")"):
        return [made]
    parts, depth = [""], 0
    for token in _TOKEN.findall(made[len(head) : -1]):
        depth += (token == "(") - (token == ")")
        if token == "," and not depth:
            parts.append("")
        else:
            parts[-1] += token
    return [part.strip() for part in parts]


# --- PostgreSQL ------------------------------------------------------------------------------------------------------


@cache
def _made_postgresql(model: type[models.Model]) -> list[str]:
    meta = model._meta
    made = []
    for f in meta.concrete_fields:
        kind = str(f.db_type(connection)).replace("varchar", "character varying").replace(", ", ",")
        made.append(_column(str(f.column), kind, not f.null, isinstance(f, models.AutoField), False))
        if f.unique:
            made.append(_constraint("PRIMARY KEY" if f.primary_key else "UNIQUE", "", [str(f.column)]))
        if f.db_parameters(connection)["check"]:
            made.append(_constraint("CHECK", "", [str(f.column)]))
        if f.remote_field and getattr(f, "db_constraint", False):
            made.append(_constraint("FOREIGN KEY", "", [str(f.column)]))
    for constraint in meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            columns = [str(f.column) for f in meta.concrete_fields if f.name in constraint.fields]
            made.append(_constraint("UNIQUE", constraint.name, columns, bool(constraint.condition)))
        else:
            made.append(_constraint("CHECK", constraint.name, []))
    return made


def _catalogue() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    ours = {constraint.name for model in apps.get_models() for constraint in model._meta.constraints}
    with connection.cursor() as cursor:
        cursor.execute(_TYPES)
        for table, *column in cursor.fetchall():
            found[table].append(_column(*column))
        cursor.execute(_NAMED)
        for table, kind, name, is_partial, columns in cursor.fetchall():
            found[table].append(_constraint(kind, name if name in ours else "", columns, is_partial))
    return found


def _column(name: str, kind: str, is_required: bool, is_counted: bool, is_collated: bool) -> str:
    told = (" NOT NULL" * is_required, " IDENTITY" * is_counted, " COLLATE" * is_collated)
    return f'"{name}" {kind}{"".join(told)}'


def _constraint(kind: str, name: str, columns: Iterable[str], is_partial: bool = False) -> str:
    """A constraint by its kind and columns, and by its name when a model gives it one; such a check, by name only."""
    if name and kind == "CHECK":
        return f'CHECK "{name}"'
    named = f' "{name}"' if name else ""
    return f"{kind}{named} ({', '.join(sorted(columns))}){' WHERE' * is_partial}"
