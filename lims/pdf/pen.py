"""Texts and rules of a page as operators of its content: reportlab's own call for each of them takes twice as long.

Boxes, marks and pictures are few, and go through the canvas (`pages.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from lims.pdf.strips import Strip
from lims.pdf.styles import Style
from lims.pdf.text import Line

ESCAPED = str.maketrans({"\\": "\\\\", "(": "\\(", ")": "\\)"})

Placed = Sequence[tuple[float, Strip]]


class Pen:
    """Writes on the pages of one canvas. It remembers the code each face has given each character."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._codes: dict[str, dict[str, tuple[str, str]]] = defaultdict(dict)

    def write(self, placed: Placed, left: float) -> None:
        """Rules and texts of strips whose tops are given; what the canvas draws after it is not touched by it."""
        operators = ["q", *_rules(placed, left), "BT", *self._texts(placed, left), "ET", "Q"]
        self._canvas._code.append("\n".join(operators))

    def line(self, line: Line, x: float, y: float) -> list[str]:
        """The operators of one line of text, y its base line, for a form that is filled after its page."""
        strip = Strip(0)
        strip.write(line, x, 0)
        return ["BT", *self._texts([(y, strip)], 0), "ET"]

    def _texts(self, placed: Placed, left: float) -> Iterator[str]:
        current: Style | None = None
        name = font = ""
        for top, strip in placed:
            for x, y, style, text in strip.texts:
                if style is not current:
                    current, name, font = style, style.face.name, ""
                yield f"1 0 0 1 {left + x:.2f} {top - y:.2f} Tm"
                for needed, shown in self._shown(name, text):
                    if needed != font:
                        font = needed
                        yield f"{font} {style.size} Tf"
                    yield f"({shown}) Tj"

    def _shown(self, name: str, text: str) -> Iterator[tuple[str, str]]:
        """The text in the codes of the face, with the name of the part of the face that has them."""
        codes = self._codes[name]
        if text.isascii():
            # ASCII keeps its own codes, in the first part.
            yield (codes.get(" ") or self._code(name, " "))[0], text.translate(ESCAPED)
            return
        found = [codes.get(character) or self._code(name, character) for character in text]
        for part, alike in groupby(found, key=itemgetter(0)):
            yield part, "".join(code for _part, code in alike)

    def _code(self, name: str, character: str) -> tuple[str, str]:
        font, document = pdfmetrics.getFont(name), self._canvas._doc
        ((part, code),) = font.splitString(character, document)
        number = code[0]
        shown = chr(number).translate(ESCAPED) if 32 <= number < 127 else f"\\{number:03o}"
        self._codes[name][character] = (font.getSubsetInternalName(part, document), shown)
        return self._codes[name][character]


def _rules(placed: Placed, left: float) -> Iterator[str]:
    width = grey = -1.0
    for top, strip in placed:
        for x1, y1, x2, y2, rule_width, rule_grey in strip.rules:
            if rule_width != width:
                width = rule_width
                yield f"{width} w"
            if rule_grey != grey:
                grey = rule_grey
                yield f"{grey} G"
            yield f"{left + x1:.2f} {top - y1:.2f} m {left + x2:.2f} {top - y2:.2f} l S"
