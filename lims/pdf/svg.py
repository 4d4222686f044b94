"""A reportlab drawing as SVG for a page under a strict Content-Security-Policy.

Reportlab's own SVG carries `style` attributes, which such a policy forbids, and fixed ids, which clash when a page holds
two drawings; it also closes every line, which fills the gaps of dashes. Knows only the shapes our charts are made of.
"""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from reportlab.graphics import shapes
from reportlab.lib.colors import Color

ANCHORS = {"start": "start", "middle": "middle", "end": "end"}


def svg_of(drawing: shapes.Drawing, *, description: str, css_class: str) -> str:
    """SVG text of a drawing of rectangles, lines, circles and strings, one SVG pixel to a unit of the drawing.

    It takes the width of its container, and its face from the stylesheet. Raises TypeError for any other shape.
    """
    height = drawing.height
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class={quoteattr(css_class)} role="img" aria-label={quoteattr(description)} '
        f'viewBox="0 0 {_number(drawing.width)} {_number(height)}">'
    ]
    parts += [_shape(shape, height) for shape in drawing.contents]
    parts.append("</svg>")
    return "".join(parts)


def _shape(shape: shapes.Shape, height: float) -> str:
    match shape:
        case shapes.Rect():
            y = height - shape.y - shape.height
            corner = f' rx="{_number(shape.rx)}"' if shape.rx else ""
            return (
                f'<rect x="{_number(shape.x)}" y="{_number(y)}" width="{_number(shape.width)}" '
                f'height="{_number(shape.height)}"{corner}{_paint(shape)}/>'
            )
        case shapes.Line():
            return (
                f'<line x1="{_number(shape.x1)}" y1="{_number(height - shape.y1)}" x2="{_number(shape.x2)}" '
                f'y2="{_number(height - shape.y2)}"{_paint(shape)}/>'
            )
        case shapes.Circle():
            return f'<circle cx="{_number(shape.cx)}" cy="{_number(height - shape.cy)}" r="{_number(shape.r)}"{_paint(shape)}/>'
        case shapes.String():
            bold = ' font-weight="700"' if shape.fontName.endswith("Bold") else ""
            return (
                f'<text x="{_number(shape.x)}" y="{_number(height - shape.y)}" font-size="{_number(shape.fontSize)}"{bold} '
                f'text-anchor="{ANCHORS[shape.textAnchor]}" fill="{_colour(shape.fillColor)}">{escape(shape.text)}</text>'
            )
        case _:
            raise TypeError(f"A chart holds a {type(shape).__name__}, which has no SVG form here.")


def _paint(shape: shapes.Shape) -> str:
    """Fill, stroke, width and dashes as presentation attributes, which the policy allows."""
    attributes = {"fill": _colour(getattr(shape, "fillColor", None)), "stroke": _colour(shape.strokeColor)}
    if shape.strokeColor is not None:
        attributes["stroke-width"] = _number(shape.strokeWidth)
        if shape.strokeDashArray:
            attributes["stroke-dasharray"] = " ".join(_number(length) for length in shape.strokeDashArray)
    return "".join(f' {name}="{value}"' for name, value in attributes.items())


def _colour(colour: Color | None) -> str:
    return "none" if colour is None else f"#{colour.hexval()[2:]}"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
