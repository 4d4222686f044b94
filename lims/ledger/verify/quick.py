"""The quick look: whether everything a piece of entries lists is as it was sealed. Yes, or not sure.

It reads columns as they are stored, makes no objects and writes each row's digest straight from them, which is what
makes a million entries bearable. Whatever is not as expected, a value of another type included, is looked at again in
the exact way (entries.py), which names it. So nothing here is ever a finding, and yes is never said of what the exact
way would find. The form of values is that of ledger/values.py; a test holds the two against each other.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cache
from json.encoder import encode_basestring
from typing import Any, NamedTuple

from django.db import connection, models

from lims.ledger.models import Entry
from lims.ledger.sqlite import json_as_written
from lims.ledger.values import as_json, kinds, unsaid
from lims.ledger.verify.reading import PIECE, UNREADABLE, attempt, items_are_text
from lims.recorded import recorded_models, version_model
from lims.signatures.models import Signature

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_LONGEST_KEY = 18  # digits of a number that every database's largest integer holds

Convert = Callable[[Any], Any]


class Form(NamedTuple):
    """How one column is read, and how what was read becomes the text that is hashed."""

    sql: str
    convert: Convert | None


class Table(NamedTuple):
    """How the rows of a model are read and digested; columns are in the order of their names in the digest."""

    select: str
    key: int
    begins: str
    columns: tuple[tuple[Convert | None, str, object], ...]


def agrees(wanted: Sequence[str], versions: dict[str, int]) -> int | None:
    """Whether entries, named by their keys, and all they list are as sealed; gives how many signatures they list.

    `versions` are counted up by the label of their model. None: not sure, and nothing was counted.
    """
    try:
        with attempt():
            contents = _contents(wanted)
            by_model: dict[str, dict[str, str]] = defaultdict(dict)
            with_json: dict[str, dict[str, Any]] = defaultdict(dict)
            signatures: dict[str, str] = {}
            listed = 0
            for content in contents:
                for row in content["rows"]:
                    by_model[row["model"]][row["version"]] = row["digest"]
                    if "json" in row:
                        with_json[row["model"]][row["version"]] = row
                for signature in content["signatures"]:
                    signatures[signature["id"]] = signature["digest"]
                listed += len(content["rows"]) + len(content["signatures"])
            if len(signatures) + sum(map(len, by_model.values())) != listed:
                return None
            kept = _kept()
            if not all(_are_as_sealed(kept[label], expected) for label, expected in by_model.items()):
                return None
            if not _are_as_sealed(Signature, signatures):
                return None
            if not all(_is_json_as_sealed(kept[label], rows) for label, rows in with_json.items()):
                return None
    except UNREADABLE:
        return None
    for label, expected in by_model.items():
        versions[label] += len(expected)
    return len(signatures)


def digest(table: Table, row: Sequence[Any]) -> str:
    """The digest of a row as it was read, the same as `row_digest` of its object; raises one of UNREADABLE.

    What is no text after its conversion can't be encoded, which raises TypeError.
    """
    parts = []
    for value, (convert, name, left_out) in zip(row, table.columns, strict=True):
        if value is not None and convert is not None:
            value = convert(value)
        if value == left_out:
            continue
        if value is None:
            parts.append(f"{name}null")
        elif value is True or value is False:
            parts.append(f"{name}true" if value else f"{name}false")
        else:
            parts.append(name + encode_basestring(value))
    return hashlib.sha256(f"{table.begins}{','.join(parts)}}}}}".encode()).hexdigest()


@cache
def table_of(model: type[models.Model]) -> Table:
    """How to read a model's rows; raises LookupError for a kind of column that has no form here."""
    fields = sorted(model._meta.concrete_fields, key=lambda f: f.attname)
    forms = [form(f) for f in fields]
    key = _quoted(str(model._meta.pk.column))
    return Table(
        select=f"SELECT {', '.join(f.sql for f in forms)} FROM {_quoted(model._meta.db_table)} WHERE {key}",  # noqa: S608
        key=[f.primary_key for f in fields].index(True),
        begins=f'{{"model":{encode_basestring(model._meta.label)},"values":{{',
        columns=tuple(
            (how.convert, f"{encode_basestring(f.attname)}:", unsaid(f)) for f, how in zip(fields, forms, strict=True)
        ),
    )


