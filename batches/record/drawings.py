"""How the charts of a batch are drawn: once, for paper in black and for the screen in the colours of its stylesheet.

Positions on a logarithmic axis are the only numbers worked out here; every label arrives as text. Measured is solid;
what is needed or aimed at is a line. A drawing is made in pixels of the screen, and scaled down for paper.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from math import ceil, floor, log10

from reportlab.graphics.shapes import Circle, Drawing, Line, Rect, String
from reportlab.lib.colors import Color, HexColor

from batches.record.charts import ChartSpec, Dose, Growth, GrowthPoint
from lims.pdf.characters import printable
from lims.pdf.styles import Style
from lims.pdf.svg import svg_of
from lims.pdf.text import measure

PAPER_SCALE = 0.66  # 12 px on the screen are 8 points on paper
TEXT_SIZE = 12.0
ROW = 14.0
SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, slots=True)
class Palette:
    """The tones of a drawing. On paper none of them carries a meaning."""

    ink: Color
    soft: Color
    measured: Color
    track: Color
    grid: Color
    ground: Color


def _palette(*colours: str) -> Palette:
    return Palette(*map(HexColor, colours))


SCREEN = _palette("#172033", "#525e72", "#2353a4", "#eef1f5", "#c3ccd8", "#ffffff")
PAPER = _palette("#000000", "#000000", "#2b2b2b", "#ececec", "#b0b0b0", "#ffffff")


@dataclass(slots=True)
class Board:
    """A drawing under way: the places its labels have taken, the heights of its lines. y counts downwards."""

    drawing: Drawing
    palette: Palette
    taken: list[tuple[float, float, float, float]] = field(default_factory=list)
    lines: list[float] = field(default_factory=list)

    def rect(self, x: float, y: float, width: float, height: float, fill: Color, corner: float = 0) -> None:
        bottom = self.drawing.height - y - height
        self.drawing.add(Rect(x, bottom, width, height, fillColor=fill, strokeColor=None, rx=corner, ry=corner))

    def line(
        self, x1: float, y1: float, x2: float, y2: float, colour: Color, width: float, dashes: list[float] | None = None
    ) -> None:
        top = self.drawing.height
        self.drawing.add(
            Line(
                x1,
                top - y1,
                x2,
                top - y2,
                strokeColor=colour,
                strokeWidth=width,
                strokeDashArray=dashes,
                strokeLineCap=0,
            )
        )

    def dot(self, x: float, y: float, radius: float, fill: Color, edge: Color, width: float) -> None:
        cy = self.drawing.height - y
        self.drawing.add(Circle(x, cy, radius, fillColor=fill, strokeColor=edge, strokeWidth=width))

    def text(self, x: float, y: float, words: str, *, anchor: str = "start", bold: bool = False) -> None:
        """Set a label. Raises MissingGlyph for a character that paper cannot show."""
        words = printable(words)
        measure(words, _style_of(bold))
        self.drawing.add(
            String(
                x,
                self.drawing.height - y,
                words,
                fontName=_style_of(bold).face.name,
                fontSize=TEXT_SIZE,
                fillColor=self.palette.ink if bold else self.palette.soft,
                textAnchor=anchor,
            )
        )

    def width_of(self, words: str, bold: bool) -> float:
        return room_for(words, bold)

    def is_free(self, box: tuple[float, float, float, float]) -> bool:
        left, top, right, bottom = box
        inside = left >= 0 and right <= self.drawing.width and top >= 0
        return inside and not any(left < r and right > x and top < b and bottom > y for x, y, r, b in self.taken)


def room_for(words: str, bold: bool) -> float:
    """The width to keep free for a label, in points: in a screen's own face it may be wider than on paper."""
    return measure(words, _style_of(bold)) * SCREEN_IS_WIDER


def _style_of(bold: bool) -> Style:
    return Style("bold" if bold else "regular", TEXT_SIZE, ROW)


def draw(spec: ChartSpec, palette: Palette) -> Drawing:
    """The drawing of a chart, in pixels."""
    return _growth(spec, palette) if isinstance(spec, Growth) else _dose(spec, palette)


