"""The one way a recorded row is written: inside an act, one by one, with a version of each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core import serializers
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command, get_commands, load_command_class
from django.db import DatabaseError, IntegrityError, connection, models

from batches.commands.materials import register_lot
from batches.models import Lot
from lims import clock
from lims.acts import Act, Unsealed
from lims.ledger.append import sealed
from lims.ledger.models import SITE_STREAM, Entry, Head
from lims.ledger.values import row_digest, unsaid
from lims.ledger.verify import verify
from lims.recorded import add_all, recorded_models, tracked_fields, version_model
from lims.signatures.models import Signature
from tests.builders import Story
from tests.cast import Cast


@pytest.fixture
def lot(cast: Cast) -> Lot:
    """A lot in quarantine."""
    lot: Lot = register_lot(
        cast.supervisor,
        kind=Lot.Kind.MEDIUM,
        name="Medium",
        code="MED-1",
        expires_on=clock.now().date() + timedelta(days=90),
    )
    return lot


@contextmanager
def act(cast: Cast) -> Iterator[Act]:
    """A small act of the site, sealed at the end."""
    with sealed(Act(name="test:write", actor=cast.supervisor, at=clock.now()), SITE_STREAM) as under_way:
        yield under_way


def another(code: str) -> Lot:
    return Lot(kind="dye", name="Trypan blue", code=code, expires_on=clock.now().date(), state="quarantine")


def _number(digits: int, field: models.DecimalField[Any, Any]) -> Decimal:
    return Decimal(("123456789" * 2)[:digits]).scaleb(-field.decimal_places)


def newest(row: models.Model) -> Any:
    return version_model(type(row))._base_manager.filter(**{row._meta.pk.attname: row.pk}).latest("pk")


WAYS: dict[str, Callable[[Lot], Any]] = {
    "save": lambda lot: lot.save(),
    "save of some fields": lambda lot: lot.save(update_fields=["state"]),
    "delete": lambda lot: lot.delete(),
    "create": lambda lot: another("X").save(),
    "objects.create": lambda lot: Lot.objects.create(
        kind="dye", name="X", code="X", expires_on=lot.expires_on, state="released"
    ),
    "get_or_create": lambda lot: Lot.objects.get_or_create(code="X", defaults={"expires_on": lot.expires_on}),
    "update_or_create": lambda lot: Lot.objects.update_or_create(code=lot.code, defaults={"state": "released"}),
    "update": lambda lot: Lot.objects.filter(pk=lot.pk).update(state="released"),
    "update by the base manager": lambda lot: Lot._base_manager.filter(pk=lot.pk).update(state="released"),
    "delete of many": lambda lot: Lot.objects.all().delete(),
    "delete by the base manager": lambda lot: Lot._base_manager.all().delete(),
    "bulk_create": lambda lot: Lot.objects.bulk_create([another("X")]),
    "bulk_create that replaces": lambda lot: Lot.objects.bulk_create(
        [another(lot.code)], update_conflicts=True, unique_fields=["code"], update_fields=["state"]
    ),
    "bulk_update": lambda lot: Lot.objects.bulk_update([lot], ["state"]),
    "add_all": lambda lot: add_all([another("X")]),
}

# What leaves no history even inside an act.
NEVER = sorted(set(WAYS) - {"save", "create", "objects.create", "get_or_create", "update_or_create", "add_all"})


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.clause("11.10(e)", "R01")
def test_outside_an_act_nothing_is_written(lot: Lot, way: str) -> None:
    before = list(Lot.objects.values()), Entry.objects.count(), version_model(Lot)._base_manager.count()
    with pytest.raises(Unsealed):
        lot.state = "released"
        WAYS[way](lot)
    assert (list(Lot.objects.values()), Entry.objects.count(), version_model(Lot)._base_manager.count()) == before


@pytest.mark.parametrize("way", NEVER)
def test_inside_an_act_only_ways_that_leave_a_version_are_open(cast: Cast, lot: Lot, way: str) -> None:
    before = list(Lot.objects.values())
    entries = Entry.objects.count()
    with pytest.raises(Unsealed), act(cast):
        lot.state = "released"
        WAYS[way](lot)
    assert list(Lot.objects.values()) == before
    assert Entry.objects.count() == entries


def test_rows_can_not_be_moved_between_parents_by_a_related_manager(cast: Cast, story: Story, lot: Lot) -> None:
    """Django does that with one UPDATE through the base manager."""
    patient = story.enrol()
    for move in (patient.lots.add, lambda row: patient.lots.set([row])):
        with pytest.raises(Unsealed), act(cast):
            move(lot)
        lot.refresh_from_db()
        assert lot.patient is None


def test_an_act_that_is_over_writes_no_more(cast: Cast, lot: Lot) -> None:
    with act(cast) as over:
        pass
    with pytest.raises(Unsealed):
        over.add(lot)


def test_a_fixture_is_not_a_way_round(lot: Lot, tmp_path: Path) -> None:
    lot.state = "released"
    fixture = tmp_path / "lots.json"
    fixture.write_text(serializers.serialize("json", [lot]))
    with pytest.raises(IntegrityError):
        call_command("loaddata", str(fixture), stdout=StringIO())
    lot.refresh_from_db()
    assert lot.state == "quarantine"


@pytest.mark.clause("11.10(e)", "R04")
def test_switching_history_off_switches_nothing_off(cast: Cast, lot: Lot, settings: Any) -> None:
    settings.SIMPLE_HISTORY_ENABLED = False
    with act(cast) as under_way:
        lot.skip_history_when_saving = True  # type: ignore[attr-defined]
        lot.state = "released"
        under_way.add(lot)
    assert newest(lot).state == "released"
    assert verify().ok


@pytest.mark.parametrize("model", [*recorded_models()], ids=lambda m: m.__name__)
def test_every_recorded_model_and_its_versions_refuse_to_be_written_in_bulk(model: Any) -> None:
    for written in (model, version_model(model)):
        for manager in (written.objects, written._default_manager, written._base_manager):
            for write in (
                lambda rows: rows.update(),
                lambda rows: rows.delete(),
                lambda rows: rows.bulk_create([]),
                lambda rows: rows.bulk_update([], []),
            ):
                with pytest.raises(Unsealed):
                    write(manager.all())
    with pytest.raises(Unsealed):
        model.history.update()


@pytest.mark.clause("11.10(c)")
def test_a_version_is_neither_changed_nor_taken_away(cast: Cast, lot: Lot) -> None:
    version = newest(lot)
    version.state = "released"
    for write in (version.save, version.delete, version_model(Lot)(code="X").save):
        with pytest.raises(Unsealed):
            write()
        with pytest.raises(Unsealed), act(cast):
            write()
    assert newest(lot).state == "quarantine"


@pytest.mark.parametrize("name", ["clean_old_history", "clean_duplicate_history", "populate_history"])
@pytest.mark.parametrize("options", [[], ["--auto"], ["--days", "-1", "--auto"]])
@pytest.mark.clause("R04")
def test_the_commands_that_change_history_are_refused(
    name: str, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CommandError, match="evidence"):
        call_command(name)
    with pytest.raises(SystemExit) as ended:
        load_command_class(get_commands()[name], name).run_from_argv(["manage.py", name, *options])
    assert ended.value.code == 1
    assert "Nothing was done." in capsys.readouterr().err


@pytest.mark.clause("R02")
def test_ledger_and_signatures_are_only_added_to(story: Story) -> None:
    story.receive()
    for row in (Entry.objects.latest("at"), Signature.objects.latest("at")):
        for write in (
            row.save,
            row.delete,
            type(row)._base_manager.all().delete,
            type(row)._base_manager.all().update,
            type(row).objects.all().delete,
            type(row).objects.all().update,
            lambda row=row: type(row).objects.bulk_update([row], ["at"]),
        ):
            with pytest.raises(TypeError):
                write()
    assert verify().ok


def test_each_save_of_an_act_leaves_a_version_that_names_it(cast: Cast, lot: Lot) -> None:
    with sealed(
        Act(name="test:write", actor=cast.supervisor, at=clock.now(), reason="Certificate came. " * 20), SITE_STREAM
    ) as under_way:
        lot.state = "released"
        under_way.add(lot)
        new = add_all([another("A"), another("B")])
    version = newest(lot)
    assert (version.act_id, version.history_type, version.history_user) == (under_way.id, "~", cast.supervisor)
    assert version.history_change_reason == "Certificate came. " * 20
    assert version.history_date == under_way.at
    assert [newest(row).history_type for row in new] == ["+", "+"]
    listed = json.loads(bytes(Entry.objects.get(pk=under_way.id).payload))["rows"]
    assert [(r["model"], r["pk"], r["type"]) for r in listed] == [
        ("batches.Lot", str(lot.pk), "~"),
        ("batches.Lot", str(new[0].pk), "+"),
        ("batches.Lot", str(new[1].pk), "+"),
    ]
    assert verify().ok


@pytest.mark.clause("R06")
def test_an_act_that_fails_leaves_neither_row_nor_version_nor_entry(cast: Cast) -> None:
    head = Head.objects.get(stream=SITE_STREAM)
    with pytest.raises(ZeroDivisionError), act(cast) as under_way:
        under_way.add(another("A"))
        raise ZeroDivisionError
    assert not Lot.objects.exists()
    assert not version_model(Lot)._base_manager.exists()
    assert Head.objects.get(stream=SITE_STREAM).hash == head.hash


def test_what_a_column_can_not_hold_is_refused_before_it_is_written(cast: Cast, lot: Lot) -> None:
    for field, value in [("code", "x" * 41), ("state", "perhaps"), ("expires_on", "soon"), ("name", "")]:
        fresh = Lot.objects.get(pk=lot.pk)
        setattr(fresh, field, value)
        with pytest.raises(ValidationError) as refused, act(cast) as under_way:
            under_way.add(fresh)
        assert list(refused.value.error_dict) == [field]
    assert verify().ok


@pytest.mark.parametrize("model", [*recorded_models()], ids=lambda m: m.__name__)
def test_no_field_of_a_recorded_model_fills_itself_when_it_is_saved(model: type[models.Model]) -> None:
    """Statements write the values a row has; nothing asks its fields first, as Django does."""
    for field in model._meta.concrete_fields:
        assert not isinstance(field, models.FileField)
        assert not getattr(field, "auto_now", False)
        assert not getattr(field, "auto_now_add", False)
        assert not field.generated
        assert not hasattr(field, "get_placeholder")


@pytest.mark.parametrize("model", [*recorded_models()], ids=lambda m: m.__name__)
def test_a_value_is_told_the_same_of_a_row_and_of_its_version(model: type[models.Model]) -> None:
    """A signature digests an act's versions when it is given, and the rows when it is asked whether it holds."""
    of_version = {f.attname: f for f in version_model(model)._meta.concrete_fields}
    for field in tracked_fields(model):
        its = of_version[field.attname]
        assert unsaid(field) == unsaid(its)
        assert getattr(field, "decimal_places", None) == getattr(its, "decimal_places", None)
        assert field.db_type(connection) == its.db_type(connection) or field.primary_key


