"""Boxes to write in, as strips: a labelled box, words to tick, a ruled table, lines to sign on.

Not here: what is asked. Heights are those of handwriting with a pen, gloved: 7 mm and more.
"""

from __future__ import annotations

from collections.abc import Sequence

from lims.pdf import styles
from lims.pdf.strips import Strip
from lims.pdf.styles import Style
from lims.pdf.tables import share_out
from lims.pdf.text import Line, end_of, wrap

ROW = 23.0  # points: 8 mm
WORDS = 46.0
TICK = 9.0
_GAP = 6.0
_LABEL, _BOX, _UNIT = 0.28, 0.34, 0.1  # parts of the measure; what is left is the limit's


def blank(label: str, *, unit: str, limit: str, boxes: int, measure: float) -> Strip:
    """A box to write a value in, or several side by side, with its label before it and unit and limit after it."""
    strip = Strip(ROW)
    x, width = measure * _LABEL, measure * _BOX
    _middle(strip, wrap(label, styles.CELL_BOLD, x - _GAP), 0, styles.CELL_BOLD)
    each = (width - (boxes - 1) * _GAP) / boxes
    for number in range(boxes):
        strip.boxes.append((x + number * (each + _GAP), 2.5, each, ROW - 5, styles.HAIRLINE))
    _middle(strip, wrap(unit, styles.CELL, measure * _UNIT - _GAP), x + width + _GAP, styles.CELL)
    left = x + width + measure * _UNIT
    _middle(strip, wrap(limit, styles.HEAD, measure - left), left, styles.HEAD)
    return strip


def ticks(label: str, choices: Sequence[str], *, measure: float) -> Strip:
    """Words with a box to tick before each of them."""
    strip = Strip(ROW)
    x = measure * _LABEL
    _middle(strip, wrap(label, styles.CELL_BOLD, x - _GAP), 0, styles.CELL_BOLD)
    for words in choices:
        strip.boxes.append((x, (ROW - TICK) / 2, TICK, TICK, styles.HAIRLINE))
        line = wrap(words, styles.CELL, measure)
        _middle(strip, line, x + TICK + 4, styles.CELL)
        x += TICK + 4 + end_of(line[0]) + 16
    return strip


def words(label: str, *, measure: float) -> Strip:
    """A box the width of the page for sentences, its label above them."""
    strip = Strip(WORDS)
    strip.boxes.append((0, 2.5, measure, WORDS - 5, styles.HAIRLINE))
    strip.write(wrap(label, styles.HEAD, measure - 10)[0], 4, 2.5 + styles.HEAD.leading)
    return strip


def ruled(
    heads: Sequence[str], rows: Sequence[Sequence[str]], shares: Sequence[float], *, measure: float, height: float = ROW
) -> list[Strip]:
    """A ruled table: heads and cells that hold text are printed, the others are to be written in. It is not cut."""
    widths = share_out(shares, measure)
    head = _ruled_row(heads, widths, styles.HEAD, styles.HEAD.leading)
    head.rule(0, measure, 0, styles.HAIRLINE)
    head.keep = True
    strips = [head]
    for row in rows:
        is_printed = all(row[1:]) or sum(bool(cell) for cell in row) > 1
        strip = _ruled_row(row, widths, styles.HEAD if is_printed else styles.CELL_BOLD, height)
        strip.keep = True
        strips.append(strip)
    strips[-1].keep = False
    return strips


def _ruled_row(row: Sequence[str], widths: Sequence[float], style: Style, least: float) -> Strip:
    wrapped = [wrap(cell, style, width - 6) for cell, width in zip(row, widths, strict=True)]
    strip = Strip(max(least, max(map(len, wrapped)) * style.leading) + 2 * styles.CELL_PAD)
    x = 0.0
    for lines, width in zip(wrapped, widths, strict=True):
        _middle(strip, lines, x + 3, style)
        strip.rules.append((x, 0, x, strip.height, styles.HAIRLINE, styles.BLACK))
        x += width
    strip.rules.append((x, 0, x, strip.height, styles.HAIRLINE, styles.BLACK))
    strip.rule(0, x, strip.height, styles.HAIRLINE)
    return strip


def _middle(strip: Strip, lines: Sequence[Line], x: float, style: Style) -> None:
    """Lines of text, centred in the height of a strip."""
    top = (strip.height - len(lines) * style.leading) / 2
    for number, line in enumerate(lines):
        strip.write(line, x, top + number * style.leading + style.size * 1.02)
