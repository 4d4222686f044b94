"""A reportlab drawing on a page. Reportlab's own renderer would name a face that is not embedded.

Knows only the shapes charts are made of, like its twin for the screen (`svg.py`).
"""

from __future__ import annotations

from reportlab.graphics import shapes
from reportlab.pdfgen.canvas import Canvas

from lims.pdf.styles import Style
from lims.pdf.text import draw_line, end_of, wrap


def draw_on(canvas: Canvas, drawing: shapes.Drawing, x: float, y: float, scale: float) -> None:
    """Draw with the bottom left corner at (x, y). Raises TypeError for any other shape, MissingGlyph for a label."""
    canvas.saveState()
    canvas.translate(x, y)
    canvas.scale(scale, scale)
    for shape in drawing.contents:
        _draw(canvas, shape)
    canvas.restoreState()


def _draw(canvas: Canvas, shape: shapes.Shape) -> None:
    match shape:
        case shapes.Rect():
            how = _paint(canvas, shape)
            if shape.rx:
                canvas.roundRect(shape.x, shape.y, shape.width, shape.height, shape.rx, **how)
            else:
                canvas.rect(shape.x, shape.y, shape.width, shape.height, **how)
        case shapes.Line():
            _paint(canvas, shape)
            canvas.line(shape.x1, shape.y1, shape.x2, shape.y2)
        case shapes.Circle():
            canvas.circle(shape.cx, shape.cy, shape.r, **_paint(canvas, shape))
        case shapes.String():
            weight = "bold" if shape.fontName.endswith("Bold") else "regular"
            line = wrap(shape.text, Style(weight, shape.fontSize, shape.fontSize), float("inf"))[0]
            before = end_of(line) * {"start": 0.0, "middle": 0.5, "end": 1.0}[shape.textAnchor]
            canvas.setFillColor(shape.fillColor)
            draw_line(canvas, line, shape.x - before, shape.y)
        case _:
            raise TypeError(f"A chart holds a {type(shape).__name__}, which is not drawn here.")


def _paint(canvas: Canvas, shape: shapes.Shape) -> dict[str, int]:
    """Set colours, width and dashes; return whether to stroke and to fill."""
    stroke, fill = shape.strokeColor, getattr(shape, "fillColor", None)
    if fill is not None:
        canvas.setFillColor(fill)
    if stroke is not None:
        canvas.setStrokeColor(stroke)
        canvas.setLineWidth(shape.strokeWidth)
        canvas.setDash(shape.strokeDashArray or [])
    return {"stroke": int(stroke is not None), "fill": int(fill is not None)}
