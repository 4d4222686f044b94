"""What every connection of SQLite is taught when it is made, for the statements of verify/stored_forms.py.

By itself, because every process has it, and few verify anything.
"""

from __future__ import annotations

import json

from django.db.backends.base.base import BaseDatabaseWrapper


def teach(connection: BaseDatabaseWrapper, **_signal: object) -> None:
    """Give a new connection its functions: SQLite takes none while a statement is under way."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("json_as_written", 1, json_as_written, deterministic=True)


def json_as_written(stored: object) -> str | None:
    """JSON as Django writes what this text says; None for what is no JSON."""
    try:
        return json.dumps(json.loads(stored)) if isinstance(stored, str) else None
    except ValueError:
        return None
