"""Marks drawn as shapes, because the font has no glyphs for them: verdict shapes and the code of the page."""

from __future__ import annotations

from typing import Any, cast

import zxingcpp
from reportlab.pdfgen.canvas import Canvas


def draw_shape(canvas: Canvas, shape: str, x: float, top: float, size: float) -> None:
    """A triangle (alert), square (action) or dashed ring (pending), `size` points high, `top` its upper edge."""
    if shape == "triangle":
        path = canvas.beginPath()
        path.moveTo(x, top - size)
        path.lineTo(x + size, top - size)
        path.lineTo(x + size / 2, top)
        path.close()
        canvas.drawPath(path, stroke=0, fill=1)
    elif shape == "square":
        canvas.rect(x + size * 0.06, top - size * 0.97, size * 0.88, size * 0.88, stroke=0, fill=1)
    elif shape == "ring":
        canvas.saveState()
        canvas.setLineWidth(0.8)
        canvas.setDash(1.4, 1.1)
        canvas.circle(x + size / 2, top - size / 2, size * 0.4, stroke=1, fill=0)
        canvas.restoreState()
    else:
        raise ValueError(f"There is no mark called {shape!r}.")


def draw_code(canvas: Canvas, text: str, x: float, top: float, size: float) -> None:
    """A square DataMatrix symbol of `text`, `size` points wide; dark modules of a row are drawn as one bar."""
    modules = _modules(text)
    step = size / len(modules)
    for number, row in enumerate(modules):
        start = None
        for index, level in enumerate([*row, 255]):
            if level == 0 and start is None:
                start = index
            elif level != 0 and start is not None:
                canvas.rect(x + start * step, top - (number + 1) * step, (index - start) * step, step, stroke=0, fill=1)
                start = None


def modules_across(text: str) -> int:
    """How many modules wide the symbol of `text` is, without its quiet zone."""
    return len(_modules(text))


def _modules(text: str) -> list[list[int]]:
    symbol = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.DataMatrix, force_square=True)
    # The image speaks the buffer protocol, which its type stubs do not say.
    image: Any = symbol.to_image(scale=1, add_quiet_zones=False)
    return cast("list[list[int]]", memoryview(image).tolist())
