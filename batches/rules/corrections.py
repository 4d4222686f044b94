"""Which recorded values may be corrected, and with what. A literal table: what is not in it can't be.

Never in it: keys, codes that were scanned to prove an identity, and final test results, which are declared invalid
and repeated instead. Not here: the rules between several rows (the act asks them of the record as it would stand).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from batches.rules.times import not_before, not_future
from lims.refusals import Refusal

# Paper asks for a reason beside every correction; fewer characters give none (a default of this system).
SHORTEST_REASON: Final = 10


class Kind(StrEnum):
    """What a value is, for its field on the page, its rule and its words."""

    ML = "mL"
    DEGREES_C = "°C"
    PER_CENT = "%"
    KG = "kg"
    CELLS = "cells"
    PER_ML = "cells/mL"
    FACTOR = "×"
    WHOLE = "whole"
    TIME = "time"
    CHOICE = "choice"
    TEXT = "text"
    LOT = "lot"
    EQUIPMENT = "equipment"


@dataclasses.dataclass(frozen=True)
class Correctable:
    """One field that may be corrected. `after` and `before` name times of the same row it lies between.

    `material` is the kind of lot or equipment that may be scanned; `lowest` and `highest` bound a number.
    """

    kind: Kind
    after: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    material: str = ""
    lowest: Decimal | None = Decimal(0)
    highest: Decimal | None = None
    is_above_lowest: bool = False
    is_optional: bool = False


def _time(*, after: tuple[str, ...] = (), before: tuple[str, ...] = ()) -> Correctable:
    return Correctable(Kind.TIME, after, before)


def _whole(highest: int | None = None, *, is_optional: bool = False) -> Correctable:
    return Correctable(Kind.WHOLE, highest=Decimal(highest) if highest is not None else None, is_optional=is_optional)


_ML = Correctable(Kind.ML)
_SOME_ML = Correctable(Kind.ML, is_above_lowest=True)
_DEGREES = Correctable(Kind.DEGREES_C, lowest=Decimal(-200), highest=Decimal(100))
_PER_CENT = Correctable(Kind.PER_CENT, highest=Decimal(100))
_TEXT = Correctable(Kind.TEXT)
_COMMENT = Correctable(Kind.TEXT, is_optional=True)
_CHOICE = Correctable(Kind.CHOICE)


def _lot(kind: str) -> Correctable:
    return Correctable(Kind.LOT, material=kind)


def _equipment(kind: str) -> Correctable:
    return Correctable(Kind.EQUIPMENT, material=kind)


Fields = Mapping[str, Correctable]

TABLE: Final[Mapping[str, Fields]] = {
    "Harvest": {
        "body_site": _TEXT,
        "side": _CHOICE,
        "volume_ml": _SOME_ML,
        "anaesthesia": _TEXT,
        "operator": _TEXT,
        "started_at": _time(before=("done_at",)),
        "done_at": _time(after=("started_at",), before=("dispatched_at",)),
        "dispatched_at": _time(after=("done_at",)),
        "transport_temp_c": _DEGREES,
    },
    "Receipt": {
        "done_at": _time(),
        "temperature_min_c": _DEGREES,
        "temperature_max_c": _DEGREES,
        "comment": _COMMENT,
    },
    "Isolation": {
        "fat_processed_ml": _SOME_ML,
        "enzyme_lot": _lot("enzyme"),
        "digestion_started_at": _time(before=("digestion_ended_at",)),
        "digestion_ended_at": _time(after=("digestion_started_at",), before=("done_at",)),
        "digestion_temp_c": _DEGREES,
        "suspension_ml": _SOME_ML,
        "drawn_ml": _ML,
        "medium_lot": _lot("medium"),
        "medium_ml": _SOME_ML,
        "cabinet": _equipment("bsc"),
        "incubator": _equipment("incubator"),
        "shelf": _TEXT,
        "done_at": _time(after=("digestion_ended_at",)),
        "comment": _COMMENT,
    },
    "Passage": {
        "confluence_pct": _PER_CENT,
        "reagent_lot": _lot("detachment"),
        "exposure_started_at": _time(before=("exposure_ended_at",)),
        "exposure_ended_at": _time(after=("exposure_started_at",), before=("done_at",)),
        "suspension_ml": _SOME_ML,
        "drawn_ml": _ML,
        "sampled_ml": _ML,
        "cabinet": _equipment("bsc"),
        "medium_lot": _lot("medium"),
        "medium_ml": _SOME_ML,
        "incubator": _equipment("incubator"),
        "shelf": _TEXT,
        "done_at": _time(after=("exposure_ended_at",)),
        "comment": _COMMENT,
    },
    "Vessel": {"suspension_ml": _SOME_ML, "lot": _lot("vessel")},
    "Count": {
        "sample_ml": _SOME_ML,
        "diluent_ml": _ML,
        "predilution": Correctable(Kind.FACTOR, lowest=Decimal(1)),
        "live_per_ml": Correctable(Kind.PER_ML),
        "dead_per_ml": Correctable(Kind.PER_ML),
        "live_counted": _whole(),
        "dead_counted": _whole(),
    },
    "SquareCount": {"live": _whole(), "dead": _whole()},
    "Observation": {
        "confluence_pct": _PER_CENT,
        "morphology": _CHOICE,
        "medium": _CHOICE,
        "done_at": _time(),
        "comment": _COMMENT,
    },
    "MediumChange": {"lot": _lot("medium"), "volume_ml": _SOME_ML, "done_at": _time(), "comment": _COMMENT},
    "VesselLoss": {"reason": _TEXT, "done_at": _time()},
    "Fill": {
        "used_ml": _SOME_ML,
        "vehicle_lot": _lot("vehicle"),
        "container_lot": _lot("container"),
        "volume_ml": _SOME_ML,
        "drawn_ml": _ML,
        "storage_temp_c": _DEGREES,
        "done_at": _time(),
        "comment": _COMMENT,
    },
    "Sample": {"volume_ml": _ML, "cells_used": Correctable(Kind.CELLS), "done_at": _time(), "comment": _COMMENT},
    "Infusion": {
        "weight_kg": Correctable(Kind.KG, lowest=Decimal(20), highest=Decimal(300)),
        "catheter": _TEXT,
    },
    "InfusionEvent": {"done_at": _time(), "infused_ml": _ML, "reason": _COMMENT},
    "Vitals": {
        "heart_rate": _whole(300),
        "systolic": _whole(300),
        "diastolic": _whole(250),
        "respiratory_rate": _whole(100),
        "spo2_pct": _PER_CENT,
        "temperature_c": Correctable(Kind.DEGREES_C, lowest=Decimal(30), highest=Decimal(44)),
        "done_at": _time(),
        "comment": _COMMENT,
    },
    "AdverseEvent": {"action": _TEXT, "outcome": _COMMENT, "done_at": _time(before=("ended_at",))},
    "PainAssessment": {"rater": _TEXT, "medication_change": _COMMENT, "comment": _COMMENT, "done_at": _time()},
    "PdasAnswer": {"score": _whole(3, is_optional=True)},
}

# Who may correct: whoever may record it. QA may correct all of it.
RECORDED_BY: Final[Mapping[str, str]] = {
    "Harvest": "record_harvest",
    "Sample": "take_samples",
    "Infusion": "infuse",
    "InfusionEvent": "infuse",
    "Vitals": "infuse",
    "AdverseEvent": "infuse",
    "PainAssessment": "record_outcomes",
    "PdasAnswer": "record_outcomes",
}
PRODUCTION: Final = "record_production"


def field_of(model: str, field: str) -> Correctable | None:
    """The entry of a field in the table; nothing when it can't be corrected."""
    return TABLE.get(model, {}).get(field)


