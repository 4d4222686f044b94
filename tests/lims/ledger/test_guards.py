"""Below the program: what goes around it is refused by the database, for every table that holds evidence.

Each way is tried on a row of every such table, so that a new model is covered by being there.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core import serializers
from django.core.management import CommandError, call_command
from django.core.management.commands.flush import Command as Flush
from django.db import IntegrityError, connection, models, transaction
from django.db.models import F

from batches.commands.documents import request_print
from batches.models import Harvest, Lot, PrintJob, Vitals
from batches.tasks import make_print
from lims import clock
from lims.accounts import access_review, administration
from lims.accounts.access_review import Given
from lims.accounts.commands import accept_statement, change_password
from lims.accounts.identity import confirm_identity
from lims.accounts.models import User
from lims.ledger import chain, checkpoints, guards
from lims.ledger.models import AppendOnly, Entry, Head
from lims.ledger.verify import verify
from lims.recorded import version_model
from lims.signatures.meanings import Meaning
from lims.signatures.models import Signature
from tests import builders_downtime as downtime
from tests.batches.commands.test_paper import imported
from tests.batches.copies import issued
from tests.batches.views.test_culture_pages import a_photo
from tests.batches.whole import labelled
from tests.builders import Story
from tests.cast import PASSWORD, Cast, signed
from tests.lims.accounts.test_second_factor import enrolled
from tests.lims.ledger.test_verify import Undone, attack, change, copy, guarded, remove
from tests.lims.ledger.test_verify_whole import tell_whole
from tests.superuser.lifting import take_guards_down

on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="REPLACE is SQLite's")
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="Only PostgreSQL has it")


@pytest.fixture
def guarded_whole(story: Story) -> Story:
    """A batch from its issue to its follow-up."""
    tell_whole(story)
    return story


@pytest.fixture
def filled(guarded_whole: Story) -> Story:
    """A laboratory with a row in every table that is guarded."""
    other = Story(guarded_whole.cast, at=guarded_whole.at)
    other.isolate()
    other.weigh("61.5")
    other.observe(photo=a_photo())
    (form,) = downtime.issued(other)
    downtime.entered(other)
    downtime.transcribed(other, form)
    other.lose(other.vessels()[0])
    imported(other.cast)
    make_print(request_print(other.cast.qa, batch=other.batch).pk)
    issued(other)
    labelled(guarded_whole)
    accounts_changed(other.cast)
    checkpoints.write()
    empty = [m.__name__ for m in guarded() if not m._base_manager.exists()]
    assert not empty, "Give the story a row of these, so that their guards are tried."
    if connection.vendor == "postgresql":
        # PostgreSQL empties no table, guarded or not, while references wait to be checked.
        run("SET CONSTRAINTS ALL IMMEDIATE")
    return other


def accounts_changed(cast: Cast) -> None:
    """A second factor, a reset with what follows from it, and a review of access."""
    enrolled(cast.analyst, PASSWORD)
    made = administration.reset_password(cast.administrator, user=cast.technician, reason="Forgotten")
    change_password(cast.technician, made.password, "three grey herons on the weir")
    accept_statement(cast.technician)
    signed_by_qa = signed((Meaning.APPROVED, cast.qa))
    confirm_identity(cast.qa, user=cast.technician, evidence="Passport seen; signed in here.", signatures=signed_by_qa)
    given = {a.user.username: Given("keep", "", a.standing) for a in access_review.accounts(clock.now())}
    access_review.review(cast.qa, given=given, signatures=signed((Meaning.REVIEWED, cast.qa)))


def plain(model: type[models.Model]) -> models.QuerySet[Any]:
    """A queryset that refuses nothing by itself."""
    return models.QuerySet(model)


def table(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def run(sql: str, values: Any = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def held(model: type[models.Model]) -> list[Any]:
    return list(plain(model).order_by("pk").values_list())


def a_field(row: models.Model) -> models.Field[Any, Any]:
    """Any column that is no key; an empty table of nothing but references has one too."""
    fields = [f for f in row._meta.concrete_fields if not f.primary_key]
    return next((f for f in fields if not f.unique and not f.is_relation), fields[0])


def set_to_itself(row: models.Model) -> None:
    column = a_field(row).column
    run(f"UPDATE {table(type(row))} SET {column} = {column}")


def again(row: models.Model) -> models.Model:
    """A new row with the same values and no key, or another one."""
    values = {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields}
    values[row._meta.pk.attname] = None if isinstance(row.pk, int) else type(row)._meta.pk.get_default() or "other"
    return type(row)(**values)


def loaded(row: models.Model, folder: Path) -> None:
    fixture = folder / "rows.json"
    fixture.write_text(serializers.serialize("json", [row]))
    call_command("loaddata", str(fixture), stdout=StringIO())


WAYS: dict[str, Callable[[Any, Path], Any]] = {
    "update": lambda row, _: plain(type(row)).update(**{a_field(row).name: F(a_field(row).name)}),
    "update by the base manager": lambda row, _: type(row)._base_manager.update(**{a_field(row).name: None}),
    "bulk_update": lambda row, _: plain(type(row)).bulk_update([row], [a_field(row).name]),
    "bulk_create": lambda row, _: plain(type(row)).bulk_create([again(row)]),
    "bulk_create over what is there": lambda row, _: plain(type(row)).bulk_create(
        [row], update_conflicts=True, unique_fields=[row._meta.pk.name], update_fields=[a_field(row).name]
    ),
    "delete": lambda row, _: plain(type(row)).filter(pk=row.pk).delete(),
    "delete past the collector": lambda row, _: plain(type(row))._raw_delete("default"),  # type: ignore[attr-defined]
    "delete by the base manager": lambda row, _: type(row)._base_manager.all().delete(),
    "loaddata": loaded,
    "SQL that updates": lambda row, _: set_to_itself(row),
    "SQL that deletes": lambda row, _: remove(row),
    "SQL that adds": lambda row, _: copy(row),
}
if connection.vendor == "postgresql":
    WAYS["TRUNCATE"] = lambda row, _: run(f"TRUNCATE {table(type(row))} RESTART IDENTITY CASCADE")

# Django's own collector may meet a reference that protects the row before the database is asked.
PYTHON_TOO = {"update by the base manager", "delete", "delete by the base manager", "loaddata"}


@pytest.mark.clause("11.10(c)", "11.10(e)", "R01", "R02", "R32", "R41")
def test_what_goes_around_the_program_is_refused_for_every_table(filled: Story, tmp_path: Path) -> None:
    let_through = []
    for model in guarded():
        row = plain(model).order_by("pk").last()
        before = held(model)
        by_guards = {check.says for g in every_guard() if g.table == model._meta.db_table for check in g.checks}
        for way, attempt in WAYS.items():
            try:
                with transaction.atomic():
                    attempt(row, tmp_path)
            except (IntegrityError, TypeError) as error:
                if way not in PYTHON_TOO and not any(says in str(error) for says in by_guards):
                    let_through.append(f"{way}: {model._meta.label}: {error!r}")
            else:
                let_through.append(f"{way}: {model._meta.label}")
        assert held(model) == before
    assert not let_through


def every_guard() -> list[guards.Guard]:
    words = guards.words_of(connection)
    return guards.guards(connection, words.naming(connection))


@pytest.mark.django_db(transaction=True)
@pytest.mark.clause("R32")
def test_the_product_can_not_flush_its_database(story: Story) -> None:
    story.receive()
    before = [held(m) for m in guarded()]
    with pytest.raises(CommandError, match="couldn't be flushed"):
        call_command(Flush(), interactive=False, verbosity=0)
    assert [held(m) for m in guarded()] == before
    assert verify().ok


@pytest.fixture
def careless(db: None) -> Iterator[None]:
    """A connection that did not ask for recursive triggers: REPLACE runs past every guard against deleting."""
    run("PRAGMA recursive_triggers = OFF")
    yield
    run("PRAGMA recursive_triggers = ON")


@on_sqlite
def test_replacing_takes_no_row_away_by_whatever_index_it_would_collide(filled: Story, careless: None) -> None:
    tried = 0
    for model in guarded():
        for row in plain(model).order_by("pk")[:2]:
            for same in indexes(model):
                if any(getattr(row, name, 0) is None for name in same):
                    continue
                before = held(model)
                with pytest.raises((IntegrityError, Undone)) as refused, transaction.atomic():
                    replace(row, same)
                    # It collided with nothing, such as one reading of several at a time.
                    assert set(map(repr, before)) < set(map(repr, held(model))), f"{model._meta.label} by {same}"
                    raise Undone
                tried += refused.type is IntegrityError
    assert tried > 250
    found = attack(lambda: (take_guards_down(), replace(Lot.objects.latest("pk"), ["code"])))
    assert ("row missing", "batches.Lot") in {(f.kind, f.model) for f in found or []}


def indexes(model: type[models.Model]) -> list[list[str]]:
    """The columns of every unique index as SQLite has them, and the hidden number of every row."""
    found = [["rowid"], [model._meta.pk.column]]
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA index_list({table(model)})")
        for index in [row[1] for row in cursor.fetchall() if row[2]]:
            cursor.execute(f"PRAGMA index_info({connection.ops.quote_name(index)})")
            found.append([row[2] for row in cursor.fetchall()])
    return found


def replace(row: models.Model, same: list[str], **given: str) -> None:
    """Write over a row through one of its unique indexes, in the name of an act that is not sealed yet."""
    key = row._meta.pk.column
    values = {"act_id": f"'{uuid.uuid4().hex}'", "entry_id": f"'{uuid.uuid4().hex}'"}
    if key not in same and not isinstance(row._meta.pk, models.AutoField):
        values[key] = "hex(randomblob(16))"
    names = [f.column for f in row._meta.concrete_fields if f.column in same or not f.unique or f.column in values]
    names += [name for name in same if name not in names]
    into = ", ".join(f'"{name}"' for name in names)
    those = ", ".join((values | given).get(name, f'"{name}"') for name in names)
    at = row._meta.pk.get_db_prep_save(row.pk, connection)
    here = table(type(row))
    run(f"INSERT OR REPLACE INTO {here} ({into}) SELECT {those} FROM {here} WHERE {key} = %s", [at])


@on_sqlite
def test_no_entry_and_no_head_is_replaced_by_one_that_would_be_next(story: Story, careless: None) -> None:
    story.harvest()
    first = Entry.objects.filter(stream=story.batch.stream).earliest("seq")
    head = Head.objects.get(stream=story.batch.stream)
    nothing = {"stream": "'B-9999'", "seq": "0", "hash": f"'{chain.GENESIS}'"}
    for same in (["rowid"], ["id"]):
        with pytest.raises(IntegrityError, match="already holds a row with this"), transaction.atomic():
            replace(first, same, seq=str(head.seq + 1), prev=f"'{head.hash}'")
    for given in ({**nothing, "stream": f"'{head.stream}'"}, nothing):
        with pytest.raises(IntegrityError, match="already holds a row with this"), transaction.atomic():
            replace(head, ["rowid"], **given)


@on_sqlite
def test_an_update_that_replaces_another_row_is_refused(guarded_whole: Story, careless: None) -> None:
    one, two = User.objects.order_by("pk")[:2]
    with pytest.raises(IntegrityError, match="already holds a row with this username"), transaction.atomic():
        run(
            "UPDATE OR REPLACE accounts_user SET act_id = %s, username = %s WHERE id = %s",
            [uuid.uuid4().hex, one.username, two.pk],
        )
    first = Vitals.objects.exclude(scheduled__in=["baseline", "extra"]).first()
    assert first is not None
    then = Vitals.objects.filter(infusion=first.infusion, scheduled="baseline").first()
    assert then is not None
    with pytest.raises(IntegrityError, match="infusion_id and scheduled"), transaction.atomic():
        run(
            "UPDATE OR REPLACE batches_vitals SET act_id = %s, scheduled = %s WHERE id = %s",
            [uuid.uuid4().hex, first.scheduled, then.pk],
        )


def test_a_reading_that_may_be_taken_again_collides_with_none(story: Story) -> None:
    """The unique index leaves it out, and so must the guard against replacing."""
    story.released()
    story.check()
    story.vitals("baseline")
    story.vitals("baseline")
    assert Vitals.objects.filter(scheduled="baseline").count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_row_changed_in_the_name_of_an_act_that_never_comes_is_not_kept(story: Story) -> None:
    harvest = story.harvest()
    key = Harvest._meta.get_field("act").get_db_prep_save(uuid.uuid4(), connection)
    with pytest.raises(IntegrityError), transaction.atomic():
        run("UPDATE batches_harvest SET volume_ml = 1, act_id = %s WHERE id = %s", [key, harvest.pk])
    assert Harvest.objects.get().volume_ml == harvest.volume_ml


def test_a_row_keeps_its_key_whatever_act_is_named(story: Story) -> None:
    harvest = story.harvest()
    key = Harvest._meta.get_field("act").get_db_prep_save(uuid.uuid4(), connection)
    with pytest.raises(IntegrityError, match="keeps its key"), transaction.atomic():
        run("UPDATE batches_harvest SET id = 999, act_id = %s WHERE id = %s", [key, harvest.pk])


def test_no_version_is_added_in_the_name_of_another_act_than_its_rows(story: Story) -> None:
    """Otherwise a history could be made up beside the record: nothing else refers from a version to its act."""
    story.harvest()
    version = plain(version_model(Harvest)).get()
    version.pk, version.act_id = None, uuid.uuid4()
    with pytest.raises(IntegrityError, match="only by the act that wrote its row"), transaction.atomic():
        plain(version_model(Harvest)).bulk_create([version])


def test_a_signature_is_not_added_to_an_act_that_is_sealed(story: Story) -> None:
    story.receive()
    signature = Signature.objects.latest("at")
    with pytest.raises(IntegrityError, match="already sealed"), transaction.atomic():
        plain(Signature).bulk_create([again(signature)])


def test_a_password_is_not_set_in_the_database(story: Story) -> None:
    qa, technician = story.cast.qa, story.cast.technician
    with pytest.raises(IntegrityError, match="only inside an act"), transaction.atomic():
        change(technician, User._meta.get_field("password"), qa.password)


def an_entry(after: Entry, **changes: Any) -> Entry:
    """An entry made by hand that would follow another, rightly linked."""
    values = {f.attname: getattr(after, f.attname) for f in Entry._meta.concrete_fields}
    values |= {"id": uuid.uuid4(), "once": None, "seq": after.seq + 1, "prev": after.hash}
    values["hash"] = chain.link(after.hash, bytes(after.payload))
    return Entry(**(values | changes))


def test_an_entry_follows_the_head_of_its_stream_or_is_refused(story: Story) -> None:
    story.harvest()
    last = Entry.objects.filter(stream=story.batch.stream).latest("seq")
    for wrong in ({"seq": last.seq + 2}, {"seq": last.seq}, {"prev": last.prev}, {"stream": "B-9999"}):
        with pytest.raises(IntegrityError, match="only after the one its head stands at"), transaction.atomic():
            an_entry(last, **wrong).save(force_insert=True)


def test_a_head_moves_one_step_to_an_entry_that_is_there(story: Story) -> None:
    story.harvest()
    last = Entry.objects.filter(stream=story.batch.stream).latest("seq")
    head = Head.objects.filter(stream=last.stream)
    for move in (
        {"seq": last.seq + 1},
        {"seq": last.seq - 1, "hash": last.prev},
        {"seq": 0, "hash": chain.GENESIS},
        {"seq": last.seq + 1, "hash": "f" * 64},
        {"hash": "f" * 64},
        {"stream": "B-9999"},
    ):
        with pytest.raises(IntegrityError, match="moves one step at a time"), transaction.atomic():
            head.update(**move)
    for begun in (Head(stream="B-9999", seq=5, hash=last.hash), Head(stream="B-9999", seq=0, hash="f" * 64)):
        with pytest.raises(IntegrityError, match="begins at 0"), transaction.atomic():
            begun.save(force_insert=True)


@pytest.mark.django_db
@pytest.mark.clause("11.10(e)")
def test_every_table_that_holds_evidence_has_its_triggers_after_migrating() -> None:
    """Read from the database itself."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT tbl_name, sql FROM sqlite_master WHERE type = 'trigger'")
            there = {(name, re.findall(r"BEFORE (\w+) ON", sql)[0]) for name, sql in cursor.fetchall()}
        else:
            cursor.execute(
                "SELECT event_object_table, event_manipulation FROM information_schema.triggers"
                " WHERE action_timing = 'BEFORE' UNION SELECT tgrelid::regclass::text, 'TRUNCATE' FROM pg_trigger"
                " WHERE tgtype & 32 = 32 AND tgenabled = 'A'"
            )
            there = set(cursor.fetchall())
    on_all = {"UPDATE", "DELETE"} | ({"TRUNCATE"} if connection.vendor == "postgresql" else set())
    assert len(guarded()) > 60
    for model in guarded():
        events = {event for name, event in there if name == model._meta.db_table}
        assert events >= on_all, model
        if model in (Entry, Head, Signature) or not issubclass(model, AppendOnly):
            assert "INSERT" in events, model
    assert guards.missing() == []


