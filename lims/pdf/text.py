"""Breaking text into lines by measured width, each character in a face that has it.

Where the lines go on the page is not decided here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from unicodedata import east_asian_width

from reportlab.pdfgen.canvas import Canvas

from lims.pdf.characters import SUPERSCRIPT_MINUS, printable
from lims.pdf.fonts import Face, MissingGlyph, weight_for
from lims.pdf.styles import Style

# The font has superscript digits but no superscript minus: a minus is set small and raised in its place.
RAISED_SIZE = 0.62
RAISED_BY = 0.34
GOOD_BREAKS = frozenset("-/_,;:.)")

# Between two ideographs a line may break, but never before or after these (JIS X 4051, GB/T 15834).
NEVER_FIRST = frozenset(
    "、。，．・：；？！）］｝〕〉》」』】〙〗”’々〻ーぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶ%°,.:;?!)]}»%‰℃㎎㎖…"
)
NEVER_LAST = frozenset("（［｛〔〈《「『【〘〖“‘([{«")


@dataclass(frozen=True, slots=True)
class Run:
    """Text in one style. `rise` lifts it above the base line, in points; `struck` strikes it through."""

    text: str
    style: Style
    struck: bool = False
    rise: float = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """A run's part on one line, `x` points from the line's beginning."""

    x: float
    width: float
    text: str
    style: Style
    struck: bool = False
    rise: float = 0


Line = tuple[Piece, ...]


def wrap(text: str, style: Style, width: float) -> list[Line]:
    """Lines of `text` no wider than `width` points. Breaks at spaces, never at no-break spaces. Raises MissingGlyph."""
    text = printable(text)
    if not text:
        return [()]
    if SUPERSCRIPT_MINUS in text or "\n" in text:
        return wrap_runs((Run(text, style),), width)
    face = style.face
    try:
        whole = face.width(text, style.size)
    except MissingGlyph:
        return wrap_runs((Run(text, style),), width)
    if whole <= width:
        return [(Piece(0, whole, text, style),)]
    return [(Piece(0, face.width(line, style.size), line, style),) for line in _fill(text, face, style.size, width)]


def _fill(text: str, face: Face, size: float, width: float) -> Iterable[str]:
    space = face.width(" ", size)
    line: list[str] = []
    used = 0.0
    for word in text.split(" "):
        wide = face.width(word, size)
        if line and used + space + wide > width:
            yield " ".join(line)
            line, used = [], 0.0
        if wide > width:
            *full, word = chop(word, face, size, width)
            yield from full
            wide = face.width(word, size)
        used += wide + (space if line else 0)
        line.append(word)
    yield " ".join(line)


def chop(word: str, face: Face, size: float, width: float) -> list[str]:
    """A word that is wider than its column, cut into parts that fit, after a hyphen or a stop where there is one."""
    parts: list[str] = []
    start = 0
    used = 0.0
    for index, character in enumerate(word):
        advance = face.width(character, size)
        if used + advance > width and index > start:
            good = max((i for i in range(start + 1, index) if word[i] in GOOD_BREAKS), default=-1)
            cut = good + 1 if good > start and good - start >= (index - start) // 2 else index
            parts.append(word[start:cut])
            used = face.width(word[cut:index], size)
            start = cut
        used += advance
    parts.append(word[start:])
    return parts


def end_of(line: Line) -> float:
    """Where the last piece of a line ends, in points from its beginning."""
    return line[-1].x + line[-1].width if line else 0.0


def measure(text: str, style: Style) -> float:
    """Width in points of a text set in one line. Raises MissingGlyph."""
    return max(map(end_of, wrap(text, style, float("inf"))))


def draw_line(canvas: Canvas, line: Line, x: float, y: float) -> None:
    """Draw a line on a page, y its base line."""
    for piece in line:
        canvas.setFont(piece.style.face.name, piece.style.size)
        canvas.drawString(x + piece.x, y + piece.rise, piece.text)


def wrap_runs(runs: Sequence[Run], width: float) -> list[Line]:
    """Lines of differently styled runs. A run that should stand off the one before it begins with a space."""
    lines: list[Line] = []
    line: list[Piece] = []
    x = 0.0

    def end_line() -> None:
        nonlocal line, x
        lines.append(_joined(line))
        line, x = [], 0.0

    for word in _words(runs):
        if word == []:
            end_line()
            continue
        wide = sum(part.style.face.width(part.text, part.style.size) for part in word)
        blank = word[0].text.startswith(" ")
        lead = word[0].style.face.width(" ", word[0].style.size) if blank else 0.0
        if line and x + wide > width:
            end_line()
        if not line and blank:
            first = word[0]
            word = [Run(first.text[1:], first.style, first.struck, first.rise), *word[1:]]
            wide -= lead
        for part in word:
            texts = [part.text] if wide <= width else chop(part.text, part.style.face, part.style.size, width)
            for index, text in enumerate(texts):
                part_width = part.style.face.width(text, part.style.size)
                if index or (line and x + part_width > width + 0.01):
                    end_line()
                if text:
                    line.append(Piece(x, part_width, text, part.style, part.struck, part.rise))
                    x += part_width
    if line or not lines:
        end_line()
    return lines


def _words(runs: Iterable[Run]) -> Iterable[list[Run]]:
    """Words, each made of one or more runs, the blank before a word kept at its beginning; [] is a line's end."""
    word: list[Run] = []
    for run in runs:
        for number, paragraph in enumerate(printable(run.text).split("\n")):
            if number:
                yield word
                yield []
                word = []
            for index, token in enumerate(paragraph.split(" ")):
                if index and word:
                    yield word
                    word = []
                text = f" {token}" if index else token
                if token.isascii() or run.style.face.covers(token):
                    if text:
                        word.append(Run(text, run.style, run.struck, run.rise))
                    continue
                for number_of_part, part in enumerate(_breakable(text)):
                    if number_of_part:
                        yield word
                        word = []
                    for raised in _raised(replace(run, text=part)):
                        word.extend(_in_faces(raised, run.text))
    if word:
        yield word


