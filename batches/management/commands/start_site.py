"""`manage.py start_site`: begin a real laboratory, with its first administrator and the process that comes with it.

It stands here rather than in the platform because a laboratory without a master batch record can issue nothing.
"""

from __future__ import annotations

import getpass
import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from batches.commands.process import install_master_batch_record, installed_content
from lims.accounts.commands import start_site
from lims.models import Site
from lims.refusals import Refused

PASSWORD_FROM = "START_PASSWORD"  # noqa: S105


class Command(BaseCommand):
    """Begin a laboratory, once in the life of a database."""

    help = (
        "Begin a real laboratory in an empty database, with its first administrator. "
        f"The password is asked for, or read from the environment variable {PASSWORD_FROM}."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The laboratory and its first person."""
        parser.add_argument("--name", required=True, help="the name of the laboratory, as it is printed")
        parser.add_argument("--time-zone", required=True, help="its time zone, such as Asia/Tokyo")
        parser.add_argument("--administrator", required=True, metavar="USERNAME", help="who signs in first")
        parser.add_argument("--printed-name", required=True, metavar="NAME", help="the administrator's name in full")

    def handle(self, *args: Any, **options: Any) -> None:
        """Begin, or say every reason why not."""
        if Site.objects.exists():
            raise CommandError("A site has been started here. Use an empty database for another one. SITE-01")
        try:
            here = start_site(
                name=options["name"],
                time_zone=options["time_zone"],
                administrator=(options["administrator"], options["printed_name"]),
                password=_password(),
            )
        except Refused as refused:
            raise CommandError("\n".join(f"{r.text} {r.code}" for r in refused.refusals)) from refused
        except ValidationError as error:
            told = [f"{field.replace('_', ' ')}: {' '.join(said)}" for field, said in error.message_dict.items()]
            raise CommandError("\n".join(told)) from error
        mbr = install_master_batch_record(None, content=installed_content(), code="MBR-01", version=1)
        self.stdout.write(f"{here.name} has begun, in {here.time_zone}, with {mbr.code} version {mbr.version}.")
        self.stdout.write(f"{options['administrator']} signs in first, chooses a new password and adds the people.")
        self.stdout.write(
            "Then QA and a supervisor record everybody's training, each other's included: nobody acts in a batch "
            "without it."
        )


def _password() -> str:
    given = os.environ.get(PASSWORD_FROM)
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise CommandError(f"Nobody is there to type a password. Give it in {PASSWORD_FROM}.")
    first = getpass.getpass("Password of the administrator: ")
    if getpass.getpass("The same again: ") != first:
        raise CommandError("The two differ. Begin again.")
    return first
