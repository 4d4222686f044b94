"""The countdown as a ring of 320 units: the part of the planned time that is left, clockwise to the top.

Attributes of SVG only, which a strict content policy allows. The page's script draws the same arc every second.
"""

from __future__ import annotations

import dataclasses
import math

CENTRE, RADIUS = 160, 140


@dataclasses.dataclass(frozen=True)
class Ring:
    """The arc that is left (`left`, empty when nothing is), a whole ring, or the marks around it."""

    left: str
    is_whole: bool
    marks: tuple[str, ...]


def ring(share_left: float, *, planned_minutes: float, mark_every: int) -> Ring:
    """A ring with `share_left` (0 to 1) of it drawn and a mark at every `mark_every` minutes."""
    share = min(max(share_left, 0.0), 1.0)
    count = int(planned_minutes // mark_every) if mark_every > 0 else 0
    marks = tuple(_mark(at * mark_every / planned_minutes) for at in range(count) if at * mark_every < planned_minutes)
    if share >= 1:
        return Ring("", True, marks)
    if share <= 0:
        return Ring("", False, marks)
    x, y = _point(1 - share, RADIUS)
    large = 1 if share > 0.5 else 0
    return Ring(f"M{x} {y}A{RADIUS} {RADIUS} 0 {large} 1 {CENTRE} {CENTRE - RADIUS}", False, marks)


def _point(turn: float, radius: float) -> tuple[str, str]:
    """A point after so much of a turn, clockwise from the top."""
    angle = 2 * math.pi * turn
    return f"{CENTRE + radius * math.sin(angle):.1f}", f"{CENTRE - radius * math.cos(angle):.1f}"


def _mark(turn: float) -> str:
    (x1, y1), (x2, y2) = _point(turn, RADIUS - 8), _point(turn, RADIUS + 8)
    return f"M{x1} {y1}L{x2} {y2}"
