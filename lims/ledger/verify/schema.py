"""The tables themselves: whether they, their columns and nothing else that acts on them are what the models say.

A table that is gone or stands as a view is one finding, and no other part looks into it. Not here: how a table's
declaration is read (declared.py), what guards refuse (guarded.py), and the order of an index beside its table, which
only the database can tell (`check_whole`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.apps import apps
from django.db import connection, models

from lims.ledger.guarded import append_only_models
from lims.ledger.guards import strangers
from lims.ledger.models import Head
from lims.ledger.verify.declared import is_without_key, repeated, unlike
from lims.ledger.verify.findings import Report
from lims.ledger.verify.reading import as_sealed, as_text
from lims.recorded import recorded_models, version_model

# Names of tables with the kind («table», «view») and a column of each.
_COLUMNS = {
    "sqlite": "SELECT m.name, m.type, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c "
    "WHERE m.type IN ('table', 'view')",
    "postgresql": "SELECT c.relname, CASE WHEN c.relkind IN ('r', 'p') THEN 'table' ELSE 'view' END, a.attname "
    "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid "
    "WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f') "
    "AND a.attnum > 0 AND NOT a.attisdropped",
}
_MOST = 100


def evidence() -> list[type[models.Model]]:
    """Every model whose rows are evidence."""
    recorded = list(recorded_models())
    return [*recorded, *(version_model(m) for m in recorded), *append_only_models(), Head]


def check_tables(report: Report) -> None:
    """Tables and columns against the models; a model whose table can't be read is put into `report.broken`."""
    kinds: dict[str, str] = {}
    columns: dict[str, set[str]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS[connection.vendor])
        for table, kind, column in cursor.fetchall():
            kinds[table] = kind
            columns[table].add(column)
    for model in evidence():
        label, table = model._meta.label, model._meta.db_table
        lacks = sorted({str(f.column) for f in model._meta.concrete_fields} - columns[table])
        if table not in kinds:
            report.found("table missing", label, table, f"The table {table} is gone.")
        elif lacks:
            report.found("table altered", label, table, f"The table {table} lacks the columns {', '.join(lacks)}.")
        if table not in kinds or lacks:
            report.broken.add(label)
        if kinds.get(table) == "view":
            report.found("table altered", label, table, f"{table} is no table any more: a view stands in its place.")
    _check_declared([m for m in evidence() if m._meta.label not in report.broken], kinds, report)


def _check_declared(tables: Iterable[type[models.Model]], kinds: Mapping[str, str], report: Report) -> None:
    """Types, keys, collations and constraints: what the database reads and refuses rests on them."""
    for model, lacks, has in unlike(m for m in tables if kinds[m._meta.db_table] == "table"):
        label, table = model._meta.label, model._meta.db_table
        told = [f"{what}: {'; '.join(parts)}" for what, parts in (("It lacks", lacks), ("It has", has)) if parts]
        text = f"The table {table} is not declared as this program makes it. {'. '.join(told)}."
        report.found("table altered", label, table, text)
        if is_without_key(model, lacks):
            for key, rows in repeated(model):
                text = f"Its key stands in {rows} rows of {table}, which has no primary key any more."
                report.found("key repeated", label, as_sealed(model, as_text(key)), text)


def check_strangers(report: Report) -> None:
    """Triggers and rules that are no guards: whatever they do, this program did not put them there."""
    labels = {m._meta.db_table: m._meta.label for m in apps.get_models()}
    for table, name in strangers():
        text = f"{name} acts on {table} and is none of this program's."
        report.found("trigger unknown", labels.get(table, table), name, text)


def check_whole(report: Report) -> None:
    """What only the database can tell of itself: an index without its rows, a reference to a row that is not there."""
    if connection.vendor != "sqlite":
        return
    labels = {m._meta.db_table: m._meta.label for m in apps.get_models()}
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA integrity_check({_MOST})")
        for (told,) in cursor.fetchall():
            if told != "ok":
                report.found("database damaged", "", "", f"SQLite says: {told}.")
        cursor.execute("PRAGMA foreign_key_check")
        for table, row, parent, _ in cursor.fetchmany(_MOST):
            text = f"It refers to a row of {parent} that is not there."
            report.found("reference broken", labels.get(table, table), row, text)
