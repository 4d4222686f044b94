"""`manage.py backup --out FILE --by NAME`: database, kept files and keys' fingerprints in one archive."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from lims.backup.archive import BackupError
from lims.backup.taking import take


class Command(BaseCommand):
    """Take a backup while everything runs; that it was taken is in the audit trail."""

    help = "Write the database and every kept file to one archive, with a manifest. No key is in it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to, and who."""
        parser.add_argument("--out", required=True, type=Path, help="a new file, on an encrypted disk")
        parser.add_argument("--by", required=True, help="the name of the person or the timetable that does this")

    def handle(self, *args: Any, **options: Any) -> None:
        """Take it, or say why not."""
        try:
            sha256, manifest = take(options["out"], by=options["by"])
        except BackupError as error:
            raise CommandError(f"There is no backup: {error} BAK-01") from error
        rows, kept = sum(manifest["counts"].values()), len(manifest["members"]) - 1
        self.stdout.write(f"{options['out']}: {rows} rows, {len(manifest['heads'])} streams, {kept} files.")
        self.stdout.write(f"SHA-256 {sha256}")
        if manifest["damaged"]:
            raise CommandError(
                "The backup is written, without files that are not what was kept: " + ", ".join(manifest["damaged"])
            )
