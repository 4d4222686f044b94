"""The audit trail of a batch as a reviewer reads it: entries to look at first, what is new since the last review.

Not here: what makes an entry risky (rules/reviewing.py), and the audit trail of everything (lims/ledger).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Max, Q, QuerySet

from batches.models import AuditTrailReview, Batch, Deviation, Patient
from batches.queries.late import late_rows
from batches.rules.reviewing import FOLLOWING, EntryFacts, Positions, Risk, is_signing_refused, risks
from lims.ledger import reading
from lims.ledger.models import Entry
from lims.signatures.models import Signature
from lims.signatures.standing import standings


@dataclass(frozen=True)
class TrailItem:
    """One entry as a review shows it. `why` are the sentences of a refusal.

    `changes` and `new_rows` come for risky entries only: values that signatures cover, old to new, and how many rows
    were written for the first time, the deviations `raised` among them. The entry's own page has everything.
    """

    entry: Entry
    risks: tuple[Risk, ...]
    reason: str
    codes: tuple[str, ...]
    why: tuple[str, ...]
    changes: Sequence[reading.RowChange]
    new_rows: int
    raised: Sequence[str]


@dataclass(frozen=True)
class Trail:
    """The trail up to `until`: what to look at, the rest of what is new, and what an earlier review covered."""

    until: Positions
    risky: Sequence[TrailItem]
    others: Sequence[TrailItem]
    earlier: Sequence[TrailItem]


def reached(batch: Batch) -> Positions:
    """How far the batch's stream and its patient's go now, refused acts included."""
    last = dict(
        Entry.objects.filter(stream__in=[batch.stream, batch.patient.stream])
        .values("stream")
        .annotate(last=Max("seq"))
        .values_list("stream", "last")
    )
    return Positions(last.get(batch.stream, 0), last.get(batch.patient.stream, 0))


def reviewed(batch: Batch) -> Positions:
    """How far the newest review goes."""
    last = AuditTrailReview.objects.filter(batch=batch).last()
    return Positions(last.batch_seq, last.patient_seq) if last is not None else Positions()


def unreviewed(batch: Batch) -> int:
    """How many entries came after the newest review, the review and decisions about the product apart."""
    after = reviewed(batch)
    return without_following(_after(batch, after)).count()


def without_following(entries: QuerySet[Entry]) -> QuerySet[Entry]:
    """Entries that need a review after them: a decision does not, unless its signature was refused."""
    following = Q()
    for beginning in FOLLOWING:
        following |= Q(name__startswith=beginning)
    refused = entries.filter(following, is_refused=True)
    alarming = [e.pk for e in refused if is_signing_refused(_codes(reading.content_of(e)))]
    return entries.filter(~following | Q(pk__in=alarming))


def waiting(batches: Sequence[Batch]) -> frozenset[int]:
    """Which of many batches have entries that no review covers, in four queries."""
    read = {r.batch_id: r for r in AuditTrailReview.objects.filter(batch__in=list(batches)).order_by("id")}
    streams = {b.stream for b in batches} | {b.patient.stream for b in batches}
    last = dict(
        without_following(Entry.objects.filter(stream__in=streams))
        .values("stream")
        .annotate(last=Max("seq"))
        .values_list("stream", "last")
    )
    return frozenset(
        b.pk
        for b in batches
        if b.pk not in read
        or last.get(b.stream, 0) > read[b.pk].batch_seq
        or last.get(b.patient.stream, 0) > read[b.pk].patient_seq
    )


def trail(batch: Batch, *, until: Positions | None = None) -> Trail:
    """The whole trail in order. Queries grow with the kinds of rows that risky entries changed, not with entries."""
    end = until or reached(batch)
    before = reviewed(batch)
    entries = list(
        Entry.objects.filter(
            Q(stream=batch.stream, seq__lte=end.batch) | Q(stream=batch.patient.stream, seq__lte=end.patient)
        ).order_by("at", "stream", "seq")
    )
    contents = {entry.id: reading.content_of(entry) for entry in entries}
    found = _risks(batch, entries, contents)
    new = [e for e in entries if e.seq > (before.batch if e.stream == batch.stream else before.patient)]
    changed = {told.entry.id: told.changes for told in reading.told_all([e for e in new if found[e.id]])}
    items = {e.id: _item(e, contents[e.id], found[e.id], changed.get(e.id, ())) for e in entries}
    is_new = {e.id for e in new}
    risky = [items[e.id] for e in new if found[e.id]]
    risky.sort(key=lambda item: list(Risk).index(item.risks[0]))
    return Trail(
        until=end,
        risky=risky,
        others=[items[e.id] for e in new if not found[e.id]],
        earlier=[items[e.id] for e in entries if e.id not in is_new],
    )


def _after(batch: Batch, position: Positions) -> QuerySet[Entry]:
    return Entry.objects.filter(
        Q(stream=batch.stream, seq__gt=position.batch) | Q(stream=batch.patient.stream, seq__gt=position.patient)
    )


def _risks(
    batch: Batch, entries: Sequence[Entry], told: Mapping[UUID, Mapping[str, Any]]
) -> dict[UUID, tuple[Risk, ...]]:
    late = {row.act_id for row in late_rows(batch)}
    given = Signature.objects.filter(entry__in=entries)
    superseded = {s.signature.entry_id for s in standings(given) if not s.is_valid}
    return {
        e.id: risks(
            EntryFacts(
                name=e.name,
                is_refused=e.is_refused,
                codes=_codes(told[e.id]),
                raises_deviation=any(
                    r["model"] == Deviation._meta.label and r["type"] == "+" for r in told[e.id]["rows"]
                ),
                is_late=e.id in late,
                is_superseded=e.id in superseded,
            )
        )
        for e in entries
    }


def _codes(content: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(content["notes"].get("refused", "").split())


def _item(
    entry: Entry, content: Mapping[str, Any], found: tuple[Risk, ...], changes: Sequence[reading.RowChange]
) -> TrailItem:
    notes: Mapping[str, str] = content["notes"]
    why = tuple(text for name, text in notes.items() if name.startswith("reason "))
    return TrailItem(
        entry=entry,
        risks=found,
        reason=content["reason"],
        codes=_codes(content),
        why=why,
        changes=list(_signed_values(changes)),
        new_rows=sum(1 for change in changes if change.is_new),
        raised=[c.name for c in changes if c.is_new and c.model == Deviation._meta.label],
    )


def _signed_values(changes: Sequence[reading.RowChange]) -> Iterator[reading.RowChange]:
    """Rows that were there before, with the values changed that a signature covers."""
    for change in changes:
        # A weight is signed by the weighing beside it, and an old one is read here.
        is_weight = change.model == Patient._meta.label
        unsigned: Collection[str] = () if is_weight else getattr(apps.get_model(change.model), "unsigned_fields", ())
        fields = [f for f in change.fields if f.name not in unsigned]
        if fields and not change.is_new:
            yield replace(change, fields=fields)
