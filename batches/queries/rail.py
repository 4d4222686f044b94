"""The stations of a batch from enrolment to follow-up: done, here, still to come, each with its date and its flag.

Not here: the stage of the batch as its rules know it (`rules.states`); a rail is drawn, nothing is decided by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.utils.translation import gettext as _

from batches.models import Batch, Deviation, InfusionEvent
from batches.queries.batch_rows import BatchRows
from batches.queries.stages import day_words
from batches.rules.states import DeviationState, DispositionState, ResultState, Stage

State = Literal["done", "here", "next", "ended"]
USUAL_PASSAGES = 3  # P0 to P2 are drawn before anybody knows how many it takes


@dataclass(frozen=True)
class Station:
    """One station. `at` is when it was done, `words` what stands there instead of a date; `flag` is a tone or empty."""

    name: str
    state: State
    at: datetime | None = None
    words: str = ""
    flag: str = ""


def rail(rows: BatchRows, *, now: datetime, alerts: frozenset[int] = frozenset()) -> list[Station]:
    """The stations of a batch. `alerts` are the passages whose count is beyond an alert limit."""
    done = _done(rows)
    here = _here(rows)
    flags = _flags(rows, here)
    names = list(done)
    stations = []
    for name in names:
        at = done[name]
        state: State
        if name == here:
            state = "ended" if rows.batch.stage == Stage.ENDED and at is None else "here"
        else:
            state = "done" if names.index(name) < names.index(here) else "next"
        if state == "next" and at is not None:
            state = "done"
        if rows.batch.stage == Stage.ENDED and name == here and at is not None:
            state = "done"
        flag = flags.get(name, "")
        if not flag and any(name == f"P{n}" for n in alerts):
            flag = "alert"
        stations.append(Station(_label(name), state, at, _words(rows, name, state, now), flag))
    return stations


def mini(batch: Batch) -> list[str]:
    """The rail of one batch in a list, from what lists know: `d` done, `h` here, empty for still to come."""
    generation = batch.generation or 0
    is_made = batch.stage not in {Stage.ISSUED, Stage.HARVESTED, Stage.RECEIVED, Stage.CULTURE}
    passages = generation + 1 if is_made else max(USUAL_PASSAGES, generation + 1)
    total = 3 + passages + 5
    at = {
        Stage.ISSUED: 1,
        Stage.HARVESTED: 2,
        Stage.RECEIVED: 2,
        Stage.CULTURE: 3 + generation,
        Stage.CELL_HARVEST: 3 + passages,
        Stage.FILLED: 3 + passages + (1 if batch.disposition == DispositionState.PENDING else 3),
        Stage.INFUSING: 3 + passages + 3,
        Stage.INFUSED: 3 + passages + 4,
        # What ended without a decision came no further than its passages.
        Stage.ENDED: 3 + passages if batch.disposition == DispositionState.PENDING else total,
    }[Stage(batch.stage)]
    is_over = batch.stage == Stage.ENDED
    return ["d" if n < at else "h" if n == at and not is_over else "" for n in range(total)]


def _done(rows: BatchRows) -> dict[str, datetime | None]:
    """Every station by name, in order, with the time it was done."""
    found: dict[str, datetime | None] = {
        "enrol": rows.batch.patient.enrolled_at,
        "harvest": rows.harvest.done_at if rows.harvest else None,
        "isolation": rows.isolation.done_at if rows.isolation else None,
    }
    by_generation: dict[int, datetime] = {}
    for passage in rows.passages:
        by_generation[passage.generation] = passage.done_at
    in_culture = [v.generation for v in rows.vessels]
    last = max([*by_generation, *in_culture, -1])
    is_over = rows.batch.stage not in {Stage.ISSUED, Stage.HARVESTED, Stage.RECEIVED, Stage.CULTURE}
    for generation in range(last + 1 if is_over else max(USUAL_PASSAGES, last + 1)):
        found[f"P{generation}"] = by_generation.get(generation)
    if rows.batch.stage == Stage.CULTURE and rows.batch.generation is not None:
        found[f"P{rows.batch.generation}"] = None
    found["fill"] = rows.fill.done_at if rows.fill else None
    found["test"] = _tested_at(rows)
    found["release"] = _decided_at(rows)
    found["infusion"] = _infused_at(rows)
    found["follow_up"] = rows.follow_ups[-1].done_at if rows.follow_ups else None
    return found


def _tested_at(rows: BatchRows) -> datetime | None:
    """When the last result became final, once none is pending."""
    final = [r.done_at for r in rows.results if r.state == ResultState.FINAL and r.done_at is not None]
    is_pending = any(r.state == ResultState.PENDING for r in rows.results)
    return max(final) if final and rows.fill is not None and not is_pending else None


def _decided_at(rows: BatchRows) -> datetime | None:
    return rows.dispositions[-1].decided_at if rows.dispositions else None


def _infused_at(rows: BatchRows) -> datetime | None:
    if rows.infusion is None:
        return None
    stops = [e.done_at for e in rows.infusion.events.all() if e.kind == InfusionEvent.Kind.STOP]
    return stops[-1] if stops else None


def _here(rows: BatchRows) -> str:
    """The station the batch stands at, or stood at when it ended."""
    match Stage(rows.batch.stage):
        case Stage.ISSUED:
            return "harvest"
        case Stage.HARVESTED | Stage.RECEIVED:
            return "isolation"
        case Stage.CULTURE:
            return f"P{rows.batch.generation or 0}"
        case Stage.CELL_HARVEST:
            return "fill"
        case Stage.FILLED:
            if not rows.dispositions:
                return "release" if _tested_at(rows) else "test"
            return "release" if rows.batch.disposition == DispositionState.REJECTED else "infusion"
        case Stage.INFUSING:
            return "infusion"
        case Stage.INFUSED:
            return "follow_up"
        case _:
            return _last_place(rows)


def _last_place(rows: BatchRows) -> str:
    """Where an ended batch came to stand: the first station it did not pass."""
    if _infused_at(rows):
        return "follow_up"
    if rows.dispositions:
        return "release"
    if rows.fill is not None:
        return "test"
    if rows.passages and rows.passages[-1].is_final:
        return "fill"
    if rows.vessels:
        return f"P{max(v.generation for v in rows.vessels)}"
    return "isolation" if rows.harvest else "harvest"


_OF_MODEL = {
    "batches.Harvest": "harvest",
    "batches.Receipt": "isolation",
    "batches.Isolation": "isolation",
    "batches.Fill": "fill",
    "batches.Sample": "test",
    "batches.TestResult": "test",
    "batches.Disposition": "release",
    "batches.Infusion": "infusion",
    "batches.InfusionEvent": "infusion",
    "batches.Vitals": "infusion",
    "batches.AdverseEvent": "infusion",
    "batches.PainAssessment": "follow_up",
}


def _flags(rows: BatchRows, here: str) -> Mapping[str, str]:
    """Stations with a deviation: an open one flags gravely, a closed one as past.

    One that belongs to no step flags where the batch stands, as long as it is open.
    """
    generation_of = {str(p.pk): p.generation for p in rows.passages}
    flags: dict[str, str] = {}
    for deviation in rows.deviations:
        is_closed = deviation.state == DeviationState.CLOSED
        place = _place_of(deviation, generation_of) or ("" if is_closed else here)
        tone = "alert" if is_closed else "action"
        if place and flags.get(place) != "action":
            flags[place] = tone
    return flags


def _place_of(deviation: Deviation, generation_of: Mapping[str, int]) -> str:
    if deviation.source_model == "batches.Passage" and deviation.source_pk in generation_of:
        return f"P{generation_of[deviation.source_pk]}"
    return _OF_MODEL.get(deviation.source_model, "")


def _label(name: str) -> str:
    return {
        "enrol": _("Enrol"),
        "harvest": _("Harvest"),
        "isolation": _("Isolation"),
        "fill": _("Fill"),
        "test": _("Test"),
        "release": _("Release"),
        "infusion": _("Infusion"),
        "follow_up": _("Follow-up"),
    }.get(name, name)


def _words(rows: BatchRows, name: str, state: State, now: datetime) -> str:
    if state == "ended":
        return _("ended")
    if name == "test" and state == "done":
        waiting = sum(1 for r in rows.results if r.state == ResultState.PENDING)
        return _("{number} pending").format(number=waiting) if waiting else ""
    if state != "here" or not name.startswith("P"):
        return ""
    seeded = [p.done_at for p in rows.passages if not p.is_final and f"P{p.generation + 1}" == name]
    if name == "P0" and rows.isolation:
        seeded = [rows.isolation.done_at]
    return day_words(max(seeded), now) if seeded else ""
