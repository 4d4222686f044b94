"""A row's values in the one form that is hashed: the same before it is saved and after it is read back.

`Decimal("92.1")` comes back from a column of two places as `92.10`, and a time may come back in another zone; so each
field is brought to its column's form first. A value that is its column's default is left out, so that a column added
later, whose old rows hold its default, changes no digest (docs/decisions/0008).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from datetime import UTC
from functools import cache
from typing import Any

from django.db import models

from lims.ledger import chain


def plain(f: models.Field[Any, Any], value: Any) -> object:
    """One value as text, true, false or null."""
    if value is None or isinstance(value, bool):
        return value
    return _form(f)(value)


@cache
def _form(f: models.Field[Any, Any]) -> Callable[[Any], str]:
    """How a column's values are written as text."""
    match f:
        case models.DecimalField():
            places = f".{f.decimal_places}f"

            def decimal(value: Any) -> str:
                number = f.to_python(value)
                # No database keeps the sign of a zero.
                return format(number if number else abs(number), places)

            return decimal
        case models.DateTimeField():
            return lambda value: value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        case models.BinaryField():
            return lambda value: hashlib.sha256(bytes(value)).hexdigest()
        case models.JSONField():
            return as_json
        case models.DateField() | models.TimeField():
            return lambda value: value.isoformat()
        case _:
            return str


def as_json(value: Any) -> str:
    """A JSON value by its digest."""
    return hashlib.sha256(chain.canonical({"value": as_text(value)})).hexdigest()


def as_text(value: Any) -> object:
    """A JSON value with every number as text: floats have no canonical form."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, dict):
        return {str(k): as_text(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [as_text(v) for v in value]
    return str(value)


def kinds(model: type[models.Model], row: object) -> str | None:
    """SHA-256 over the JSON of a row with its numbers told from texts, which its digest writes alike.

    None for a row without any JSON.
    """
    told = {name: with_kinds(value) for name in _json_columns(model) if (value := getattr(row, name))}
    return chain.digest({"kinds": told}) if told else None


def with_kinds(value: Any) -> object:
    """A JSON value with every number marked as one."""
    if isinstance(value, dict):
        return {str(k): with_kinds(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [with_kinds(v) for v in value]
    return value if value is None or isinstance(value, str | bool) else {"number": str(value)}


@cache
def _json_columns(model: type[models.Model]) -> tuple[str, ...]:
    return tuple(f.attname for f in model._meta.concrete_fields if isinstance(f, models.JSONField))


_NEVER = object()


@cache
def unsaid(f: models.Field[Any, Any]) -> object:
    """The one value of a column that is left out: its default, as far as that is the same for every row."""
    if callable(f.default) and f.default not in (dict, list):
        return _NEVER
    return plain(f, f.get_default())


Column = tuple[str, Callable[[Any], str], object]


def columns(fields: Iterable[models.Field[Any, Any]]) -> tuple[Column, ...]:
    """What is needed of fields to tell their values: attribute name, form, and the one value left out."""
    return tuple((f.attname, _form(f), unsaid(f)) for f in fields)


def values_of(row: object, told: Iterable[Column]) -> dict[str, object]:
    """Values of columns by their attribute name, without those that are their column's default."""
    values: dict[str, object] = {}
    for name, form, left_out in told:
        value = getattr(row, name)
        if value is not None and value is not True and value is not False:
            value = form(value)
        if value != left_out:
            values[name] = value
    return values


@cache
def _every_column(model: type[models.Model]) -> tuple[Column, ...]:
    return columns(model._meta.concrete_fields)


def row_digest(row: models.Model) -> str:
    """SHA-256 over every column of a history row, its own key included."""
    return digest_in(type(row), row)


def digest_in(model: type[models.Model], row: object) -> str:
    """The digest a row of `model` has with the values of `row`, which may be one that is not there yet."""
    return chain.digest({"model": model._meta.label, "values": values_of(row, _every_column(model))})
