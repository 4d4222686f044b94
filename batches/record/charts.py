"""What the charts of a batch show, and how they are drawn, once for paper and once for the screen.

Here live the plain inputs of a chart and their drawing with reportlab.graphics. No query, no figure and no limit is
worked out here: every label arrives as text. Cells are cells, days are days since P0 was seeded.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Literal

PointKind = Literal["cell_harvest", "reseeded"]


@dataclass(frozen=True, slots=True)
class GrowthPoint:
    """Cells at a time: counted at a cell harvest (solid dot), or put into new vessels (open dot).

    `short` is what a label becomes where many stand close together.
    """

    day: Decimal
    cells: Decimal
    kind: PointKind
    label: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    short: str = ""


@dataclass(frozen=True, slots=True)
class Growth:
    """Growth chart: log₁₀ viable cells by day. `description` is the caption, and what a screen reader says."""

    kind: ClassVar[str] = "growth"
    description: str
    points: tuple[GrowthPoint, ...]
    target_cells: Decimal
    target_label: str
    axis_label: str
    p0_until_day: Decimal | None = None
    p0_label: str = ""
    now_day: Decimal | None = None
    now_label: str = ""


@dataclass(frozen=True, slots=True)
class DosePoint:
    """One count with its interval."""

    cells: Decimal
    label: str
    low: Decimal | None = None
    high: Decimal | None = None
    interval_label: str = ""


@dataclass(frozen=True, slots=True)
class Dose:
    """Dose gauge: the last count on the way to the target, on a logarithmic scale. Rings are earlier counts."""

    kind: ClassVar[str] = "dose"
    description: str
    last: DosePoint
    target_cells: Decimal
    target_label: str
    axis_label: str
    earlier: tuple[DosePoint, ...] = ()
    needed_cells: Decimal | None = None
    needed_label: str = ""


ChartSpec = Growth | Dose
