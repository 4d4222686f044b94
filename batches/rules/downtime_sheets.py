"""What a downtime form asks, step by step, with the limits of the master batch record it is printed from.

Here: the blanks in the order a person fills them in, in the words of the screen they are typed into afterwards;
`field` is that screen's name for each, empty for what only helps to judge on the spot. Not here: how a blank looks on
paper (lims/pdf), and when a form may be issued (downtime.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from batches.rules.counts import SQUARES
from batches.rules.downtime import FormStep
from batches.rules.process import Process
from batches.rules.seeding import LINES
from batches.rules.vitals import FIELDS
from batches.rules.wording import gettext_noop, quantity

Kind = Literal["value", "time", "choice", "words"]


@dataclass(frozen=True)
class Blank:
    """One value to be written. `limit` is what it will be held against; `choices` are ticked instead of written."""

    field: str
    label: str
    unit: str = ""
    limit: str = ""
    kind: Kind = "value"
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Grid:
    """A ruled table to write in. A cell that is not blank is printed; `shares` are the widths of its columns."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    shares: tuple[float, ...]


@dataclass(frozen=True)
class Part:
    """A part of a form under a heading: blanks, then a table."""

    title: str
    blanks: tuple[Blank, ...] = ()
    grid: Grid | None = None
    note: str = ""


_SHAPES: Final = (
    gettext_noop("Spindle-shaped"),
    gettext_noop("Flattened, enlarged"),
    gettext_noop("Mixed"),
    gettext_noop("Rounded, detaching"),
)
_LOOKS: Final = (gettext_noop("Clear"), gettext_noop("Turbid"), gettext_noop("Discoloured"))
YES_NO: Final = (gettext_noop("Yes"), gettext_noop("No"))
_CHAMBER_ROWS: Final = (
    gettext_noop("Chamber A, live"),
    gettext_noop("Chamber A, dead"),
    gettext_noop("Chamber B, live"),
    gettext_noop("Chamber B, dead"),
)
_COMMENT: Final = gettext_noop("Comment, and anything out of the ordinary")


def parts(step: FormStep, process: Process) -> tuple[Part, ...]:
    """The parts of a step's form, for one version of the process."""
    return {
        FormStep.HARVEST: _harvest,
        FormStep.RECEIPT: _receipt,
        FormStep.ISOLATION: _isolation,
        FormStep.CULTURE_DAY: _culture_day,
        FormStep.PASSAGE: _passage,
        FormStep.CELL_HARVEST: _cell_harvest,
        FormStep.FILL: _fill,
        FormStep.INFUSION: _infusion,
    }[step](process)


def meanings(step: FormStep, process: Process) -> tuple[str, ...]:
    """Who signs the sheet: whoever the act's signatures on screen are asked of."""
    act = {FormStep.CULTURE_DAY: "culture:observe", FormStep.INFUSION: "infusion:observe"}.get(
        step, _ACTS.get(step, "")
    )
    return process.meanings(act) or ("performed",)


_ACTS: Final[Mapping[FormStep, str]] = {
    FormStep.HARVEST: "harvest:log",
    FormStep.RECEIPT: "harvest:receive",
    FormStep.ISOLATION: "isolation:log",
    FormStep.PASSAGE: "passage:log",
    FormStep.CELL_HARVEST: "cell_harvest:log",
    FormStep.FILL: "fill:log",
}


def _limit(process: Process, key: str) -> str:
    limit = process.limits[key]
    return "; ".join(filter(None, (limit.target_text, limit.signs)))


def _time(field: str, label: str, limit: str = "") -> Blank:
    return Blank(field, label, limit=limit, kind="time")


def _comment(label: str = _COMMENT) -> Part:
    return Part("", (Blank("comment", label, kind="words"),))


def _harvest(process: Process) -> tuple[Part, ...]:
    return (
        Part(
            gettext_noop("Harvest"),
            (
                Blank("body_site", gettext_noop("Site")),
                Blank(
                    "side",
                    gettext_noop("Side"),
                    kind="choice",
                    choices=(gettext_noop("Left"), gettext_noop("Right"), gettext_noop("Both")),
                ),
                Blank("volume_ml", gettext_noop("Fat volume"), "mL", _limit(process, "harvest_volume_ml")),
                Blank("anaesthesia", gettext_noop("Anaesthesia")),
                Blank("operator", gettext_noop("Operator")),
                _time("started_at", gettext_noop("Started at")),
                _time("done_at", gettext_noop("Done at")),
            ),
        ),
        Part(
            gettext_noop("Transport"),
            (
                Blank("container_code", gettext_noop("Container")),
                _time("dispatched_at", gettext_noop("Dispatched at")),
                Blank(
                    "transport_temp_c", gettext_noop("Transport temperature"), "°C", _limit(process, "transport_temp_c")
                ),
            ),
        ),
        _comment(),
    )


