"""The batch record on screen: each block through its template. The template decides looks, never content."""

from __future__ import annotations

from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from batches.record import blocks, drawings
from batches.record.blocks import Block, Corrected, Record, Section, Value, VerdictMark

TONES = {"alert": "is-alert", "action": "is-action", "pending": "is-pending", "within": "is-ok"}
ICONS = {"alert": "alert", "action": "action", "pending": "pending"}


@dataclass(frozen=True, slots=True)
class Shown:
    """A cell as a template reads it: `kind` is plain, corrected or verdict."""

    kind: str
    text: str
    css_class: str = ""
    old: str = ""
    mark: str = ""
    tone: str = ""
    icon: str = ""
    is_strong: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """A column's head: its title, its class, and its share of the table's width in per cent."""

    title: str
    css_class: str = ""
    width: int = 0


@dataclass(frozen=True, slots=True)
class ShownBlock:
    """A block with its cells made ready, and its chart drawn."""

    kind: str
    block: Block
    heads: tuple[Head, ...] = ()
    rows: tuple[tuple[Shown, ...], ...] = ()
    chart: SafeString | str = ""
    label: str = ""
    joint: str = ""
    sections: tuple[Section, ...] = ()


def render(record: Record) -> SafeString:
    """All sections of the record as HTML for the inside of a page."""
    return render_sections(record, record.sections)


def render_sections(record: Record, sections: tuple[Section, ...]) -> SafeString:
    """Some sections of the record, for a page that opens them one at a time."""
    shown = [(section, _groups(section, record)) for section in sections]
    return render_to_string("batches/record/blocks.html", {"record": record, "sections": shown})


def _groups(section: Section, record: Record) -> list[list[ShownBlock]]:
    """The blocks of a section, each heading with what it heads. A region is named after section, heading and place."""
    groups: list[list[ShownBlock]] = [[]]
    name = f"{section.number} {section.title}"
    for number, block in enumerate(section.blocks, start=1):
        if isinstance(block, blocks.Heading):
            groups.append([])
            name = f"{section.number} {block.text}"
        groups[-1].append(_shown_block(block, record, label=f"{name}, {number}"))
    return [group for group in groups if group]


def _shown_block(block: Block, record: Record, *, label: str) -> ShownBlock:
    match block:
        case blocks.Fields():
            pairs: list[tuple[Shown, ...]] = [
                (_shown(label), _shown(value, is_strong=True)) for label, value in block.rows
            ]
            return ShownBlock(block.kind, block, rows=tuple(pairs))
        case blocks.RawCounts():
            rows = tuple(
                tuple(_shown(value, is_strong=index - 1 in block.strong) for index, value in enumerate(row))
                for row in block.rows
            )
            return ShownBlock(block.kind, block, label=label, heads=tuple(map(Head, block.heads)), rows=rows)
        case blocks.Items() | blocks.Results() | blocks.Table() | blocks.Signatures() | blocks.Corrections():
            strong_rows: frozenset[int] = getattr(block, "strong_rows", frozenset())
            return ShownBlock(
                "table",
                block,
                label=label,
                heads=_heads(block.columns),
                rows=tuple(
                    tuple(
                        _shown(value, _css_class(column), is_strong=column.strong or index in strong_rows)
                        for value, column in zip(row, block.columns, strict=True)
                    )
                    for index, row in enumerate(block.cells)
                ),
            )
        case blocks.Note():
            return ShownBlock(block.kind, block, joint="" if block.text[:1] in blocks.PUNCTUATION else " ")
        case blocks.Chart():
            # The drawing escapes every label it sets.
            return ShownBlock(block.kind, block, chart=mark_safe(drawings.svg(block.spec)))  # noqa: S308
        case blocks.Contents():
            return ShownBlock(block.kind, block, sections=record.sections)
        case _:
            return ShownBlock(block.kind, block)


def _heads(columns: tuple[blocks.Column, ...]) -> tuple[Head, ...]:
    total = sum(column.share for column in columns)
    return tuple(
        Head(column.title, "num" if column.numeric else "", round(100 * column.share / total)) for column in columns
    )


def _css_class(column: blocks.Column) -> str:
    names = {"num": column.numeric, "code": column.code}
    return " ".join(name for name, holds in names.items() if holds)


def _shown(value: Value, css_class: str = "", *, is_strong: bool = False) -> Shown:
    match value:
        case str():
            return Shown("plain", value, css_class, is_strong=is_strong)
        case Corrected():
            return Shown("corrected", value.new, css_class, old=value.old, mark=value.mark)
        case VerdictMark():
            return Shown(
                "verdict", value.text, css_class, tone=TONES.get(value.kind, ""), icon=ICONS.get(value.kind, "")
            )