def _raised(run: Run) -> Iterable[Run]:
    small = replace(run.style, size=run.style.size * RAISED_SIZE)
    for index, text in enumerate(run.text.split(SUPERSCRIPT_MINUS)):
        if index:
            yield Run("\u2212", small, run.struck, run.rise + run.style.size * RAISED_BY)
        if text:
            yield replace(run, text=text)


def _breakable(text: str) -> Iterable[str]:
    """The parts of a text without blanks between which a line may break: before and after ideographs and kana."""
    start = 0
    for index in range(1, len(text)):
        before, after = text[index - 1], text[index]
        if (
            (_is_wide(before) or _is_wide(after))
            and before not in NEVER_LAST
            and after not in NEVER_FIRST
            and not before.isspace()
            and not after.isspace()
        ):
            yield text[start:index]
            start = index
    yield text[start:]


def _is_wide(character: str) -> bool:
    return east_asian_width(character) in "WF"


def _in_faces(run: Run, where: str) -> Iterable[Run]:
    """The run cut where another face must be taken. Raises MissingGlyph."""
    weight = run.style.weight
    for found, alike in groupby(run.text, key=lambda character: weight_for(character, weight, where)):
        yield replace(run, text="".join(alike), style=replace(run.style, weight=found))


def _joined(pieces: Sequence[Piece]) -> Line:
    """Neighbours in the same style become one piece: fewer marks on the page, and whole phrases for a text search."""
    joined: list[Piece] = []
    for (style, struck, rise), alike in groupby(pieces, key=lambda piece: (piece.style, piece.struck, piece.rise)):
        first, *others = alike
        text = "".join([first.text, *(piece.text for piece in others)])
        width = first.width + sum(piece.width for piece in others)
        joined.append(Piece(first.x, width, text, style, struck, rise))
    return tuple(joined)
