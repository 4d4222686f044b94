"""`manage.py write_checkpoint`: commit now to where every stream stands, as the timetable does each minute."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from lims.ledger import checkpoints
from lims.ledger.keys import NoKey


class Command(BaseCommand):
    """Write a checkpoint when anything changed since the last one."""

    help = "Write a signed checkpoint of the ledger now, when anything changed since the last one."

    def handle(self, *args: Any, **options: Any) -> None:
        """Write, or say why not."""
        try:
            made = checkpoints.write()
        except (checkpoints.OutOfStep, NoKey, OSError) as error:
            raise CommandError(str(error)) from error
        if made is None:
            self.stdout.write("Nothing changed since the last checkpoint.")
            return
        self.stdout.write(f"{checkpoints.path_of(made.number)}: {made.heads.count()} streams, signed with {made.key}.")
