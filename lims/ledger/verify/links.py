"""The chain of each stream: stored bytes are read and linked again. Nothing is parsed, no row becomes an object.

Not here: what the bytes say (entries.py), and whether the whole chain is the one that was there (checkpoints.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from django.db import connection

from lims.ledger import chain
from lims.ledger.models import Entry, Head
from lims.ledger.verify.findings import Report
from lims.ledger.verify.reading import as_sealed

_ROWS = 1000
_COLUMNS = ("id", "stream", "seq", "prev", "hash", "payload")


class Position(NamedTuple):
    """Where a stream stood."""

    seq: int
    hash: str


class Linked(NamedTuple):
    """The columns of an entry that make the chain."""

    pk: str
    stream: str
    seq: int
    prev: str
    hash: str
    payload: bytes


BEGINNING = Position(0, chain.GENESIS)


def every_entry(streams: Collection[str] | None) -> Iterator[Linked]:
    """The entries of some streams, or of all, in order."""
    if streams is None:
        return _rows("", ())
    places = ", ".join(["%s"] * len(streams))
    return _rows(f"WHERE stream IN ({places})", tuple(streams)) if streams else iter(())


def entries_after(positions: Mapping[str, Position]) -> Iterator[Linked]:
    """The entries after a position in each of some streams."""
    for stream, position in positions.items():
        yield from _rows("WHERE stream = %s AND seq > %s", (stream, position.seq))


def check_links(
    rows: Iterable[Linked], heads: Mapping[str, Head], report: Report, *, after: Mapping[str, Position] | None = None
) -> set[str]:
    """Link entries again, each stream from its beginning or after a position; gives the streams that have entries."""
    seen: set[str] = set()
    stream, last = "", BEGINNING
    link = chain.link
    for row in rows:
        if row[1] != stream:
            if stream:
                _check_head(stream, last, heads, report)
            stream = row[1]
            seen.add(stream)
            last = (after or {}).get(stream, BEGINNING)
        _pk, _stream, seq, prev, hash, payload = row
        if seq != last[0] + 1:
            _found("entry missing", f"After {last[0]} comes {seq}.", row, report)
        try:
            is_linked = prev == last[1] and hash == link(prev, payload)
        except (ValueError, TypeError):
            is_linked = False
        if not is_linked:
            text = "The entry is not linked to the one before, or its bytes were changed."
            _found("chain broken", text, row, report)
        last = Position(seq, hash)
        report.entries += 1
    if stream:
        _check_head(stream, last, heads, report)
    for name, position in (after or {}).items():
        if name not in seen:
            _check_head(name, position, heads, report)
    report.streams += len(seen)
    return seen


def _rows(condition: str, values: tuple[Any, ...]) -> Iterator[Linked]:
    """Entries from a cursor of the server, or of SQLite, a thousand at a time."""
    is_sqlite = connection.vendor == "sqlite"
    # SQLite keeps anything in any column: as bytes everything can be read, and the cast copies nothing.
    columns = ", ".join(f"CAST({c} AS BLOB)" if is_sqlite else c for c in _COLUMNS)
    table = connection.ops.quote_name(Entry._meta.db_table)
    with connection.chunked_cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {table} {condition} ORDER BY stream, seq", values)  # noqa: S608
        while rows := cursor.fetchmany(_ROWS):
            if is_sqlite:
                yield from map(_from_sqlite, rows)
            else:
                yield from map(_from_server, rows)


def _from_sqlite(row: tuple[Any, ...]) -> Linked:
    pk, stream, seq, prev, hash, payload = row
    return Linked(_text(pk), _text(stream), _number(seq), _text(prev), _text(hash), payload or b"")


def _from_server(row: tuple[Any, ...]) -> Linked:
    pk, stream, seq, prev, hash, payload = row
    return Linked(str(pk), stream, seq, prev, hash, bytes(payload))


def _text(value: bytes | None) -> str:
    return value.decode(errors="replace") if value else ""


def _number(value: bytes | None) -> int:
    """A number of an entry; -1, which no entry has, for what is none."""
    try:
        return int(value or b"-1")
    except ValueError:
        return -1


def _found(kind: str, text: str, row: Linked, report: Report) -> None:
    report.found(kind, Entry._meta.label, as_sealed(Entry, row.pk), text, stream=row.stream, seq=row.seq)


def _check_head(stream: str, last: Position, heads: Mapping[str, Head], report: Report) -> None:
    head = heads.get(stream)
    if head is None:
        text = "The stream has entries but no head."
        report.found("head missing", Head._meta.label, stream, text, stream=stream, seq=last.seq)
    elif (head.seq, head.hash) != last:
        text = f"The head stands at {head.seq} {head.hash[:12]}, the last entry is {last.seq} {last.hash[:12]}."
        report.found("head differs", Head._meta.label, stream, text, stream=stream, seq=last.seq)
