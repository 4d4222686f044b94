"""The process as the master batch record defines it, read once into frozen values.

Here: the shape of a process and the reading of one, which names every problem at once. Not here: any figure of a real
process (those are data, in the version that a batch is pinned to) and any judgement of a batch.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self

from batches.rules import process_reading as read
from batches.rules.counting import CountErrors
from batches.rules.limits import Limit
from batches.rules.process_parts import HoldTime, Product, SampleKind, Step, VesselKind
from batches.rules.protocol import ConsentKind, Criterion, FollowUpWindow, Symptom, Vital, VitalsTime
from batches.rules.reading import Reader
from batches.rules.specification import SamplingPoint, SpecificationRow

LIMIT_KEYS = (
    "harvest_volume_ml",
    "transport_hours",
    "transport_temp_c",
    "digest_minutes",
    "svf_cells_per_ml",
    "svf_viability_pct",
    "p0_density_per_cm2",
    "seeding_density_per_cm2",
    "medium_interval_h",
    "confluence_at_detachment_pct",
    "detach_minutes",
    "viability_pct",
    "counted_cells",
    "replicate_difference_pct",
    "pd_per_passage",
    "doubling_time_h",
    "passage_number",
    "cumulative_pdl",
    "culture_days",
    "suspension_to_seeding_min",
    "formulation_to_infusion_h",
    "infusion_minutes",
)


# What a version says nothing about, because it is older than the question.
LATE_ENTRY = Limit(
    key="late_entry_hours",
    label="Late entry",
    unit="h",
    action_above=Decimal(24),
    decimals=2,
    evidence="P",
    source="Proposed default; the site sets its own",
)


class ProcessError(Exception):
    """A definition that cannot be followed. `problems` lists everything that is wrong with it."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Process:
    """A whole process. Cells are cells, times minutes or hours as named, temperatures in °C."""

    title: str
    product: Product
    dose_target_cells: Decimal
    overage: Decimal
    bag_volume_ml: Decimal
    infusion_minutes_planned: Decimal
    baseline_within_minutes: int
    vitals_late_after_minutes: int
    mix_every_minutes: int
    max_cells_per_minute: Decimal
    endotoxin_k: Decimal
    expiry_hours: Decimal
    planned_yield_per_cm2: Decimal
    count_errors: CountErrors
    limits: Mapping[str, Limit]
    hold_times: tuple[HoldTime, ...]
    vessel_kinds: tuple[VesselKind, ...]
    specification: tuple[SpecificationRow, ...]
    sampling_plan: tuple[SampleKind, ...]
    steps: tuple[Step, ...]
    eligibility: tuple[Criterion, ...]
    consents: tuple[ConsentKind, ...]
    vitals: tuple[Vital, ...]
    vitals_schedule: tuple[VitalsTime, ...]
    symptoms: tuple[Symptom, ...]
    follow_up: tuple[FollowUpWindow, ...]

    @classmethod
    def parse(cls, content: Mapping[str, Any]) -> Self:
        """Read a definition. Raises `ProcessError` with every problem it has."""
        reader = Reader(content)
        limits = read.limits(reader)
        process = cls(
            title=reader.text("title"),
            product=read.product(reader.section("product")),
            limits=limits,
            hold_times=reader.each("hold_times", "key", read.hold_time),
            vessel_kinds=reader.each("vessel_kinds", "code", read.vessel_kind),
            specification=reader.each("specification", "key", read.specification_row),
            sampling_plan=reader.each("sampling_plan", "key", read.sample_kind),
            steps=reader.each("steps", "act", read.step),
            eligibility=reader.each("eligibility", "code", read.criterion),
            consents=reader.each("consents", "key", read.consent),
            vitals=reader.each("vitals", "key", read.vital),
            vitals_schedule=reader.each("vitals_schedule", "key", read.vitals_time),
            symptoms=reader.each("symptoms", "code", read.symptom),
            follow_up=reader.each("follow_up", "key", read.window),
            count_errors=read.count_errors(reader.section("count_errors"), limits),
            **read.dose(reader.section("dose")),
            **read.infusion(reader.section("infusion")),
        )
        reader.problems.extend(process._contradictions())
        if reader.problems:
            raise ProcessError(tuple(reader.problems))
        return process

    @property
    def passage_limit(self) -> int:
        """The highest passage number that may still be started."""
        edge = self.limits["passage_number"].action_above
        assert edge is not None
        return int(edge)

    @property
    def late_entry(self) -> Limit:
        """From how many hours after the fact on a late entry is a deviation; 24 where the version does not say."""
        return self.limits.get(LATE_ENTRY.key, LATE_ENTRY)

    @property
    def cpdl_limit(self) -> Decimal:
        """Cumulative doublings at which the culture stops."""
        edge = self.limits["cumulative_pdl"].action_above
        assert edge is not None
        return edge

    @property
    def infusion_minutes_minimum(self) -> Decimal:
        """A shorter infusion is a deviation."""
        edge = self.limits["infusion_minutes"].action_below
        assert edge is not None
        return edge

    @property
    def infusion_minutes_maximum(self) -> Decimal | None:
        """A longer infusion is a deviation."""
        return self.limits["infusion_minutes"].action_above

    @property
    def cells_needed_at_harvest(self) -> Decimal:
        """Target dose and its overage for samples, retains and losses."""
        return self.dose_target_cells * (1 + self.overage)

    @property
    def dose_range(self) -> tuple[Decimal | None, Decimal | None]:
        """Lowest and highest dose of the specification."""
        row = self.row("dose")
        return row.low, row.high

    def row(self, key: str) -> SpecificationRow:
        """A row of the specification by its key. Raises `KeyError`."""
        for row in self.specification:
            if row.key == key:
                return row
        raise KeyError(key)

    def has_row(self, key: str) -> bool:
        """Whether the specification has such a row."""
        return any(row.key == key for row in self.specification)

    def vessel_kind(self, code: str) -> VesselKind:
        """A kind of vessel by its code. Raises `KeyError`."""
        for kind in self.vessel_kinds:
            if kind.code == code:
                return kind
        raise KeyError(code)

    def meanings(self, act: str) -> tuple[str, ...]:
        """The signatures the master batch record asks for at an act; none if it does not name the act."""
        return next((step.meanings for step in self.steps if step.act == act), ())

    def samples_at(self, point: SamplingPoint) -> tuple[SampleKind, ...]:
        """What is to be taken at a point of the process."""
        return tuple(kind for kind in self.sampling_plan if kind.taken_at is point)

    def _contradictions(self) -> list[str]:
        found = [f"limits.{key} is missing" for key in LIMIT_KEYS if key not in self.limits]
        for limit in self.limits.values():
            found += [f"limits.{limit.key} {problem}" for problem in limit.problems()]
        for key, edge in (
            ("passage_number", "action_above"),
            ("cumulative_pdl", "action_above"),
            ("infusion_minutes", "action_below"),
            ("counted_cells", "alert_below"),
            ("replicate_difference_pct", "alert_above"),
        ):
            if key in self.limits and getattr(self.limits[key], edge) is None:
                found.append(f"limits.{key} needs {edge}")
        for row in self.specification:
            found += [f"specification[{row.key}] {problem}" for problem in row.problems()]
        if not self.has_row("dose"):
            found.append("specification needs the row dose")
        for kind in self.sampling_plan:
            found += [
                f"sampling_plan[{kind.key}] names the row {key}, which is not in the specification"
                for key in kind.rows
                if not self.has_row(key)
            ]
        answered = {key for kind in self.sampling_plan for key in kind.rows}
        found += [
            f"specification[{row.key}] is answered by no sample and is not computed"
            for row in self.specification
            if row.key not in answered and not row.computed
        ]
        found += [
            f"hold_times[{hold.key}] names the limit {hold.limit}, which is not there"
            for hold in self.hold_times
            if hold.limit not in self.limits
        ]
        found += [
            f"follow_up[{window.key}] does not contain its own day {window.day}"
            for window in self.follow_up
            if not window.contains(window.day)
        ]
        return found
