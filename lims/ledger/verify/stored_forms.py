"""How SQLite stores a value: as this program writes it, or in another way that only reads the same.

SQLite keeps anything in any column. An identifier in capitals, a date of weeks, a 2 for «true» or text in an empty date
reads as what was sealed, and compares as something else: rows then leave every list. JSON with a name given twice reads
as if only the last were there. One statement for each table. PostgreSQL has one form for each value. Not here: what a
value should be.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models

from lims.ledger.verify.findings import Report
from lims.ledger.verify.reading import as_sealed, as_text

_DIGIT = "[0-9]"
_DAY = f"{_DIGIT * 4}-{_DIGIT * 2}-{_DIGIT * 2}"
_CLOCK = f"{_DIGIT * 2}:{_DIGIT * 2}:{_DIGIT * 2}"
_SPLIT = f".{_DIGIT * 6}"


def check_forms(model: type[models.Model], among: models.QuerySet[Any] | None, report: Report) -> None:
    """Name the rows of a model, all or some, that hold a value in another form than this program stores."""
    if connection.vendor != "sqlite" or model._meta.label in report.broken:
        return
    quoted = connection.ops.quote_name
    key = quoted(str(model._meta.pk.column))
    scope, values = "", ()
    if among is not None:
        try:
            inner, values = among.order_by().values("pk").query.sql_with_params()
        except EmptyResultSet:
            return
        scope = f"{key} IN ({inner}) AND "
    wrong = _wrong(model)
    told = " || ".join(f"CASE WHEN {is_wrong} THEN ' {column}' ELSE '' END" for column, is_wrong in wrong)
    any_wrong = " OR ".join(is_wrong for _, is_wrong in wrong)
    table = quoted(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT CAST({key} AS BLOB), {told} FROM {table} WHERE {scope}({any_wrong})",  # noqa: S608
            values,
        )
        found = cursor.fetchall()
    for pk, columns in found:
        names = ", ".join(columns.split())
        text = f"Not stored as this program stores it, in {model._meta.db_table}: {names}."
        report.found("row altered", model._meta.label, as_sealed(model, as_text(pk)), text)


@cache
def _wrong(model: type[models.Model]) -> tuple[tuple[str, str], ...]:
    """For each column of a model, when a value in it is not stored as it should be. Per cent signs are doubled."""
    return tuple((str(f.column), f"({_condition(f)})") for f in model._meta.concrete_fields)


def _condition(field: models.Field[Any, Any]) -> str:
    kind: Any = field
    while isinstance(kind, models.ForeignKey):
        kind = kind.target_field
    column = str(connection.ops.quote_name(str(field.column)))
    wrong = _not(kind, column)
    return f"{column} IS NOT NULL AND ({wrong})" if field.null else f"{column} IS NULL OR {wrong}"


def _not(kind: Any, c: str) -> str:
    """When a value that is there is not as a kind of column stores it."""

    def other(*types: str) -> str:
        return f"typeof({c}) NOT IN ({', '.join(map(repr, types))})"

    def long(*bytes: int) -> str:
        return f"length(CAST({c} AS BLOB)) NOT IN ({', '.join(map(str, bytes))})"

    match kind:
        case models.UUIDField():
            return f"{other('text')} OR length({c}) <> 32 OR {c} GLOB '*[^0-9a-f]*' OR {long(32)}"
        case models.DateTimeField():
            # Of digits in their places, with nothing behind a NUL, where GLOB stops; and a moment there is: the 30th of
            # February becomes another day.
            second = f"strftime('%%Y-%%m-%%d %%H:%%M:%%S', {c}) IS NOT substr({c}, 1, 19)"
            shapes = f"{c} GLOB '{_DAY} {_CLOCK}' OR {c} GLOB '{_DAY} {_CLOCK}{_SPLIT}' AND {c} NOT LIKE '%%.000000'"
            return f"{other('text')} OR NOT ({shapes}) OR {second} OR {long(19, 26)}"
        case models.DateField():
            return f"{other('text')} OR {c} NOT GLOB '{_DAY}' OR date({c}) IS NOT {c} OR {long(10)}"
        case models.TimeField():
            return f"{other('text')} OR NOT ({c} GLOB '{_CLOCK}' OR {c} GLOB '{_CLOCK}{_SPLIT}') OR {long(8, 15)}"
        case models.BooleanField():
            return f"{other('integer')} OR {c} NOT IN (0, 1)"
        case models.DecimalField():
            return f"{other('integer', 'real')} OR round({c}, {kind.decimal_places}) IS NOT {c}"
        case models.IntegerField():
            return other("integer")
        case models.BinaryField():
            return other("blob")
        case models.JSONField():
            return f"{other('text')} OR json_as_written({c}) IS NOT {c}"
        case _:
            return other("text")