def permission_for(model: str) -> str:
    """The permission to record what is corrected."""
    return RECORDED_BY.get(model, PRODUCTION)


def reason_refusals(reason: str) -> Iterator[Refusal]:
    """COR-01: a correction says why."""
    if len(reason.strip()) < SHORTEST_REASON:
        yield Refusal(
            "COR-01", "Say why this is corrected, in {least} characters at least.", "reason", {"least": SHORTEST_REASON}
        )


def value_refusals(
    entry: Correctable, value: object, old: object, *, now: datetime, others: Mapping[str, datetime | None]
) -> Iterator[Refusal]:
    """COR-02 no value, COR-03 the value it has, COR-04 a number that can't be, TIM-01 and TIM-02 for times.

    `others` are the times of the same row. Lots and equipment are looked up, not judged, here.
    """
    if value is None or value == "":
        if not entry.is_optional:
            yield Refusal("COR-02", "Nothing typed. Enter what is right.", "value")
        elif old in (None, ""):
            yield Refusal("COR-03", "This is the value it has. Enter what is right.", "value")
        return
    if value == old:
        yield Refusal("COR-03", "This is the value it has. Enter what is right.", "value")
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        yield from _number_refusals(entry, Decimal(value))
    if isinstance(value, datetime):
        yield from not_future(value, now, "value")
        for name in entry.after:
            earlier = others.get(name)
            if earlier is not None:
                yield from not_before(value, earlier, "value")
        for name in entry.before:
            later = others.get(name)
            if later is not None and value > later:
                yield Refusal(
                    "TIM-02",
                    "This is after {later}, when the next step was. Check both times.",
                    "value",
                    {"later": later.astimezone(value.tzinfo).strftime("%d %b %H:%M")},
                )


def _number_refusals(entry: Correctable, value: Decimal) -> Iterator[Refusal]:
    low, high = entry.lowest, entry.highest
    if low is not None and (value < low or (entry.is_above_lowest and value == low)):
        word = "above" if entry.is_above_lowest else "at least"
        yield Refusal("COR-04", "The value is {word} {low}. Check it.", "value", {"word": word, "low": low})
    elif high is not None and value > high:
        yield Refusal("COR-04", "The value is at most {high}. Check it.", "value", {"high": high})


def balance_refusals(suspension_ml: Decimal, *taken_ml: Decimal) -> Iterator[Refusal]:
    """COR-05: after the correction more would be taken out of a suspension than there was."""
    taken = sum(taken_ml, Decimal(0))
    if taken > suspension_ml:
        yield Refusal(
            "COR-05",
            "Then {taken} mL would be taken out of {suspension} mL. Check which value is wrong.",
            "value",
            {"taken": taken, "suspension": suspension_ml},
        )


@dataclasses.dataclass(frozen=True)
class Moment:
    """A time in the order of the process, with what happened then."""

    what: str
    at: datetime


def order_refusals(moments: list[tuple[Moment, Moment]]) -> Iterator[Refusal]:
    """COR-06: after the correction a step would come before the one it follows."""
    for earlier, later in moments:
        if later.at < earlier.at:
            yield Refusal(
                "COR-06",
                "Then {later} would come before {earlier}. Check both times.",
                "value",
                {"later": later.what, "earlier": earlier.what},
            )
            return
