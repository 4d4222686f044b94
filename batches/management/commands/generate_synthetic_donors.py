"""`manage.py generate_synthetic_donors`: write the table of synthetic donors that the demonstration replays."""

from __future__ import annotations

import csv
import io
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from batches.rules import synthetic_donors

TABLE = Path(__file__).resolve().parents[2] / "data" / "synthetic_donors.csv"


def table_text() -> str:
    """The whole table as it stands in the file."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(synthetic_donors.rows(synthetic_donors.donors()))
    return out.getvalue()


class Command(BaseCommand):
    """Write the table; the same program always writes the same bytes."""

    help = "Write the synthetic donors to a CSV file."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to write."""
        parser.add_argument("--out", type=Path, default=TABLE)

    def handle(self, *args: Any, **options: Any) -> None:
        """Write and say so."""
        out: Path = options["out"]
        out.write_text(table_text(), encoding="utf-8")
        self.stdout.write(f"{synthetic_donors.DONORS} synthetic donors written to {out}")
