"""The role of the application on PostgreSQL: it can do every act, and nothing to what acts left."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import DatabaseError, ProgrammingError, connection, transaction

from batches.commands.documents import request_print
from batches.models import PrintJob
from batches.tasks import make_print
from lims.ledger.models import AppendOnly
from lims.ledger.verify import verify
from lims.recorded import Version
from tests.builders import Story
from tests.cast import gather_cast
from tests.lims.ledger.test_verify import guarded

on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no roles")


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.fixture
def application(transactional_db: None) -> Iterator[Story]:
    """A laboratory its owner began, on a connection of the application's role."""
    owner = connection.settings_dict["USER"]
    # Roles belong to the server, which other processes may test on too.
    name = f"{connection.settings_dict['NAME']}_application"
    story = Story(gather_cast())
    call_command("database_role", name, "--apply", stdout=StringIO())
    try:
        sign_in(name)
        yield story
    finally:
        sign_in(owner)
        run(f"DROP OWNED BY {name}; DROP ROLE {name}")


def sign_in(role: str) -> None:
    connection.close()
    connection.settings_dict["USER"] = role


@on_postgresql
def test_the_application_does_its_work_as_a_role_that_owns_nothing(application: Story) -> None:
    application.receive()
    make_print(request_print(application.cast.qa, batch=application.batch).pk)
    assert PrintJob.objects.get().state == "ready", PrintJob.objects.get().error
    session = Session.objects.create(session_key="k", session_data="", expire_date=application.at)
    session.delete()
    assert verify().ok
    call_command("migrate", verbosity=0)
    call_command("migrate", check_unapplied=True, verbosity=0)


@on_postgresql
@pytest.mark.clause("11.10(d)", "11.10(c)", "R02", "R04")
def test_it_can_not_touch_what_was_sealed_nor_what_guards_it(application: Story) -> None:
    application.receive()
    owner_only = [
        "SET session_replication_role = replica",
        "CREATE TABLE beside (id int)",
        "CREATE FUNCTION guard_ledger_entry_update() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "UPDATE pg_trigger SET tgenabled = 'D'",
        "UPDATE django_migrations SET name = ''",
    ]
    for model in guarded():
        table = model._meta.db_table
        owner_only += [
            f"DELETE FROM {table}",
            f"TRUNCATE {table} CASCADE",
            f"ALTER TABLE {table} DISABLE TRIGGER ALL",
            f"ALTER TABLE {table} DISABLE TRIGGER guard_{table}_update",
            f"DROP TRIGGER guard_{table}_update ON {table}",
            f"DROP TABLE {table} CASCADE",
            f"CREATE TRIGGER mine BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION guard_{table}_update()",
            f"CREATE OR REPLACE FUNCTION guard_{table}_update() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'",
        ]
        if issubclass(model, AppendOnly | Version):
            owner_only.append(f"UPDATE {table} SET {model._meta.pk.column} = {model._meta.pk.column}")
    for statement in owner_only:
        with pytest.raises(ProgrammingError, match="permission denied|must be owner"), transaction.atomic():
            run(statement)
    assert verify().ok


@on_postgresql
def test_a_temporary_table_does_not_stand_in_for_the_ledger(application: Story) -> None:
    """Temporary tables are found before all others: guards look acts up in the ledger by its full name."""
    application.receive()
    run("CREATE TEMPORARY TABLE ledger_entry AS SELECT * FROM public.ledger_entry WHERE false")
    run("CREATE TEMPORARY TABLE ledger_head AS SELECT * FROM public.ledger_head")
    for statement in (
        "UPDATE batches_harvest SET volume_ml = 1",
        "UPDATE accounts_user SET password = ''",
        "UPDATE public.ledger_head SET seq = seq + 1",
    ):
        with pytest.raises(DatabaseError, match="only inside an act|moves one step"), transaction.atomic():
            run(statement)


@on_postgresql
@pytest.mark.django_db
def test_the_command_prints_what_it_would_do_and_does_nothing() -> None:
    out = StringIO()
    call_command("database_role", "somebody", stdout=out)
    told = out.getvalue()
    assert 'GRANT SELECT, INSERT ON "public"."ledger_entry" TO "somebody";' in told
    assert 'GRANT SELECT, INSERT, UPDATE ON "public"."batches_batch" TO "somebody";' in told
    assert "DELETE" not in told.replace(f'DELETE ON "public"."{Session._meta.db_table}"', "")
    assert "TRUNCATE" not in told
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_roles WHERE rolname = 'somebody'")
        assert cursor.fetchone() == (0,)


@on_postgresql
@pytest.mark.django_db
def test_the_owner_is_no_role_for_the_application() -> None:
    for name in (connection.settings_dict["USER"], "Robert'; DROP TABLE", "pg_signal_backend; "):
        with pytest.raises(CommandError, match="Name"):
            call_command("database_role", name, "--apply")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has roles")
@pytest.mark.django_db
def test_sqlite_has_no_roles_and_the_command_says_so() -> None:
    with pytest.raises(CommandError, match="no roles"):
        call_command("database_role", "somebody")
