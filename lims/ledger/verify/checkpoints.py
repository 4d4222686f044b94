"""Checkpoints against each other, against their rows, and the ledger against them.

The files are the authority. Where one is missing or altered its row stands in, if it is signed. Not here: writing
them (ledger/checkpoints.py), and verifying only what came after one (since.py).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from django.db import connection

from lims.ledger import chain, keys
from lims.ledger.checkpoints import numbers_kept, path_of
from lims.ledger.models import Checkpoint, CheckpointHead, Entry, Head
from lims.ledger.verify.findings import Report
from lims.ledger.verify.reading import UNREADABLE, as_sealed, pieces, read, streamed

_LABEL = Checkpoint._meta.label


class Listed(NamedTuple):
    """A head that a checkpoint lists."""

    stream: str
    seq: int
    hash: str


class Statement(NamedTuple):
    """A checkpoint as a file or a row has it. `public` is the raw key that is to have signed it."""

    payload: bytes
    hash: str
    signature: str
    public: bytes
    heads: tuple[Listed, ...]


class Bad(Exception):
    """A checkpoint that proves nothing; `kind` is the finding's."""

    def __init__(self, kind: str, text: str) -> None:
        self.kind = kind
        super().__init__(text)


class Good(NamedTuple):
    """A checkpoint that was looked at and holds."""

    number: int
    statement: Statement
    content: Mapping[str, Any]


def check_files(kept: Sequence[int], streams: Collection[str] | None, report: Report) -> Iterator[Good]:
    """Check checkpoints against their files and rows, and give the good ones, in order.

    `kept` are the numbers of the files seen before the state of the database that is read: a newer file belongs to a
    newer state. With streams named, only the checkpoints that list one of them are looked at.
    """
    numbers = numbers_known(kept, streams)
    check_folder(numbers, report)
    before: Good | None = None
    last = 0
    for piece in pieces(numbers):
        there = read(Checkpoint, map(str, piece), report)
        for number in piece:
            if streams is None and number > last + 1:
                report_gap(last + 1, number - 1, report)
            last = number
            report.checkpoints += 1
            good = None
            with report.part(f"checkpoint {number}"):
                good = _check_one(number, there.get(number), report)
            if good is not None:
                _check_chained(good, before, report)
                before = good
                yield good


def check_folder(numbers: Sequence[int], report: Report) -> None:
    """Whether there are any files at all, given the numbers of the checkpoints there are."""
    report.newest_checkpoint = max(numbers, default=None)
    if numbers and not numbers_kept():
        report.found("checkpoint file missing", _LABEL, numbers[0], "There is not one file in the folder.")


def numbers_known(kept: Sequence[int], streams: Collection[str] | None) -> list[int]:
    """The checkpoints that have a file or a row; with streams named, those that list one of them."""
    rows = Checkpoint.objects.all()
    if streams is not None:
        rows = rows.filter(heads__stream__in=streams).distinct()
    # SQLite keeps any number; one that is none is told by its stored form.
    found = {n for n in rows.values_list("number", flat=True) if isinstance(n, int)}
    return sorted(found if streams is not None else found | {*kept})


def check_one(number: int, report: Report) -> Good | None:
    """Check one checkpoint, file and row; None when neither is good."""
    report.checkpoints += 1
    good: Good | None = None
    with report.part(f"checkpoint {number}"):
        good = _check_one(number, read(Checkpoint, [str(number)], report).get(number), report)
    return good  # noqa: RET504 - the part above may end early