def form(f: models.Field[Any, Any]) -> Form:
    """How a column is read; raises LookupError for a kind that has no form here."""
    kind: Any = f
    while isinstance(kind, models.ForeignKey):
        kind = kind.target_field
    column = _quoted(str(f.column))
    if isinstance(kind, models.DecimalField) and connection.vendor == "sqlite":
        return Form(column, _decimal(kind.decimal_places))
    for types, sql, convert in _SQLITE if connection.vendor == "sqlite" else _POSTGRESQL:
        if isinstance(kind, types):
            return Form(sql.format(column), convert)
    raise LookupError(f"{f} has no quick form.")


def _contents(wanted: Sequence[str]) -> list[dict[str, Any]]:
    """What entries say; raises ValueError when one is gone or its columns say something else."""
    contents = []
    for row in _read(_entries(), wanted, Entry):
        pk, stream, seq, name, actor_id, actor_name, at, is_refused, has_reason, once, prev, payload = (
            convert(value) if convert is not None and value is not None else value
            for value, convert in zip(row, _entry_conversions(), strict=True)
        )
        content: dict[str, Any] = json.loads(bytes(payload))
        actor = content["actor"]
        if not (
            content["id"] == pk
            and content["stream"] == stream
            and type(content["seq"]) is int
            and str(content["seq"]) == seq
            and content["act"] == name
            and _at(content["at"]) == at
            and content["prev"] == prev
            and content["refused"] is is_refused
            and bool(content["reason"]) is has_reason
            and content["once"] == once
            and (actor["id"] if actor else None) == actor_id
            and (actor["name"] if actor else "System") == actor_name
            and items_are_text(content)
        ):
            raise ValueError(f"{pk} says something else than its columns.")
        contents.append(content)
    if len(contents) != len(wanted):
        raise ValueError("An entry is gone.")
    return contents


def _are_as_sealed(model: type[models.Model], expected: dict[str, str]) -> bool:
    table = table_of(model)
    convert = table.columns[table.key][0]
    there = 0
    for row in _read(table.select, list(expected), model):
        key = row[table.key]
        if expected[convert(key) if convert else key] != digest(table, row):
            return False
        there += 1
    return there == len(expected)


def _is_json_as_sealed(model: type[models.Model], listed: dict[str, Any]) -> bool:
    """Whether numbers in the JSON of versions, whose digests agree, are numbers still."""
    there = model._base_manager.filter(pk__in=list(listed))
    return all(kinds(model, version) == listed[str(version.pk)]["json"] for version in there)


def _read(select: str, wanted: Sequence[str], model: type[models.Model]) -> list[Any]:
    """Rows by their keys, which are given as entries write them."""
    is_number = isinstance(model._meta.pk, models.IntegerField)
    if is_number and not all(key.isdecimal() and len(key) <= _LONGEST_KEY for key in wanted):
        raise ValueError("A key is no number.")
    if not is_number and model is not Entry and not all(map(_UUID.fullmatch, wanted)):
        raise ValueError("A key is no UUID.")
    rows: list[Any] = []
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"{select} = ANY(%s::{'bigint' if is_number else 'uuid'}[])", [list(wanted)])
            return list(cursor.fetchall())
        keys = [int(key) if is_number else key.replace("-", "") for key in wanted]
        for first in range(0, len(keys), PIECE):
            piece = keys[first : first + PIECE]
            cursor.execute(f"{select} IN ({', '.join(['%s'] * len(piece))})", piece)
            rows += cursor.fetchall()
    return rows


