"""The audit trail as data: every act asked for, with every value it changed, old to new. Written in pieces.

Memory does not grow with the ledger: entries are read stream by stream, a piece at a time, up to where each stream
stood at the beginning. Not here: which entries are asked for (reading.py), and where the file goes.
"""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC
from itertools import islice
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from lims.ledger.models import Entry, Head
from lims.ledger.reading import Told, Wanted, fitting, told_all
from lims.signatures.models import Signature

PIECE = 500
FORMAT = "audit-trail/1"

Progress = Callable[[int, int], None]
Told_with_signatures = tuple[Told, list[Signature]]

# What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(wanted: Wanted, zone: ZoneInfo, *, progress: Progress | None = None) -> Iterator[bytes]:
    """The audit trail as CSV in UTF-8 with a byte order mark: a line for each value changed, or one for the act.

    A text that a spreadsheet would run as a formula has an apostrophe before it; the JSON has it as it is.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(_heads())
    yield b"\xef\xbb\xbf" + out.getvalue().encode()
    for piece in _pieces(wanted, zone, progress):
        out.seek(0)
        out.truncate()
        for told, signatures in piece:
            writer.writerows([_safe(cell) for cell in line] for line in _lines(told, signatures))
        yield out.getvalue().encode()


def as_json(wanted: Wanted, zone: ZoneInfo, *, progress: Progress | None = None) -> Iterator[bytes]:
    """The audit trail as one JSON document, an act to a line."""
    yield json.dumps({"format": FORMAT, "entries": []})[:-2].encode()
    before = "\n"
    for piece in _pieces(wanted, zone, progress):
        for told, signatures in piece:
            yield (before + json.dumps(_entry(told, signatures), ensure_ascii=False)).encode()
            before = ",\n"
    yield b"\n]}\n"


def _pieces(wanted: Wanted, zone: ZoneInfo, progress: Progress | None) -> Iterator[list[Told_with_signatures]]:
    total, done = fitting(wanted).count(), 0
    entries = _entries(wanted)
    while piece := list(islice(entries, PIECE)):
        given: dict[UUID, list[Signature]] = defaultdict(list)
        for signature in Signature.objects.filter(entry__in=piece).order_by("position"):
            given[signature.entry_id].append(signature)
        with timezone.override(zone):
            told = [(each, given[each.entry.pk]) for each in told_all(piece)]
        yield told
        done += len(piece)
        if progress:
            progress(done, max(total, done))


def _entries(wanted: Wanted) -> Iterator[Entry]:
    """The entries asked for, by key and never by one long query: SQLite could not note the progress beside it."""
    heads = dict(Head.objects.order_by("stream").values_list("stream", "seq"))
    if wanted.stream:
        streams = {wanted.stream.lower(), *(name.lower() for name in wanted.also)}
        heads = {name: seq for name, seq in heads.items() if name.lower() in streams}
    for stream, end in heads.items():
        found, last = fitting(wanted).filter(stream=stream, seq__lte=end).order_by("seq"), 0
        while piece := list(found.filter(seq__gt=last)[:PIECE]):
            last = piece[-1].seq
            yield from piece


def _heads() -> list[str]:
    return [
        _("Time (UTC)"),
        _("Stream"),
        _("Entry"),
        _("Act"),
        _("Outcome"),
        _("Person"),
        _("Role"),
        _("Reason"),
        _("Notes"),
        _("Signatures"),
        _("Hash"),
        _("Kind of row"),
        _("Row"),
        _("Key"),
        _("Change"),
        _("Field"),
        _("Was"),
        _("Now"),
    ]


def _lines(told: Told, signatures: list[Signature]) -> Iterator[list[str]]:
    entry = told.entry
    act = [
        entry.at.astimezone(UTC).isoformat(),
        entry.stream,
        str(entry.seq),
        entry.name,
        _("refused") if entry.is_refused else _("recorded"),
        entry.actor_name,
        told.actor_role,
        told.reason,
        "; ".join(f"{name}: {note}" for name, note in told.notes.items()),
        "; ".join(str(s) for s in signatures),
        entry.hash,
    ]
    if not told.changes:
        yield [*act, "", "", "", "", "", "", ""]
    for change in told.changes:
        row = [change.model, change.name, change.pk, _("new") if change.is_new else _("changed")]
        if not change.fields:
            yield [*act, *row, "", "", ""]
        for field in change.fields:
            yield [*act, *row, field.name, field.was or "", field.now]


def _entry(told: Told, signatures: list[Signature]) -> dict[str, Any]:
    entry = told.entry
    return {
        "at": entry.at.astimezone(UTC).isoformat(),
        "stream": entry.stream,
        "seq": entry.seq,
        "act": entry.name,
        "refused": entry.is_refused,
        "person": entry.actor_name,
        "role": told.actor_role,
        "reason": told.reason,
        "notes": dict(told.notes),
        "signatures": [
            {"meaning": s.meaning, "name": s.printed_name, "role": s.role, "subject": s.subject_model}
            for s in signatures
        ],
        "prev": entry.prev,
        "hash": entry.hash,
        "rows": [
            {
                "model": change.model,
                "name": change.name,
                "pk": change.pk,
                "new": change.is_new,
                "fields": [{"field": f.name, "was": f.was, "now": f.now} for f in change.fields],
            }
            for change in told.changes
        ],
    }


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) and not _is_number(cell) else cell


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
