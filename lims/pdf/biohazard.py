"""The biohazard sign, drawn by its construction: three crescents about a centre, and a ring through them.

Measures as in the figure of 29 CFR 1910.145(f), in units of its smallest gap: ring 3½ wide, opening of the horns 4,
hole in the middle 6, circles 21 and 30 across, their centres 15 and 11 from the middle. Evidence M: from general
knowledge, to be verified before relying on it.
"""

from __future__ import annotations

from math import cos, radians, sin

from reportlab.lib.colors import black, white
from reportlab.pdfgen.canvas import Canvas

_OUTER, _OUTER_AT = 15.0, 11.0
_INNER, _INNER_AT = 10.5, 15.0
_RING, _RING_WIDTH = 11.75, 3.5
_GAP, _OPENING, _HOLE = 1.0, 4.0, 3.0
_REACH = 25.0  # from the middle to the edge of the square it is drawn in
_UP = (90, 210, 330)


def draw_biohazard(canvas: Canvas, x: float, top: float, size: float) -> None:
    """The sign in black on white, `size` points high, its upper left corner at `x` and `top`."""
    unit = size / (2 * _REACH)
    canvas.saveState()
    canvas.translate(x + size / 2, top - size / 2)
    canvas.scale(unit, unit)
    # The middle of what is seen lies above the centre of the construction.
    canvas.translate(0, -(_OUTER_AT + _OUTER - (_OUTER_AT * 0.5 + _OUTER)) / 2)
    canvas.setFillColor(black)
    for angle in _UP:
        canvas.circle(*_at(angle, _OUTER_AT), _OUTER, stroke=0, fill=1)
    canvas.setFillColor(white)
    for angle in _UP:
        canvas.circle(*_at(angle, _INNER_AT), _INNER, stroke=0, fill=1)
    for angle in _UP:
        _bar(canvas, angle, _INNER_AT + _INNER - 2, _OUTER_AT + _OUTER + 0.5, _OPENING)
        _bar(canvas, angle + 180, _HOLE - 1, _INNER_AT, _GAP)
    canvas.circle(0, 0, _HOLE, stroke=0, fill=1)
    canvas.setStrokeColor(black)
    canvas.setLineWidth(_RING_WIDTH)
    for angle in _UP:
        canvas.saveState()
        path = canvas.beginPath()
        path.circle(*_at(angle, _INNER_AT), _INNER - _GAP)
        canvas.clipPath(path, stroke=0, fill=0)
        canvas.circle(0, 0, _RING, stroke=1, fill=0)
        canvas.restoreState()
    canvas.restoreState()


def _at(angle: float, distance: float) -> tuple[float, float]:
    return distance * cos(radians(angle)), distance * sin(radians(angle))


def _bar(canvas: Canvas, angle: float, begins: float, ends: float, width: float) -> None:
    """A white bar from the middle outwards."""
    canvas.saveState()
    canvas.rotate(angle)
    canvas.rect(begins, -width / 2, ends - begins, width, stroke=0, fill=1)
    canvas.restoreState()