@pytest.mark.django_db
def test_what_is_not_evidence_is_not_guarded() -> None:
    tables = {guard.table for guard in every_guard()}
    assert tables == {m._meta.db_table for m in guarded()}
    assert PrintJob._meta.db_table not in tables


def dropped(guard: guards.Guard) -> str:
    return guards.words_of(connection).take_down(guard.table, guard.name)


def hollowed(guard: guards.Guard) -> str:
    if connection.vendor == "postgresql":
        body = "BEGIN RETURN COALESCE(NEW, OLD); END"
        return f'CREATE OR REPLACE FUNCTION "{guard.name}"() RETURNS trigger LANGUAGE plpgsql AS $guard${body}$guard$'
    run(dropped(guard))
    return f"CREATE TRIGGER {guard.name} BEFORE {guard.event} ON {guard.table} BEGIN SELECT 1; END"


def switched_off(guard: guards.Guard) -> str:
    return f"ALTER TABLE {guard.table} DISABLE TRIGGER {guard.name}"


def given_a_condition(guard: guards.Guard) -> str:
    run(dropped(guard))
    if connection.vendor == "postgresql":
        made = f"CREATE TRIGGER {guard.name} BEFORE DELETE ON {guard.table} FOR EACH ROW WHEN (false)"
        run(f"{made} EXECUTE FUNCTION {guard.name}()")
        return f"ALTER TABLE {guard.table} ENABLE ALWAYS TRIGGER {guard.name}"
    return guards.words_of(connection).text(guard).replace("BEGIN", "WHEN 0 BEGIN")


