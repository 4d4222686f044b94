"""Verifying the ledger: what the database holds now against what was sealed, and against the checkpoints beside it.

Apart from the writer on purpose: it reads stored bytes and links them again (links.py), reads rows back and digests
them (entries.py, rows.py), and holds the heads against the files (checkpoints.py). A value so changed that it can't
even be read is a finding like any other, never a crash; each part is looked at by itself, whatever became of the others
(`Report.part`). Not here: how a finding is told (the command).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.db import models

from lims.ledger.checkpoints import numbers_kept
from lims.ledger.models import Entry, Head
from lims.ledger.verify.checkpoint_rows import check_checkpoint_rows, check_forms_of_checkpoints, check_keys
from lims.ledger.verify.checkpoints import check_covered, check_files, listed_rows, numbers_known
from lims.ledger.verify.entries import Sealed, check_entries, check_unsealed
from lims.ledger.verify.findings import Finding, Report
from lims.ledger.verify.guarded import check_guards
from lims.ledger.verify.kept_files import check_kept_files, naming_files
from lims.ledger.verify.links import check_links, every_entry, stored_heads
from lims.ledger.verify.quick import agrees
from lims.ledger.verify.reading import keys, one_state
from lims.ledger.verify.restored import check_restored
from lims.ledger.verify.rows import check_credentials, check_rows
from lims.ledger.verify.schema import check_strangers, check_tables, check_whole
from lims.ledger.verify.since import check_since, newest_good
from lims.ledger.verify.stored_forms import check_forms
from lims.recorded import recorded_models, version_model
from lims.signatures.models import Signature

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
    kept = _numbers_kept(report) if files else []
    with one_state():
        _check_basis(report)
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
    kept = _numbers_kept(report)
    number = None
    with one_state():
        _check_basis(report)
        with report.part("checkpoints"):
            number = newest_good(kept, report)
        if number is not None:
            _check_checkpoint_rows(kept, report)
            check_since(number, report, progress)
            with report.part("guards"):
                check_guards(report)
    if number is None:
        return verify(progress=progress)
    report.seconds = time.monotonic() - began
    return report


def _numbers_kept(report: Report) -> list[int]:
    kept: list[int] = []
    with report.part("checkpoint files"):
        kept = numbers_kept()
    return kept  # noqa: RET504 - the part above may end early


def _check_basis(report: Report) -> None:
    """What everything else is read from."""
    with report.part("tables"):
        check_tables(report)
    with report.part("triggers"):
        check_strangers(report)


def _check_checkpoint_rows(kept: Collection[int] | None, report: Report) -> None:
    with report.part("checkpoint rows"):
        check_forms_of_checkpoints(report)
        check_checkpoint_rows(report, kept=kept)
    with report.part("checkpoint keys"):
        check_keys(report, every=False)


def _check(
    streams: Collection[str] | None,
    kept: list[int],
    report: Report,
    files: bool,
    progress: Callable[[int], None] | None,
) -> None:
    heads: dict[str, Head] = {}
    with report.part("heads"):
        check_forms(Head, None, report)
        every = stored_heads(report)
        heads = {name: head for name, head in every.items() if streams is None or name in streams}
    with report.part("chains"):
        _check_chains(streams, heads, report)
    if streams is not None:
        with report.part("restores"):
            check_restored(numbers_known((), None), report, files=files)
        _check_checkpoint_rows(kept if files else None, report)
    with report.part("checkpoints"):
        _check_checkpoints(streams, kept, heads, report, files)
    sealed = Sealed()
    with report.part("entries"):
        _check_entries(streams, sealed, report, progress)

    def rows_of(kept: type[models.Model], key: str) -> models.QuerySet[Any]:
        every = kept._base_manager
        return every.all() if streams is None else every.filter(**{f"{key}__stream__in": streams})

    with report.part("versions and signatures"):
        check_unsealed(rows_of, report, sealed)
    for model in recorded_models():
        if report.broken & {model._meta.label, version_model(model)._meta.label}:
            continue
        with report.part(model._meta.label):
            check_rows(model, streams, report)
    for model in naming_files():
        if model._meta.label not in report.broken:
            with report.part(f"files of {model._meta.label}"):
                check_kept_files(model, streams, report)
    if streams is None:
        with report.part("signatures"):
            check_forms(Signature, None, report)
        with report.part("credentials"):
            check_credentials(report)
        with report.part("guards"):
            check_guards(report)
        with report.part("database"):
            check_whole(report)


def _check_chains(streams: Collection[str] | None, heads: Mapping[str, Head], report: Report) -> None:
    seen = check_links(every_entry(streams), heads, report)
    for name, head in heads.items():
        # A head is made in the transaction of its first entry, so that none is ever without one.
        if name not in seen:
            report.found("stream vanished", "ledger.Head", name, f"The head counts {head.seq} entries; there is none.")
    for name in set(streams or ()) - heads.keys():
        report.found("stream vanished", "ledger.Head", name, "There is no such stream.", stream=name)


def _check_checkpoints(
    streams: Collection[str] | None, kept: list[int], heads: Mapping[str, Head], report: Report, files: bool
) -> None:
    if streams is None:
        check_restored(numbers_known(kept, None), report)
        check_forms_of_checkpoints(report)
        check_keys(report, every=True)
    if files:
        good = check_files(kept, streams, report)
        listed = ((g.number, head) for g in good for head in g.statement.heads)
        check_covered((at for at in listed if streams is None or at[1].stream in streams), heads, report)
    elif streams is not None:
        check_covered(listed_rows(streams), heads, report)


def _check_entries(
    streams: Collection[str] | None, sealed: Sealed, report: Report, progress: Callable[[int], None] | None
) -> None:
    entries = Entry.objects.order_by("stream", "seq")
    if streams is not None:
        entries = entries.filter(stream__in=streams)
    done = 0
    for piece in keys(entries):
        with report.part(f"entries from {piece[0]}"):
            signatures = agrees(piece, sealed.versions)
            if signatures is None:
                check_entries(piece, report, sealed)
            else:
                sealed.signatures += signatures
        done += len(piece)
        if progress:
            progress(done)