def svg(spec: ChartSpec) -> str:
    """The chart for the screen, to stand in the page itself. Its labels are escaped."""
    return svg_of(draw(spec, SCREEN), description=spec.description, css_class=f"plot {spec.kind}")


def power_of_ten(exponent: int) -> str:
    """`7` as `10⁷`."""
    return "10" + str(exponent).translate(SUPERSCRIPTS)


def _exponent(cells: Decimal) -> float:
    return log10(cells) if cells > 0 else 0.0


# ---------------------------------------------------------------------------------------------------------- dose gauge

GAUGE_WIDTH = 760.0
BAR_HEIGHT = 26.0
SCREEN_IS_WIDER = 1.2
LABELS_ABOVE = 14.0  # from the bar to the base line of the first row of labels: the whisker is between them


def _dose(spec: Dose, palette: Palette) -> Drawing:
    shown = [point.cells for point in (*spec.earlier, spec.last) if point.cells > 0]
    low = floor(_exponent(min([*shown, spec.target_cells]))) - 1
    high = floor(_exponent(max([*shown, spec.target_cells, spec.needed_cells or spec.target_cells]))) + 1

    def x_of(cells: Decimal) -> float:
        share = (_exponent(cells) - low) / (high - low)
        return min(max(share, 0.0), 1.0) * GAUGE_WIDTH

    # Labels in the order in which they may choose a place near the bar.
    labels = [(x_of(spec.last.cells), spec.last.interval_label, False)]
    if spec.needed_cells is not None:
        labels.append((x_of(spec.needed_cells), spec.needed_label, False))
    labels += [(x_of(point.cells), point.label, False) for point in spec.earlier]
    labels.append((x_of(spec.last.cells), spec.last.label, True))
    labels.append((x_of(spec.target_cells), spec.target_label, True))
    placed = _rows_of_labels(labels)
    top = ROW * max((row + 1 for _, row, _, _ in placed), default=0) + LABELS_ABOVE
    board = Board(Drawing(GAUGE_WIDTH, top + BAR_HEIGHT + 48), palette)

    board.rect(0, top, GAUGE_WIDTH, BAR_HEIGHT, palette.track, corner=4)
    if spec.last.cells > 0:
        board.rect(0, top, x_of(spec.last.cells), BAR_HEIGHT, palette.measured, corner=4)
    if spec.last.low is not None and spec.last.high is not None:
        _whisker(board, x_of(spec.last.low), x_of(spec.last.high), top - 4)
    for point in spec.earlier:
        board.dot(x_of(point.cells), top + BAR_HEIGHT / 2, 4.5, palette.ground, palette.ink, 1.5)
    target = x_of(spec.target_cells)
    board.line(target, top - 8, target, top + BAR_HEIGHT + 5, palette.ink, 2.4)
    if spec.needed_cells is not None:
        needed = x_of(spec.needed_cells)
        board.line(needed, top - 3, needed, top + BAR_HEIGHT + 5, palette.ink, 1.5, [3, 3])
    for x, row, words, bold in placed:
        wide = board.width_of(words, bold)
        middle = min(max(x, wide / 2), GAUGE_WIDTH - wide / 2)
        board.text(middle, top - LABELS_ABOVE - row * ROW, words, anchor="middle", bold=bold)
    _decades(board, low, high, top + BAR_HEIGHT + 5)
    board.text(0, top + BAR_HEIGHT + 42, spec.axis_label)
    return board.drawing


def _rows_of_labels(labels: Iterable[tuple[float, str, bool]]) -> list[tuple[float, int, str, bool]]:
    """Give each label the row nearest the bar in which it overlaps no other."""
    taken: list[tuple[int, float, float]] = []
    placed = []
    for x, words, bold in labels:
        if not words:
            continue
        wide = room_for(words, bold) + 10
        left = min(max(x - wide / 2, 0), GAUGE_WIDTH - wide)
        row = 0
        while any(row == other and left < right and left + wide > start for other, start, right in taken):
            row += 1
        taken.append((row, left, left + wide))
        placed.append((x, row, words, bold))
    return placed


