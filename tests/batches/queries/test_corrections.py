"""The table of what may be corrected, held against the models it speaks of."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import models

from batches.models import Batch, Equipment, Lot
from batches.models.done import Done
from batches.queries.corrections import correctable, corrections_of, model_named, root_of, rows_of
from batches.rules.corrections import TABLE, Correctable, Kind, permission_for
from lims.accounts.permissions import Permission
from tests.builders import Story

_FIELDS = {
    Kind.TIME: models.DateTimeField,
    Kind.WHOLE: models.PositiveIntegerField | models.PositiveSmallIntegerField,
    Kind.TEXT: models.TextField | models.CharField,
    Kind.CHOICE: models.CharField,
    Kind.LOT: models.ForeignKey,
    Kind.EQUIPMENT: models.ForeignKey,
}
_ENTRIES = [(name, field, entry) for name, fields in TABLE.items() for field, entry in fields.items()]


@pytest.mark.parametrize(("name", "field", "entry"), _ENTRIES, ids=[f"{n}.{f}" for n, f, _ in _ENTRIES])
def test_every_entry_names_a_field_of_its_kind(name: str, field: str, entry: Correctable) -> None:
    column = model_named(name)._meta.get_field(field)
    assert isinstance(column, _FIELDS.get(entry.kind, models.DecimalField))
    if entry.kind is Kind.CHOICE:
        assert column.choices  # type: ignore[union-attr]
    if entry.kind is Kind.LOT:
        assert column.related_model is Lot
        assert entry.material in Lot.Kind.values
    if entry.kind is Kind.EQUIPMENT:
        assert column.related_model is Equipment
        assert entry.material in Equipment.Kind.values
    for other in (*entry.after, *entry.before):
        assert isinstance(model_named(name)._meta.get_field(other), models.DateTimeField)


def test_no_entry_could_move_a_row_to_another_batch_or_change_a_scanned_identity() -> None:
    for name, field, _entry in _ENTRIES:
        column = model_named(name)._meta.get_field(field)
        assert column.related_model in (None, Lot, Equipment)
        assert not field.startswith("scanned_")
        assert not column.unique  # type: ignore[union-attr]


def test_results_decisions_and_states_are_not_in_the_table() -> None:
    assert not {"TestResult", "Disposition", "Deviation", "Batch", "Correction"} & set(TABLE)
    assert not any(field in {"state", "stage", "disposition"} for _name, field, _entry in _ENTRIES)


def test_every_model_in_the_table_has_somebody_who_may_correct_it() -> None:
    for name in TABLE:
        assert Permission(permission_for(name))


def test_every_value_listed_belongs_to_the_batch_and_to_a_step_that_is_signed(story: Story) -> None:
    story.tested()
    other = Story(story.cast, at=story.at)
    other.receive()
    steps = list(correctable(story.fresh()))
    roots = {str(root) for root, _values in steps}
    assert all(story.batch.number in str(root) or isinstance(root, Done) for root, _values in steps)
    assert f"Harvest of {other.batch.number}" not in roots
    assert all(root_of(value.row) == root for root, values in steps for value in values)


@pytest.mark.parametrize("name", list(TABLE))
def test_the_rows_of_each_model_are_found_from_their_batch_only(story: Story, name: str) -> None:
    story.issue()
    assert list(rows_of(Batch.objects.get(pk=story.batch.pk), name)) == []


def test_corrections_are_found_where_the_value_is(story: Story) -> None:
    receipt = story.receive()
    story.correct(receipt, "temperature_max_c", Decimal("6.5"))
    found = corrections_of(story.fresh())
    assert [c.new_text for c in found["batches.Receipt", str(receipt.pk), "temperature_max_c"]] == ["6.5\u00a0°C"]
