"""Which characters paper can show, told by the fonts' own tables of characters: no font is loaded for it.

Asked of every text that is typed (`lims/texts.py`), so in every web process: the tables of four fonts come to some
thousand ranges. Not here: the faces and how wide a character is (`fonts.py`).
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from struct import Struct
from typing import Final

import font_source_sans_pro

from lims.pdf.han import FAMILIES, variable_font

SUPERSCRIPT_MINUS: Final = "\u207b"

# Characters the font lacks that have a twin with the same meaning and, for spaces, nearly the same width.
TWINS: Final = str.maketrans(
    {"\u2011": "-", "\u2002": "\u00a0", "\u2003": "\u00a0", "\u2009": "\u00a0", "\u200b": "", "\t": " "}
)
# What is set without a glyph of its own: a line's end is a break, the minus is drawn by `text.py`.
_WITHOUT_GLYPH: Final = frozenset({"\n", SUPERSCRIPT_MINUS})

_DIRECTORY: Final = Struct(">4xH6x")
_TABLE: Final = Struct(">4s4xII")
_ENCODING: Final = Struct(">HHI")
_GROUPS: Final = Struct(">H10xI")
_GROUP: Final = Struct(">II4x")


def printable(text: str) -> str:
    """`text` with the twins of characters that the font lacks. Line ends stay: they are breaks, not glyphs.

    A browser ends the lines of what is typed in it with two characters, which are one break.
    """
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(TWINS)


def missing(text: str) -> list[str]:
    """The characters of a text that no face has, each once, in their order: those that a print is refused for."""
    if text.isascii() and text.isprintable():
        return []
    set_as = printable("".join(dict.fromkeys(text)))
    return [c for c in dict.fromkeys(set_as) if c not in _WITHOUT_GLYPH and not _is_covered(ord(c))]


def _is_covered(code: int) -> bool:
    starts, ends = _ranges()
    place = bisect_right(starts, code)
    return place > 0 and code <= ends[place - 1]


@cache
def _ranges() -> tuple[array[int], array[int]]:
    """First and last codes of the ranges that some face has. Both weights of a face have the same characters."""
    fonts = [Path(font_source_sans_pro.font_files_ttf["SourceSansPro"]), *map(variable_font, FAMILIES.values())]
    starts, ends = array("I"), array("I")
    for start, end in sorted({found for font in fonts for found in _table(font)}):
        if ends and start <= ends[-1] + 1:
            ends[-1] = max(ends[-1], end)
        else:
            starts.append(start)
            ends.append(end)
    return starts, ends


def _table(font: Path) -> Iterator[tuple[int, int]]:
    """The ranges of a font's table of all of Unicode (platform 3, encoding 10: OpenType, `cmap`, format 12).

    Control characters are left out. Raises ValueError for a font that has no such table.
    """
    with font.open("rb") as file:
        (count,) = _DIRECTORY.unpack(file.read(_DIRECTORY.size))
        tables = {tag: (at, size) for tag, at, size in _TABLE.iter_unpack(file.read(count * _TABLE.size))}
        offset, size = tables[b"cmap"]
        file.seek(offset)
        content = file.read(size)
    (count,) = Struct(">2xH").unpack_from(content)
    encodings = _ENCODING.iter_unpack(content[4 : 4 + count * _ENCODING.size])
    place = next((at for platform, encoding, at in encodings if (platform, encoding) == (3, 10)), None)
    if place is None:
        raise ValueError(f"{font.name} has no table of all of Unicode.")
    form, groups = _GROUPS.unpack_from(content, place)
    if form != 12:
        raise ValueError(f"The table of {font.name} has the format {form}, not 12.")
    begin = place + _GROUPS.size
    for start, end in _GROUP.iter_unpack(content[begin : begin + groups * _GROUP.size]):
        if end >= 0x20:
            yield max(start, 0x20), end