_COLUMNS = (
    *("id", "stream", "seq", "name", "actor_id", "actor_name", "at"),
    *("is_refused", "has_reason", "once", "prev"),
)


@cache
def _entry_forms() -> tuple[Form, ...]:
    by_name = {f.attname: f for f in Entry._meta.concrete_fields}
    return (*(form(by_name[name]) for name in _COLUMNS), Form(_quoted("payload"), None))


@cache
def _entry_conversions() -> tuple[Convert | None, ...]:
    return tuple(f.convert for f in _entry_forms())


@cache
def _entries() -> str:
    columns = ", ".join(f.sql for f in _entry_forms())
    return f"SELECT {columns} FROM {_quoted(Entry._meta.db_table)} WHERE {_quoted('id')}"  # noqa: S608


@cache
def _kept() -> dict[str, type[models.Model]]:
    return {m._meta.label: version_model(m) for m in recorded_models()}


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


# --- What is stored, as text ----------------------------------------------------------------------------------------


def _at(told: str) -> str:
    """A time as entries tell it, in the form of a digest."""
    if told[19:] == "+00:00":
        return f"{told[:19]}.000000Z"
    if told[26:] == "+00:00":
        return f"{told[:26]}Z"
    raise ValueError(f"{told} is no time as entries tell it.")


def _uuid(stored: str) -> str:
    if len(stored) != 32:
        raise ValueError("No UUID.")
    return f"{stored[:8]}-{stored[8:12]}-{stored[12:16]}-{stored[16:20]}-{stored[20:]}"


def _time(stored: str) -> str:
    if len(stored) == 19 and stored[10] == " ":
        return f"{stored[:10]}T{stored[11:]}.000000Z"
    if len(stored) == 26 and stored[10] == " " and not stored.endswith(".000000"):
        return f"{stored[:10]}T{stored[11:]}Z"
    raise ValueError("No time as this program stores it.")


def _decimal(places: int) -> Convert:
    """SQLite keeps decimals as numbers; their digits beyond the places of the column are found by rows.py."""
    written = f".{places}f"

    def convert(stored: object) -> str:
        if type(stored) is not float and type(stored) is not int:
            raise ValueError("No number.")
        return format(stored, written)

    return convert


def _is_true(stored: object) -> bool:
    return {0: False, 1: True}[stored]  # type: ignore[index]


def _bytes(stored: Any) -> str:
    return hashlib.sha256(bytes(stored)).hexdigest()


def _json(stored: object) -> str:
    if type(stored) is not str:
        raise ValueError("No JSON.")
    return as_json(json.loads(stored))


def _json_in_text(stored: object) -> str:
    if json_as_written(stored) != stored:
        raise ValueError("No JSON as this program stores it.")
    return _json(stored)


# The first that fits. The plus keeps Django's driver from making objects of what it knows by its declared type.
_SQLITE: tuple[tuple[Any, str, Convert | None], ...] = (
    (models.UUIDField, "{0}", _uuid),
    (models.DateTimeField, "+{0}", _time),
    (models.DateField, "+{0}", None),
    (models.BooleanField, "+{0}", _is_true),
    (
        models.IntegerField,
        "CASE typeof({0}) WHEN 'integer' THEN CAST({0} AS TEXT) WHEN 'text' THEN x'' ELSE {0} END",
        None,
    ),
    (models.BinaryField, "{0}", _bytes),
    (models.JSONField, "{0}", _json_in_text),
    ((models.CharField, models.TextField), "{0}", None),
)
_POSTGRESQL: tuple[tuple[Any, str, Convert | None], ...] = (
    (models.DateTimeField, """to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""", None),
    (models.DateField, "to_char({0}, 'YYYY-MM-DD')", None),
    (models.BooleanField, "{0}", None),
    (models.BinaryField, "{0}", _bytes),
    (models.JSONField, "{0}::text", _json),
    ((models.UUIDField, models.IntegerField, models.DecimalField), "{0}::text", None),
    ((models.CharField, models.TextField), "{0}", None),
)
