"""Tables as strips: one row, one strip; the head comes again on every page. What the cells say is not known here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from lims.pdf import styles
from lims.pdf.strips import Strip
from lims.pdf.styles import Style
from lims.pdf.text import Line, Run, wrap, wrap_runs

ROW_LINES = 36  # a row with more lines than this is cut, so that no row is higher than a page

SHORT_TABLE = 6  # rows; a table this short is not cut when it would fit on the next page


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its head, its width in points, and how its cells are set."""

    title: str
    width: float
    numeric: bool = False
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Boxed:
    """A verdict in a box; `shape` is `triangle`, `square` or `ring`. A ring has no box: nothing is out of limits."""

    text: str
    shape: str


Cell = str | tuple[Run, ...] | Boxed


def share_out(shares: Sequence[float], measure: float) -> list[float]:
    """Column widths in points from shares."""
    total = sum(shares)
    return [measure * share / total for share in shares]


def table(
    columns: Sequence[Column], rows: Iterable[Sequence[Cell]], *, count: int, strong_rows: frozenset[int] = frozenset()
) -> Iterator[Strip]:
    """Head and rows, as they come; there are `count` of them. The head stays with the first two rows, the last two
    stay together, and so does a short table.
    """
    measure = sum(column.width for column in columns)
    head: list[Strip] = []
    if any(column.title for column in columns):
        head = [_head(columns, measure)]
        yield from head
    for index, row in enumerate(rows):
        parts = _row(columns, row, measure, strong=index in strong_rows)
        for part in parts:
            part.repeats = head
        if index < count - 1 and (index in (0, count - 2) or count <= SHORT_TABLE):
            parts[-1].keep = True
        yield from parts


def _head(columns: Sequence[Column], measure: float) -> Strip:
    style = styles.HEAD
    wrapped = [wrap(column.title, style, column.width - styles.CELL_GAP) for column in columns]
    most = max(map(len, wrapped))
    strip = Strip(most * style.leading + 2 * styles.CELL_PAD, keep=True)
    x = 0.0
    for column, lines in zip(columns, wrapped, strict=True):
        first = most - len(lines)
        for number, line in enumerate(lines):
            baseline = styles.CELL_PAD + (first + number) * style.leading + style.size * 0.98
            strip.write(line, x + _indent(line, column), baseline)
        x += column.width
    strip.rule(0, measure, strip.height, styles.HEAD_RULE)
    return strip


def _indent(line: Line, column: Column) -> float:
    if not column.numeric or not line:
        return 0.0
    return column.width - styles.CELL_GAP - (line[-1].x + line[-1].width)


def _row(columns: Sequence[Column], row: Sequence[Cell], measure: float, *, strong: bool) -> list[Strip]:
    style = styles.CELL
    last = len(columns) - 1
    wrapped: list[list[Line]] = []
    for index, (column, cell) in enumerate(zip(columns, row, strict=True)):
        room = column.width - (0 if index == last else styles.CELL_GAP)
        cell_style = styles.CELL_BOLD if strong or column.strong else style
        wrapped.append(_lines(cell, cell_style, room))
    most = max(map(len, wrapped))
    boxed = [(index, cell) for index, cell in enumerate(row) if isinstance(cell, Boxed)]
    strips: list[Strip] = []
    for start in range(0, most, ROW_LINES):
        count = min(ROW_LINES, most - start)
        strip = Strip(count * style.leading + 2 * styles.CELL_PAD)
        x = 0.0
        for column, lines in zip(columns, wrapped, strict=True):
            for number, line in enumerate(lines[start : start + ROW_LINES]):
                baseline = styles.CELL_PAD + number * style.leading + style.size * 1.02
                strip.write(line, x + _indent(line, column), baseline)
            x += column.width
        strips.append(strip)
    for index, box in boxed:
        _box(strips[0], box, sum(column.width for column in columns[:index]), wrapped[index])
    strips[-1].rule(0, measure, strips[-1].height, styles.HAIRLINE, styles.ROW_GREY)
    return strips


BOX_INDENT = 12.6  # room for the shape before the word
BOX_EDGE = 3.0


def _lines(cell: Cell, style: Style, room: float) -> list[Line]:
    if isinstance(cell, str):
        return wrap(cell, style, room)
    if isinstance(cell, Boxed):
        weight = styles.CELL if cell.shape == "ring" else styles.CELL_BOLD
        lines = wrap(cell.text, weight, room - BOX_INDENT - BOX_EDGE)
        return [tuple(_moved(line)) for line in lines]
    return wrap_runs(cell, room)


def _moved(line: Line) -> Line:
    return tuple(type(p)(p.x + BOX_INDENT, p.width, p.text, p.style, p.struck, p.rise) for p in line)


def _box(strip: Strip, box: Boxed, x: float, lines: Sequence[Line]) -> None:
    strip.shapes.append((box.shape, x + 4, styles.CELL_PAD + 2.2, 6.2))
    if box.shape == "ring":
        return
    right = max(piece.x + piece.width for line in lines for piece in line) + BOX_EDGE
    height = len(lines) * styles.CELL.leading
    strip.boxes.append((x + 0.5, styles.CELL_PAD - 0.6, right, height + 1.2, styles.BOX))


def grid(
    heads: Sequence[str], rows: Sequence[Sequence[Cell]], *, measure: float, strong: frozenset[int]
) -> list[Strip]:
    """A ruled counting grid: the first cell of each row is its label, every other cell is centred.

    `strong` are the indexes of `heads` set in bold, as sums and totals are. Sums get more room than squares.
    """
    widths = share_out([1.6, *(1.6 if index in strong else 1.0 for index in range(len(heads)))], measure)
    strips: list[Strip] = []
    for number, row in enumerate([("", *heads), *rows]):
        strip = _grid_row(row, widths, measure, is_head=number == 0, strong=strong)
        strip.keep = number < len(rows)
        strips.append(strip)
    return strips


def _grid_row(
    row: Sequence[Cell], widths: Sequence[float], measure: float, *, is_head: bool, strong: frozenset[int]
) -> Strip:
    pad = 4.5
    wrapped = []
    for index, (cell, width) in enumerate(zip(row, widths, strict=True)):
        bold = index == 0 or index - 1 in strong
        style = styles.HEAD if is_head else styles.CELL_BOLD if bold else styles.CELL
        wrapped.append(_lines(cell, style, width - 2 * pad if index == 0 else width - 2))
    leading = styles.CELL.leading
    strip = Strip(max(map(len, wrapped)) * leading + 2 * styles.CELL_PAD)
    x = 0.0
    for index, (lines, width) in enumerate(zip(wrapped, widths, strict=True)):
        for number, line in enumerate(lines):
            wide = line[-1].x + line[-1].width if line else 0.0
            indent = pad if index == 0 else (width - wide) / 2
            strip.write(line, x + indent, styles.CELL_PAD + number * leading + styles.CELL.size * 1.02)
        strip.rules.append((x, 0, x, strip.height, styles.HAIRLINE, styles.BLACK))
        x += width
    strip.rules.append((measure, 0, measure, strip.height, styles.HAIRLINE, styles.BLACK))
    if is_head:
        strip.rule(0, measure, 0, styles.HAIRLINE)
    strip.rule(0, measure, strip.height, styles.HAIRLINE)
    return strip
