"""`manage.py verify_ledger [--batch NUMBER | --since-checkpoint] [--json]`: is everything as it was sealed?

Exit 1 on any finding.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from batches.models import Batch, Patient
from lims.ledger.models import Head
from lims.ledger.verify import verify, verify_since_checkpoint
from lims.ledger.verify.restored import told as told_restore
from lims.recorded import version_model


class Command(BaseCommand):
    """Verify the whole ledger, what came after the newest good checkpoint, or one batch's record with its patient's."""

    help = "Verify that the record is what was sealed, and name every row that is not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How much, and how to answer."""
        part = parser.add_mutually_exclusive_group()
        part.add_argument("--batch", help="only this batch's stream and its patient's")
        part.add_argument(
            "--since-checkpoint", action="store_true", help="only what came after the newest good checkpoint"
        )
        parser.add_argument("--json", action="store_true", help="answer in JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify and tell."""
        streams = None
        if options["batch"]:
            streams = _streams(options["batch"])

        def progress(entries: int) -> None:
            if sys.stderr.isatty():
                self.stderr.write(f"\r{entries} entries", ending="")

        if options["since_checkpoint"]:
            report = verify_since_checkpoint(progress=progress)
        else:
            report = verify(streams, progress=progress)
        if options["json"]:
            told = {
                "ok": report.ok,
                "streams": report.streams,
                "entries": report.entries,
                "seconds": round(report.seconds, 3),
                "checkpoints": report.checkpoints,
                "newest_checkpoint": report.newest_checkpoint,
                "since_checkpoint": report.since_checkpoint,
                "note": report.note,
                "restores": [dataclasses.asdict(r) | {"lost": [x._asdict() for x in r.lost]} for r in report.restores],
                "findings": [dataclasses.asdict(f) for f in report.findings],
            }
            self.stdout.write(json.dumps(told, ensure_ascii=False, indent=2))
        else:
            for f in report.findings:
                where = f"{f.stream} {f.seq}: " if f.stream else ""
                which = " ".join(filter(None, (f.model, f.pk)))
                self.stdout.write(f"{where}{f.kind}: {which}. {f.text}")
            for restored in report.restores:
                self.stdout.write(told_restore(restored))
            if report.note:
                self.stdout.write(report.note)
            if report.since_checkpoint:
                self.stdout.write(f"What checkpoint {report.since_checkpoint} covers was trusted.")
            verdict = "as sealed" if report.ok else f"{len(report.findings)} findings"
            self.stdout.write(
                f"{report.streams} streams, {report.entries} entries, {report.checkpoints} checkpoints, "
                f"{report.seconds:.1f} s: {verdict}."
            )
        if not report.ok:
            sys.exit(1)


def _streams(number: str) -> list[str]:
    """The streams of a batch and its patient. A batch whose row was changed is still known by its stream's name."""
    known: tuple[str, ...] | None = Batch.objects.filter(number=number).values_list("number", "patient__code").first()
    if known is None and Head.objects.filter(stream=number).exists():
        before = version_model(Batch)._base_manager.filter(number=number).order_by("pk").values_list("patient_id")[:1]
        patients = Patient.objects.filter(pk__in=before).values_list("code", flat=True)
        known = (number, *patients)
    if known is None:
        raise CommandError(f"There is no batch {number}.")
    return list(known)
