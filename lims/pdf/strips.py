"""A strip is a full-width slice of a page that is never cut: a line of text, a row of a table, a chart.

Pages are filled strip by strip (`pages.py`), in one pass and without holding the document. Reportlab's own flowables
are not used for text: struck-through, boxed and two-weight cells would each need a Paragraph, and a page of those takes
three to four times as long. Headings, paragraphs and notes are made here; tables in `tables.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from reportlab.pdfgen.canvas import Canvas

from lims.pdf import styles
from lims.pdf.styles import Style
from lims.pdf.text import Line, Run, wrap, wrap_runs


@dataclass(slots=True)
class Strip:
    """Marks measured from the strip's top left corner, x to the right and y downwards, in points.

    `keep` keeps it on one page with the strip after it. `repeats` are drawn again above it when it begins a page.
    `opens` is the bookmark (key, title, level) that leads here. `paint` draws what is neither text nor rule; it is
    given the canvas and the strip's bottom left corner.
    """

    height: float
    texts: list[tuple[float, float, Style, str]] = field(default_factory=list)
    rules: list[tuple[float, float, float, float, float, float]] = field(default_factory=list)
    boxes: list[tuple[float, float, float, float, float]] = field(default_factory=list)
    shapes: list[tuple[str, float, float, float]] = field(default_factory=list)
    keep: bool = False
    repeats: Sequence[Strip] = ()
    opens: tuple[str, str, int] | None = None
    links: list[tuple[float, float, float, float, str]] = field(default_factory=list)
    paint: Callable[[Canvas, float, float], None] | None = None

    def write(self, line: Line, x: float, baseline: float) -> None:
        """Set a line with its base line `baseline` points below the strip's top."""
        for piece in line:
            y = baseline - piece.rise
            self.texts.append((x + piece.x, y, piece.style, piece.text))
            if piece.struck:
                middle = y - piece.style.size * 0.27
                self.rules.append((x + piece.x, middle, x + piece.x + piece.width, middle, styles.STRIKE, styles.BLACK))

    def pad(self, height: float) -> None:
        """Room above what is in the strip already."""
        self.height += height
        self.texts = [(x, y + height, style, text) for x, y, style, text in self.texts]
        self.rules = [(x1, y1 + height, x2, y2 + height, width, grey) for x1, y1, x2, y2, width, grey in self.rules]

    def rule(self, x1: float, x2: float, y: float, width: float, grey: float = styles.BLACK) -> None:
        """A horizontal rule."""
        self.rules.append((x1, y, x2, y, width, grey))


def space(height: float) -> Strip:
    """Nothing, so high. It belongs to what comes after it, and is dropped at the top of a page."""
    return Strip(height, keep=True)


def section_title(number: str, title: str, *, measure: float, key: str, level: int) -> list[Strip]:
    """The title of a section, with its bookmark. A top-level title carries more weight."""
    style = styles.CHAPTER if level == 0 else styles.SECTION
    name = f"{number}\u00a0\u00a0{title}" if number else title
    strips = []
    for index, line in enumerate(wrap(name, style, measure)):
        strip = Strip(style.leading, keep=True)
        strip.write(line, 0, style.size)
        if index == 0:
            strip.opens = (key, f"{number}  {title}".strip(), level)
        strips.append(strip)
    return strips


def heading(text: str, *, measure: float) -> list[Strip]:
    """A heading inside a section, over a hairline."""
    lines = wrap(text, styles.SUBSECTION, measure)
    strips = []
    for line in lines:
        strip = Strip(styles.SUBSECTION.leading, keep=True)
        strip.write(line, 0, styles.SUBSECTION.size)
        strips.append(strip)
    strips[-1].height += 1.2
    strips[-1].rule(0, measure, strips[-1].height - styles.HAIRLINE / 2, styles.HAIRLINE)
    return strips


def paragraph(text: str, *, measure: float, style: Style = styles.TEXT, keep: bool = False) -> list[Strip]:
    """Running text. No line of it stands alone at the foot or the head of a page."""
    return set_lines(wrap(text, style, measure), style, keep=keep)


def note(runs: Sequence[Run], *, measure: float) -> list[Strip]:
    """Text with a bar at its left edge."""
    indent = 8.0
    strips = set_lines(wrap_runs(runs, measure - indent), styles.TEXT, indent=indent, pad=0.8)
    for strip in strips:
        strip.rules.append((styles.BAR / 2, 0, styles.BAR / 2, strip.height, styles.BAR, styles.BLACK))
    return strips


def set_lines(
    lines: Iterable[Line], style: Style, *, indent: float = 0, pad: float = 0, keep: bool = False
) -> list[Strip]:
    """One strip to a line."""
    drop = (style.leading - style.size) / 2 + style.size * 0.8
    strips = []
    for line in lines:
        strip = Strip(style.leading)
        strip.write(line, indent, drop)
        strips.append(strip)
    for strip in strips[:1] + strips[-2:-1]:
        strip.keep = len(strips) > 1
    if keep:
        strips[-1].keep = True
    if pad:
        strips[0].pad(pad)
        strips[-1].height += pad
    return strips
