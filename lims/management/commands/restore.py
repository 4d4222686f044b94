"""`manage.py restore FILE --by NAME --reason …`: put a backup back, verify it, and say in the ledger what was lost."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from lims.backup.archive import BackupError
from lims.backup.restoring import Undeclared, declare_only, restore
from lims.ledger.verify.restored import told
from lims.refusals import Refused


class Command(BaseCommand):
    """Exit 1 when verifying what was put back finds anything."""

    help = "Put back a backup, or declare that one was put back by other means. It stays visible for ever."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What, who and why."""
        parser.add_argument("file", nargs="?", type=Path, help="an archive of `backup`")
        parser.add_argument("--by", required=True, help="the name of the person who does this")
        parser.add_argument("--reason", required=True, help="why")
        parser.add_argument("--replace", action="store_true", help="the database holds data, and is to be replaced")
        parser.add_argument(
            "--declare",
            action="store_true",
            help="the database was put back by other means: declare it and verify, touch nothing",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Restore and tell, or say why not."""
        place, by, reason = options["file"], options["by"], options["reason"]
        if (place is None) != options["declare"]:
            raise CommandError("Name an archive, or say --declare.")

        def progress(entries: int) -> None:
            if sys.stderr.isatty():
                self.stderr.write(f"\r{entries} entries", ending="")

        try:
            if place is None:
                done = declare_only(by=by, reason=reason, progress=progress)
            else:
                done = restore(place, by=by, reason=reason, replaces=options["replace"], progress=progress)
        except Refused as refused:
            raise CommandError("\n".join(f"{r.text} {r.code}" for r in refused.refusals)) from refused
        except Undeclared as error:
            raise CommandError(str(error)) from error
        except (BackupError, OSError) as error:
            raise CommandError(f"Nothing was restored: {error}") from error
        if done.counted:
            self.stdout.write(f"Counted {done.counted}. {done.files} files were put back.")
        if done.aside:
            self.stdout.write(f"What was there before is kept: {done.aside}")
        if done.uncovered:
            self.stdout.write(f"No checkpoint states this restore yet: {done.uncovered}")
        for restored in done.report.restores:
            self.stdout.write(told(restored))
        for f in done.report.findings:
            self.stdout.write(f"{f.stream} {f.seq or ''} {f.kind}: {f.model} {f.pk}. {f.text}".strip())
        verdict = "as sealed" if done.report.ok else f"{len(done.report.findings)} findings"
        self.stdout.write(f"{done.report.streams} streams, {done.report.entries} entries: {verdict}.")
        if not done.report.ok:
            sys.exit(1)
