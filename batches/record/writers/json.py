"""The batch record as JSON: the texts of screen and paper, in the shape of the blocks. Keys keep their order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from batches.record.blocks import Record

FORMAT = "batch-record/1"
PARTS = 4096  # of the text, put together before they are compressed


def as_data(record: Record) -> dict[str, Any]:
    """The record as plain dictionaries, lists and strings."""
    data: dict[str, Any] = json.loads(dumps(record))
    return data


def dumps(record: Record) -> str:
    """The record as JSON text. The same record gives the same text."""
    return json.dumps({"format": FORMAT, **_fields(record)}, ensure_ascii=False, indent=1, default=_plain)


def pieces(record: Record) -> Iterator[bytes]:
    """The same data as `dumps`, a section to a line, in small pieces: a long record is never held as text."""
    head = json.dumps({"format": FORMAT, **_fields(replace(record, sections=()))}, ensure_ascii=False, default=_plain)
    before, after = head.split('"sections": []')
    yield f'{before}"sections": [\n'.encode()
    encoder = json.JSONEncoder(ensure_ascii=False, default=_plain)
    for number, section in enumerate(record.sections):
        if number:
            yield b",\n"
        parts = encoder.iterencode(section)
        while piece := "".join(islice(parts, PARTS)):
            yield piece.encode()
    yield f"\n]{after}\n".encode()


def _plain(thing: Any) -> Any:
    """What JSON does not know, one level of it: what is inside is asked for when its turn comes."""
    if is_dataclass(thing) and not isinstance(thing, type):
        return _fields(thing)
    if isinstance(thing, frozenset):
        return sorted(thing)
    if isinstance(thing, Decimal | Path):
        return str(thing)
    raise TypeError(f"A record holds a {type(thing).__name__}, which is not written as data.")


def _fields(thing: Any) -> dict[str, Any]:
    kind = getattr(type(thing), "kind", None)
    # A slot's descriptor stands where a class says nothing of its kind.
    named: dict[str, Any] = {"block": kind} if isinstance(kind, str) else {}
    heads = getattr(thing, "columns", None)
    if heads is not None and not any(field.name == "columns" for field in fields(thing)):
        named["columns"] = [column.title for column in heads]
    return named | {
        field.name: getattr(thing, field.name) for field in fields(thing) if field.name not in ("path", "url")
    }
