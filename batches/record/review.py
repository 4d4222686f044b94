"""The record read by exception: which sections hold nothing a person must look at, and what is in them in brief.

Not here: the exceptions themselves (queries/exceptions.py) and the whole sections (contents.py).
"""

from __future__ import annotations

from typing import Final

from batches.record.blocks import Block, Corrected, Fields, Items, Note, Section, Signatures, Value, VerdictMark
from batches.record.texts import strings_of

BRIEF: Final = 8
_REMARKABLE: Final = frozenset({"late", "correction", "alert", "action"})


def is_in_order(section: Section) -> bool:
    """Whether nothing in a section is beyond a limit, corrected, late or signed by a signature that was superseded."""
    return not any(_is_remarkable(block) for block in section.blocks)


def brief(section: Section) -> list[tuple[str, str]]:
    """The first few values of a section, with their labels."""
    found: list[tuple[str, str]] = []
    for block in section.blocks:
        if isinstance(block, Fields):
            found += [(label, _text(value)) for label, value in block.rows]
        elif isinstance(block, Items):
            found += [(item.item, _text(item.recorded)) for item in block.rows]
    return found[:BRIEF]


def _text(value: Value) -> str:
    return " ".join(strings_of(value))


def _is_remarkable(block: Block) -> bool:
    if isinstance(block, Note):
        return block.tone in _REMARKABLE
    if isinstance(block, Signatures):
        return any(not row.is_valid for row in block.rows)
    if isinstance(block, Fields):
        return any(_is_marked(value) for _label, value in block.rows)
    cells: tuple[tuple[Value, ...], ...] = getattr(block, "cells", ())
    return any(_is_marked(value) for row in cells for value in row)


def _is_marked(value: Value) -> bool:
    return isinstance(value, Corrected) or (isinstance(value, VerdictMark) and value.kind in {"alert", "action"})
