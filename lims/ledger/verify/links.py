"""The chain of each stream: stored bytes are read and linked again. Nothing is parsed, no row becomes an object.

Each entry's seal is made again too, with the key of the laboratory. Not here: what the bytes say (entries.py), and
whether the whole chain is the one that was there (checkpoints.py).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from django.db import connection

from lims.ledger import chain
from lims.ledger.models import Entry, Head
from lims.ledger.sealing import NoSealingKey, seal, sealing_key
from lims.ledger.verify.findings import Report
from lims.ledger.verify.reading import as_sealed, as_text

_ROWS = 100
# SQLite keeps anything in any column: as bytes everything can be read, and the cast copies nothing.
_COLUMNS = {
    "sqlite": {"id": "BLOB", "stream": "BLOB", "seq": "INTEGER"}
    | dict.fromkeys(("prev", "hash", "payload", "seal"), "BLOB"),
    "postgresql": {"id": "text", "stream": "text", "seq": "bigint"}
    | {"prev": "text", "hash": "text", "payload": "bytea", "seal": "text"},
}


class Position(NamedTuple):
    """Where a stream stood."""

    seq: int
    hash: str


BEGINNING = Position(0, chain.GENESIS)
Rows = Sequence[tuple[Any, ...]]


def every_entry(streams: Collection[str] | None) -> Iterator[Rows]:
    """The columns that make the chain, of the entries of some streams or of all, in order, some at a time."""
    if streams is None:
        return _rows("", ())
    places = ", ".join(["%s"] * len(streams))
    return _rows(f"WHERE stream IN ({places})", tuple(streams)) if streams else iter(())


def entries_after(positions: Mapping[str, Position]) -> Iterator[Rows]:
    """The same, of the entries after a position in each of some streams."""
    for stream, position in positions.items():
        yield from _rows("WHERE stream = %s AND seq > %s", (stream, position.seq))


def stored_heads(report: Report) -> dict[str, Head]:
    """The head of each stream, by name. One whose numbers can't be read is a finding and stands nowhere."""
    table = connection.ops.quote_name(Head._meta.db_table)
    columns = "stream, seq, hash"
    if connection.vendor == "sqlite":
        columns = "CAST(stream AS BLOB), CASE typeof(seq) WHEN 'integer' THEN seq END, CAST(hash AS BLOB)"
    heads: dict[str, Head] = {}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {table}")  # noqa: S608
        for stream, seq, hash in cursor.fetchall():
            head = Head(as_text(stream), 0 if seq is None else seq, as_text(hash))
            if seq is None:
                report.found("head unreadable", Head._meta.label, head.stream, "Its number is no number.")
            heads[head.stream] = head
    return heads


def check_links(
    pieces: Iterable[Rows], heads: Mapping[str, Head], report: Report, *, after: Mapping[str, Position] | None = None
) -> set[str]:
    """Link entries again, each stream from its beginning or after a position; gives the streams that have entries."""
    starts = after or {}
    seen: set[str] = set()
    link, text, stored = chain.link, *_forms()
    key = _sealing_key(report)
    stream, in_stream, last_seq, last_hash, before = "", None, 0, "", None
    for rows in pieces:
        for pk, of_stream, seq, prev, stored_hash, payload, sealed_as in rows:
            if of_stream != in_stream:
                if in_stream is not None:
                    _check_head(stream, Position(last_seq, last_hash), heads, report)
                stream, in_stream = text(of_stream), of_stream
                seen.add(stream)
                last_seq, last_hash = starts.get(stream, BEGINNING)
                before = stored(last_hash)
            if seq != last_seq + 1:
                _found("entry missing", f"After {last_seq} comes {seq}.", text(pk), stream, seq, report)
            hash = text(stored_hash)
            try:
                is_linked = prev == before and hash == link(last_hash, payload)
            except (ValueError, TypeError):
                is_linked = False
            if not is_linked:
                told = "The entry is not linked to the one before, or its bytes were changed."
                _found("chain broken", told, text(pk), stream, seq, report)
            if key is not None and sealed_as != stored(seal(key, hash)):
                told = "The entry was not sealed with the key of this laboratory: no act wrote it as it is."
                _found("seal broken", told, text(pk), stream, seq, report)
            last_seq, last_hash, before = seq, hash, stored_hash
        report.entries += len(rows)
    if in_stream is not None:
        _check_head(stream, Position(last_seq, last_hash), heads, report)
    for name, position in starts.items():
        if name not in seen:
            _check_head(name, position, heads, report)
    report.streams += len(seen)
    return seen


def _rows(condition: str, values: tuple[Any, ...]) -> Iterator[Rows]:
    """Entries as they are stored, a hundred at a time: more would not stay in the processor's own memory."""
    # Each column in a form that any content has, whatever was done to its type.
    columns = ", ".join(f"CAST({name} AS {form})" for name, form in _COLUMNS[connection.vendor].items())
    table = connection.ops.quote_name(Entry._meta.db_table)
    query = f"SELECT {columns} FROM {table} {condition} ORDER BY stream, seq"  # noqa: S608
    with connection.wrap_database_errors, connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(query, values)
            while rows := cursor.fetchmany(_ROWS):
                yield rows
            return
        import psycopg  # noqa: PLC0415 - where SQLite is, nothing else needs its four megabytes

        # Streamed, so that the server reads on while entries are linked here: a cursor of the server would wait.
        with psycopg.Cursor(cursor.connection) as streaming:
            entries = streaming.stream(query, values, binary=True, size=_ROWS)
            while rows := list(islice(entries, _ROWS)):
                yield rows


def _sealing_key(report: Report) -> bytes | None:
    try:
        return sealing_key()
    except NoSealingKey as error:
        report.found("key missing", Entry._meta.label, "", f"No seal of an entry can be checked: {error}")
        return None


def _forms() -> tuple[Callable[[Any], str], Callable[[str], Any]]:
    """How a column that was read becomes text, and text what a column that was read is compared with."""
    if connection.vendor == "sqlite":
        return (lambda column: column.decode(errors="replace") if column else ""), str.encode
    return str, str


def _found(kind: str, text: str, pk: str, stream: str, seq: int, report: Report) -> None:
    report.found(kind, Entry._meta.label, as_sealed(Entry, pk), text, stream=stream, seq=seq)


def _check_head(stream: str, last: Position, heads: Mapping[str, Head], report: Report) -> None:
    head = heads.get(stream)
    if head is None:
        text = "The stream has entries but no head."
        report.found("head missing", Head._meta.label, stream, text, stream=stream, seq=last.seq)
    elif (head.seq, head.hash) != last:
        text = f"The head stands at {head.seq} {head.hash[:12]}, the last entry is {last.seq} {last.hash[:12]}."
        report.found("head differs", Head._meta.label, stream, text, stream=stream, seq=last.seq)
