"""The quick look of verifying against the exact one: the same digests, and never yes to a value of another kind."""

from __future__ import annotations

from collections import defaultdict

import pytest
from django.db import DatabaseError, connection, models, transaction

from lims.ledger.models import Entry
from lims.ledger.values import row_digest
from lims.ledger.verify import quick, verify
from lims.ledger.verify.entries import Sealed, check_entries
from lims.ledger.verify.findings import Report
from lims.ledger.verify.reading import keys
from lims.recorded import recorded_models, version_model
from lims.signatures.models import Signature
from tests.builders import Story
from tests.lims.ledger.test_verify import kept
from tests.superuser.lifting import take_guards_down


def sealed_models() -> list[type[models.Model]]:
    return [*(version_model(m) for m in recorded_models()), Signature]


@pytest.mark.django_db
@pytest.mark.parametrize("model", sealed_models(), ids=lambda m: m.__name__)
def test_every_column_has_a_quick_form(model: type[models.Model]) -> None:
    """A new kind of column is verified without it too, and ten times slower."""
    assert len(quick.table_of(model).columns) == len(model._meta.concrete_fields)


def test_the_quick_digest_of_every_row_is_the_exact_one(story: Story) -> None:
    story.correct(story.harvest(), "anaesthesia", "Lidocaine 2 %, local")
    story.isolate()
    story.assess(story.raise_deviation())
    story.released()
    story.infuse()
    story.adverse_event()
    story.follow_up()
    tables = [*kept("versions"), Signature]
    assert len(tables) > 30
    for model in tables:
        table = quick.table_of(model)
        exact = {row_digest(row) for row in model._base_manager.all()}
        assert {quick.digest(table, row) for row in _rows(model, table)} == exact, model._meta.label
    versions: dict[str, int] = defaultdict(int)
    for piece in keys(Entry.objects.all()):
        assert quick.agrees(piece, versions) is not None, "the exact look does the work of the quick one"
    assert sum(versions.values()) == sum(m._base_manager.count() for m in kept("versions"))


def _rows(model: type[models.Model], table: quick.Table) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"{table.select} IS NOT NULL")
        return list(cursor.fetchall())


@pytest.mark.parametrize(
    "kind", ["CAST({} AS BLOB)", "{} || ' '", "CAST({} AS REAL) + 0.25", "' ' || {}", "{} || x'00'"]
)
def test_a_value_of_another_kind_is_never_agreed_to(story: Story, kind: str) -> None:
    """SQLite keeps anything in any column. What is agreed to all the same, the exact look finds nothing in either."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL keeps nothing in a column that is not of its kind")
    story.receive()
    take_guards_down()
    tried = 0
    for model in kept("rows"):
        version = version_model(model)
        for field in version._meta.concrete_fields:
            row = (
                version._base_manager.exclude(**{field.attname: None})
                .order_by("-pk")
                .values_list("pk", "act_id")
                .first()
            )
            if row is None:
                continue
            act = str(row[1])
            try:
                with transaction.atomic():
                    column = f'"{field.column}"'
                    with connection.cursor() as cursor:
                        cursor.execute(
                            f"UPDATE {version._meta.db_table} SET {column} = {kind.format(column)} "  # noqa: S608
                            f"WHERE history_id = %s AND {column} IS NOT {kind.format(column)}",
                            [row[0]],
                        )
                        if cursor.rowcount:
                            tried += 1
                            if quick.agrees([act], defaultdict(int)) is not None:
                                report = Report()
                                check_entries([act], report, Sealed())
                                assert report.ok, f"{version._meta.label}.{field.name} as {kind} was agreed to"
                    raise DatabaseError("undo")
            except DatabaseError:
                continue
    assert tried > 20
    assert [f.kind for f in verify().findings if f.kind != "guard missing"] == []
