"""Reading what may have been tampered with: in pieces, and never a crash. Not here: what a value should be."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, models, transaction
from django.db.models import BinaryField, TextField
from django.db.models.functions import Cast

from lims.ledger.values import kinds, row_digest
from lims.ledger.verify.findings import Report

PIECE = 500

# What reading a value raises that no program of ours wrote: SQLite keeps text in any column.
UNREADABLE = (
    *(ValueError, TypeError, ArithmeticError, AttributeError, LookupError),
    *(RecursionError, ValidationError, DatabaseError),
)


@contextmanager
def one_state() -> Iterator[None]:
    """Let everything inside be read from one state of the database, while acts go on and nobody waits."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        # Not atomic(): that would begin a writing transaction, and every act would wait for the end of it.
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
    else:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield


@contextmanager
def attempt() -> Iterator[None]:
    """Let what the database refuses inside be undone by itself: on PostgreSQL nothing could be read after it."""
    with transaction.atomic() if connection.in_atomic_block else nullcontext():
        yield


def pieces(rows: Iterable[Any]) -> Iterator[list[Any]]:
    """Rows in lists of PIECE."""
    iterator = iter(rows)
    while piece := list(islice(iterator, PIECE)):
        yield piece


def keys(rows: models.QuerySet[Any]) -> Iterator[list[str]]:
    """The keys of rows as text, in pieces. Text, because a key that was tampered with may be no key any more."""
    # SQLite gives text that is none as an error: as bytes it can be read.
    output = BinaryField() if connection.vendor == "sqlite" else TextField()
    return pieces(map(as_text, streamed(rows.values_list(Cast("pk", output), flat=True))))


def streamed(rows: models.QuerySet[Any, Any]) -> Iterator[Any]:
    """Rows as they come, never all at once."""
    return rows.iterator(chunk_size=PIECE)


def read(model: type[models.Model], wanted: Iterable[str], report: Report) -> dict[Any, Any]:
    """Rows by key, in the order wanted. A row that can't be read is a finding; a key without a row is left out."""
    found: dict[Any, Any] = {}
    if model._meta.label in report.broken:
        return found
    for piece in pieces(wanted):
        try:
            rows = {r.pk: r for r in model._base_manager.filter(pk__in=piece)}
            found.update((pk, rows[pk]) for key in piece if (pk := model._meta.pk.to_python(key)) in rows)
        except UNREADABLE:
            found.update((r.pk, r) for r in _one_by_one(model, piece, report))
    return found


def _one_by_one(model: type[models.Model], wanted: Iterable[str], report: Report) -> Iterator[Any]:
    for key in wanted:
        try:
            yield from model._base_manager.filter(pk=key)
        except UNREADABLE as error:
            if isinstance(error, DatabaseError) and connection.vendor != "sqlite":
                raise
            text = f"A value can't be read: {str(error)[:120]}."
            report.unreadable.add((model._meta.label, as_sealed(model, key)))
            report.found("row unreadable", model._meta.label, as_sealed(model, key), text)


def report_unread(model: type[models.Model], wanted: Iterable[str], got: Mapping[Any, Any], report: Report) -> None:
    """Rows that are there, by the keys they are stored under, and can't be found by those keys."""
    there = {str(pk) for pk in got}
    for key in wanted:
        sealed_as = as_sealed(model, key)
        if sealed_as not in there and (model._meta.label, sealed_as) not in report.unreadable:
            report.unreadable.add((model._meta.label, sealed_as))
            text = f"It can't be read by the key it is stored under, {key}."
            report.found("entry unreadable", model._meta.label, sealed_as, text)


def digest(row: models.Model) -> str:
    """The digest of a row; of a row with a value of no form, nothing, which no digest equals."""
    try:
        return row_digest(row)
    except UNREADABLE:
        return ""


def is_as_sealed(version: models.Model, listed: Mapping[str, Any]) -> bool:
    """Whether a version is what its entry lists; entries of before list no kinds of what is in its JSON."""
    if digest(version) != listed["digest"]:
        return False
    return "json" not in listed or kinds(type(version), version) == listed["json"]


def as_sealed(model: type[models.Model], key: str | None) -> str:
    """A key as entries write it. One that is stored in another form is another key, to the database and here."""
    try:
        sealed = str(model._meta.pk.to_python(key))
    except (ValidationError, ValueError):
        return str(key)
    return sealed if str(key) in (sealed, sealed.replace("-", "")) else str(key)


def as_text(stored: object) -> str:
    """What was read as bytes, or not, as text."""
    return stored.decode(errors="replace") if isinstance(stored, bytes) else str(stored)


def items_are_text(content: dict[str, Any]) -> bool:
    """Whether the rows and signatures an entry lists are told in text."""
    return all(isinstance(r[k], str) for r in content["rows"] for k in ("model", "pk", "version", "digest")) and all(
        isinstance(s[k], str) for s in content["signatures"] for k in ("id", "digest")
    )


def items(payload: bytes | memoryview, part: str) -> list[dict[str, Any]]:
    """The rows or signatures an entry's bytes list; none when they can't be read."""
    try:
        listed: list[dict[str, Any]] = json.loads(bytes(payload))[part]
    except UNREADABLE:
        return []
    return listed


def items_of(payload: bytes | memoryview, part: str) -> dict[str, Any]:
    """A part of an entry's bytes that names values, such as its notes; nothing when it can't be read."""
    try:
        told = json.loads(bytes(payload))[part]
    except UNREADABLE:
        return {}
    return told if isinstance(told, dict) else {}
