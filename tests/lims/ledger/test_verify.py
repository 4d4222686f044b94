"""Verifying: whatever the owner of a database changes, adds or takes away in spite of its guards is found."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, models, transaction

from batches.models import Batch, Harvest
from lims.accounts.commands import record_sign_in
from lims.accounts.models import User
from lims.ledger import checkpoints
from lims.ledger.models import Checkpoint, CheckpointHead, Entry, Head
from lims.ledger.verify import Finding, verify
from lims.recorded import recorded_models, version_model
from lims.signatures.models import Signature
from tests.builders import Story
from tests.cast import gather_cast
from tests.superuser.lifting import take_guards_down, unguarded


@pytest.fixture
def guarded_story(story: Story) -> Story:
    """A batch as far as tissue received by two people: rows of many kinds, signed and sealed."""
    story.receive()
    return story


@pytest.fixture
def received(guarded_story: Story) -> Story:
    """The same in the hands of somebody who owns the database, until the test ends."""
    take_guards_down()
    return guarded_story


def findings(streams: list[str] | None = None) -> list[Finding]:
    """What verifying finds, besides that the guards are down."""
    return [f for f in verify(streams).findings if f.kind != "guard missing"]


def guarded() -> list[type[models.Model]]:
    """Every model whose rows are evidence."""
    recorded = list(recorded_models())
    return [*recorded, *(version_model(m) for m in recorded), Entry, Head, Signature, Checkpoint, CheckpointHead]


def kept(kind: str) -> list[type[models.Model]]:
    """The guarded models of one kind that hold rows."""
    kinds: dict[str, list[type[models.Model]]] = {
        "rows": list(recorded_models()),
        "versions": [version_model(m) for m in recorded_models()],
        "entries": [Entry],
        "heads": [Head],
        "signatures": [Signature],
    }
    return [m for m in kinds[kind] if m._base_manager.exists()]


def other(field: models.Field[Any, Any], value: Any) -> Any:
    """Another value that a column of this kind holds."""
    match field:
        case models.ForeignKey():
            return other(field.target_field, value)
        case models.BooleanField():
            return not value
        case models.DecimalField():
            return (value or Decimal(0)) + Decimal(1).scaleb(-field.decimal_places)
        case models.IntegerField():
            return (value or 0) + 1
        case models.DateTimeField():
            return Entry.objects.earliest("at").at if value is None else value + timedelta(seconds=1)
        case models.DateField():
            return Entry.objects.earliest("at").at.date() if value is None else value + timedelta(days=1)
        case models.UUIDField():
            return uuid.uuid4()
        case models.JSONField():
            return {"tampered": "with"}
        case models.BinaryField():
            return bytes(value)[:-2] + b" }"
        case _:
            text = str(value or "")
            return f"{text[:-1]}{'x' if not text.endswith('x') else 'y'}"


def change(row: models.Model, field: models.Field[Any, Any], value: Any) -> None:
    """Change one value around the program."""
    table, column, key = (connection.ops.quote_name(n) for n in (row._meta.db_table, field.column, row._meta.pk.column))
    prepared = field.get_db_prep_save(value, connection)
    at = row._meta.pk.get_db_prep_save(row.pk, connection)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = %s WHERE {key} = %s", [prepared, at])  # noqa: S608
        assert cursor.rowcount == 1


def remove(row: models.Model) -> None:
    """Take one row away around the program."""
    table, key = (connection.ops.quote_name(n) for n in (row._meta.db_table, row._meta.pk.column))
    with connection.cursor() as cursor:
        at = row._meta.pk.get_db_prep_save(row.pk, connection)
        cursor.execute(f"DELETE FROM {table} WHERE {key} = %s", [at])  # noqa: S608
        assert cursor.rowcount == 1


def copy(row: models.Model) -> Any:
    """Add a copy of a row under a key of its own around the program; gives the key."""
    fields = row._meta.concrete_fields
    key = other(row._meta.pk, row.pk) if not isinstance(row.pk, int) else row.pk + 100_000
    values = [
        f.get_db_prep_save(key if f.primary_key else getattr(row, f.attname), connection)
        if not isinstance(f, models.JSONField)
        else f.get_db_prep_save(getattr(row, f.attname), connection)
        for f in fields
    ]
    columns = ", ".join(connection.ops.quote_name(f.column) for f in fields)
    places = ", ".join(["%s"] * len(fields))
    with connection.cursor() as cursor:
        table = connection.ops.quote_name(row._meta.db_table)
        cursor.execute(f"INSERT INTO {table} ({columns}) VALUES ({places})", values)  # noqa: S608
    return key


class Undone(Exception):
    """Ends an attack so that the next one meets a record that is whole."""


def attack(how: Callable[[], Any], look: Callable[[], list[Finding]] = findings) -> list[Finding] | None:
    """What verifying finds after an attack, which is then undone; None when the database refused it."""
    found: list[Finding] | None = None
    try:
        with transaction.atomic():
            try:
                with transaction.atomic():
                    take_guards_down()
                    how()
            except DatabaseError:
                return None
            found = [f for f in look() if f.kind != "guard missing"]
            raise Undone
    except Undone:
        return found


def names(findings: list[Finding], model: type[models.Model], *keys: Any) -> bool:
    """Whether a finding names one of the rows."""
    wanted = {str(k) for k in keys}
    return any(f.model == model._meta.label and f.pk in wanted for f in findings)


def test_it_finds_nothing_in_a_record_that_is_as_it_was_sealed(guarded_story: Story) -> None:
    report = verify()
    assert report.findings == []
    assert report.entries == Entry.objects.count() > 15
    assert report.streams == Entry.objects.values("stream").distinct().count() == 3


@pytest.mark.parametrize("kind", ["rows", "versions", "entries", "heads", "signatures"])
@pytest.mark.clause("11.10(a)", "11.10(e)")
def test_it_names_the_row_whatever_value_of_it_is_changed(received: Story, kind: str) -> None:
    tried = 0
    for model in kept(kind):
        row = model._base_manager.order_by("pk").last()
        for field in model._meta.concrete_fields:
            value = other(field, getattr(row, field.attname))
            found = attack(lambda row=row, field=field, value=value: change(row, field, value))  # type: ignore[misc]
            if found is None:
                continue
            tried += 1
            keys = [row.pk, value] if field.primary_key else [row.pk]
            assert names(found, model, *keys), f"{model._meta.label}.{field.name} was changed and not found: {found}"
    assert tried >= {"rows": 60, "versions": 100, "entries": 9, "heads": 3, "signatures": 10}[kind]


@pytest.mark.parametrize("kind", ["rows", "versions", "signatures"])
def test_it_names_a_row_that_was_taken_away(received: Story, kind: str) -> None:
    for model in kept(kind):
        row = model._base_manager.order_by("pk").last()
        found = attack(lambda row=row: remove(row))  # type: ignore[misc]
        assert found is None or names(found, model, row.pk), f"{model._meta.label} was deleted and not found: {found}"


@pytest.mark.parametrize("kind", ["rows", "versions", "heads", "signatures"])
def test_it_names_a_row_that_was_added(received: Story, kind: str) -> None:
    added = 0
    for model in kept(kind):
        row = model._base_manager.order_by("pk").last()
        keys: list[Any] = []
        found = attack(lambda row=row, keys=keys: keys.append(copy(row)))  # type: ignore[misc]
        if found is not None:
            added += 1
            assert names(found, model, *keys), f"{model._meta.label} was added and not found: {found}"
    assert added


def test_it_finds_an_entry_taken_out_of_the_middle(received: Story) -> None:
    entry = Entry.objects.get(stream=received.batch.stream, seq=2)
    found = attack(lambda: remove(entry))
    assert found is not None
    after = [f for f in found if f.kind == "entry missing"]
    assert [(f.stream, f.seq, f.text) for f in after] == [(entry.stream, 3, "After 1 comes 3.")]


def test_it_finds_the_tail_of_a_stream_cut_off_even_when_its_head_was_set_back(received: Story) -> None:
    last = Entry.objects.filter(stream=received.batch.stream).order_by("-seq").first()
    assert last is not None
    head = Head.objects.get(stream=last.stream)

    def cut() -> None:
        remove(last)
        change(head, Head._meta.get_field("seq"), last.seq - 1)
        change(head, Head._meta.get_field("hash"), last.prev)

    found = attack(cut)
    assert found is not None
    assert {"version never sealed", "signature never sealed"} <= {f.kind for f in found}


@pytest.mark.clause("R03")
def test_it_finds_two_entries_that_changed_places(received: Story) -> None:
    first, second = Entry.objects.filter(stream=received.batch.stream).order_by("seq")[1:3]

    def swap() -> None:
        payload = Entry._meta.get_field("payload")
        change(first, payload, second.payload)
        change(second, payload, first.payload)

    found = attack(swap)
    assert found is not None
    assert names(found, Entry, first.pk)
    assert names(found, Entry, second.pk)


@pytest.mark.clause("11.10(a)")
def test_it_finds_a_stream_that_vanished(received: Story) -> None:
    stream = received.batch.stream

    def drop() -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM ledger_entry WHERE stream = %s", [stream])

    def drop_with_head() -> None:
        drop()
        remove(Head.objects.get(stream=stream))

    found = attack(drop)
    assert found is not None
    assert ("stream vanished", stream) in {(f.kind, f.pk) for f in found}
    found = attack(drop_with_head)
    assert found is not None
    assert {"version never sealed", "signature never sealed"} <= {f.kind for f in found}


def test_it_names_an_entry_whose_text_is_no_text_at_all(received: Story) -> None:
    """SQLite keeps bytes that no program can read as text."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL refuses it")
    entry = Entry.objects.get(stream=received.batch.stream, seq=2)

    def spoil(column: str) -> None:
        with connection.cursor() as cursor:
            sql = f"UPDATE ledger_entry SET {column} = CAST(x'ff41' AS TEXT) WHERE id = %s"  # noqa: S608
            cursor.execute(sql, [entry.pk.hex])

    for column in ("stream", "seq", "prev", "hash", "payload", "name"):
        found = attack(lambda column=column: spoil(column))  # type: ignore[misc]
        assert found is None or names(found, Entry, entry.pk), f"{column}: {found}"


