"""Twenty-eight synthetic donors, from 1 mL of fat toward the dose, always the same ones.

Here: the simulation and the table it makes. Not here: writing the file (a management command) and replaying it through
the acts of a batch. Shape only: nobody's patients, and not those of the study that gave the process its frame.

Where the parameters come from: yield and viability of isolated cells from published means (185,000 per mL at 82 %
viable, up to 2.0×10⁶ per gram, 1 to 10 % of them adherent); growth between a doubling in 31 h with platelet lysate and
206 h with bovine serum, so a median of 0.42 doublings per day; scatter of the log-rate within a line 0.15, as
recomputed from Colter et al. 2000 (PNAS 97:3213, table 2); slowing with age in the direction that Plastini 2016 found;
count error 10 %. Confluence at 40,000 per cm², seeding near 4,000 per cm² and the growth arrest near 28 doublings are
general knowledge; lags, the cost of samples and the contamination rate are proposed, for want of a good figure.

Every row can be replayed through rules that allow no more cells seeded than the harvest before it left.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from random import Random

SEED = 20250065
DONORS = 28
COLUMNS = (
    "synthetic_donor",
    "passage",
    "day_start",
    "day_harvest",
    "area_cm2",
    "cells_seeded_viable",
    "cells_harvested_viable",
    "viability_pct",
    "pd",
    "cpdl_from_p1",
    "doubling_time_h",
    "outcome",
)

NEEDED_AT_HARVEST = Decimal(115_000_000)
LAST_PASSAGE = 5
CPDL_LIMIT = Decimal(12)

# The vessels a laboratory would take for an area, by the codes of the master batch record.
VESSELS_BY_AREA = {
    25: ("T25",),
    50: ("T25", "T25"),
    75: ("T75",),
    150: ("T150",),
    225: ("T225",),
    350: ("T175", "T175"),
    525: ("T175", "T175", "T175"),
    636: ("CS1",),
    861: ("CS1", "T225"),
    1272: ("CS2",),
    1908: ("CS2", "CS1"),
    2544: ("CS2", "CS2"),
    3180: ("CS5",),
    3816: ("CS5", "CS1"),
    4452: ("CS5", "CS2"),
}

_STEP_D = 0.5
_P0_LAG_D, _P0_LONGEST_D = 2.0, 14.0
_LAG_D, _LONGEST_D = 0.5, 24.0
_CONFLUENT_PER_CM2 = 40_000
_SEED_LEAST, _SEED_MOST = 3_000, 5_000
_COUNT_CV = 0.10
_DRAWN = Decimal("0.03")  # of a suspension, for counting and losses in the tubes
_CONTAMINATED = 0.015  # for each passage
_HARVEST_AT = 1.35e8  # cells believed to be there: enough for the dose, its overage and the error of the count


@dataclass(frozen=True)
class SyntheticPassage:
    """One generation as it would stand in a laboratory's spreadsheet. Times in days after isolation."""

    passage: int
    day_start: Decimal
    day_harvest: Decimal
    area_cm2: int
    seeded: Decimal | None
    harvested: Decimal | None
    viability_pct: Decimal | None
    pd: Decimal | None
    cpdl: Decimal | None
    doubling_time_h: Decimal | None
    outcome: str = ""


@dataclass(frozen=True)
class SyntheticDonor:
    """One donor: the fat, what was isolated from it, and the passages to an outcome.

    `outcome` is `reached`, `past limit` (enough cells, too many doublings), `not reached` or `contaminated`.
    """

    name: str
    fat_ml: Decimal
    isolated_viable: Decimal
    isolated_viability_pct: Decimal
    passages: tuple[SyntheticPassage, ...]

    @property
    def outcome(self) -> str:
        """How it ended."""
        return self.passages[-1].outcome


def three_figures(value: float | Decimal, *, down: bool = False) -> Decimal:
    """Cells as a spreadsheet keeps them, with three significant figures, rounded down where more cannot be there."""
    value = Decimal(value)
    unit = Decimal(1).scaleb(value.adjusted() - 2)
    return value.quantize(unit, rounding=ROUND_FLOOR) if down else value.quantize(unit)


def donors(seed: int = SEED, number: int = DONORS) -> tuple[SyntheticDonor, ...]:
    """The donors of a seed; the same seed gives the same donors."""
    random = Random(seed)  # noqa: S311 - a simulation, nothing is kept secret with it
    return tuple(_Simulation(random, f"SYN-{index:02d}").run() for index in range(1, number + 1))


def rows(of: tuple[SyntheticDonor, ...]) -> Iterator[tuple[str, ...]]:
    """The table, header first, as text."""
    yield COLUMNS
    for donor in of:
        for passage in donor.passages:
            yield (
                donor.name,
                str(passage.passage),
                f"{passage.day_start:f}",
                f"{passage.day_harvest:f}",
                str(passage.area_cm2),
                _scientific(passage.seeded),
                _scientific(passage.harvested),
                _text(passage.viability_pct),
                _text(passage.pd),
                _text(passage.cpdl),
                _text(passage.doubling_time_h),
                passage.outcome,
            )


def _scientific(value: Decimal | None) -> str:
    return "" if value is None else f"{float(value):.2e}"


