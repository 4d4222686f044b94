"""`manage.py database_role NAME [--apply]`: the PostgreSQL role the application signs in as, with the least rights."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from lims.ledger.role import statements

# What would let a role get past what it was given, as pg_roles keeps it.
_POWERS = """
SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls
       OR pg_has_role(oid, current_user::regrole, 'MEMBER')
FROM pg_catalog.pg_roles WHERE rolname = %s
"""


class Command(BaseCommand):
    """Print the SQL, or run it. The owner of the tables does, after each migration that makes a table."""

    help = "Print the SQL that makes the least-privilege PostgreSQL role for the application; --apply runs it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The name of the role, and whether to do it."""
        parser.add_argument("name", help="small letters, digits and underscores")
        parser.add_argument("--apply", action="store_true", help="run the SQL instead of printing it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Look at who asks and for whom, then print or run."""
        name = options["name"]
        if connection.vendor != "postgresql":
            raise CommandError("SQLite has no roles. Whoever can write its file owns it.")
        if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", name):
            raise CommandError("Name the role with small letters, digits and underscores.")
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_schema()")
            made = list(statements(name, cursor.fetchone()[0]))
            cursor.execute(_POWERS, [name])
            row = cursor.fetchone()
        if row is not None and row[0]:
            raise CommandError(f"{name} owns the tables or has powers of its own. Name a role that has none.")
        if not options["apply"]:
            self.stdout.write(";\n".join(made) + ";")
            return
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in made:
                cursor.execute(statement)
        self.stdout.write(f"{name} is ready. Give it a password in psql: \\password {name}")
