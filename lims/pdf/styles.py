"""Sizes, weights and distances of printed pages, all in points. No text and no drawing."""

from __future__ import annotations

from dataclasses import dataclass

from reportlab.lib.pagesizes import A4 as A4_SIZE
from reportlab.lib.pagesizes import LETTER as LETTER_SIZE

from lims.pdf.fonts import Face, face


@dataclass(frozen=True, slots=True)
class Paper:
    """A sheet with its margins."""

    width: float
    height: float
    left: float = 48
    right: float = 42
    top: float = 31
    bottom: float = 27

    @property
    def measure(self) -> float:
        """The width that text may take."""
        return self.width - self.left - self.right


A4 = Paper(*A4_SIZE)
LETTER = Paper(*LETTER_SIZE)
PAPERS = {"a4": A4, "letter": LETTER}


@dataclass(frozen=True, slots=True)
class Style:
    """How a text is set: weight, size, distance of base lines."""

    weight: str
    size: float
    leading: float

    @property
    def face(self) -> Face:
        return face(self.weight)


TEXT = Style("regular", 8, 11)
TEXT_BOLD = Style("bold", 8, 11)
CELL = Style("regular", 7.5, 9.75)
CELL_BOLD = Style("bold", 7.5, 9.75)
HEAD = Style("regular", 6.4, 8.4)
SECTION = Style("bold", 9.8, 13)
SUBSECTION = Style("bold", 8, 10.6)
CHAPTER = Style("bold", 13, 17)
IDENTIFIER = Style("bold", 8.6, 11)
FOOT = Style("regular", 6.4, 8.9)
PAGE_NUMBER = Style("bold", 8.6, 11)
MARK = Style("bold", 5.4, 9.75)

HAIRLINE = 0.4
HEAD_RULE = 0.56
PAGE_RULE = 1.1
BOX = 0.94
STRIKE = 0.68
BAR = 1.5

BLACK = 0.0
ROW_GREY = 0.6
WATERMARK_GREY = 0.9

CELL_GAP = 6.0  # between a cell's text and the next column
CELL_PAD = 1.9  # above and below the text of a row
