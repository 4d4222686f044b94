"""May this count be recorded, and what follows from it? A count as it is typed, with every reason against it.

Not here: the arithmetic (`counting`), the limits a count is held against, and the file of a counter (its content is
checked where files are kept).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from decimal import Decimal

from batches.rules.counting import (
    CountErrors,
    CountResult,
    Square,
    count_by_counter,
    count_hemocytometer,
    dilution_factor,
)
from batches.rules.wording import number, volume
from lims.refusals import Refusal

HEMOCYTOMETER = "hemocytometer"
COUNTER = "counter"
CHAMBERS = ("A", "B")
SQUARES = (1, 2, 3, 4)


@dataclasses.dataclass(frozen=True)
class SquareRead:
    """One square as it was typed. Blank is not zero: what nobody typed is `None`."""

    chamber: str
    square: int
    live: int | None
    dead: int | None

    @property
    def is_blank(self) -> bool:
        """Whether nothing was typed for it."""
        return self.live is None and self.dead is None


@dataclasses.dataclass(frozen=True)
class CountRead:
    """A count as it was typed: volumes in mL, densities in cells per mL, `predilution` as a factor of 1 or more.

    A hemocytometer gives `squares`; a counter gives densities, already corrected for dilution, and where it tells
    them the numbers of cells it saw.
    """

    method: str
    sample_ml: Decimal | None = None
    dye_ml: Decimal | None = None
    predilution: Decimal = Decimal(1)
    squares: tuple[SquareRead, ...] = ()
    live_per_ml: Decimal | None = None
    dead_per_ml: Decimal | None = None
    live_counted: int | None = None
    dead_counted: int | None = None

    @property
    def dilution(self) -> Decimal | None:
        """The dilution factor, or nothing while its volumes are missing or impossible."""
        if self.sample_ml is None or self.dye_ml is None or self.dye_ml < 0 or self.predilution < 1:
            return None
        return dilution_factor(self.sample_ml, self.dye_ml, self.predilution)

    @property
    def complete_squares(self) -> tuple[Square, ...]:
        """The squares typed whole, as the arithmetic takes them."""
        return tuple(
            Square(s.chamber, s.square, s.live, s.dead)
            for s in self.squares
            if s.live is not None and s.dead is not None and min(s.live, s.dead) >= 0
        )


def square_field(chamber: str, square: int, what: str) -> str:
    """The name of a square's control: chamber A, square 1, live is `a1_live`."""
    return f"{chamber.lower()}{square}_{what}"


def result_of(count: CountRead, errors: CountErrors, volume_ml: Decimal | None) -> CountResult | None:
    """What follows from a count so far, in a suspension of `volume_ml`; nothing while it can't be computed.

    The live panel, the command and the record all ask here, so their figures are the same.
    """
    if count.method == COUNTER:
        live, dead = count.live_per_ml, count.dead_per_ml
        if live is None or dead is None or live < 0 or dead < 0:
            return None
        if (count.live_counted or 0) < 0 or (count.dead_counted or 0) < 0:
            return None
        return count_by_counter(
            live_per_ml=live,
            dead_per_ml=dead,
            volume_ml=volume_ml,
            live=count.live_counted,
            dead=count.dead_counted,
            errors=errors,
        )
    squares, dilution = count.complete_squares, count.dilution
    if not squares or dilution is None:
        return None
    return count_hemocytometer(squares, dilution=dilution, volume_ml=volume_ml, errors=errors)


def count_refusals(count: CountRead, *, drawn_ml: Decimal | None = None) -> Iterator[Refusal]:
    """Every reason against a count.

    CNT-01 no cell counted, CNT-02 negative, CNT-03 a dilution that can't be, CNT-04 a square left blank, CNT-05 no
    figure of the counter, CNT-06 more in the sample than was drawn.
    """
    yield from _dilution(count, drawn_ml)
    if count.method == COUNTER:
        yield from _by_counter(count)
    else:
        yield from _by_eye(count)


