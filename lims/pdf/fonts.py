"""The faces of printed pages, and the check that every character can be printed.

Latin text is set in Source Sans; what it lacks is looked for in the faces for Chinese and Japanese (`han.py`). A page
made by reportlab shows an empty box for a character its font lacks, and says nothing. Here a text is measured with a
table of the characters the font really has, so that an unprintable one is refused before anything is drawn.
Nothing here knows where a text stands on the page. Which characters the faces have altogether, without loading one, is
told by `characters.py`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import font_source_sans_pro
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from lims.pdf.han import face_file, forms


class MissingGlyph(Exception):
    """No face at hand has this character; `where` is the text it stands in."""

    def __init__(self, character: str, where: str) -> None:
        self.character = character
        self.where = where
        name = unicodedata.name(character, "no name")
        super().__init__(f"No font has a glyph for {character!r} (U+{ord(character):04X}, {name}) in «{where}».")


@dataclass(frozen=True, slots=True)
class Face:
    """One weight of a font: its name for reportlab, and the advance of each character in thousandths of an em."""

    name: str
    advances: Mapping[str, float]

    def covers(self, text: str) -> bool:
        """Whether every character of `text` has a glyph."""
        return all(map(self.advances.__contains__, text))

    def width(self, text: str, size: float) -> float:
        """Width in points of `text` set at `size` points. Raises MissingGlyph."""
        try:
            return sum(map(self.advances.__getitem__, text)) * size / 1000
        except KeyError as missing:
            raise MissingGlyph(missing.args[0], text) from None


@cache
def face(weight: str) -> Face:
    """The face of a weight, `regular` or `bold`, for Latin and Greek; with a form after it (`bold jp`), for Chinese
    and Japanese. Registered with reportlab on first use.
    """
    latin = {
        "regular": ("SourceSansPro", "SourceSansPro"),
        "bold": ("SourceSansPro-Bold", "SourceSansProBold"),
    }
    if weight in latin:
        name, key = latin[weight]
        path = font_source_sans_pro.font_files_ttf[key]
    else:
        of, form = weight.split(" ")
        name, path = face_file(form, of)
    font = TTFont(name, path)
    pdfmetrics.registerFont(font)
    glyphs = font.face.charToGlyph
    widths = font.face.charWidths
    return Face(name, {chr(code): widths.get(code, font.face.defaultWidth) for code in glyphs if code >= 0x20})


def weight_for(character: str, weight: str, where: str) -> str:
    """The weight, with a form after it where the Latin face lacks the character. Raises MissingGlyph."""
    of = weight.split(" ")[0]
    for candidate in (of, *(f"{of} {form}" for form in forms())):
        if character in face(candidate).advances:
            return candidate
    raise MissingGlyph(character, where)
