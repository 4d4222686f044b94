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
class ShownBlock:
    """A block with its cells made ready, and its chart drawn."""

    kind: str
    block: Block
    heads: tuple[tuple[str, str], ...] = ()
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
    shown = [(section, [_shown_block(block, record) for block in section.blocks]) for section in sections]
    return render_to_string("batches/record/blocks.html", {"record": record, "sections": shown})


def _shown_block(block: Block, record: Record) -> ShownBlock:
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
            return ShownBlock(block.kind, block, heads=tuple((head, "") for head in block.heads), rows=rows)
        case blocks.Items() | blocks.Results() | blocks.Table() | blocks.Signatures() | blocks.Corrections():
            strong_rows: frozenset[int] = getattr(block, "strong_rows", frozenset())
            return ShownBlock(
                "table",
                block,
                label=", ".join(column.title for column in block.columns if column.title),
                heads=tuple((column.title, _css_class(column)) for column in block.columns),
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