def _whisker(board: Board, left: float, right: float, y: float) -> None:
    ink = board.palette.ink
    board.line(left, y, right, y, ink, 2)
    board.line(left, y - 4, left, y + 4, ink, 2)
    board.line(right, y - 4, right, y + 4, ink, 2)


def _decades(board: Board, low: int, high: int, y: float) -> None:
    step = GAUGE_WIDTH / (high - low)
    for exponent in range(low, high + 1):
        x = (exponent - low) * step
        board.line(x, y, x, y + 5, board.palette.grid, 1)
        anchor = "start" if exponent == low else "end" if exponent == high else "middle"
        board.text(x, y + 19, power_of_ten(exponent), anchor=anchor)
        if exponent < high:
            for part in (2, 3, 5):
                minor = x + log10(part) * step
                board.line(minor, y, minor, y + 3, board.palette.grid, 1)


# -------------------------------------------------------------------------------------------------------- growth chart

GROWTH_WIDTH = 460.0
GROWTH_HEIGHT = 334.0
LEFT, TOP, RIGHT, BOTTOM = 38.0, 14.0, 448.0, 296.0


@dataclass(frozen=True, slots=True)
class Axes:
    """Days across, powers of ten upwards."""

    last_day: float
    low: float
    high: float

    def x(self, day: Decimal) -> float:
        return LEFT + (RIGHT - LEFT) * float(day) / self.last_day

    def y(self, cells: Decimal) -> float:
        share = (_exponent(cells) - self.low) / (self.high - self.low)
        return BOTTOM - (BOTTOM - TOP) * min(max(share, 0.0), 1.0)


def _growth(spec: Growth, palette: Palette) -> Drawing:
    cells = [count for point in spec.points for count in (point.cells, point.low, point.high) if count]
    cells.append(spec.target_cells)
    days = [float(point.day) for point in spec.points] + [float(spec.p0_until_day or 0), float(spec.now_day or 0), 5.0]
    axes = Axes(max(days) * 1.08, _exponent(min(cells)) - 0.4, _exponent(max(cells)) + 0.4)
    board = Board(Drawing(GROWTH_WIDTH, GROWTH_HEIGHT), palette)
    _growth_ground(board, axes, spec)
    for before, after in zip(spec.points, spec.points[1:], strict=False):
        grown = before.kind == "reseeded" and after.kind == "cell_harvest"
        x1, y1, x2, y2 = axes.x(before.day), axes.y(before.cells), axes.x(after.day), axes.y(after.cells)
        if grown:
            board.line(x1, y1, x2, y2, palette.measured, 2.5)
        elif before.kind == "cell_harvest":
            board.line(x1, y1, x2, y2, palette.soft, 1.2, [2, 3])
    for point in spec.points:
        x, y = axes.x(point.day), axes.y(point.cells)
        board.taken.append((x - 6, y - 6, x + 6, y + 6))
        if point.low is not None and point.high is not None:
            board.line(x, axes.y(point.low), x, axes.y(point.high), palette.ink, 2)
        if point.kind == "cell_harvest":
            board.dot(x, y, 4.5, palette.measured, palette.ground, 1)
        else:
            board.dot(x, y, 3.5, palette.ground, palette.measured, 1.8)
    _labels(board, axes, [point for point in spec.points if point.label])
    if spec.p0_until_day:
        _shade_label(board, LEFT + (axes.x(spec.p0_until_day) - LEFT) / 2, spec.p0_label.split("\n"))
    return board.drawing


