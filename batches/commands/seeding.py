"""The seeding part that isolation and passages share: vessels named within their batch, each with its share.

Not here: the rules (rules/seeding.py).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from batches.commands.scanning import Scans
from batches.models import Batch, Isolation, Lot, Passage, Vessel
from batches.rules.growth import seeding_density_per_cm2
from batches.rules.judging import Finding
from batches.rules.process import Process
from batches.rules.seeding import SeedingLine, kind_named, seeding_field, seeding_refusals, shares_ml
from lims.recorded import add_all
from lims.refusals import Refusal


class Seeding:
    """Vessels to be seeded: what speaks against it, how dense they get, and, when nothing does, their rows.

    `left_ml` is the suspension left to seed from, `viable_per_ml` its concentration.
    """

    def __init__(
        self,
        lines: Sequence[SeedingLine],
        *,
        scans: Scans,
        process: Process,
        left_ml: Decimal | None,
        viable_per_ml: Decimal | None,
    ) -> None:
        self.lines = tuple(lines)
        self.process = process
        self.viable_per_ml = viable_per_ml
        self.refusals: list[Refusal] = list(seeding_refusals(self.lines, process=process, left_ml=left_ml))
        self._lots = [
            scans.lot(line.lot, Lot.Kind.VESSEL, field=seeding_field(line.place, "lot")) for line in self.lines
        ]

    def findings(self, *, generation: int) -> list[Finding]:
        """The density of every line held against its limit; P0 has its own."""
        limit = self.process.limits["p0_density_per_cm2" if generation == 0 else "seeding_density_per_cm2"]
        found = []
        for line in self.lines:
            kind = kind_named(self.process, line.kind)
            if kind is None or self.viable_per_ml is None or line.number < 1:
                continue
            density = seeding_density_per_cm2(line.suspension_ml * self.viable_per_ml, kind.area_cm2 * line.number)
            found.append(Finding(limit, density))
        return found

    def record(
        self, *, batch: Batch, generation: int, isolation: Isolation | None = None, passage: Passage | None = None
    ) -> list[Vessel]:
        """Write the vessels, named on from those of their generation: `P2-01`, `P2-02`, …"""
        vessels: list[Vessel] = []
        number = _highest(batch, generation)
        for line, lot in zip(self.lines, self._lots, strict=True):
            kind = self.process.vessel_kind(line.kind)
            for share_ml in shares_ml(line):
                number += 1
                vessels.append(
                    Vessel(
                        batch=batch,
                        isolation=isolation,
                        passage=passage,
                        generation=generation,
                        code=f"P{generation}-{number:02d}",
                        kind=kind.code,
                        area_cm2=kind.area_cm2,
                        lot=lot,
                        suspension_ml=share_ml,
                    )
                )
        return add_all(vessels)


def _highest(batch: Batch, generation: int) -> int:
    """The highest number given to a vessel of a generation."""
    codes = Vessel.objects.filter(batch=batch, generation=generation).values_list("code", flat=True)
    return max((int(m.group()) for code in codes if (m := re.search(r"\d+$", code))), default=0)
