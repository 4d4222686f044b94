"""`manage.py confirm_identity`: confirm the first person of QA of a new laboratory, who then confirms the others."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from lims.accounts.identity import confirm_first
from lims.refusals import Refused


class Command(BaseCommand):
    """Works only while no person of QA is confirmed; it is in the audit trail, and QA is told."""

    help = "Confirm the identity of the first person of QA. Refused as soon as one is confirmed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Who."""
        parser.add_argument("username", help="the user name of a person of QA who has chosen a password")

    def handle(self, *args: Any, **options: Any) -> None:
        """Confirm, or say every reason why not."""
        try:
            user = confirm_first(options["username"])
        except Refused as refused:
            raise CommandError("\n".join(f"{r.text} {r.code}" for r in refused.refusals)) from refused
        self.stdout.write(f"{user.printed_name} may sign now, and confirms the others.")