@pytest.mark.django_db(transaction=True)
def test_acts_go_on_while_it_verifies_and_are_no_finding(checkpoint_dir: Path) -> None:
    cast = gather_cast()
    checkpoints.write()
    before = Entry.objects.count()
    failed: list[BaseException] = []

    def act() -> None:
        try:
            record_sign_in(cast.technician)
            checkpoints.write()
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    def meanwhile(entries: int) -> None:
        person = Thread(target=act)
        person.start()
        person.join(timeout=10)
        assert not person.is_alive(), "verifying keeps people waiting"

    report = verify(progress=meanwhile)
    assert failed == []
    assert report.findings == []
    assert report.entries == before < Entry.objects.count()
    assert verify().ok


def test_it_does_not_take_a_stream_that_is_not_there_for_one_in_order(received: Story) -> None:
    assert [(f.kind, f.pk) for f in verify(["B-9999"]).findings] == [("stream vanished", "B-9999")]


@pytest.mark.clause("11.70")
def test_it_finds_a_signature_that_was_attached_to_another_record(received: Story) -> None:
    signature = Signature.objects.filter(subject_model="batches.Receipt").first()
    assert signature is not None
    found = attack(lambda: change(signature, Signature._meta.get_field("subject_pk"), "999"))
    assert found is not None
    assert [(f.kind, f.pk) for f in found] == [("signature altered", str(signature.pk))]


