"""`manage.py export_year YEAR --out FILE.zip`: all issued and kept records of a year, without Celery."""

from __future__ import annotations

import getpass
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from batches.commands.documents import record_year_at_console
from batches.record.archive import years
from batches.record.export import Unexportable
from batches.record.printing import export_year_to


class Command(BaseCommand):
    """Put together a year at the console; it is left in the ledger."""

    help = "Write every issued copy and kept print of the batches of a year to a ZIP, with an index."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Year and file."""
        parser.add_argument("year", type=int)
        parser.add_argument("--out", required=True, type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file, then seal that it was written."""
        year = options["year"]
        if year not in years():
            raise CommandError(f"No batch was issued in {year}.")
        try:
            sha256 = export_year_to(options["out"], year)
        except (OSError, Unexportable) as error:
            raise CommandError(f"The records can't be exported: {error}") from error
        record_year_at_console(None, year=year, sha256=sha256, by=getpass.getuser())
        self.stdout.write(f"{options['out']}: records of {year}, SHA-256 {sha256}")
