"""The batch record as JSON: the texts of screen and paper, in the shape of the blocks. Keys keep their order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from batches.record.blocks import Record

FORMAT = "batch-record/1"


def as_data(record: Record) -> dict[str, Any]:
    """The record as plain dictionaries, lists and strings."""
    return {"format": FORMAT, **_plain(record)}


def dumps(record: Record) -> str:
    """The record as JSON text. The same record gives the same text."""
    return json.dumps(as_data(record), ensure_ascii=False, indent=1)


def pieces(record: Record) -> Iterator[bytes]:
    """The same data as `dumps`, a section to a line and a section at a time: a long record is never held as text."""
    head = json.dumps({"format": FORMAT, **_plain(replace(record, sections=()))}, ensure_ascii=False)
    before, after = head.split('"sections": []')
    yield f'{before}"sections": [\n'.encode()
    for number, section in enumerate(record.sections):
        yield (",\n" if number else "").encode() + json.dumps(_plain(section), ensure_ascii=False).encode()
    yield f"\n]{after}\n".encode()


def _plain(thing: Any) -> Any:
    if is_dataclass(thing) and not isinstance(thing, type):
        kind = getattr(type(thing), "kind", None)
        # A slot's descriptor stands where a class says nothing of its kind.
        named: dict[str, Any] = {"block": kind} if isinstance(kind, str) else {}
        heads = getattr(thing, "columns", None)
        if heads is not None and not any(field.name == "columns" for field in fields(thing)):
            named["columns"] = [column.title for column in heads]
        return named | {
            field.name: _plain(getattr(thing, field.name))
            for field in fields(thing)
            if field.name not in ("path", "url")
        }
    if isinstance(thing, frozenset):
        return sorted(thing)
    if isinstance(thing, tuple | list):
        return [_plain(each) for each in thing]
    if isinstance(thing, Decimal | Path):
        return str(thing)
    return thing
