"""Reads a paper backlog of passages from a CSV file: lists it, or imports it under two signatures."""

from __future__ import annotations

import getpass
import os
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from batches.commands.paper import import_passages, look_at
from batches.rules.paper import COLUMNS, CheckedRow, disagreements
from batches.rules.wording import cells, percent
from lims.accounts.authentication import Credential
from lims.accounts.models import User
from lims.refusals import Refusal, Refused
from lims.signatures.meanings import Meaning

PASSWORDS = {
    Meaning.TRANSCRIBED: "IMPORT_TRANSCRIBER_PASSWORD",
    Meaning.CHECKED: "IMPORT_CHECKER_PASSWORD",
}


MOST_TOLD = 200


class Command(BaseCommand):
    """`--check` lists what the file holds; without it the passages are imported, signed by two people."""

    help = f"Import passages from paper. Columns: {', '.join(COLUMNS)}. Others are named with --map ours=theirs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file, its columns, and who signs."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--map", action="append", default=[], metavar="OURS=THEIRS", help="may be repeated")
        parser.add_argument("--check", action="store_true", help="list the file and write nothing")
        parser.add_argument("--transcriber", metavar="USER", help="user name of who transcribed")
        parser.add_argument("--checker", metavar="USER", help="user name of who checked it against the paper")

    def handle(self, *args: Any, **options: Any) -> None:
        """List or import; a file that can't be true is refused whole, with every line and its reason."""
        path: Path = options["file"]
        try:
            content = path.read_bytes()
        except OSError as error:
            raise CommandError(f"{path} can't be read: {error.strerror}.") from error
        column_map = _column_map(options["map"])
        checked, refusals = look_at(content, column_map)
        if checked:
            self._list(checked)
        if refusals:
            raise CommandError(_told(path, refusals))
        if options["check"]:
            self.stdout.write("Nothing was written.")
            return
        if not options["transcriber"] or not options["checker"]:
            raise CommandError("An import is signed by two people: name --transcriber and --checker.")
        transcriber = User.objects.filter(username=options["transcriber"].strip().lower()).first()
        if transcriber is None:
            raise CommandError(f"No account {options['transcriber']} is known here.")
        signatures = {
            Meaning.TRANSCRIBED: _credential(Meaning.TRANSCRIBED, options["transcriber"]),
            Meaning.CHECKED: _credential(Meaning.CHECKED, options["checker"]),
        }
        try:
            paper = import_passages(
                transcriber, content=content, file_name=path.name, column_map=column_map, signatures=signatures
            )
        except Refused as refused:
            raise CommandError(_told(path, refused.refusals)) from refused
        self.stdout.write(f"{len(checked)} passages imported, SHA-256 {paper.sha256}.")

    def _list(self, checked: Sequence[CheckedRow]) -> None:
        wrong = disagreements(checked)
        lines = len({c.row.line for c in checked})
        self.stdout.write(f"{len(checked)} passages of {lines} batches or lines.")
        for each in wrong:
            row = each.row
            assert row.reported_total is not None
            assert each.computed_total is not None
            assert each.difference is not None
            self.stdout.write(
                f"Line {row.row}: {row.line} passage {row.generation}: printed total {cells(row.reported_total)}, "
                f"computed {cells(each.computed_total)}, {percent(each.difference * 100, 0)} off."
            )
        totals = "1 printed total disagrees" if len(wrong) == 1 else f"{len(wrong)} printed totals disagree"
        self.stdout.write(f"{totals} with the computed one by more than 10\u00a0%.")


def _column_map(given: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in given:
        ours, sign, theirs = pair.partition("=")
        if not sign or not ours.strip() or not theirs.strip():
            raise CommandError(f"«{pair}» is no pair such as batch=line.")
        if ours.strip() in found:
            raise CommandError(f"{ours.strip()} is mapped twice.")
        found[ours.strip()] = theirs.strip()
    return found


def _credential(meaning: Meaning, username: str) -> Credential:
    given = os.environ.get(PASSWORDS[meaning])
    if given is None:
        given = getpass.getpass(f"{meaning.label} by {username}, password: ")
    return Credential(username, given)


def _told(path: Path, refusals: Sequence[Refusal]) -> str:
    lines = [f"  {r.text} {r.code}" for r in refusals[:MOST_TOLD]]
    if len(refusals) > MOST_TOLD:
        lines.append(f"  and {len(refusals) - MOST_TOLD} more.")
    return "\n".join([f"{path.name} can't be imported:", *lines])
