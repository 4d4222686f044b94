"""`manage.py export_record NUMBER --out FILE.zip`: a batch's evidence for checking offline, without Celery."""

from __future__ import annotations

import getpass
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from batches.commands.documents import record_export_at_console
from batches.models import Batch
from batches.record.export import Unexportable
from batches.record.printing import export_to
from lims.ledger.checkpoints import OutOfStep
from lims.ledger.keys import NoKey, in_use


class Command(BaseCommand):
    """Export one batch at the console; the export is left in the ledger."""

    help = "Write everything recorded of a batch to a ZIP that verify_export.py checks without this program."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Batch number and file."""
        parser.add_argument("number")
        parser.add_argument("--out", required=True, type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file, then seal that it was written."""
        batch = Batch.objects.select_related("patient").filter(number=options["number"]).first()
        if batch is None:
            raise CommandError(f"There is no batch {options['number']}.")
        try:
            sha256 = export_to(options["out"], batch)
        except (OSError, Unexportable, NoKey, OutOfStep) as error:
            raise CommandError(f"The batch can't be exported: {error}") from error
        record_export_at_console(None, batch=batch, sha256=sha256, by=getpass.getuser())
        self.stdout.write(f"{options['out']}: export of {batch.number}, SHA-256 {sha256}, key {in_use()}")
