"""Makes the demonstration laboratory: its people at once, its history in the background."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from batches.demonstration import people
from batches.demonstration.replay import fill
from lims.ledger import checkpoints
from lims.refusals import Refused
from lims.site import is_demonstration, site


class Command(BaseCommand):
    """`--people` opens the laboratory, `--fill` replays the synthetic donors, `--accounts` prints who can sign in."""

    help = "Make a demonstration laboratory of synthetic data. It can't be turned into a real one."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Exactly one of three things to do."""
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--people", action="store_true", help="open the laboratory with its people and process")
        what.add_argument(
            "--fill", action="store_true", help="replay the synthetic donors; it may be stopped and goes on"
        )
        what.add_argument("--accounts", action="store_true", help="print the demonstration accounts")
        parser.add_argument("--donors", type=int, help="with --fill: only the first so many donors")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, or say why not."""
        if options["people"]:
            self._people()
        elif options["accounts"]:
            self._demand_demonstration()
            self.stdout.write(people.table())
        else:
            self._demand_demonstration()
            told = fill(lambda line: self._say(line), number=options["donors"])
            self._say(
                f"{told.recorded} steps replayed. " + (f"Left: {', '.join(told.left)}." if told.left else "Done.")
            )
            checkpoints.write()
            if told.left:
                raise CommandError("Not every donor could be replayed.")

    def _people(self) -> None:
        if site() is not None and not is_demonstration():
            raise CommandError("A real laboratory was started here. A demonstration needs an empty database.")
        try:
            people.begin()
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        self._say(f"{people.NAME}: {len(people.PEOPLE) + 1} accounts.")

    def _demand_demonstration(self) -> None:
        if not is_demonstration():
            raise CommandError("This is no demonstration laboratory. Begin one with seed_demo --people.")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
