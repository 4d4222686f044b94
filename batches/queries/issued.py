"""Issued copies with where each stands now: current, superseded, or of what has changed since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from batches.models import Batch, IssuedCopy, MasterBatchRecord, PrintedRecord
from lims.ledger.models import Entry, Head

SHOWN = 20


@dataclass(frozen=True)
class CopyStanding:
    """One copy: its file once it is made, the newest copy made in its place, how many acts came after it."""

    copy: IssuedCopy
    printed: PrintedRecord | None
    successor: IssuedCopy | None
    later: int

    @property
    def is_current(self) -> bool:
        """Whether it is made, nothing took its place, and what it is of says what it said."""
        return self.printed is not None and self.successor is None and not self.later and not self.is_of_old_version

    @property
    def is_of_old_version(self) -> bool:
        """Whether it is a version of the master batch record by which no batch is begun any more."""
        return self.copy.mbr is not None and self.copy.mbr.state != MasterBatchRecord.State.EFFECTIVE


def copies_of(owner: Batch | MasterBatchRecord) -> list[CopyStanding]:
    """Every copy issued of a batch, or of a version with no batch, newest first.

    The number of queries does not grow with the copies.
    """
    above = ("batch__patient", "mbr", "request__job", "request__printed", "issued_by")
    found = list(owner.issued_copies.select_related(*above).order_by("-id"))
    printed = {c.pk: getattr(c.request, "printed", None) for c in found}
    streams = {stream for kept in printed.values() if kept for stream in kept.heads}
    now = dict(Head.objects.filter(stream__in=streams).values_list("stream", "seq"))
    return [
        CopyStanding(
            copy,
            kept,
            next((c for c in found if c.number > copy.number and printed[c.pk] and _is_alike(c, copy)), None),
            sum(now[stream] - seq for stream, seq in kept.heads.items()) if kept else 0,
        )
        for copy in found
        for kept in [printed[copy.pk]]
    ]


def copy_of(check_code: str) -> CopyStanding | None:
    """The copy that a code is printed on."""
    copy = IssuedCopy.objects.filter(check_code=check_code).select_related("batch", "mbr").first()
    owner = (copy.batch or copy.mbr) if copy else None
    return next((s for s in copies_of(owner) if s.copy == copy), None) if owner else None


def acts_since(standing: CopyStanding) -> Sequence[Entry]:
    """The newest acts that came after a copy's file was made, newest first; no more than a page shows."""
    if standing.printed is None:
        return ()
    later = Q()
    for stream, seq in standing.printed.heads.items():
        later |= Q(stream=stream, seq__gt=seq)
    return list(Entry.objects.filter(later).order_by("-at", "-seq")[:SHOWN]) if later else ()


def _is_alike(one: IssuedCopy, other: IssuedCopy) -> bool:
    """Whether two copies say the same thing, so that the newer takes the place of the older."""
    return (one.document, one.about, one.sections) == (other.document, other.about, other.sections)
