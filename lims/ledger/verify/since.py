"""Verifying only what came after the newest good checkpoint, trusting what it and those before it cover.

Not here: whether what they cover is still there in every row (the whole verification).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Subquery

from lims.ledger.models import CheckpointHead, Entry, Head
from lims.ledger.verify import checkpoints
from lims.ledger.verify.checkpoints import Listed
from lims.ledger.verify.entries import Sealed, check_entries, check_unsealed
from lims.ledger.verify.findings import Report
from lims.ledger.verify.links import BEGINNING, Position, check_links, entries_after, stored_heads
from lims.ledger.verify.reading import keys, pieces, streamed
from lims.ledger.verify.restored import check_restored
from lims.ledger.verify.rows import check_credentials, check_touched
from lims.ledger.verify.stored_forms import check_forms
from lims.recorded import recorded_models, version_model


def newest_good(kept: Sequence[int], report: Report) -> int | None:
    """The number of the newest checkpoint that is good; what is wrong with newer ones is found."""
    numbers = checkpoints.numbers_known(kept, None)
    check_restored(numbers, report)
    checkpoints.check_folder(numbers, report)
    return next((n for n in reversed(numbers) if checkpoints.check_one(n, report) is not None), None)


def check_since(number: int, report: Report, progress: Callable[[int], None] | None) -> None:
    """Check heads against the checkpoints up to `number`, and the acts that came after with all they wrote."""
    report.since_checkpoint = number
    heads: dict[str, Head] = {}
    positions: dict[str, Position] = {}
    with report.part("heads"):
        check_forms(Head, None, report)
        heads = stored_heads(report)
    with report.part("checkpoints"):
        positions = _positions(number, heads, report)
    with report.part("chains"):
        check_links(entries_after(positions), heads, report, after=positions)
    touched: dict[str, set[str]] = defaultdict(set)
    done = 0
    with report.part("entries"):
        for piece in pieces(_later(positions)):
            _check_later(piece, touched, report)
            done += len(piece)
            if progress:
                progress(done)
    for model in recorded_models():
        if report.broken & {model._meta.label, version_model(model)._meta.label}:
            continue
        with report.part(model._meta.label):
            check_touched(model, sorted(touched[model._meta.label]), report)
    with report.part("credentials"):
        check_credentials(report)


def _check_later(piece: list[str], touched: dict[str, set[str]], report: Report) -> None:
    """A piece of later entries, with what they list; the rows they wrote are put into `touched`."""
    with report.part(f"entries from {piece[0]}"):
        sealed = Sealed()
        for _entry, content in check_entries(piece, report, sealed):
            for row in content["rows"]:
                touched[row["model"]].add(row["pk"])
        check_unsealed(partial(_written_by, piece), report, sealed)


def _later(positions: Mapping[str, Position]) -> Iterator[str]:
    """The keys of the entries after a position in each stream."""
    for stream, position in positions.items():
        for piece in keys(Entry.objects.filter(stream=stream, seq__gt=position.seq).order_by("seq")):
            yield from piece


def _written_by(piece: Sequence[str], kept: type[models.Model], key: str) -> models.QuerySet[Any]:
    return kept._base_manager.filter(**{f"{key}__in": piece})


def _positions(number: int, heads: Mapping[str, Head], report: Report) -> dict[str, Position]:
    """Where each stream that moved stood at its newest checkpoint; heads that did not move are held against theirs."""
    upto = CheckpointHead.objects.filter(checkpoint__lte=number)
    newest = upto.filter(stream=OuterRef("stream")).order_by("-seq")
    covered = [Subquery(newest.values(name)[:1]) for name in ("checkpoint", "seq", "hash")]
    stood = Head.objects.values_list("stream", "seq", "hash", *covered)
    positions: dict[str, Position] = {}
    listed: list[tuple[int, Listed]] = []
    for stream, seq, hash, at, covered_seq, covered_hash in streamed(stood):
        if at is None:
            positions[stream] = BEGINNING
        elif (seq, hash) != (covered_seq, covered_hash):
            listed.append((at, Listed(stream, covered_seq, covered_hash)))
            if seq > covered_seq:
                positions[stream] = Position(covered_seq, covered_hash)
            elif seq == covered_seq:
                text = f"Checkpoint {at} has another hash of entry {seq}."
                report.found("head differs", Head._meta.label, stream, text, stream=stream, seq=seq)
    here = Head.objects.filter(stream=OuterRef("stream"))
    for at, *head in streamed(upto.filter(~Exists(here)).values_list("checkpoint", "stream", "seq", "hash")):
        listed.append((at, Listed(*head)))
    # What the positions rest on: the rows of these checkpoints against their files.
    for at in sorted({at for at, _ in listed} - {number}):
        checkpoints.check_one(at, report)
    checkpoints.check_covered(listed, heads, report)
    return positions
