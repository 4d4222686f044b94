"""The batch record as PDF: blocks become strips, strips fill pages. What is in the record is not decided here."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterable, Sequence
from io import BytesIO
from itertools import zip_longest
from typing import BinaryIO

from django.utils.translation import gettext as _
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from batches.record import blocks, drawings
from batches.record.blocks import Block, Corrected, Record, Section, Value, VerdictMark
from lims.pdf import strips, styles, tables
from lims.pdf.archive import Attachment, Properties
from lims.pdf.drawing import draw_on
from lims.pdf.han import prefer
from lims.pdf.pages import Furniture, Pages
from lims.pdf.strips import Strip
from lims.pdf.styles import Paper
from lims.pdf.tables import Boxed, Cell
from lims.pdf.text import Run

SHAPES = {"alert": "triangle", "action": "square", "pending": "ring"}
PHOTO_PIXELS = 1000  # the longer side, as printed: 200 dots per inch at the size a photo takes on the page
PHOTO_POINTS = 210.0


class WrongPhoto(Exception):
    """The file of a photo is not the one that was recorded."""


def write(
    record: Record,
    out: BinaryIO,
    *,
    progress: Callable[[int, int], None] | None = None,
    paper: Paper = styles.A4,
    attachments: Sequence[Attachment] = (),
) -> int:
    """Write the record as PDF and return its number of pages. `progress` is told (sections done, sections in all).

    `attachments` lie inside the file.

    Raises MissingGlyph for a character no face has, OSError or WrongPhoto for a photo that is gone or another.
    """
    with prefer(record.han):
        pages = Pages(
            out,
            furniture_of(record),
            Properties(
                title=" ".join([record.title, *(value for _label, value in record.identity[:1])]),
                author=record.author,
                subject=record.subject or record.product,
                language=record.language,
            ),
            number_pages=lambda page, pages: _("Page {page} of {pages}").format(page=page, pages=pages),
            paper=paper,
        )
        for done, section in enumerate(record.sections, start=1):
            if section.starts_page:
                pages.start_page()
            for block_strips in _section(record, section, pages):
                pages.place(block_strips)
            if progress:
                progress(done, len(record.sections))
        return pages.finish(attachments)


def furniture_of(record: Record) -> Furniture:
    """What stands on every page of the record."""
    watermark = []
    if record.is_draft:
        watermark.append(_("Draft"))
    if record.is_uncontrolled:
        watermark.append(_("Uncontrolled copy"))
    if record.is_rejected:
        watermark.append(_("Rejected"))
    standing = [record.standing] if record.standing else []
    if record.is_synthetic:
        standing.append(_("Synthetic data"))
    return Furniture(
        title=record.title,
        product=record.product,
        identity=record.identity,
        standing=standing,
        foot=[(Run(line, styles.FOOT),) for line in record.footer.lines],
        code=record.footer.code,
        watermark=watermark,
    )


def _section(record: Record, section: Section, pages: Pages) -> Iterable[Iterable[Strip]]:
    measure = pages.paper.measure
    yield [strips.space(10 if section.level else 14)]
    yield strips.section_title(section.number, section.title, measure=measure, key=section.key, level=section.level)
    if section.lede:
        yield strips.paragraph(section.lede, measure=measure, keep=bool(section.blocks))
    name = f"{section.number}\u00a0\u00a0{section.title}".strip()
    under, under_heading = "", False
    for block, after in zip_longest(section.blocks, section.blocks[1:]):
        leads = under_heading and after is not None and not isinstance(after, blocks.Heading)
        if not under_heading:
            yield [strips.space(_space_before(block))]
        made = _contents(record, pages) if isinstance(block, blocks.Contents) else _strips_of(block, measure, leads)
        under_heading = isinstance(block, blocks.Heading)
        yield _continuing(name, "" if under_heading else under, made, measure)
        if isinstance(block, blocks.Heading):
            under = block.text


def _continuing(section: str, heading: str, made: Iterable[Strip], measure: float) -> Iterable[Strip]:
    """A page that begins in the middle of a section says of which, and under which heading."""
    said = _("{section}, continued: {heading}") if heading else _("{section}, continued")
    text = said.format(section=section, heading=heading)
    continued = strips.paragraph(text, measure=measure, style=styles.TEXT_BOLD)
    continued[-1].height += 3
    for strip in made:
        strip.repeats = [*continued, *strip.repeats]
        yield strip


def _space_before(block: Block) -> float:
    return 8.0 if isinstance(block, blocks.Heading) else 4.0


def _strips_of(block: Block, measure: float, leads: bool) -> Iterable[Strip]:
    """The strips of a block. A line that `leads` to what comes after it stays with it."""
    match block:
        case blocks.Heading():
            return strips.heading(block.text, measure=measure)
        case blocks.Paragraph():
            return strips.paragraph(block.text, measure=measure, keep=leads)
        case blocks.Note():
            return strips.note(_note_runs(block), measure=measure)
        case blocks.Fields():
            widths = tables.share_out((18, 82), measure)
            columns = [tables.Column("", widths[0]), tables.Column("", widths[1], strong=True)]
            rows = [(label, _cell(value, strong=True)) for label, value in block.rows]
            return tables.table(columns, rows, count=len(rows))
        case blocks.RawCounts():
            squares = [[_cell(value, strong=False) for value in row] for row in block.rows]
            grid = tables.grid(block.heads, squares, measure=measure, strong=block.strong)
            if not block.method:
                return [strips.space(2), *grid]
            method = strips.paragraph(block.method, measure=measure, style=styles.CELL, keep=True)
            method[0].pad(2.5)
            method[-1].height += 2.5
            return [*method, *grid]
        case blocks.Chart():
            return _chart(block, measure)
        case blocks.Photo():
            return _photo(block, measure)
        case blocks.Table() if not block.rows:
            return strips.paragraph(block.empty, measure=measure) if block.empty else []
        case blocks.Items() | blocks.Results() | blocks.Table() | blocks.Signatures() | blocks.Corrections():
            return _table(block.columns, block.cells, measure, getattr(block, "strong_rows", frozenset()))
        case _:
            raise TypeError(f"The PDF writer does not know the block {type(block).__name__}.")


def _note_runs(note: blocks.Note) -> tuple[Run, ...]:
    if not note.lead:
        return (Run(note.text, styles.TEXT),)
    stands_off = "" if note.text[:1] in blocks.PUNCTUATION else " "
    return (Run(note.lead, styles.TEXT_BOLD), Run(stands_off + note.text, styles.TEXT))


def _table(
    columns: Sequence[blocks.Column], cells: Sequence[Sequence[Value]], measure: float, strong_rows: frozenset[int]
) -> Iterable[Strip]:
    widths = tables.share_out([column.share for column in columns], measure)
    return tables.table(
        [
            tables.Column(column.title, width, numeric=column.numeric, strong=column.strong)
            for column, width in zip(columns, widths, strict=True)
        ],
        (
            [
                _cell(value, strong=column.strong or index in strong_rows)
                for value, column in zip(row, columns, strict=True)
            ]
            for index, row in enumerate(cells)
        ),
        count=len(cells),
        strong_rows=strong_rows,
    )


def _cell(value: Value, *, strong: bool) -> Cell:
    """A corrected value: the old one in regular weight, so that it can be read under the line through it."""
    match value:
        case str():
            return value
        case Corrected():
            new = styles.CELL_BOLD
            runs = [Run(value.old, styles.CELL, struck=True), Run(f" \u00a0{value.new}", new)]
            if value.mark:
                runs.append(Run(f"\u00a0\u00a0{value.mark}", styles.MARK, rise=2.4))
            return tuple(runs)
        case VerdictMark() if value.kind in SHAPES:
            return Boxed(value.text, SHAPES[value.kind])
        case VerdictMark():
            return value.text


def _contents(record: Record, pages: Pages) -> Iterable[Strip]:
    """One line to a section, its page at the right, each a link."""
    measure = pages.paper.measure
    for section in record.sections:
        if any(isinstance(block, blocks.Contents) for block in section.blocks):
            continue
        indent = 24.0 * section.level
        columns = [
            tables.Column("", indent),
            tables.Column("", 36, strong=not section.level),
            tables.Column("", measure - 76 - indent),
        ]
        row = list(tables.table(columns, [("", section.number, section.title)], count=1))
        for strip in row:
            strip.rules = []
            strip.rule(0, measure, strip.height, styles.HAIRLINE, styles.ROW_GREY)
        row[0].links = [(0, 0, measure, row[0].height, section.key)]
        row[0].paint = _at_baseline(pages.page_of(section.key), row[0].height)
        yield from row


def _at_baseline(
    paint: Callable[[Canvas, float, float], None], height: float
) -> Callable[[Canvas, float, float], None]:
    first = styles.CELL_PAD + styles.CELL.size * 1.02

    def painted(canvas: Canvas, x: float, y: float) -> None:
        paint(canvas, x, y + height - first)

    return painted


def _chart(block: blocks.Chart, measure: float) -> list[Strip]:
    scale = drawings.PAPER_SCALE
    drawing = drawings.draw(block.spec, drawings.PAPER)

    def paint(canvas: Canvas, x: float, y: float) -> None:
        draw_on(canvas, drawing, x, y + 4, scale)

    title = strips.heading(block.title, measure=measure) if block.title else []
    picture = Strip(drawing.height * scale + 8, keep=True, paint=paint)
    return [*title, picture, *strips.paragraph(block.spec.description, measure=measure, style=styles.CELL)]


@functools.lru_cache(maxsize=4)
def _scaled_photo(content: bytes) -> tuple[bytes, int, int]:
    """A photo made small enough for paper: the pixels of a large one would otherwise fill the worker's memory."""
    with Image.open(BytesIO(content)) as image:
        small = image.convert("RGB")
        small.thumbnail((PHOTO_PIXELS, PHOTO_PIXELS))
        scaled = BytesIO()
        small.save(scaled, "JPEG", quality=85)
        return scaled.getvalue(), small.width, small.height


def _photo(block: blocks.Photo, measure: float) -> list[Strip]:
    content = block.path.read_bytes()
    if hashlib.sha256(content).hexdigest() != block.sha256:
        raise WrongPhoto(f"The file {block.path.name} is not the photo that was recorded ({block.sha256}).")
    data, width, height = _scaled_photo(content)
    scale = PHOTO_POINTS / max(width, height)

    def paint(canvas: Canvas, x: float, y: float) -> None:
        canvas.drawImage(ImageReader(BytesIO(data)), x, y + 4, width * scale, height * scale)

    caption = f"{block.caption} {block.sha256}"
    picture = Strip(height * scale + 6, keep=True, paint=paint)
    return [picture, *strips.paragraph(caption, measure=measure, style=styles.HEAD)]