@pytest.mark.django_db
@pytest.mark.parametrize("how", [dropped, hollowed, given_a_condition, pytest.param(switched_off, marks=on_postgresql)])
@pytest.mark.clause("11.10(a)", "R04")
def test_verifying_names_the_table_whose_guard_is_gone_and_migrating_puts_it_back(how: Any) -> None:
    guard = next(g for g in every_guard() if (g.table, g.event) == ("batches_harvest", "DELETE"))
    run(how(guard))
    assert [(f.kind, f.model, f.pk) for f in verify().findings] == [("guard missing", "batches.Harvest", guard.name)]
    call_command("migrate", verbosity=0)
    assert verify().ok
    assert guards.missing() == []


@pytest.mark.django_db
def test_a_guard_of_a_table_that_went_by_another_name_is_dropped() -> None:
    guard = next(g for g in every_guard() if (g.table, g.event) == ("batches_harvest", "DELETE"))
    if connection.vendor == "postgresql":
        made = "CREATE TRIGGER guard_old_delete BEFORE DELETE ON batches_harvest FOR EACH ROW"
        run(f"{made} EXECUTE FUNCTION {guard.name}()")
        run("ALTER TABLE batches_harvest ENABLE ALWAYS TRIGGER guard_old_delete")
    else:
        run("CREATE TRIGGER guard_old_delete BEFORE DELETE ON batches_harvest BEGIN SELECT 1 FROM gone; END")
    guards.put_up()
    assert "guard_old_delete" not in {name for _, name in guards.words_of(connection).standing(connection)}


@pytest.mark.django_db(transaction=True)
@pytest.mark.clause("R32")
def test_migrations_that_make_tables_anew_leave_them_guarded() -> None:
    """SQLite makes a table anew to change it, and its triggers go with the old one."""
    try:
        call_command("migrate", "batches", "0002", verbosity=0)
        call_command("migrate", "signatures", "0001", verbosity=0)
    finally:
        call_command("migrate", verbosity=0)
    assert guards.missing() == []
