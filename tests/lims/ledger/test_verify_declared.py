"""Verifying against somebody who makes tables anew: the same names of columns, and less that the database holds to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, models

from batches.models import MasterBatchRecord, Receipt, TrainingRecord
from lims.ledger.models import CheckpointHead
from lims.ledger.verify import verify
from lims.recorded import version_model
from lims.signatures.models import Signature
from tests.builders import Story
from tests.lims.ledger.test_verify import names
from tests.lims.ledger.test_verify_hostile import everywhere, found_by


def run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def made_anew(model: type[models.Model], old: str, new: str, *, twice: bool = False) -> None:
    """Make a table of SQLite anew with other words in it, and with its rows once or twice."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("SELECT sql FROM sqlite_master WHERE name = %s", [table])
        made = cursor.fetchone()[0]
        assert old in made
        columns = ", ".join(f'"{row.name}"' for row in connection.introspection.get_table_description(cursor, table))
    run(f"ALTER TABLE {table} RENAME TO was", made.replace(old, new, 1))
    run(*[f"INSERT INTO {table} ({columns}) SELECT {columns} FROM was"] * (1 + twice), "DROP TABLE was")


# What is taken away or changed: in the words SQLite keeps, and as PostgreSQL is told to; and what is then named.
DECLARED: dict[str, tuple[type[models.Model], str, str, str, str]] = {
    "a primary key": (
        version_model(Receipt),
        " PRIMARY KEY AUTOINCREMENT",
        "",
        "DROP CONSTRAINT batches_historicalreceipt_pkey",
        "history_id",
    ),
    "counting": (
        version_model(Receipt),
        " AUTOINCREMENT",
        "",
        "ALTER COLUMN history_id DROP IDENTITY",
        "history_id",
    ),
    "a collation": (
        Receipt,
        '"comment" text NOT NULL',
        '"comment" text NOT NULL COLLATE NOCASE',
        'ALTER COLUMN comment TYPE text COLLATE "C"',
        "COLLATE",
    ),
    "a type": (
        Signature,
        '"printed_name" varchar(120)',
        '"printed_name" timestamp',
        "ALTER COLUMN printed_name TYPE varchar(200)",
        "printed_name",
    ),
    "a value that must be": (
        Receipt,
        '"late_reason" text NOT NULL',
        '"late_reason" text NULL',
        "ALTER COLUMN late_reason DROP NOT NULL",
        "late_reason",
    ),
    "a unique column": (
        Receipt,
        '"batch_id" bigint NOT NULL UNIQUE',
        '"batch_id" bigint NOT NULL',
        "DROP CONSTRAINT batches_receipt_batch_id_key",
        "batch_id",
    ),
    "unique columns": (
        CheckpointHead,
        ', CONSTRAINT "checkpoint_head_stream_seq" UNIQUE ("stream", "seq")',
        "",
        "DROP CONSTRAINT checkpoint_head_stream_seq",
        "checkpoint_head_stream_seq",
    ),
    "a check of a column": (
        Signature,
        ' CHECK ("position" >= 0)',
        "",
        "DROP CONSTRAINT signatures_signature_position_check",
        "position",
    ),
    "a named check": (
        TrainingRecord,
        ', CONSTRAINT "training_by_another" CHECK (NOT ("person_id" = ("trainer_id")))',
        "",
        "DROP CONSTRAINT training_by_another",
        "training_by_another",
    ),
}


def taking(what: str) -> Callable[[], None]:
    model, old, new, told, _ = DECLARED[what]
    if connection.vendor == "sqlite":
        return lambda: made_anew(model, old, new)
    return lambda: run(f"ALTER TABLE {model._meta.db_table} {told}")


@pytest.mark.parametrize("what", DECLARED)
@pytest.mark.clause("11.10(a)", "11.10(c)")
def test_what_a_table_no_longer_holds_to_is_named(covered: Story, what: str) -> None:
    model, *_, expected = DECLARED[what]
    for look in everywhere(covered.batch.stream)[::2]:
        found = [f for f in found_by(taking(what), look) if f.kind == "table altered"]
        assert [f.model for f in found] == [model._meta.label], found
        assert expected in found[0].text
    assert verify().findings == []


def test_a_partial_index_taken_away_made_wider_or_added_is_named(covered: Story) -> None:
    index = "mbr_one_effective_version"
    columns = '"batches_masterbatchrecord" ("code")'
    for statements in (
        [f"DROP INDEX {index}"],
        [f"DROP INDEX {index}", f'CREATE UNIQUE INDEX "{index}" ON {columns}'],
        [f"CREATE UNIQUE INDEX anybodys ON {columns}"],
    ):
        found = [f for f in found_by(lambda s=statements: run(*s)) if f.kind == "table altered"]  # type: ignore[misc]
        assert [f.model for f in found] == [MasterBatchRecord._meta.label], (statements, found)


@pytest.mark.parametrize(
    ("model", "key", "column"),
    [(version_model(Receipt), " PRIMARY KEY AUTOINCREMENT", "comment"), (Signature, " PRIMARY KEY", "printed_name")],
    ids=["version", "signature"],
)
def test_a_forged_row_before_the_true_one_in_a_table_without_its_key_is_named(
    covered: Story, model: Any, key: str, column: str
) -> None:
    table, row = model._meta.db_table, model._base_manager.first()
    others = ", ".join(f'"{f.column}"' for f in model._meta.concrete_fields if f.name != column)

    def forge() -> None:
        if connection.vendor == "sqlite":
            made_anew(model, key, "", twice=True)
            run(f"UPDATE {table} SET {column} = 'Forged' WHERE rowid <= (SELECT COUNT(*) / 2 FROM {table})")  # noqa: S608
        else:
            run(f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey")
            run(f"INSERT INTO {table} ({others}, {column}) SELECT {others}, 'Forged' FROM {table}")  # noqa: S608

    for look in everywhere(covered.batch.stream):
        found = [f for f in found_by(forge, look) if f.kind == "key repeated"]
        assert names(found, model, row.pk), found
