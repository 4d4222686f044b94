"""The faces of printed pages, and the check that every character can be printed.

A page made by reportlab shows an empty box for a character its font lacks, and says nothing. Here a text is measured
with a table of the characters the font really has, so that an unprintable one is refused before anything is drawn.
Nothing here knows where a text stands on the page.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import font_source_sans_pro
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

SUPERSCRIPT_MINUS = "\u207b"

# Characters the font lacks that have a twin with the same meaning and, for spaces, nearly the same width.
TWINS = str.maketrans(
    {"\u2011": "-", "\u2002": "\u00a0", "\u2003": "\u00a0", "\u2009": "\u00a0", "\u200b": "", "\t": " "}
)


class MissingGlyph(Exception):
    """No face at hand has this character; `where` is the text it stands in."""

    def __init__(self, character: str, where: str) -> None:
        self.character = character
        self.where = where
        name = unicodedata.name(character, "no name")
        super().__init__(f"The font has no glyph for {character!r} (U+{ord(character):04X}, {name}) in «{where}».")


@dataclass(frozen=True, slots=True)
class Face:
    """One weight of the font: its name for reportlab, and the advance of each character in thousandths of an em."""

    name: str
    advances: Mapping[str, float]

    def width(self, text: str, size: float) -> float:
        """Width in points of `text` set at `size` points. Raises MissingGlyph."""
        try:
            return sum(map(self.advances.__getitem__, text)) * size / 1000
        except KeyError as missing:
            raise MissingGlyph(missing.args[0], text) from None


def printable(text: str) -> str:
    """`text` with the twins of characters that the font lacks. Line ends stay: they are breaks, not glyphs."""
    return text.translate(TWINS)


@cache
def face(weight: str) -> Face:
    """The face of a weight, `regular` or `bold`, registered with reportlab on first use."""
    name, path = {
        "regular": ("SourceSansPro", font_source_sans_pro.font_files_ttf["SourceSansPro"]),
        "bold": ("SourceSansPro-Bold", font_source_sans_pro.font_files_ttf["SourceSansProBold"]),
    }[weight]
    font = TTFont(name, path)
    pdfmetrics.registerFont(font)
    glyphs = font.face.charToGlyph
    widths = font.face.charWidths
    return Face(name, {chr(code): widths.get(code, font.face.defaultWidth) for code in glyphs if code >= 0x20})
