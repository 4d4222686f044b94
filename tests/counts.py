"""Counts for tests: squares that add up to a wanted concentration."""

from __future__ import annotations

from decimal import Decimal

from batches.commands.counting import CountInput
from batches.rules.counts import CHAMBERS, HEMOCYTOMETER, SQUARES, SquareRead


def squares(live: int, dead: int) -> tuple[SquareRead, ...]:
    """`live` and `dead` cells spread as evenly as can be over two chambers of four squares."""
    boxes = [(chamber, square) for chamber in CHAMBERS for square in SQUARES]

    def share(total: int, index: int) -> int:
        return total // len(boxes) + (index < total % len(boxes))

    return tuple(SquareRead(c, s, share(live, i), share(dead, i)) for i, (c, s) in enumerate(boxes))


def hemocytometer(live: int, dead: int, *, predilution: str = "1") -> CountInput:
    """0.1 mL of suspension in 0.1 mL of dye: live / 8 × 2 × 10⁴ × predilution viable cells for each mL."""
    return CountInput(
        method=HEMOCYTOMETER,
        sample_ml=Decimal("0.1"),
        dye_ml=Decimal("0.1"),
        predilution=Decimal(predilution),
        squares=squares(live, dead),
    )
