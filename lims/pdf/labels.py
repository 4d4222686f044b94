"""Labels at the exact size of the printer's media: a symbol at the left, lines of text beside it.

Not here: what a label says. Modules of a symbol are whole dots of a 203 dpi printer, the coarsest that is used.
The same labels give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from lims.pdf import archive, styles
from lims.pdf.archive import Properties
from lims.pdf.biohazard import draw_biohazard
from lims.pdf.marks import draw_code, modules_across
from lims.pdf.styles import Style
from lims.pdf.text import Line, draw_line, end_of, wrap

DOT_MM = 0.125  # 8 dots to the mm
MARGIN_MM = 1.0
QUIET_MODULES = 2
LEAST_BIOHAZARD_MM = 3.0
SHRINK = (1.0, 0.92, 0.84, 0.76)  # a text that is too long is set smaller, and not beyond what can be read


class LabelTooFull(Exception):
    """The texts of a label don't fit on it."""


@dataclass(frozen=True, slots=True)
class Label:
    """One label: width and height in mm, what its symbol holds, its lines with weight and size in points.

    With `is_biohazard` the sign stands below the symbol.
    """

    width_mm: float
    height_mm: float
    code: str
    module_dots: int
    lines: Sequence[tuple[str, str, float]]
    is_biohazard: bool = False


def write(labels: Iterable[Label], properties: Properties) -> bytes:
    """A page for each label, of its size. Raises LabelTooFull or MissingGlyph."""
    canvas = Canvas("", invariant=1, pageCompression=1, initialFontName=styles.TEXT.face.name)
    for label in labels:
        canvas.setPageSize((label.width_mm * mm, label.height_mm * mm))
        _draw(canvas, label)
        canvas.showPage()
    out = BytesIO()
    archive.finish(canvas, out, properties)
    return out.getvalue()


def _draw(canvas: Canvas, label: Label) -> None:
    module = label.module_dots * DOT_MM * mm
    size = modules_across(label.code) * module
    top = label.height_mm * mm - MARGIN_MM * mm
    draw_code(canvas, label.code, MARGIN_MM * mm, top, size)
    if label.is_biohazard:
        below = label.height_mm * mm - 2 * MARGIN_MM * mm - size - QUIET_MODULES * module
        sign = min(size, below)
        if sign < LEAST_BIOHAZARD_MM * mm:
            raise LabelTooFull(f"there is no room for the biohazard sign, {label.code}")
        draw_biohazard(canvas, MARGIN_MM * mm, MARGIN_MM * mm + sign, sign)
    left = MARGIN_MM * mm + size + QUIET_MODULES * module
    room = (label.width_mm - MARGIN_MM) * mm - left
    y = top
    for style, line in _fitted(label, room, top - MARGIN_MM * mm):
        y -= style.leading
        draw_line(canvas, line, left, y + style.leading - style.size)


def _fitted(label: Label, width: float, height: float) -> list[tuple[Style, Line]]:
    for shrink in SHRINK:
        set_lines = []
        for text, weight, size in label.lines:
            style = Style(weight, size * shrink, size * shrink * 1.18)
            set_lines += [(style, line) for line in wrap(text, style, width)]
        is_wide = any(end_of(line) > width + 0.1 for _style, line in set_lines)
        if not is_wide and sum(style.leading for style, _line in set_lines) <= height:
            return set_lines
    raise LabelTooFull(f"its texts do not fit, {label.code}")
