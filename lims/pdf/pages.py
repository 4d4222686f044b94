"""Pages: what stands at head and foot of every one, and filling them with strips in one pass.

Head, foot and watermark are one form, drawn on every page. «Page x of y» and the page numbers of a table of contents
are forms too: a page names its form when it is made, and the form is drawn when the last page is known, so nothing is
built twice. A full page goes into the file at once, and strips are taken as they come: a long document is never held
as a whole. The same strips give the same bytes. What the file is beside its pages is in `archive.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

from reportlab import rl_config
from reportlab.pdfgen.canvas import Canvas

from lims.pdf import styles
from lims.pdf.archive import Archive, Attachment, Properties
from lims.pdf.marks import draw_code, draw_shape
from lims.pdf.pen import Pen
from lims.pdf.strips import Strip
from lims.pdf.styles import Paper, Style
from lims.pdf.text import Run, draw_line, end_of, measure, wrap, wrap_runs

# Compressed streams are kept as they are: written as text, as reportlab would, they are a quarter larger and slower.
rl_config.useA85 = False

CODE_SIZE = 43.5
WATERMARK_LENGTH = 620.0
PRINTED = 4  # the flag of a link that is drawn on paper too, which an archival file asks of each
FOOT_GAP = 18.0  # from the lowest text of a page to the first line of its foot


@dataclass(frozen=True, slots=True)
class Furniture:
    """Head and foot. `standing` stands at the top right, its first line in bold; `watermark` lies under the text."""

    title: str
    product: str
    identity: Sequence[tuple[str, str]]
    standing: Sequence[str]
    foot: Sequence[Sequence[Run]]
    code: str
    watermark: Sequence[str] = ()


class Pages:
    """A document in the making. `place` strips, then `finish`. Widths and heights in points."""

    def __init__(
        self,
        out: BinaryIO,
        furniture: Furniture,
        properties: Properties,
        *,
        number_pages: Callable[[int, int], str],
        paper: Paper = styles.A4,
    ) -> None:
        self.paper = paper
        self.canvas = Canvas(
            "",
            pagesize=(paper.width, paper.height),
            invariant=1,
            pageCompression=1,
            # Otherwise each page names a face that is not in the file.
            initialFontName=styles.TEXT.face.name,
        )
        self._pen = Pen(self.canvas)
        self._archive = Archive(self.canvas, out)
        self.page = 1
        self._properties = properties
        self._number_pages = number_pages
        self._opened: dict[str, int] = {}
        self._awaited: dict[str, None] = {}
        self._level = -1
        self._held: list[Strip] = []
        self._on_page: list[tuple[float, Strip]] = []
        foot_lines = [wrap_runs(runs, self.paper.measure - CODE_SIZE - 80) for runs in furniture.foot]
        self._foot = [line for lines in foot_lines for line in lines]
        self._foot_top = paper.bottom + max(CODE_SIZE, len(self._foot) * styles.FOOT.leading)
        self._floor = self._foot_top + FOOT_GAP
        self._ceiling = self._draw_furniture(furniture)
        self._y = self._ceiling

    def place(self, strips: Iterable[Strip]) -> None:
        """Fill pages with strips, in order."""
        for strip in strips:
            self._held.append(strip)
            if not strip.keep:
                self._settle()

    def start_page(self) -> None:
        """Begin a new page unless this one is still empty."""
        self._settle()
        if self._on_page:
            self._end_page()

    def page_of(self, key: str) -> Callable[[Canvas, float, float], None]:
        """A painter of the number of the page that the bookmark `key` is on, ending at the right edge of the text.

        Its y is the base line.
        """

        def paint(canvas: Canvas, x: float, y: float) -> None:
            name = f"page-of-{key}"
            if key not in self._awaited:
                self._reserve(name)
                self._awaited[key] = None
            canvas.saveState()
            canvas.translate(x, y)
            canvas.doForm(name)
            canvas.restoreState()

        return paint

    def finish(self, attachments: Sequence[Attachment] = ()) -> int:
        """Number the pages and write the file, with `attachments` in it. Returns how many pages it has."""
        self._settle()
        if self._on_page or self.page == 1:
            self._end_page()
        pages = self.page - 1
        right = self.paper.width - self.paper.right
        for page in range(1, pages + 1):
            self._form_of_text(
                f"page-{page}", self._number_pages(page, pages), styles.PAGE_NUMBER, right, self._foot_top - 8
            )
        for key in self._awaited:
            page_text = str(self._opened.get(key, "–"))
            self._form_of_text(f"page-of-{key}", page_text, styles.CELL, self.paper.measure, 0)
        self.canvas.showOutline()
        self._archive.finish(self._properties, attachments)
        return pages

    def _reserve(self, form: str) -> None:
        self._archive.reserve(form, self.paper.width, self.paper.height)

    def _form_of_text(self, name: str, text: str, style: Style, right: float, y: float) -> None:
        line = wrap(text, style, right)[0]
        self._archive.fill(name, self._pen.line(line, right - end_of(line), y))

    def _settle(self) -> None:
        """Place the strips that are held together: on this page if they fit, else on the next."""
        group, self._held = self._held, []
        if not group:
            return
        height = sum(strip.height for strip in group)
        if self._y - height < self._floor and self._on_page:
            self._end_page()
        for strip in group:
            if self._y - strip.height < self._floor and self._on_page:
                self._end_page()
            self._put(strip)

    def _put(self, strip: Strip) -> None:
        if not self._on_page:
            if not strip.texts and strip.paint is None and not strip.rules:
                return
            for repeated in strip.repeats:
                self._on_page.append((self._y, repeated))
                self._y -= repeated.height
        if strip.opens:
            self._open(*strip.opens)
        self._on_page.append((self._y, strip))
        self._y -= strip.height

    def _open(self, key: str, title: str, level: int) -> None:
        # A level that skips one would be refused by readers.
        self._level = min(level, self._level + 1)
        self._opened[key] = self.page
        self.canvas.bookmarkHorizontal(key, 0, self._y + 4)
        self.canvas.addOutlineEntry(title, key, self._level, closed=self._level > 0)

    def _end_page(self) -> None:
        canvas = self.canvas
        canvas.doForm("furniture")
        self._reserve(f"page-{self.page}")
        canvas.doForm(f"page-{self.page}")
        draw_strips(self._pen, canvas, self._on_page, self.paper.left)
        canvas.showPage()
        self._archive.let_go()
        self.page += 1
        self._on_page = []
        self._y = self._ceiling

    def _draw_furniture(self, furniture: Furniture) -> float:
        """Draw the form of head and foot. Returns where the text of a page begins."""
        paper, canvas = self.paper, self.canvas
        left, right = paper.left, paper.width - paper.right
        canvas.beginForm("furniture", 0, 0, paper.width, paper.height)
        _draw_watermark(canvas, paper, furniture.watermark)
        y = paper.height - paper.top - styles.SECTION.size * 1.05
        draw_line(canvas, wrap(furniture.title, styles.SECTION, paper.measure)[0], left, y)
        for number, standing in enumerate(furniture.standing):
            style = styles.TEXT_BOLD if number == 0 else styles.TEXT
            line = wrap(standing, style, paper.measure)[0]
            draw_line(canvas, line, right - end_of(line), y - number * styles.TEXT.leading)
        y -= styles.TEXT.leading
        for line in wrap(furniture.product, styles.TEXT, paper.measure * 0.76):
            draw_line(canvas, line, left, y)
            y -= styles.TEXT.leading
        y = min(y, paper.height - paper.top - styles.TEXT.leading * (len(furniture.standing) + 0.6))
        y += 5
        canvas.setLineWidth(styles.HAIRLINE)
        canvas.line(left, y, right, y)
        y = _draw_identity(canvas, furniture.identity, left, right, y)
        canvas.setLineWidth(styles.PAGE_RULE)
        canvas.line(left, y, right, y)
        canvas.line(left, self._foot_top + 5.4, right, self._foot_top + 5.4)
        draw_code(canvas, furniture.code, left, self._foot_top, CODE_SIZE)
        base = self._foot_top - styles.FOOT.size * 0.85
        for line in self._foot:
            draw_line(canvas, line, left + CODE_SIZE + 9, base)
            base -= styles.FOOT.leading
        canvas.endForm()
        return y - 9


def _draw_identity(canvas: Canvas, identity: Sequence[tuple[str, str]], left: float, right: float, top: float) -> float:
    """Labels over values, spread so that the gaps between them are equal. Returns the y below them."""
    if not identity:
        return top - 4
    head, value = styles.HEAD, styles.IDENTIFIER
    widths = [max(measure(label, head), measure(text, value)) for label, text in identity]
    gap = (right - left - sum(widths)) / max(1, len(widths) - 1)
    x = left
    for (label, text), width in zip(identity, widths, strict=True):
        draw_line(canvas, wrap(label, head, width + 1)[0], x, top - 9.3)
        draw_line(canvas, wrap(text, value, width + 1)[0], x, top - 20.6)
        x += width + gap
    return top - 28


def _draw_watermark(canvas: Canvas, paper: Paper, words: Sequence[str]) -> None:
    """Words across the page, light enough to read every figure through them in a black-and-white copy."""
    if not words:
        return
    style = Style("bold", 110, 120)
    canvas.saveState()
    canvas.setFillGray(styles.WATERMARK_GREY)
    canvas.translate(paper.width / 2, paper.height / 2)
    canvas.rotate(52)
    y = (len(words) - 1) * style.leading / 2 - style.size * 0.33
    for word in words:
        size = min(style.size, style.size * WATERMARK_LENGTH / measure(word, style))
        line = wrap(word, replace(style, size=size), 2 * WATERMARK_LENGTH)[0]
        draw_line(canvas, line, -end_of(line) / 2, y)
        y -= style.leading
    canvas.restoreState()


def draw_strips(pen: Pen, canvas: Canvas, placed: Sequence[tuple[float, Strip]], left: float) -> None:
    """Draw the marks of strips whose tops are given."""
    pen.write(placed, left)
    for top, strip in placed:
        for x, y, box_width, height, line_width in strip.boxes:
            canvas.setLineWidth(line_width)
            canvas.rect(left + x, top - y - height, box_width, height)
        for shape, x, y, size in strip.shapes:
            draw_shape(canvas, shape, left + x, top - y, size)
        for x, y, link_width, height, key in strip.links:
            canvas.linkAbsolute(
                "", key, (left + x, top - y - height, left + x + link_width, top - y), Border="[0 0 0]", F=PRINTED
            )
        if strip.paint:
            strip.paint(canvas, left, top - strip.height)
