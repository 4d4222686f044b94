"""The counting part that isolation, passages, the final cell harvest and the fill share.

`CountInput` is what a form gives; `Counting` checks it once and records it. Not here: the rules (rules/counts.py).
"""

from __future__ import annotations

import dataclasses
from decimal import Decimal

from batches.commands.attachments import Checked, Upload, attach, checked
from batches.commands.scanning import Scans
from batches.models import Batch, Count, Equipment, Fill, Isolation, Passage, SquareCount
from batches.rules.attachments import COUNTER_FILES
from batches.rules.counting import CountResult
from batches.rules.counts import COUNTER, CountRead, count_refusals, result_of
from batches.rules.judging import Finding
from batches.rules.limits import Verdict
from batches.rules.process import Process
from lims.acts import Act
from lims.recorded import add_all
from lims.refusals import Refusal


@dataclasses.dataclass(frozen=True)
class CountInput(CountRead):
    """A count as a person gives it: the figures, and for a counter its code and its file."""

    counter: str = ""
    counter_file: Upload | None = None


class Counting:
    """One count under way: what follows from it, what speaks against it, and, when nothing does, its rows.

    `volume_ml` is the suspension the count speaks of, `drawn_ml` what was drawn from it.
    """

    def __init__(
        self,
        count: CountInput,
        *,
        scans: Scans,
        process: Process,
        volume_ml: Decimal,
        drawn_ml: Decimal | None = None,
    ) -> None:
        self.count = count
        self.process = process
        self.result: CountResult | None = result_of(count, process.count_errors, volume_ml)
        self.refusals: list[Refusal] = list(count_refusals(count, drawn_ml=drawn_ml))
        self._batch: Batch = scans.batch
        self._counter: Equipment | None = None
        self._file: Checked | None = None
        if count.method == COUNTER:
            self._look_at_counter(scans)

    def _look_at_counter(self, scans: Scans) -> None:
        if not self.count.counter.strip():
            self.refusals.append(Refusal("CNT-07", "Scan the counter that was used.", "counter"))
        else:
            self._counter = scans.equipment(self.count.counter, Equipment.Kind.COUNTER, field="counter")
        if self.count.counter_file is None:
            self.refusals.append(
                Refusal("CNT-08", "The counter's own file is kept with its figures. Choose it.", "counter_file")
            )
        self._file, found = checked(self.count.counter_file, accepted=COUNTER_FILES, field="counter_file")
        self.refusals.extend(found)

    def findings(self, *, viability_limit: str | None = "viability_pct") -> list[Finding]:
        """Viability, cells counted and agreement of chambers held against their limits.

        Without `viability_limit` viability is held against another limit elsewhere.
        """
        if self.result is None:
            return []
        limits = self.process.limits
        found = []
        if viability_limit is not None:
            found.append(Finding(limits[viability_limit], self.result.viability_pct))
        if self.result.live is not None:
            found.append(Finding(limits["counted_cells"], self.result.live))
        if self.result.is_repeat_needed and self.result.replicate_difference_pct is not None:
            # The limit widens with chance at small counts, so only a difference beyond it is held against 15 %.
            found.append(Finding(limits["replicate_difference_pct"], self.result.replicate_difference_pct))
        return [f for f in found if f.verdict is not Verdict.NOT_JUDGED]

    def record(
        self, act: Act, *, isolation: Isolation | None = None, passage: Passage | None = None, fill: Fill | None = None
    ) -> Count:
        """Write the count, its squares and its file below the row it belongs to, which is saved already."""
        count = self.count
        by_eye = count.method != COUNTER
        row = Count(
            isolation=isolation,
            passage=passage,
            fill=fill,
            method=count.method,
            sample_ml=count.sample_ml,
            diluent_ml=count.dye_ml,
            predilution=count.predilution,
            square_volume_ml=self.process.count_errors.square_volume_ml if by_eye else None,
            live_per_ml=None if by_eye else count.live_per_ml,
            dead_per_ml=None if by_eye else count.dead_per_ml,
            live_counted=None if by_eye else count.live_counted,
            dead_counted=None if by_eye else count.dead_counted,
            counter=self._counter,
        )
        act.add(row)
        if by_eye:
            add_all(
                SquareCount(count=row, chamber=s.chamber, square=s.square, live=s.live, dead=s.dead)
                for s in count.complete_squares
            )
        if self._file is not None:
            attach(act, self._file, batch=self._batch, count=row)
        return row
