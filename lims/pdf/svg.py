"""A reportlab drawing as SVG for a page under a strict Content-Security-Policy.

Reportlab's own SVG carries `style` attributes, which such a policy forbids, and fixed ids, which clash when a page
holds two drawings; it also closes every line, which fills the gaps of dashes. Knows only the shapes charts are made of.
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

from reportlab.graphics import shapes
from reportlab.lib.colors import Color


def svg_of(drawing: shapes.Drawing, *, description: str, css_class: str) -> str:
    """SVG text of a drawing of rectangles, lines, circles and strings, one SVG pixel to a unit of the drawing.

    It takes the width of its container, and its face from the stylesheet. Raises TypeError for any other shape.
    """
    height = drawing.height
    root = {
        "xmlns": "http://www.w3.org/2000/svg",
        "class": css_class,
        "role": "img",
        "aria-label": description,
        "viewBox": f"0 0 {_number(drawing.width)} {_number(height)}",
    }
    return _element("svg", root, "".join(_shape(shape, height) for shape in drawing.contents))


def _shape(shape: shapes.Shape, height: float) -> str:
    match shape:
        case shapes.Rect():
            place = {"x": shape.x, "y": height - shape.y - shape.height, "width": shape.width, "height": shape.height}
            return _element("rect", place | {"rx": shape.rx or 0} | _paint(shape))
        case shapes.Line():
            ends = {"x1": shape.x1, "y1": height - shape.y1, "x2": shape.x2, "y2": height - shape.y2}
            return _element("line", ends | _paint(shape))
        case shapes.Circle():
            return _element("circle", {"cx": shape.cx, "cy": height - shape.cy, "r": shape.r} | _paint(shape))
        case shapes.String():
            is_bold = shape.fontName.endswith("Bold")
            attributes = {
                "class": "strong" if is_bold else "",
                "x": shape.x,
                "y": height - shape.y,
                "font-size": shape.fontSize,
                "font-weight": "700" if is_bold else "400",
                "text-anchor": shape.textAnchor,
                "fill": _colour(shape.fillColor),
            }
            return _element("text", attributes, escape(shape.text))
        case _:
            raise TypeError(f"A chart holds a {type(shape).__name__}, which has no SVG form here.")


def _element(name: str, attributes: Mapping[str, str | float], content: str = "") -> str:
    texts = ((key, value if isinstance(value, str) else _number(value)) for key, value in attributes.items())
    opening = " ".join([name, *(f"{key}={quoteattr(text)}" for key, text in texts)])
    return f"<{opening}>{content}</{name}>" if content else f"<{opening}/>"


def _paint(shape: shapes.Shape) -> dict[str, str | float]:
    """Fill, stroke, width and dashes as presentation attributes, which the policy allows."""
    attributes: dict[str, str | float] = {
        "fill": _colour(getattr(shape, "fillColor", None)),
        "stroke": _colour(shape.strokeColor),
    }
    if shape.strokeColor is not None:
        attributes["stroke-width"] = shape.strokeWidth
        if shape.strokeDashArray:
            attributes["stroke-dasharray"] = " ".join(_number(length) for length in shape.strokeDashArray)
    return attributes


def _colour(colour: Color | None) -> str:
    return "none" if colour is None else f"#{colour.hexval()[2:]}"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