@pytest.mark.parametrize("garbage", ["not a time", "2026-99-99", ""])
def test_it_names_a_row_whose_value_can_not_even_be_read(received: Story, garbage: str) -> None:
    """SQLite keeps any text in any column; PostgreSQL refuses it."""

    def spoil(table: str, column: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE {table} SET {column} = %s", [garbage])  # noqa: S608

    for model, column in [(Entry, "at"), (Entry, "id"), (Entry, "payload"), (Signature, "at"), (Batch, "issued_at")]:
        found = attack(lambda model=model, column=column: spoil(model._meta.db_table, column))  # type: ignore[misc]
        assert found is None or model._meta.label in {f.model for f in found}, f"{model._meta.label}.{column}"


def test_it_names_a_number_changed_in_digits_that_reading_would_round_away(received: Story) -> None:
    for model in (Harvest, version_model(Harvest)):

        def add(table: str = model._meta.db_table) -> None:
            with connection.cursor() as cursor:
                cursor.execute(f"UPDATE {table} SET volume_ml = volume_ml + 0.0001")  # noqa: S608

        row = model._base_manager.get()
        found = attack(add)
        row.refresh_from_db()
        assert found == [] if connection.vendor == "postgresql" else found and names(found, model, row.pk)


def test_it_finds_a_password_that_was_set_in_the_database(received: Story) -> None:
    user = received.cast.technician
    stolen = User.objects.get(pk=received.cast.qa.pk).password
    found = attack(lambda: change(user, User._meta.get_field("password"), stolen))
    assert found is not None
    assert [(f.kind, f.model, f.pk) for f in found] == [("password altered", "accounts.User", str(user.pk))]


def test_it_verifies_one_batch_with_its_patient_and_nobody_else(received: Story) -> None:
    mine = Batch.objects.get(number=received.batch.number)
    somebody_else = Story(received.cast, at=received.at)
    theirs = somebody_else.issue()
    change(theirs, Batch._meta.get_field("coi"), "TAMPERED")
    assert verify([mine.stream, mine.patient.stream]).ok
    assert not verify([theirs.stream, theirs.patient.stream]).ok


def test_the_command_tells_the_finding_and_ends_with_one(guarded_story: Story) -> None:
    with unguarded():
        change(guarded_story.batch, Batch._meta.get_field("coi"), "TAMPERED")
    for arguments in ([], ["--batch", guarded_story.batch.number]):
        out = StringIO()
        with pytest.raises(SystemExit) as ended:
            call_command("verify_ledger", "--json", *arguments, stdout=out)
        assert ended.value.code == 1
        told = json.loads(out.getvalue())
        assert told["ok"] is False
        assert {"ok", "streams", "entries", "seconds", "findings"} < set(told)
        assert [(f["kind"], f["model"], f["pk"]) for f in told["findings"]] == [
            ("row altered", "batches.Batch", str(guarded_story.batch.pk))
        ]
        assert "coi" in told["findings"][0]["text"]


def test_the_command_says_that_all_is_as_sealed(guarded_story: Story) -> None:
    out = StringIO()
    call_command("verify_ledger", stdout=out)
    assert "as sealed" in out.getvalue()


@pytest.fixture
def many_small_pieces(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Pieces of three rows, so that every border between pieces is crossed."""
    monkeypatch.setattr("lims.ledger.verify.reading.PIECE", 3)
    yield


def test_it_finds_the_same_in_pieces_of_any_size(guarded_story: Story, many_small_pieces: None) -> None:
    report = verify()
    assert report.ok
    assert report.entries == Entry.objects.count()
    with unguarded():
        change(guarded_story.batch, Batch._meta.get_field("coi"), "TAMPERED")
    assert [f.kind for f in verify().findings] == ["row altered"]
