"""Which module copies the database in use and puts it back, and whether that database is empty."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from lims.backup import postgresql, sqlite
from lims.backup.archive import ask_here, own_tables
from lims.ledger.models import Head

_BY: dict[str, ModuleType] = {"sqlite": sqlite, "postgresql": postgresql}
# Migrations fill these in a database that is empty otherwise.
_FILLED = (ContentType, Permission)


def by() -> ModuleType:
    """The module for the database in use."""
    return _BY[connection.vendor]


def holds_data() -> bool:
    """Whether any row, or any table of somebody else, is in the database in use."""
    there = set(connection.introspection.table_names())
    if there - set(own_tables()):
        return True
    looked_at = [
        m for m in apps.get_models(include_auto_created=True) if m not in _FILLED and m._meta.db_table in there
    ]
    return any(m._base_manager.exists() for m in looked_at)


def standing() -> list[tuple[Any, ...]]:
    """Where every stream of the database in use stands (stream, seq, hash); none where there is no ledger yet."""
    if Head._meta.db_table not in connection.introspection.table_names():
        return []
    table = connection.ops.quote_name(Head._meta.db_table)
    return ask_here(f"SELECT stream, seq, hash FROM {table} WHERE seq > 0")  # noqa: S608