def _text(value: Decimal | None) -> str:
    return "" if value is None else f"{value:f}"


class _Simulation:
    """One donor's cells. The true number is hidden; a person sees the counted one."""

    def __init__(self, random: Random, name: str) -> None:
        self.random = random
        self.name = name
        self.fat_ml = Decimal(f"{random.uniform(0.8, 1.2):.1f}")
        self.isolated = float(self.fat_ml) * 4e5 * 1.9 ** random.gauss(0, 1)
        self.isolated = min(max(self.isolated, 1e5), 2.5e6)
        self.isolated_viability = random.betavariate(37, 8)
        adherent = min(max(0.03 * 1.9 ** random.gauss(0, 1), 0.01), 0.10)
        self.cells = self.isolated * adherent
        self.rate_per_day = 0.42 * math.exp(random.gauss(0, 0.25))
        self.arrest = random.gauss(28, 4)
        self.doublings = 0.0
        self.day = 0.0
        self.passages: list[SyntheticPassage] = []

    def run(self) -> SyntheticDonor:
        """Grow until the dose, an end of the process, or a contamination."""
        cpdl = Decimal(0)
        area, seeded = 75, None
        for passage in range(LAST_PASSAGE + 1):
            start = self.day
            grown = self._grow(passage, area)
            if passage and self.random.random() < _CONTAMINATED:
                self._note(passage, start, area, seeded, None, None, cpdl, "contaminated")
                break
            counted = three_figures(self.cells * math.exp(self.random.gauss(0, _COUNT_CV)))
            viability = Decimal(f"{self.random.betavariate(190, 10) * 100:.1f}")
            pd = None if seeded is None else _log2(counted / seeded)
            cpdl += pd if pd is not None else 0
            outcome = self._outcome(passage, counted, cpdl, grown)
            self._note(passage, start, area, seeded, counted, viability, cpdl, outcome)
            if outcome:
                break
            left = counted * (1 - _DRAWN)
            area = _area_for(left)
            seeded = three_figures(min(left, Decimal(_SEED_MOST * area)), down=True)
            self.cells *= float(seeded / counted)
        return SyntheticDonor(
            name=self.name,
            fat_ml=self.fat_ml,
            isolated_viable=three_figures(self.isolated),
            isolated_viability_pct=Decimal(f"{self.isolated_viability * 100:.1f}"),
            passages=tuple(self.passages),
        )

    def _grow(self, passage: int, area: int) -> float:
        """Doublings made in half days until four fifths of confluence, enough for the dose, or the longest time."""
        lag, longest = (_P0_LAG_D, _P0_LONGEST_D) if passage == 0 else (_LAG_D, _LONGEST_D)
        rate = self.rate_per_day * math.exp(self.random.gauss(0, 0.15))
        enough = min(0.8 * area * _CONFLUENT_PER_CM2, _HARVEST_AT)
        time = grown = 0.0
        while time < longest and self.cells < enough:
            time += _STEP_D
            if time <= lag:
                continue
            age = sum(float(each.pd or 0) for each in self.passages) + grown
            slowed = rate * max(0.0, 1 - 0.03 * age) * (0.1 if self.doublings > self.arrest else 1)
            grown += slowed * _STEP_D
            self.doublings += slowed * _STEP_D
            self.cells *= 2 ** (slowed * _STEP_D)
        self.day += time
        return grown

    def _outcome(self, passage: int, counted: Decimal, cpdl: Decimal, grown: float) -> str:
        is_past_limit = cpdl.quantize(Decimal("0.01")) > CPDL_LIMIT
        if counted >= NEEDED_AT_HARVEST:
            return "past limit" if is_past_limit else "reached"
        if passage == LAST_PASSAGE or is_past_limit or grown < 1:
            return "not reached"
        return ""

    def _note(
        self,
        passage: int,
        start: float,
        area: int,
        seeded: Decimal | None,
        harvested: Decimal | None,
        viability: Decimal | None,
        cpdl: Decimal,
        outcome: str,
    ) -> None:
        pd = _log2(harvested / seeded) if seeded is not None and harvested is not None else None
        days = Decimal(str(self.day)) - Decimal(str(start))
        self.passages.append(
            SyntheticPassage(
                passage=passage,
                day_start=Decimal(str(start)),
                day_harvest=Decimal(str(self.day)),
                area_cm2=area,
                seeded=seeded,
                harvested=harvested,
                viability_pct=viability,
                pd=None if pd is None else pd.quantize(Decimal("0.01")),
                cpdl=None if pd is None else cpdl.quantize(Decimal("0.01")),
                doubling_time_h=(days * 24 / pd).quantize(Decimal("0.1")) if pd is not None and pd > 0 else None,
                outcome=outcome,
            )
        )


def _log2(ratio: Decimal) -> Decimal:
    return ratio.ln() / Decimal(2).ln()


def _area_for(cells: Decimal) -> int:
    """The largest area that the cells can seed densely enough; the smallest vessel when they are very few."""
    fitting = [area for area in VESSELS_BY_AREA if cells / area >= _SEED_LEAST]
    return max(fitting, default=25)
