"""The infusion and what follows: pain before it, identity, vital signs, the end, and pain at the visits after it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Final

from batches.commands.adverse_events import assess_adverse_events, record_adverse_event
from batches.commands.batches import end_batch
from batches.commands.infusions import (
    check_identity,
    pause_infusion,
    resume_infusion,
    start_infusion,
    stop_infusion,
)
from batches.commands.outcomes import record_baseline, record_follow_up
from batches.commands.vitals import record_vitals
from batches.demonstration import materials
from batches.demonstration.making import has_product, is_rejected, scanned
from batches.demonstration.way import Step, Way
from batches.rules.labels import LabelKind
from lims.signatures.meanings import Meaning

_ITEMS: Final = 20
_DURING: Final = ((5, "m5"), (10, "m10"), (15, "m15"), (20, "m20"))
_AFTER: Final = ((15, "e15"), (30, "e30"), (60, "e60"))
_VISITS: Final = (123, 183, 365)


def steps(way: Way) -> Iterator[Step]:
    """Every step at the bedside and after it."""
    if not has_product(way) or is_rejected(way):
        return
    booked = way.calendar.booked
    before = min(booked - timedelta(days=2), way.calendar.ends(way.donor.last) - timedelta(hours=20))
    yield Step(before, partial(_baseline, way, before))
    yield Step(booked - timedelta(minutes=12), partial(_check, way))
    yield Step(booked - timedelta(minutes=7), partial(_vitals, way, "baseline"))
    yield Step(booked, partial(_event, way, "start", start_infusion))
    has_pause = way.donor.index == 9
    late = timedelta(minutes=6) if has_pause else timedelta()
    for minutes, key in _DURING:
        yield Step(booked + timedelta(minutes=minutes, seconds=20), partial(_vitals, way, key))
    if has_pause:
        yield Step(
            booked + timedelta(minutes=22), partial(_event, way, "pause", pause_infusion, "The line was kinked.")
        )
        yield Step(booked + timedelta(minutes=28), partial(_event, way, "resume", resume_infusion, "Line freed."))
    # One infusion ran too fast: shorter than the process allows, which raises a deviation.
    minutes = 19 if way.donor.index == 6 else 30
    ended = booked + timedelta(minutes=max(minutes, 19)) + late
    if minutes < 20:
        ended = booked + timedelta(minutes=19, seconds=30)
    yield Step(ended, partial(_stop, way))
    yield Step(ended + timedelta(seconds=40), partial(_vitals, way, "end"))
    for minutes, key in _AFTER:
        yield Step(ended + timedelta(minutes=minutes, seconds=30), partial(_vitals, way, key))
    yield Step(ended + timedelta(minutes=66), partial(_adverse_events, way, ended))
    yield from _visits(way, booked)


def _visits(way: Way, booked: datetime) -> Iterator[Step]:
    """Visits at four, six and twelve months, a few days early or late; one patient comes too late for month four."""
    for place, day in enumerate(_VISITS):
        shift = (way.donor.index * 5 + place * 3) % 13 - 6
        if way.donor.index == 7 and place == 0:
            shift = 27
        at = booked + timedelta(days=day + shift, hours=1)
        yield Step(at, partial(_follow_up, way, place, at))
    yield Step(booked + timedelta(days=_VISITS[-1] + 8), partial(_end, way))


def _face(way: Way) -> int:
    return (6, 8, 6, 4, 8)[way.donor.index % 5]


def _items(mean: float, way: Way) -> list[int]:
    """Twenty answers about a mean."""
    return [min(3, max(0, round(way.chance.gauss(mean, 0.7)))) for _ in range(_ITEMS)]


def _baseline(way: Way, at: datetime) -> None:
    clinician = way.crew.clinician
    way.record(
        "baseline",
        record_baseline,
        clinician,
        way.alone(clinician),
        batch=way.batch,
        instrument="fps_r",
        fps_score=_face(way),
        answers=_items(1.7, way),
        rater=clinician.printed_name,
        done_at=at - timedelta(minutes=5),
    )


def _follow_up(way: Way, place: int, at: datetime) -> None:
    clinician = way.crew.clinician
    relief = (2, 4, 2, 0, 4)[(way.donor.index + place) % 5]
    way.record(
        f"visit {place}",
        record_follow_up,
        clinician,
        way.alone(clinician),
        batch=way.batch,
        instrument="fps_r",
        fps_score=max(0, _face(way) - relief),
        answers=_items(1.7 - relief / 4, way),
        rater=clinician.printed_name,
        done_at=at - timedelta(minutes=5),
    )


def _check(way: Way) -> None:
    crew = way.crew
    way.record(
        "check identity",
        check_identity,
        crew.clinician,
        (Meaning.PERFORMED, crew.clinician),
        (Meaning.WITNESSED, crew.second_clinician),
        batch=way.batch,
        scanned_patient=way.batch.patient.code,
        scanned_coi=scanned(way, LabelKind.BAG),
        is_name_confirmed=True,
        is_bag_good=True,
        weight_kg=way.patient.weight_kg,
        catheter="22 G, left forearm",
        pump_code=materials.PUMP,
    )


def _vitals(way: Way, scheduled: str) -> None:
    clinician, chance, symptoms = way.crew.clinician, way.chance, way.process.symptoms
    time = next(t for t in way.process.vitals_schedule if t.key == scheduled)
    way.record(
        f"vitals {scheduled}",
        record_vitals,
        clinician,
        way.alone(clinician),
        batch=way.batch,
        scheduled=scheduled,
        heart_rate=70 + chance.randint(-6, 6),
        systolic=122 + chance.randint(-7, 7),
        diastolic=76 + chance.randint(-5, 5),
        respiratory_rate=15 + chance.randint(-1, 1),
        spo2_pct=Decimal(97 + chance.randint(0, 1)),
        temperature_c=Decimal("36.4") + Decimal(chance.randint(0, 3)) / 10 if time.with_temperature else None,
        answers={s.code: False for s in symptoms},
        grades={s.code: None for s in symptoms},
    )


def _event(way: Way, key: str, command: object, reason: str = "") -> None:
    clinician = way.crew.clinician
    way.record(
        key,
        command,  # type: ignore[arg-type]
        clinician,
        way.alone(clinician),
        batch=way.batch,
        reason=reason,
    )


def _stop(way: Way) -> None:
    clinician = way.crew.clinician
    bag = way.batch.fill
    way.record(
        "stop",
        stop_infusion,
        clinician,
        way.alone(clinician),
        batch=way.batch,
        infused_ml=bag.volume_ml - bag.drawn_ml,
    )


def _adverse_events(way: Way, ended: datetime) -> None:
    clinician = way.crew.clinician
    has_event = way.donor.index in (3, 14)
    if has_event:
        way.record(
            "adverse event",
            record_adverse_event,
            clinician,
            way.alone(clinician),
            batch=way.batch,
            term="Headache",
            grade=1,
            is_serious=False,
            relation="possible",
            action="Observed, fluids by mouth.",
            outcome="Gone after an hour.",
            done_at=ended + timedelta(minutes=55),
        )
    way.record(
        "adverse events",
        assess_adverse_events,
        clinician,
        way.alone(clinician),
        batch=way.batch,
        is_none=not has_event,
    )


def _end(way: Way) -> None:
    qa = way.crew.qa
    why = "Every follow-up of the protocol is recorded."
    way.record("end", end_batch, qa, (Meaning.APPROVED, qa), batch=way.batch, reason=why)
