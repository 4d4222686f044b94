"""May these vessels be seeded from this suspension, and what does each of them get?

Not here: the limits of the density, which the master batch record holds.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from decimal import ROUND_DOWN, Decimal
from typing import Final

from batches.rules.process import Process
from batches.rules.process_parts import VesselKind
from batches.rules.wording import volume
from lims.refusals import Refusal

LINES: Final = (1, 2, 3)
# A shelf holds no more; a mistyped hundred is caught.
MOST_VESSELS: Final = 40
_MICROLITRE: Final = Decimal("0.001")


@dataclasses.dataclass(frozen=True)
class SeedingLine:
    """Vessels of one kind and lot seeded together: `suspension_ml` is shared equally among `number` of them.

    `place` is the line of the form it was typed in, beside which a refusal stands.
    """

    kind: str
    number: int
    lot: str
    suspension_ml: Decimal
    place: int = 1


def seeding_field(line: int, what: str) -> str:
    """The name of a line's control: `seed1_kind`, `seed1_number`, `seed1_lot`, `seed1_ml`."""
    return f"seed{line}_{what}"


def kind_named(process: Process, code: str) -> VesselKind | None:
    """A kind of vessel of the process, or nothing."""
    return next((kind for kind in process.vessel_kinds if kind.code == code), None)


def area_cm2(process: Process, lines: Sequence[SeedingLine]) -> Decimal | None:
    """Growth area of all vessels seeded; nothing while there is none, or one of no known kind."""
    areas = [(kind_named(process, line.kind), line.number) for line in lines]
    known = [kind.area_cm2 * number for kind, number in areas if kind is not None]
    return sum(known, Decimal(0)) if known and len(known) == len(areas) else None


def seeded_ml(lines: Sequence[SeedingLine]) -> Decimal:
    """Suspension used for all lines."""
    return sum((line.suspension_ml for line in lines), Decimal(0))


def shares_ml(line: SeedingLine) -> list[Decimal]:
    """What each vessel of a line gets, in whole microlitres; the last gets what rounding leaves, so no drop is lost."""
    each = (line.suspension_ml / line.number).quantize(_MICROLITRE, ROUND_DOWN)
    return [*([each] * (line.number - 1)), line.suspension_ml - each * (line.number - 1)]


def seeding_refusals(lines: Sequence[SeedingLine], *, process: Process, left_ml: Decimal | None) -> Iterator[Refusal]:
    """SEE-01 nothing seeded, SEE-02 unknown vessel, SEE-03 number, SEE-04 volume, SEE-05 more than there is left."""
    if not lines:
        yield Refusal("SEE-01", "No vessel is seeded. Say which and how many.", seeding_field(1, "kind"))
        return
    for line in lines:
        if kind_named(process, line.kind) is None:
            yield Refusal(
                "SEE-02",
                "The process knows no vessel {kind}. Choose one of the list.",
                seeding_field(line.place, "kind"),
                {"kind": line.kind},
            )
        if not 1 <= line.number <= MOST_VESSELS:
            yield Refusal(
                "SEE-03",
                "From 1 to {most} vessels are seeded at once. Enter how many.",
                seeding_field(line.place, "number"),
                {"most": MOST_VESSELS},
            )
        # Every vessel gets a microlitre at least: what is less can't be measured.
        if line.suspension_ml <= 0 or (line.number >= 1 and line.suspension_ml < _MICROLITRE * line.number):
            yield Refusal(
                "SEE-04", "A vessel is seeded with a volume above 0 mL. Enter it.", seeding_field(line.place, "ml")
            )
    wanted = seeded_ml(lines)
    if left_ml is not None and left_ml >= 0 and wanted > left_ml:
        yield Refusal(
            "SEE-05",
            "{wanted} are to be seeded, {left} are left. Seed less, or check the volumes.",
            seeding_field(lines[-1].place, "ml"),
            {"wanted": volume(wanted), "left": volume(left_ml)},
        )
