"""From P0 to the bag: culture, passages, final cell harvest, fill. What comes before is in beginning."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Final

from batches.commands.batches import book_infusion, end_batch
from batches.commands.corrections import correct
from batches.commands.culture import change_medium, lose_vessels, record_observation
from batches.commands.fills import log_fill
from batches.commands.labels import print_for_fill
from batches.commands.passages import Detached, log_cell_harvest, log_passage
from batches.demonstration import materials
from batches.demonstration.counts import seeding, suspension
from batches.demonstration.donors import Generation
from batches.demonstration.way import Step, Way
from batches.models import Observation, Vessel
from batches.rules.identity import LabelCode, label_content
from batches.rules.labels import LabelKind
from batches.rules.states import VesselState
from lims.signatures.meanings import Meaning

_FILLED_CELLS: Final = Decimal(108_000_000)
_BAG_ML: Final = Decimal(100)


def steps(way: Way) -> Iterator[Step]:
    """Every step until the bag is filled, or the culture came to nothing."""
    calendar, donor = way.calendar, way.donor
    for generation in donor.generations:
        yield from _culture(way, generation)
    last = donor.last
    if last.harvested is None:
        yield Step(calendar.ends(last), partial(_contaminated, way, last))
        yield Step(
            calendar.ends(last) + timedelta(days=3),
            partial(_end, way, "Contaminated in the last passage. No product was made."),
        )
    elif donor.outcome == "reached" or is_rejected(way):
        yield Step(calendar.filled - timedelta(minutes=20), partial(_label_for_fill, way))
        yield Step(calendar.filled, partial(_fill, way))
    else:
        why = "The cells did not reach the dose within the limits of the process. The patient is informed."
        yield Step(calendar.ends(last) + timedelta(days=1), partial(_end, way, why))


def is_rejected(way: Way) -> bool:
    """The first donor past the limit of doublings is filled all the same, and rejected by QA."""
    return way.donor.name == "SYN-11"


def has_product(way: Way) -> bool:
    """Whether a bag is filled for this donor."""
    return way.donor.outcome == "reached" or is_rejected(way)


def _culture(way: Way, generation: Generation) -> Iterator[Step]:
    calendar = way.calendar
    ends = calendar.ends(generation)
    for at in calendar.culture_days(generation):
        is_late = way.donor.index % 6 == 1 and generation.number == 1
        recorded = at + timedelta(hours=2, minutes=40) if is_late else at
        yield Step(recorded, partial(_observe, way, generation, at, is_late=is_late))
        yield Step(at + timedelta(minutes=12), partial(_feed, way, generation, at + timedelta(minutes=10)))
    if generation.number == 1 and way.donor.index % 7 == 2:
        yield Step(calendar.begins(generation) + timedelta(hours=22), partial(_correct, way))
    if generation.harvested is None:
        return
    seen = ends - timedelta(minutes=75)
    yield Step(seen, partial(_observe, way, generation, seen - timedelta(minutes=2), is_last=True))
    if generation is way.donor.last:
        yield Step(ends + timedelta(minutes=3), partial(_harvest_cells, way, generation))
    else:
        following = way.donor.generations[generation.number + 1]
        yield Step(ends + timedelta(minutes=3), partial(_passage, way, generation, following))
        if following is way.donor.last and has_product(way):
            yield Step(ends + timedelta(hours=1), partial(_book, way))


def _correct(way: Way) -> None:
    """A value misread at the bench, corrected the next morning: the confluence at which P0 was detached."""
    crew = way.crew
    passage = way.batch.passages.get(generation=0)
    way.record(
        "correct",
        correct,
        crew.performer,
        (Meaning.CORRECTED, crew.performer),
        (Meaning.WITNESSED, crew.witness),
        batch=way.batch,
        model="Passage",
        pk=str(passage.pk),
        field="confluence_pct",
        value=passage.confluence_pct - 4,
        reason="Read from the wrong line of the bench note; the photo of the morning shows the lower value.",
    )


def confluence(way: Way, generation: Generation, at: datetime) -> Decimal:
    """What was seen at a time, in fives: cells double evenly until they cover some four fifths of the vessel."""
    begins, ends = way.calendar.begins(generation), way.calendar.ends(generation)
    share = (at - begins) / (ends - begins)
    covered = 84 * 2 ** (-generation.doublings * max(1 - share, 0))
    return Decimal(max(5, 5 * round(covered / 5)))


def _observe(way: Way, generation: Generation, at: datetime, *, is_late: bool = False, is_last: bool = False) -> None:
    covered = Decimal(76 + (way.donor.index * 7 + generation.number * 5) % 13) if is_last else None
    late = {"late_reason": "The tablet of the room was out of use; noted on the downtime form."} if is_late else {}
    way.record(
        f"observe {generation.number} {at:%m%d%H%M}",
        record_observation,
        way.crew.performer,
        way.alone(way.crew.performer),
        batch=way.batch,
        confluence_pct=covered if covered is not None else confluence(way, generation, at),
        morphology=Observation.Morphology.SPINDLE,
        medium=Observation.Medium.CLEAR,
        done_at=at,
        **late,
    )


def _feed(way: Way, generation: Generation, at: datetime) -> None:
    way.record(
        f"feed {generation.number} {at:%m%d%H%M}",
        change_medium,
        way.crew.performer,
        way.alone(way.crew.performer),
        batch=way.batch,
        medium_lot=materials.medium_lot(at, way.calendar.ends_at),
        medium_ml=generation.medium_ml,
        done_at=at,
    )


def in_culture(way: Way) -> list[str]:
    """Codes of the vessels in culture."""
    found = Vessel.objects.filter(batch=way.batch, state=VesselState.IN_CULTURE).order_by("code")
    return list(found.values_list("code", flat=True))


def _detached(way: Way, generation: Generation, sampled_ml: Decimal = Decimal(0)) -> tuple[Detached, Decimal, Decimal]:
    """What is typed of the cells detached; then cells for each mL, and mL left."""
    assert generation.harvested is not None
    assert generation.viability_pct is not None
    ends = way.calendar.ends(generation)
    made = suspension(generation.harvested, generation.viability_pct, way.chance)
    typed = Detached(
        vessels=in_culture(way),
        confluence_pct=Decimal(76 + (way.donor.index * 7 + generation.number * 5) % 13),
        reagent_lot=materials.DETACHMENT,
        exposure_started_at=ends - timedelta(minutes=50),
        exposure_ended_at=ends - timedelta(minutes=46),
        suspension_ml=made.volume_ml,
        drawn_ml=made.drawn_ml,
        sampled_ml=sampled_ml,
        cabinet=way.cabinet,
        count=made.count,
    )
    return typed, made.viable_per_ml, made.volume_ml - made.drawn_ml - sampled_ml


def _passage(way: Way, generation: Generation, following: Generation) -> None:
    assert following.seeded is not None
    typed, per_ml, left_ml = _detached(way, generation)
    incubator, shelf = way.place
    at = way.calendar.ends(generation)
    seeded_ml = min((following.seeded / per_ml).quantize(Decimal("0.001")), left_ml)
    way.record(
        f"passage {generation.number}",
        log_passage,
        way.crew.performer,
        *way.two(),
        batch=way.batch,
        detached=typed,
        seeding=seeding(following.area_cm2, seeded_ml, materials.VESSEL),
        medium_lot=materials.medium_lot(at, way.calendar.ends_at),
        medium_ml=following.medium_ml,
        incubator=incubator,
        shelf=shelf,
        done_at=at,
    )


def _harvest_cells(way: Way, generation: Generation) -> None:
    typed, _per_ml, _left_ml = _detached(way, generation, Decimal(2))
    way.record(
        "harvest cells",
        log_cell_harvest,
        way.crew.performer,
        *way.two(),
        batch=way.batch,
        detached=typed,
        done_at=way.calendar.ends(generation),
    )


def _book(way: Way) -> None:
    way.record("book", book_infusion, way.crew.clinician, batch=way.batch, booked_infusion_at=way.calendar.booked)


def _label_for_fill(way: Way) -> None:
    way.record(
        "label for fill",
        print_for_fill,
        way.crew.performer,
        batch=way.batch,
        container_code=f"BAG-{way.batch.number}",
        is_screened=True,
        has_risk_factor=False,
    )


def _fill(way: Way) -> None:
    last = way.donor.last
    assert last.harvested is not None
    assert last.viability_pct is not None
    harvested = way.batch.passages.filter(is_final=True).select_related("count").get()
    live = sum(square.live for square in harvested.count.squares.all())
    per_ml = Decimal(live * 2500) * harvested.count.predilution
    left_ml = harvested.suspension_ml - harvested.drawn_ml - harvested.sampled_ml
    used_ml = min((_FILLED_CELLS / per_ml).quantize(Decimal("0.1")), left_ml)
    filled = min(_FILLED_CELLS, used_ml * per_ml) * Decimal("0.985")
    made = suspension(filled, last.viability_pct - Decimal("1.2"), way.chance, volume_ml=_BAG_ML)
    way.record(
        "fill",
        log_fill,
        way.crew.performer,
        *way.two(),
        batch=way.batch,
        used_ml=used_ml,
        vehicle_lot=materials.VEHICLE,
        container_lot=materials.CONTAINER,
        container_code=f"BAG-{way.batch.number}",
        volume_ml=_BAG_ML,
        drawn_ml=Decimal(3),
        storage_temp_c=Decimal("5.0"),
        is_appearance_good=True,
        scanned_coi=scanned(way, LabelKind.FILL),
        count=made.count,
        done_at=way.calendar.filled - timedelta(minutes=5),
    )


def scanned(way: Way, kind: LabelKind) -> str:
    """What a scanner reads from the newest label of a kind."""
    label = way.batch.label_prints.filter(kind=kind).order_by("-id")[0]
    return label_content(LabelCode(way.batch.coi, way.batch.number, label.container, label.code))


def _contaminated(way: Way, generation: Generation) -> None:
    at = way.calendar.ends(generation)
    performer = way.crew.performer
    way.record(
        "turbid",
        record_observation,
        performer,
        way.alone(performer),
        batch=way.batch,
        confluence_pct=confluence(way, generation, at),
        morphology=Observation.Morphology.ROUNDED,
        medium=Observation.Medium.TURBID,
        comment="Medium turbid in every vessel, motile rods under the microscope. Vessels sealed, supervisor called.",
        done_at=at - timedelta(minutes=5),
    )
    way.record(
        "lose",
        lose_vessels,
        performer,
        *way.two(),
        batch=way.batch,
        vessels=in_culture(way),
        is_contaminated=True,
        reason_for_loss="Turbid medium, motile rods under the microscope.",
        done_at=at - timedelta(minutes=2),
    )


def _end(way: Way, why: str) -> None:
    qa = way.crew.qa
    way.record("end", end_batch, qa, (Meaning.APPROVED, qa), batch=way.batch, reason=why)