def test_a_saved_row_is_not_added_again(cast: Cast, lot: Lot) -> None:
    with pytest.raises(Unsealed), act(cast):
        add_all([lot])
    assert Lot.objects.count() == 1


def test_a_row_that_is_gone_is_not_written_again(cast: Cast, lot: Lot) -> None:
    lot.pk += 1
    with pytest.raises(DatabaseError), act(cast) as under_way:
        under_way.add(lot)
    assert Lot.objects.count() == 1
    assert verify().ok


def test_a_child_follows_a_parent_that_was_saved_after_it_was_made(cast: Cast, story: Story) -> None:
    patient = story.enrol()
    key, patient.pk = patient.pk, None
    fresh = another("CHILD")
    fresh.patient = patient
    patient.pk = key
    with act(cast):
        add_all([fresh])
    fresh.refresh_from_db()
    assert fresh.patient_id == patient.pk


DECIMALS = ["0", "-0", "-0.0", "0E+3", "1", "5.1", "1E+1", "-3.5", "999.9"]


@pytest.mark.parametrize("typed", DECIMALS)
def test_a_number_is_sealed_as_the_column_holds_it(story: Story, typed: str) -> None:
    """Whatever form a number is typed in, what is sealed is what is read back."""
    harvest = story.harvest()
    with sealed(Act(name="test:write", actor=story.cast.qa, at=story.at), story.batch.stream) as under_way:
        harvest.transport_temp_c = Decimal(typed)
        under_way.add(harvest)
    sealed_digest = json.loads(bytes(Entry.objects.get(pk=under_way.id).payload))["rows"][0]["digest"]
    assert row_digest(newest(harvest)) == sealed_digest
    assert newest(harvest).transport_temp_c == Decimal(typed)
    assert verify().findings == []


