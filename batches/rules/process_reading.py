"""Building the parts of a process from a definition.

Here: which key of a master batch record becomes which value. Not here: how a key is read safely (`reading`) and what
contradicts what (`process`).
"""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import TypedDict

from batches.rules.counting import CountErrors
from batches.rules.limits import Limit
from batches.rules.process_parts import HoldTime, Product, SampleKind, Step, VesselKind
from batches.rules.protocol import Answer, ConsentKind, Criterion, FollowUpWindow, Symptom, Vital, VitalsTime
from batches.rules.reading import Reader
from batches.rules.specification import Comparison, ResultKind, SamplingPoint, SpecificationRow


class Dose(TypedDict):
    """The dose, as the process holds it."""

    dose_target_cells: Decimal
    overage: Decimal
    bag_volume_ml: Decimal
    endotoxin_k: Decimal
    expiry_hours: Decimal
    planned_yield_per_cm2: Decimal


class Infusion(TypedDict):
    """The infusion, as the process holds it."""

    infusion_minutes_planned: Decimal
    baseline_within_minutes: int
    vitals_late_after_minutes: int
    mix_every_minutes: int
    max_cells_per_minute: Decimal


def dose(reader: Reader) -> Dose:
    """The dose and what follows from it."""
    return {
        "dose_target_cells": reader.positive("target_cells"),
        "overage": reader.decimal("overage"),
        "bag_volume_ml": reader.positive("bag_volume_ml"),
        "endotoxin_k": reader.positive("endotoxin_k_eu_per_kg_h"),
        "expiry_hours": reader.positive("expiry_hours"),
        "planned_yield_per_cm2": reader.positive("planned_yield_per_cm2"),
    }


def infusion(reader: Reader) -> Infusion:
    """How the infusion runs."""
    return {
        "infusion_minutes_planned": reader.positive("planned_minutes"),
        "baseline_within_minutes": reader.integer("baseline_within_minutes"),
        "vitals_late_after_minutes": reader.integer("vitals_late_after_minutes"),
        "mix_every_minutes": reader.integer("mix_every_minutes"),
        "max_cells_per_minute": reader.positive("max_cells_per_minute"),
    }


def limit(reader: Reader, key: str) -> Limit:
    """A limit; the edges that are not there stay open."""
    return Limit(
        key=key,
        label=reader.text("label"),
        unit=reader.text("unit", ""),
        target_low=reader.optional_decimal("target_low"),
        target_high=reader.optional_decimal("target_high"),
        alert_below=reader.optional_decimal("alert_below"),
        alert_above=reader.optional_decimal("alert_above"),
        action_below=reader.optional_decimal("action_below"),
        action_above=reader.optional_decimal("action_above"),
        decimals=reader.optional_integer("decimals"),
        evidence=reader.text("evidence", ""),
        source=reader.text("source", ""),
    )


def limits(reader: Reader) -> Mapping[str, Limit]:
    """All in-process limits by key."""
    section = reader.section("limits")
    return MappingProxyType({key: limit(section.section(key), key) for key in section.content})


def hold_time(reader: Reader) -> HoldTime:
    """A hold time and the limit it runs against."""
    return HoldTime(
        key=reader.text("key"), begins=reader.text("begins"), ends=reader.text("ends"), limit=reader.text("limit")
    )


def vessel_kind(reader: Reader) -> VesselKind:
    """A kind of vessel."""
    return VesselKind(
        code=reader.text("code"),
        name=reader.text("name"),
        area_cm2=reader.positive("area_cm2"),
        medium_ml=reader.positive("medium_ml"),
    )


def specification_row(reader: Reader) -> SpecificationRow:
    """A row of the specification."""
    return SpecificationRow(
        number=reader.text("number"),
        key=reader.text("key"),
        name=reader.text("name"),
        method=reader.text("method"),
        unit=reader.text("unit", ""),
        comparison=reader.choice("comparison", Comparison),
        result_kind=reader.choice("result_kind", ResultKind),
        sampled_at=reader.choice("sampled_at", SamplingPoint),
        pending_allowed=reader.flag("pending_allowed"),
        low=reader.optional_decimal("low"),
        high=reader.optional_decimal("high"),
        alert_low=reader.optional_decimal("alert_low"),
        alert_high=reader.optional_decimal("alert_high"),
        decimals=reader.optional_integer("decimals"),
        expected=reader.text("expected", ""),
        choices=reader.texts("choices"),
        due_days=reader.integer("due_days", 0),
        incubation_days=reader.integer("incubation_days", 0),
        computed=reader.text("computed", ""),
        limit_words=reader.text("limit_words", ""),
        evidence=reader.text("evidence", ""),
        source=reader.text("source", ""),
    )


