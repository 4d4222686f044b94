"""Guards as triggers of PostgreSQL: a function and a trigger for each. Not here: what they refuse (guarded.py).

ENABLE ALWAYS, so that they hold whatever `session_replication_role` says.
"""

from __future__ import annotations

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from lims.ledger.guarded import Check, Guard, Named

# What a trigger is made of, as pg_trigger.tgtype keeps it: bits.
_ROW, _BEFORE = 1, 2
_EVENTS = {"INSERT": 4, "DELETE": 8, "UPDATE": 16, "TRUNCATE": 32}

# A trigger that was switched off, or given a condition or columns of its own, does not stand.
_STANDING = r"""
SELECT c.relname, t.tgname, t.tgtype, f.prosrc
FROM pg_catalog.pg_trigger t
JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
JOIN pg_catalog.pg_proc f ON f.oid = t.tgfoid
WHERE c.relnamespace = current_schema()::regnamespace AND t.tgname LIKE 'guard\_%'
  AND t.tgenabled = 'A' AND t.tgqual IS NULL AND t.tgattr::text = '' AND f.proconfig IS NULL
"""

# What acts on a table besides its references. A view is a rule too, and is told as a view.
_ACTING = """
SELECT c.relname, t.tgname FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
WHERE c.relnamespace = current_schema()::regnamespace AND NOT t.tgisinternal
UNION ALL
SELECT c.relname, r.rulename FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class c ON c.oid = r.ev_class
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
"""


def naming(connection: BaseDatabaseWrapper) -> Named:
    """How a guard names tables: with their schema, so that no temporary table stands in for one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        schema = cursor.fetchone()[0]

    def named(model: type[models.Model]) -> str:
        return f'"{schema}"."{model._meta.db_table}"'

    return named


def text(guard: Guard) -> str:
    """What a guard is, as the database keeps it."""
    return _told(_BEFORE | _EVENTS[guard.event] | (0 if guard.event == "TRUNCATE" else _ROW), _body(guard))


def standing(connection: BaseDatabaseWrapper) -> dict[tuple[str, str], str]:
    """The text of each guard that is there, by its table and name."""
    with connection.cursor() as cursor:
        cursor.execute(_STANDING)
        return {(table, name): _told(kind, body) for table, name, kind, body in cursor.fetchall()}


def acting(connection: BaseDatabaseWrapper) -> list[tuple[str, str]]:
    """The table and name of every trigger and rule, whoever made it."""
    with connection.cursor() as cursor:
        cursor.execute(_ACTING)
        return [(table, name) for table, name in cursor.fetchall()]


def put_up(guard: Guard) -> str:
    """The statements that make a guard."""
    each = "STATEMENT" if guard.event == "TRUNCATE" else "ROW"
    return f"""
CREATE OR REPLACE FUNCTION "{guard.name}"() RETURNS trigger LANGUAGE plpgsql AS $guard${_body(guard)}$guard$;
CREATE TRIGGER "{guard.name}" BEFORE {guard.event} ON "{guard.table}"
FOR EACH {each} EXECUTE FUNCTION "{guard.name}"();
ALTER TABLE "{guard.table}" ENABLE ALWAYS TRIGGER "{guard.name}";
"""


def take_down(table: str, name: str) -> str:
    """The statement that drops a guard, if it is there."""
    return f'DROP TRIGGER IF EXISTS "{name}" ON "{table}"'


def _told(kind: int, body: str) -> str:
    return f"{kind} {body}"


def _body(guard: Guard) -> str:
    refusals = "\n".join(_refusal(check) for check in guard.checks)
    return f"\nBEGIN\n{refusals}\nRETURN NEW;\nEND\n"


def _refusal(check: Check) -> str:
    raised = f"RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = '{check.says}'"
    return f"IF {check.when} THEN {raised}; END IF;"