def test_no_column_takes_a_number_it_would_not_give_back() -> None:
    """SQLite keeps fifteen digits of a number; a sixteenth would be read back as another one."""
    tried = 0
    for model in recorded_models():
        for field in model._meta.concrete_fields:
            if not isinstance(field, models.DecimalField) or field.max_digits < 16:
                continue
            tried += 1
            others = {f.name for f in model._meta.concrete_fields} - {field.name}
            model(**{field.attname: _number(15, field)}).clean_fields(exclude=others)
            with pytest.raises(ValidationError) as refused:
                model(**{field.attname: _number(16, field)}).clean_fields(exclude=others)
            assert list(refused.value.error_dict) == [field.name]
    assert tried


@pytest.mark.parametrize("hours", [-11, 0, 5.5, 14])
def test_a_time_is_sealed_the_same_from_any_zone(story: Story, hours: float) -> None:
    harvest = story.harvest()
    moment = datetime(2026, 9, 28, 1, 2, 3, 456789, tzinfo=UTC)
    with sealed(Act(name="test:write", actor=story.cast.qa, at=story.at), story.batch.stream) as under_way:
        harvest.started_at = moment.astimezone(timezone(timedelta(hours=hours)))
        under_way.add(harvest)
    assert newest(harvest).started_at == moment
    assert verify().findings == []