def _dilution(count: CountRead, drawn_ml: Decimal | None) -> Iterator[Refusal]:
    if count.sample_ml is None or count.sample_ml <= 0:
        yield Refusal("CNT-03", "A sample has a volume above 0 mL. Enter what was taken.", "sample_ml")
    elif drawn_ml is not None and drawn_ml >= 0 and count.predilution >= 1:
        taken = count.sample_ml / count.predilution
        if taken > drawn_ml:
            yield Refusal(
                "CNT-06",
                "The sample holds {taken} of the suspension, {drawn} were drawn. Check both volumes.",
                "drawn_ml",
                {"taken": volume(taken), "drawn": volume(drawn_ml)},
            )
    if count.dye_ml is None or count.dye_ml < 0:
        yield Refusal("CNT-03", "The dye can't be less than 0 mL. Enter 0 if there was none.", "dye_ml")
    if count.predilution < 1:
        yield Refusal("CNT-03", "A dilution is 1 or more. Enter 1 if there was none.", "predilution")


def _by_eye(count: CountRead) -> Iterator[Refusal]:
    begun = dict.fromkeys(s.chamber for s in count.squares if not s.is_blank)
    if not begun:
        first = square_field(CHAMBERS[0], SQUARES[0], "live")
        yield Refusal("CNT-04", "No square is counted. Enter the squares of one chamber at least.", first)
        return
    is_whole = True
    for chamber in begun:
        boxes = [
            (f"{s.chamber}{s.square} {what}", square_field(s.chamber, s.square, what), value)
            for s in count.squares
            if s.chamber == chamber
            for what, value in (("live", s.live), ("dead", s.dead))
        ]
        blank = [(name, field) for name, field, value in boxes if value is None]
        if blank:
            is_whole = False
            yield Refusal(
                "CNT-04",
                "Chamber {chamber} is not whole: {blank} blank. Enter 0 where there was none.",
                blank[0][1],
                {"chamber": chamber, "blank": ", ".join(name for name, _ in blank)},
            )
        for _, field, value in boxes:
            if value is not None and value < 0:
                is_whole = False
                yield Refusal("CNT-02", "A count is 0 or more. Count the square again.", field)
    if is_whole and not any(s.live or s.dead for s in count.squares):
        first = square_field(next(iter(begun)), SQUARES[0], "live")
        yield Refusal("CNT-01", "No cell was counted. Count more squares, or a new sample.", first)


def _by_counter(count: CountRead) -> Iterator[Refusal]:
    densities = (("live_per_ml", count.live_per_ml), ("dead_per_ml", count.dead_per_ml))
    for field, value in densities:
        if value is None:
            yield Refusal("CNT-05", "Blank is not zero. Enter the figure of the counter.", field)
    for field, figure in (*densities, ("live_counted", count.live_counted), ("dead_counted", count.dead_counted)):
        if figure is not None and figure < 0:
            yield Refusal("CNT-02", "A count is 0 or more. Read the counter again.", field)
    if count.live_per_ml == 0 and count.dead_per_ml == 0:
        yield Refusal("CNT-01", "The counter saw no cell. Count a new sample.", "live_per_ml")
    if (count.live_counted is None) != (count.dead_counted is None):
        missing = "live_counted" if count.live_counted is None else "dead_counted"
        yield Refusal("CNT-05", "Enter both numbers of cells counted, or neither.", missing)


def left_ml(suspension_ml: Decimal, *used_ml: Decimal) -> Decimal:
    """Suspension left when what was drawn and sampled is gone; below zero when more went than there was."""
    return suspension_ml - sum(used_ml, Decimal(0))


def suspension_refusals(
    suspension_ml: Decimal, drawn_ml: Decimal, sampled_ml: Decimal = Decimal(0)
) -> Iterator[Refusal]:
    """SUS-01 a suspension of no volume, SUS-02 a negative volume, SUS-03 more taken out than there was."""
    if suspension_ml <= 0:
        yield Refusal("SUS-01", "A suspension has a volume above 0 mL. Enter what was measured.", "suspension_ml")
    negative = False
    for field, value in (("drawn_ml", drawn_ml), ("sampled_ml", sampled_ml)):
        if value < 0:
            negative = True
            yield Refusal("SUS-02", "A volume is 0 mL or more. Enter 0 if there was none.", field)
    if suspension_ml > 0 and not negative and left_ml(suspension_ml, drawn_ml, sampled_ml) < 0:
        yield Refusal(
            "SUS-03",
            "{taken} mL were taken out of {suspension}. Check the volumes.",
            "sampled_ml" if sampled_ml > 0 else "drawn_ml",
            {"taken": number(drawn_ml + sampled_ml), "suspension": volume(suspension_ml)},
        )