def _receipt(process: Process) -> tuple[Part, ...]:
    temperature = _limit(process, "transport_temp_c")
    return (
        Part(
            gettext_noop("Identity"),
            (
                Blank("scanned_coi", gettext_noop("Chain of identity on the container")),
                Blank("scanned_patient", gettext_noop("Patient code on the request form")),
                Blank("scanned_container", gettext_noop("Container")),
            ),
            note=gettext_noop(
                "Two people read each code aloud and compare it. Any difference stops everything: call QA."
            ),
        ),
        Part(
            gettext_noop("Condition"),
            (
                _time("done_at", gettext_noop("Done at"), _limit(process, "transport_hours")),
                Blank("temperature_min_c", gettext_noop("Lowest temperature"), "°C", temperature),
                Blank("temperature_max_c", gettext_noop("Highest temperature"), "°C", temperature),
                Blank("is_intact", gettext_noop("Container intact, no leak"), kind="choice", choices=YES_NO),
                Blank("is_labelled", gettext_noop("Label legible and complete"), kind="choice", choices=YES_NO),
            ),
        ),
        _comment(),
    )


def _isolation(process: Process) -> tuple[Part, ...]:
    return (
        Part(
            gettext_noop("Digest"),
            (
                Blank("fat_processed_ml", gettext_noop("Fat processed"), "mL"),
                Blank("enzyme_lot", gettext_noop("Enzyme lot")),
                Blank("cabinet", gettext_noop("Cabinet")),
                _time("digestion_started_at", gettext_noop("Digestion started")),
                _time("digestion_ended_at", gettext_noop("Digestion ended"), _limit(process, "digest_minutes")),
                Blank("digestion_temp_c", gettext_noop("Digestion temperature"), "°C"),
                Blank("suspension_ml", gettext_noop("Suspension volume"), "mL"),
            ),
        ),
        *_count(process, "svf_viability_pct"),
        *_seeding(gettext_noop("Seed P0"), process, "p0_density_per_cm2"),
        _comment(),
    )


def _culture_day(process: Process) -> tuple[Part, ...]:
    return (
        Part(
            gettext_noop("Look"),
            (
                Blank("generation", gettext_noop("Passage"), "P"),
                Blank("confluence_pct", gettext_noop("Confluence"), "%"),
                _time("seen_at", gettext_noop("Seen at")),
                Blank("morphology", gettext_noop("Shape of the cells"), kind="choice", choices=_SHAPES),
                Blank("medium", gettext_noop("Look of the medium"), kind="choice", choices=_LOOKS),
            ),
        ),
        Part(
            gettext_noop("Change medium"),
            (
                Blank("medium_lot", gettext_noop("Medium lot")),
                Blank("medium_ml", gettext_noop("Medium volume"), "mL"),
                _time("done_at", gettext_noop("Done at"), _limit(process, "medium_interval_h")),
            ),
            note=gettext_noop("Strike this part through if the medium is not changed."),
        ),
        _comment(),
    )


def _detach(process: Process) -> Part:
    return Part(
        gettext_noop("Detach"),
        (
            Blank("vessels", gettext_noop("Vessels"), kind="words"),
            Blank("confluence_pct", gettext_noop("Confluence"), "%", _limit(process, "confluence_at_detachment_pct")),
            Blank("reagent_lot", gettext_noop("Detachment reagent lot")),
            Blank("cabinet", gettext_noop("Cabinet")),
            _time("exposure_started_at", gettext_noop("Exposure started")),
            _time("exposure_ended_at", gettext_noop("Exposure ended"), _limit(process, "detach_minutes")),
            Blank("suspension_ml", gettext_noop("Suspension volume"), "mL"),
        ),
        note=gettext_noop("Read the code of each vessel against the batch above. Any difference stops everything."),
    )


def _passage(process: Process) -> tuple[Part, ...]:
    return (
        _detach(process),
        *_count(process, "viability_pct"),
        Part("", (Blank("sampled_ml", gettext_noop("Suspension for samples"), "mL"),)),
        *_seeding(gettext_noop("Reseed"), process, "seeding_density_per_cm2"),
        _comment(gettext_noop("Comment on alerts")),
    )


def _cell_harvest(process: Process) -> tuple[Part, ...]:
    return (
        _detach(process),
        *_count(process, "viability_pct"),
        Part(
            "",
            (
                Blank("sampled_ml", gettext_noop("Suspension for samples"), "mL"),
                _time("done_at", gettext_noop("Counted at")),
            ),
        ),
        _comment(gettext_noop("Comment on alerts")),
    )


