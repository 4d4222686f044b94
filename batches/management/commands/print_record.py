"""`manage.py print_record NUMBER --out FILE`: an uncontrolled copy of a batch record, without Celery."""

from __future__ import annotations

import getpass
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from batches.commands.documents import record_uncontrolled_print
from batches.models import Batch
from batches.record.printing import print_to


class Command(BaseCommand):
    """Print one record at the console; the print is left in the ledger."""

    help = "Write an uncontrolled, watermarked copy of a batch record to a PDF file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Batch number and file."""
        parser.add_argument("number")
        parser.add_argument("--out", required=True, type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file, then seal that it was written."""
        batch = Batch.objects.filter(number=options["number"]).first()
        if batch is None:
            raise CommandError(f"There is no batch {options['number']}.")
        try:
            sha256 = print_to(options["out"], batch)
        except OSError as error:
            raise CommandError(f"{options['out']} can't be written: {error.strerror}.") from error
        record_uncontrolled_print(None, batch=batch, sha256=sha256, by=getpass.getuser())
        self.stdout.write(f"{options['out']}: batch record of {batch.number}, uncontrolled copy, SHA-256 {sha256}")
