"""Every text of a record in reading order: what each writer must show, and what a comparison of two of them reads."""

from __future__ import annotations

from collections.abc import Iterator

from batches.record.blocks import (
    Block,
    Chart,
    Contents,
    Corrected,
    Fields,
    Heading,
    Note,
    Paragraph,
    Photo,
    RawCounts,
    Record,
    Table,
    Value,
    VerdictMark,
)


def strings_of(value: Value) -> tuple[str, ...]:
    """The texts of one cell, in reading order."""
    if isinstance(value, Corrected):
        return tuple(text for text in (value.old, value.new, value.mark) if text)
    if isinstance(value, VerdictMark):
        return (value.text,)
    return (value,)


def texts(record: Record) -> Iterator[str]:
    """Every text a reader of the record must find, in order, whichever writer wrote it."""
    yield from (record.title, record.product, record.standing)
    for label, identity in record.identity:
        yield from (label, identity)
    yield from record.footer.lines
    for section in record.sections:
        yield from (section.number, section.title, section.lede)
        for block in section.blocks:
            yield from block_texts(block)


def block_texts(block: Block) -> Iterator[str]:
    """Every text of one block, in reading order."""
    match block:
        case Heading() | Paragraph():
            yield block.text
        case Note():
            yield from (block.lead, block.text)
        case Fields():
            for label, value in block.rows:
                yield label
                yield from strings_of(value)
        case RawCounts():
            yield block.method
            yield from block.heads
            for row in block.rows:
                for value in row:
                    yield from strings_of(value)
        case Chart():
            yield from (block.title, block.spec.description)
        case Photo():
            yield from (block.caption, block.sha256)
        case Contents():
            return
        case Table() if not block.rows:
            yield block.empty
        case _:
            yield from (column.title for column in block.columns)
            for cells in block.cells:
                for value in cells:
                    yield from strings_of(value)