def _growth_ground(board: Board, axes: Axes, spec: Growth) -> None:
    palette = board.palette
    if spec.p0_until_day:
        width = axes.x(spec.p0_until_day) - LEFT
        board.rect(LEFT, TOP, width, BOTTOM - TOP, palette.track)
    for exponent in range(ceil(axes.low), floor(axes.high) + 1):
        y = axes.y(Decimal(10) ** exponent)
        board.line(LEFT, y, RIGHT, y, palette.grid, 0.8)
        board.lines.append(y)
        board.text(LEFT - 7, y + 4, power_of_ten(exponent), anchor="end")
    step = 5 if axes.last_day <= 40 else 10 if axes.last_day <= 90 else 30
    for day in range(0, floor(axes.last_day) + 1, step):
        x = axes.x(Decimal(day))
        board.line(x, BOTTOM, x, BOTTOM + 4, palette.grid, 1)
        board.text(x, BOTTOM + 17, str(day), anchor="middle")
    board.line(LEFT, BOTTOM, RIGHT, BOTTOM, palette.grid, 1)
    board.text(RIGHT, GROWTH_HEIGHT - 3, spec.axis_label, anchor="end")
    y = axes.y(spec.target_cells)
    board.line(LEFT, y, RIGHT, y, palette.ink, 2)
    wide = board.width_of(spec.target_label, True)
    board.text(LEFT + 6, y - 6, spec.target_label, bold=True)
    board.taken.append((LEFT + 6, y - 17, LEFT + 6 + wide, y + 2))
    # No label is struck through by the line of the target.
    board.taken.append((LEFT + 6 + wide, y - 1, RIGHT, y + 1))
    if spec.now_day is not None:
        x = axes.x(spec.now_day)
        board.line(x, TOP, x, BOTTOM, palette.ink, 1)
        board.text(x + 5, BOTTOM - 8, spec.now_label, bold=True)


def _shade_label(board: Board, middle: float, lines: list[str]) -> None:
    """Say what the shade means, at the free place nearest half height."""
    wide = max(board.width_of(words, False) for words in lines)
    x = max(middle, LEFT + wide / 2 + 4)
    high = 15.0 * len(lines)
    half = (TOP + BOTTOM - high) / 2
    tops = sorted((TOP + step * 6 for step in range(floor((BOTTOM - TOP - high) / 6))), key=lambda y: abs(y - half))
    boxes = [(x - wide / 2, top, x + wide / 2, top + high) for top in tops]
    clear = [box for box in boxes if not any(box[1] < y + 2 and box[3] > y - 2 for y in board.lines)]
    top = next((box[1] for box in [*clear, *boxes] if board.is_free(box)), tops[0])
    for number, words in enumerate(lines):
        board.text(x, top + 12 + number * 15, words, anchor="middle")


def _labels(board: Board, axes: Axes, points: list[GrowthPoint]) -> None:
    """A label beside each dot; where they don't all find a free place, all but the last are short."""
    free = list(board.taken)
    placed = [(point.label, _label(board, axes, point, point.label)) for point in points]
    if not all(place for _words, place in placed):
        board.taken = free
        words = [*(point.short for point in points[:-1]), points[-1].label]
        placed = [(text, _label(board, axes, p, text)) for p, text in reversed(list(zip(points, words, strict=True)))]
    for text, place in placed:
        if place is not None:
            at, base, anchor = place
            board.text(at, base, text, anchor=anchor, bold=True)


def _label(board: Board, axes: Axes, point: GrowthPoint, words: str) -> tuple[float, float, str] | None:
    """Take the first free place beside a dot: left above, above, right below, right above, left below, over it.

    A label on the left ends at the dot, so that a screen's wider face grows away from it. None: no place is free.
    """
    x, y = axes.x(point.day), axes.y(point.cells)
    wide = board.width_of(words, True)
    places = [
        (x - 10, y - 4, "end"),
        (x, y - 16, "end"),
        (x + 9, y + 12, "start"),
        (x + 9, y - 4, "start"),
        (x - 10, y + 14, "end"),
        (x, y - 10, "middle"),
    ]
    for at, base, anchor in places:
        left = at - {"start": 0, "middle": wide / 2, "end": wide}[anchor]
        box = (left, base - 11, left + wide, base + 3)
        if left > LEFT and board.is_free(box):
            board.taken.append(box)
            return at, base, anchor
    return None