def check_covered(listed: Iterable[tuple[int, Listed]], heads: Mapping[str, Head], report: Report) -> None:
    """Whether the ledger holds every head that checkpoints (by number) list. One finding for each stream and kind."""
    behind: dict[str, tuple[int, Listed]] = {}
    differs: dict[str, tuple[int, Listed, str]] = {}
    agrees: dict[str, int] = defaultdict(int)
    for piece in pieces(listed):
        there = hashes_of([head for _, head in piece])
        for number, head in piece:
            pk, hash = there.get((head.stream, head.seq), ("", None))
            if hash == head.hash or report.is_lost(number, head.stream, head.seq):
                if hash is not None and head.stream not in differs:
                    agrees[head.stream] = max(agrees[head.stream], head.seq)
                continue
            if hash is not None:
                differs.setdefault(head.stream, (number, head, pk))
            elif head.stream not in behind or head.seq > behind[head.stream][1].seq:
                behind[head.stream] = (number, head)
    for stream, (number, head, pk) in differs.items():
        first = agrees[stream] + 1
        which = f"entry {head.seq}" if first == head.seq else f"one of the entries {first} to {head.seq}"
        text = f"Checkpoint {number} has another hash of entry {head.seq}: {which} changed, and the chain is another."
        report.found("entry differs from a checkpoint", "ledger.Entry", pk, text, stream=stream, seq=head.seq)
    for stream, (number, listed_head) in behind.items():
        at = heads.get(stream)
        found = partial(report.found, stream=stream, seq=listed_head.seq)
        text = f"Checkpoint {number} lists entry {listed_head.seq}"
        if at is None:
            found("stream vanished", "ledger.Head", stream, f"{text}; the stream is gone.")
        elif at.seq < listed_head.seq:
            found("head behind a checkpoint", "ledger.Head", stream, f"{text}; the head stands at {at.seq}.")
        else:
            found("entry missing", "ledger.Head", stream, f"{text}; it is gone.")


def listed_rows(streams: Collection[str]) -> Iterator[tuple[int, Listed]]:
    """The heads of some streams as the rows of checkpoints have them."""
    rows = CheckpointHead.objects.filter(stream__in=streams)
    for number, *head in streamed(rows.values_list("checkpoint_id", "stream", "seq", "hash")):
        yield number, Listed(*head)


def hashes_of(heads: Sequence[Listed]) -> dict[tuple[str, int], tuple[str, str]]:
    """The keys and hashes of entries by stream and number, of those that are there."""
    table = connection.ops.quote_name(Entry._meta.db_table)
    places = ", ".join(["(%s, %s)"] * len(heads))
    query = (
        f"WITH wanted (stream, seq) AS (VALUES {places}) "  # noqa: S608
        "SELECT e.stream, e.seq, e.id, e.hash FROM wanted "
        f"JOIN {table} e ON e.stream = wanted.stream AND e.seq = wanted.seq"
    )
    with connection.cursor() as cursor:
        cursor.execute(query, [value for head in heads for value in head[:2]])
        return {(stream, seq): (as_sealed(Entry, str(pk)), hash) for stream, seq, pk, hash in cursor.fetchall()}


def _check_one(number: int, row: Checkpoint | None, report: Report) -> Good | None:
    """The checkpoint as its file has it, else as its row has it, if either is good."""
    place = path_of(number)
    by_file: Good | None = None
    try:
        by_file = _good(number, from_file(place.read_bytes()))
    except FileNotFoundError:
        if any(place.parent.glob("*.json")):
            report.found("checkpoint file missing", _LABEL, number, f"There is no {place.name}.")
    except Bad as bad:
        report.found(bad.kind, _LABEL, number, f"{place.name}: {bad}")
    except (*UNREADABLE, OSError) as error:
        report.found("checkpoint file altered", _LABEL, number, f"{place.name} can't be read: {str(error)[:120]}")
    if row is None:
        report.found("checkpoint row missing", _LABEL, number, "There is a file and no row.")
        return by_file
    if by_file is not None:
        _compare(row, by_file, report)
        return by_file
    try:
        return _good(number, _from_row(row))
    except (Bad, *UNREADABLE) as error:
        report.found("checkpoint row altered", _LABEL, number, f"The row proves nothing: {error}")
        return None