def _fill(process: Process) -> tuple[Part, ...]:
    return (
        Part(
            gettext_noop("Formulate and fill"),
            (
                Blank("used_ml", gettext_noop("Cell suspension used"), "mL"),
                Blank("vehicle_lot", gettext_noop("Vehicle lot")),
                Blank("container_lot", gettext_noop("Container lot")),
                Blank("container_code", gettext_noop("Container")),
                Blank("volume_ml", gettext_noop("Filled volume"), "mL", quantity(process.bag_volume_ml, "mL")),
                Blank("storage_temp_c", gettext_noop("Storage temperature"), "°C", process.product.storage),
                Blank(
                    "is_appearance_good",
                    gettext_noop("Whitish, no clumps, no foreign matter, no leak"),
                    kind="choice",
                    choices=YES_NO,
                ),
                Blank("scanned_coi", gettext_noop("Label on the container")),
                _time("done_at", gettext_noop("Formulation ended")),
            ),
        ),
        *_count(process, None, gettext_noop("Drawn for tests")),
        _comment(gettext_noop("Comment on alerts")),
    )


def _count(
    process: Process, viability: str | None, drawn: str = gettext_noop("Drawn, not returned")
) -> tuple[Part, ...]:
    difference = process.limits["replicate_difference_pct"]
    return (
        Part(
            gettext_noop("Count"),
            (
                Blank("sample_ml", gettext_noop("Sample"), "mL"),
                Blank("dye_ml", gettext_noop("Dye"), "mL"),
                Blank("predilution", gettext_noop("Diluted before"), "×"),
                Blank("drawn_ml", drawn, "mL"),
            ),
            Grid(
                (gettext_noop("Square"), *map(str, SQUARES), gettext_noop("Sum")),
                tuple((row, *("" for _ in SQUARES), "") for row in _CHAMBER_ROWS),
                (1.4, *(1.0 for _ in SQUARES), 1.2),
            ),
            note=f"{difference.label}: {difference.signs}",
        ),
        Part(
            "",
            (
                Blank("counter", gettext_noop("Counter")),
                Blank("live_per_ml", gettext_noop("Live cells per mL"), "/mL"),
                Blank("dead_per_ml", gettext_noop("Dead cells per mL"), "/mL"),
                Blank("live_counted", gettext_noop("Live cells counted"), "", _limit(process, "counted_cells")),
                Blank("dead_counted", gettext_noop("Dead cells counted")),
            ),
            note=gettext_noop("Only with an automated counter; keep its printout with this form."),
        ),
        *(
            (Part("", (Blank("", gettext_noop("Viability, reckoned"), "%", _limit(process, viability)),)),)
            if viability
            else ()
        ),
    )


def _seeding(title: str, process: Process, density: str) -> tuple[Part, ...]:
    heads = (
        gettext_noop("Vessel"),
        gettext_noop("How many"),
        gettext_noop("Vessel lot"),
        gettext_noop("Suspension to seed, mL"),
        gettext_noop("Codes on the labels"),
    )
    limit = process.limits[density]
    kinds = ", ".join(f"{kind.code} {quantity(kind.area_cm2, 'cm²')}" for kind in process.vessel_kinds)
    return (
        Part(
            title,
            grid=Grid(heads, tuple(("",) * len(heads) for _ in LINES), (1.1, 0.8, 1.3, 1.3, 2.2)),
            note=f"{limit.label}: {_limit(process, density)}. {kinds}",
        ),
        Part(
            "",
            (
                Blank("medium_lot", gettext_noop("Medium lot")),
                Blank("medium_ml", gettext_noop("Medium volume"), "mL"),
                _time("done_at", gettext_noop("Seeded at"), _limit(process, "suspension_to_seeding_min")),
                Blank("incubator", gettext_noop("Incubator")),
                Blank("shelf", gettext_noop("Shelf")),
            ),
        ),
    )


def _infusion(process: Process) -> tuple[Part, ...]:
    by_key = {vital.key: vital.limit for vital in process.vitals}
    vitals = [by_key[key] for key in FIELDS.values() if key in by_key]
    times = [time.name for time in process.vitals_schedule]
    blank = ("",) * len(vitals)
    return (
        Part(
            gettext_noop("Vital signs"),
            grid=Grid(
                (
                    gettext_noop("Reading"),
                    gettext_noop("Time"),
                    *(f"{limit.label}, {limit.unit}" for limit in vitals),
                    gettext_noop("Initials"),
                ),
                (
                    (gettext_noop("Limits"), "", *(limit.signs for limit in vitals), ""),
                    *((time, "", *blank, "") for time in times),
                    *(("", "", *blank, "") for _ in range(2)),
                ),
                (1.5, 1.0, *(1.2 for _ in vitals), 0.9),
            ),
            note=gettext_noop("Beyond an action limit: stop the infusion and call the physician."),
        ),
        Part(
            gettext_noop("Symptoms"),
            grid=Grid(
                (gettext_noop("Reading"), *(symptom.name for symptom in process.symptoms), gettext_noop("Initials")),
                tuple((time, *("" for _ in process.symptoms), "") for time in [*times, "", ""]),
                (1.5, *(1.0 for _ in process.symptoms), 0.9),
            ),
            note=gettext_noop("Ask for each. Write 0 for no, the grade for yes. Blank is not no."),
        ),
        _comment(),
    )
