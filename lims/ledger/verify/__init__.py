"""Verifying the ledger: what the database holds now against what was sealed, and against the checkpoints beside it.

Apart from the writer on purpose: it reads stored bytes and links them again (links.py), reads rows back and digests
them (entries.py, rows.py), and holds the heads against the files (checkpoints.py). A value so changed that it can't
even be read is a finding like any other, never a crash. Not here: how a finding is told (the command).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Any

from django.db import models

from lims.ledger.checkpoints import numbers_kept
from lims.ledger.models import Entry, Head
from lims.ledger.verify.checkpoints import check_covered, check_files, listed_rows, numbers_known
from lims.ledger.verify.entries import Sealed, check_entries, check_unsealed
from lims.ledger.verify.findings import Finding, Report
from lims.ledger.verify.guarded import check_guards
from lims.ledger.verify.links import check_links, every_entry
from lims.ledger.verify.quick import agrees
from lims.ledger.verify.reading import keys, one_state
from lims.ledger.verify.restored import check_restored
from lims.ledger.verify.rows import check_credentials, check_rows
from lims.ledger.verify.since import check_since, newest_good
from lims.recorded import recorded_models

__all__ = ["Finding", "Report", "verify", "verify_since_checkpoint"]

NO_CHECKPOINT = "No checkpoint covers this yet, so a stream cut short or computed anew would not be seen."


def verify(
    streams: Collection[str] | None = None, *, files: bool = True, progress: Callable[[int], None] | None = None
) -> Report:
    """Verify every stream, or the ones named, with the rows their acts wrote.

    Only a whole verification can find a row that claims an act of no stream, a stream that vanished, or a checkpoint
    that was taken away. Without `files` named streams are held against the rows of checkpoints only: a page can't wait
    for a folder on another machine.
    """
    began = time.monotonic()
    report = Report()
    kept = numbers_kept() if files and streams is None else []
    with one_state():
        _check(streams, kept, report, files, progress)
    if streams is not None:
        report.restores = [r for r in report.restores if any(lost.stream in streams for lost in r.lost)]
    if files and report.newest_checkpoint is None:
        report.note = NO_CHECKPOINT
    report.seconds = time.monotonic() - began
    return report


def verify_since_checkpoint(*, progress: Callable[[int], None] | None = None) -> Report:
    """Verify what came after the newest good checkpoint; everything, when there is none."""
    began = time.monotonic()
    report = Report()
    kept = numbers_kept()
    with one_state():
        number = newest_good(kept, report)
        if number is not None:
            check_since(number, report, progress)
    if number is None:
        return verify(progress=progress)
    report.seconds = time.monotonic() - began
    return report


def _check(
    streams: Collection[str] | None,
    kept: list[int],
    report: Report,
    files: bool,
    progress: Callable[[int], None] | None,
) -> None:
    entries = Entry.objects.order_by("stream", "seq")
    heads = {h.stream: h for h in Head.objects.all()}
    if streams is not None:
        entries = entries.filter(stream__in=streams)
        heads = {name: head for name, head in heads.items() if name in streams}
    seen = check_links(every_entry(streams), heads, report)
    for name, head in heads.items():
        # A head is made in the transaction of its first entry, so that none is ever without one.
        if name not in seen:
            report.found("stream vanished", "ledger.Head", name, f"The head counts {head.seq} entries; there is none.")
    for name in set(streams or ()) - heads.keys():
        report.found("stream vanished", "ledger.Head", name, "There is no such stream.", stream=name)
    if files:
        check_restored(numbers_known(kept, None), report)
        good = check_files(kept, streams, report)
        listed = ((g.number, head) for g in good for head in g.statement.heads)
        check_covered((at for at in listed if streams is None or at[1].stream in streams), heads, report)
    elif streams is not None:
        check_covered(listed_rows(streams), heads, report)
    sealed = Sealed()
    done = 0
    for piece in keys(entries):
        signatures = agrees(piece, sealed.versions)
        if signatures is None:
            check_entries(piece, report, sealed)
        else:
            sealed.signatures += signatures
        done += len(piece)
        if progress:
            progress(done)

    def rows_of(kept: type[models.Model], key: str) -> models.QuerySet[Any]:
        every = kept._base_manager
        return every.all() if streams is None else every.filter(**{f"{key}__stream__in": streams})

    check_unsealed(rows_of, report, sealed)
    for model in recorded_models():
        check_rows(model, streams, report)
    if streams is None:
        check_credentials(report)
        check_guards(report)