def _good(number: int, statement: Statement) -> Good:
    """A statement that holds in itself, by a key that is sealed here; raises Bad."""
    good = whole(number, statement)
    named = keys.fingerprint(statement.public)
    if keys.sealed_key(named) != statement.public:
        raise Bad("checkpoint key unknown", f"It is signed with {named}, a key that is not sealed in the ledger.")
    return good  # noqa: RET504 - the part above may end early


def whole(number: int, statement: Statement) -> Good:
    """A statement that holds in itself, by the key it names; raises Bad."""
    try:
        content = chain.checkpoint_content(statement.payload, statement.hash)
    except ValueError as error:
        raise Bad("checkpoint file altered", str(error)) from error
    if content["number"] != number:
        raise Bad("checkpoint file altered", f"It says it is checkpoint {content['number']}.")
    if sorted(chain.head_leaf(*head) for head in statement.heads) != content["leaves"]:
        raise Bad("checkpoint file altered", "The heads beside it are not the ones it was signed over.")
    if not keys.is_signed(statement.public, statement.signature, statement.payload):
        raise Bad("checkpoint file altered", "The signature does not hold.")
    return Good(number, statement, content)


def from_file(content: bytes) -> Statement:
    """A checkpoint as its file tells it; raises one of UNREADABLE."""
    told = json.loads(content)
    return Statement(
        payload=told["payload"].encode(),
        hash=told["hash"],
        signature=told["signature"],
        public=bytes.fromhex(told["public_key"]),
        heads=tuple(Listed(*head) for head in told["heads"]),
    )


def _from_row(row: Checkpoint) -> Statement:
    public = keys.sealed_key(row.key)
    if public is None:
        raise Bad("checkpoint key unknown", f"It names the key {row.key}, which is not sealed in the ledger.")
    heads = row.heads.values_list("stream", "seq", "hash")
    return Statement(bytes(row.payload), row.hash, row.signature, public, tuple(Listed(*h) for h in heads))


def _compare(row: Checkpoint, good: Good, report: Report) -> None:
    """The row of a checkpoint and the rows of its heads against its file."""
    statement, content = good.statement, good.content
    try:
        is_same = (
            bytes(row.payload) == statement.payload
            and (row.hash, row.signature) == (statement.hash, statement.signature)
            and (row.prev, row.at.isoformat()) == (content["prev"], content["at"])
            and row.key == keys.fingerprint(statement.public)
        )
    except UNREADABLE:
        is_same = False
    if not is_same:
        report.found("checkpoint row altered", _LABEL, row.pk, "The row does not say what its file says.")
    expected = {chain.head_leaf(*head): head for head in statement.heads}
    there = {h.leaf: Listed(h.stream, h.seq, h.hash) for h in row.heads.all()}
    for leaf in sorted(expected.keys() | there.keys()):
        if expected.get(leaf) == there.get(leaf):
            continue
        if leaf not in there and report.is_lost(row.pk, expected[leaf].stream, expected[leaf].seq):
            continue
        at = expected.get(leaf) or there[leaf]
        kind, text = (
            ("checkpoint row missing", f"Checkpoint {row.pk} lists this head; its row is gone.")
            if leaf not in there
            else ("checkpoint row altered", f"Checkpoint {row.pk} does not list this head.")
        )
        report.found(kind, CheckpointHead._meta.label, leaf, text, stream=at.stream, seq=at.seq)


def _check_chained(good: Good, before: Good | None, report: Report) -> None:
    """A checkpoint against the one before; without that one, there is nothing to tell."""
    number, prev = good.number, good.content["prev"]
    if number == 1:
        is_chained = prev == chain.GENESIS
    else:
        is_chained = before is None or before.number != number - 1 or prev == before.statement.hash
    if not is_chained:
        text = f"Checkpoint {number} is not chained to the one before."
        report.found("checkpoint chain broken", _LABEL, number, text)


def report_gap(first: int, last: int, report: Report) -> None:
    """Checkpoints that are neither there as a file nor as a row."""
    which = f"{first}" if first == last else f"{first} to {last}"
    report.found("checkpoint missing", _LABEL, first, f"There is neither file nor row of checkpoint {which}.")