def sample_kind(reader: Reader) -> SampleKind:
    """A kind of sample."""
    return SampleKind(
        key=reader.text("key"),
        name=reader.text("name"),
        taken_at=reader.choice("taken_at", SamplingPoint),
        cells=reader.decimal("cells"),
        volume_ml=reader.decimal("volume_ml"),
        rows=reader.texts("rows"),
        is_required=reader.flag("is_required", True),
        hours_before_harvest_low=reader.optional_integer("hours_before_harvest_low"),
        hours_before_harvest_high=reader.optional_integer("hours_before_harvest_high"),
    )


def step(reader: Reader) -> Step:
    """A step of the process."""
    return Step(
        number=reader.integer("number"),
        act=reader.text("act"),
        name=reader.text("name"),
        is_critical=reader.flag("is_critical"),
        meanings=reader.texts("meanings"),
    )


def product(reader: Reader) -> Product:
    """The product."""
    return Product(
        name=reader.text("name"),
        container=reader.text("container"),
        vehicle=reader.text("vehicle"),
        storage=reader.text("storage"),
        route=reader.text("route"),
        statements=reader.texts("statements"),
        # Evidence M: 21 CFR 312.6 for a product under investigation in the United States; the wording is the country's.
        investigational=reader.text("investigational", ""),
    )


def criterion(reader: Reader) -> Criterion:
    """An eligibility criterion."""
    return Criterion(
        code=reader.text("code"),
        text=reader.text("text"),
        excludes_if=reader.choice("excludes_if", Answer),
        not_applicable_allowed=reader.flag("not_applicable_allowed", False),
    )


def consent(reader: Reader) -> ConsentKind:
    """A kind of consent."""
    return ConsentKind(key=reader.text("key"), name=reader.text("name"), required_before=reader.text("required_before"))


def vital(reader: Reader) -> Vital:
    """A vital sign."""
    key = reader.text("key")
    return Vital(
        key=key,
        limit=limit(reader, key),
        fall_alert=reader.optional_decimal("fall_alert"),
        fall_action=reader.optional_decimal("fall_action"),
        rise_action=reader.optional_decimal("rise_action"),
    )


def vitals_time(reader: Reader) -> VitalsTime:
    """A time on the schedule of vital signs."""
    after = reader.text("after")
    if after not in ("before", "start", "end"):
        reader.fail("after", "must be before, start or end")
    return VitalsTime(
        key=reader.text("key"),
        name=reader.text("name"),
        after=after,
        minutes=reader.integer("minutes"),
        with_temperature=reader.flag("with_temperature", False),
    )


def symptom(reader: Reader) -> Symptom:
    """A symptom of the checklist."""
    return Symptom(
        code=reader.text("code"),
        name=reader.text("name"),
        explanation=reader.text("explanation", ""),
        grades=reader.integers("grades"),
        pauses=reader.flag("pauses", False),
        stops_from_grade=reader.optional_integer("stops_from_grade"),
    )


def window(reader: Reader) -> FollowUpWindow:
    """A follow-up window."""
    return FollowUpWindow(
        key=reader.text("key"),
        name=reader.text("name"),
        day=reader.integer("day"),
        first_day=reader.integer("first_day"),
        last_day=reader.integer("last_day"),
        is_primary=reader.flag("is_primary", False),
        asks_scores=reader.flag("asks_scores", False),
    )


def count_errors(reader: Reader, limits: Mapping[str, Limit]) -> CountErrors:
    """Errors and requirements of counting. The file says per cent, the arithmetic uses fractions.

    What must be counted, and the difference two chambers may always have, are limits and are read from there.
    """
    needed, difference = limits.get("counted_cells"), limits.get("replicate_difference_pct")
    return CountErrors(
        square_volume_ml=reader.positive("square_volume_ml"),
        chamber_cv=reader.decimal("chamber_cv_pct") / 100,
        dilution_cv=reader.decimal("dilution_cv_pct") / 100,
        volume_cv=reader.decimal("volume_cv_pct") / 100,
        replicate_cv=reader.decimal("replicate_cv_pct") / 100,
        replicate_floor_pct=(difference.alert_above if difference else None) or Decimal(0),
        cells_needed=int((needed.alert_below if needed else None) or 0),
    )
