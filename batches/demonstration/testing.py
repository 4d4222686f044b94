"""Samples, results, deviations and the decision of QA, from donor blood to final release."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Final

from batches.commands.deviations import assess_deviation, close_deviation, raise_by_hand
from batches.commands.dispositions import reject, release, release_conditionally
from batches.commands.labels import account_for_labels, print_labels
from batches.commands.results import record_result
from batches.commands.reviewing import review_audit_trail
from batches.commands.samples import take_sample
from batches.demonstration.making import has_product, is_rejected, scanned
from batches.demonstration.way import Step, Way
from batches.models import Deviation, TestResult
from batches.queries.reviewing import trail
from batches.rules.labels import LabelKind
from batches.rules.reviewing import Risk
from batches.rules.specification import ResultKind
from batches.rules.states import DeviationState, LabelState, ResultState
from lims.signatures.meanings import Meaning

# What a good product gives where the specification asks for a number, and how far donors differ.
_NUMBERS: Final = {
    "cd73": ("98.1", "1.6"),
    "cd90": ("98.7", "1.1"),
    "cd105": ("97.6", "1.8"),
    "cd45": ("0.4", "0.3"),
    "cd14": ("0.4", "0.3"),
    "cd19": ("0.3", "0.2"),
    "hla_dr": ("0.8", "0.6"),
    "cd34": ("1.9", "1.4"),
    "endotoxin": ("0.06", "0.04"),
    "potency": ("81.5", "5.0"),
}
_SAME_DAY: Final = (
    "cd73",
    "cd90",
    "cd105",
    "cd45",
    "cd14",
    "cd19",
    "hla_dr",
    "cd34",
    "mycoplasma_nat",
    "sterility_in_process",
    "identity",
    "appearance",
    "gram",
    "endotoxin",
    "aggregates",
    "retain",
)
_LATER: Final = {"potency": 1, "residuals": 3, "sterility_final": 14, "karyotype": 21, "trilineage": 28}
_LAST: Final = "mycoplasma_culture"
_BEFORE_DECISION: Final = timedelta(minutes=6)
_NOTES: Final = {
    Risk.CORRECTED: "Old and new value agree with the worksheet; the reason is sound.",
    Risk.LATE: "The reason given is plausible; the time agrees with the step before.",
    Risk.DEVIATION: "Weighed in the disposition.",
}
_AT_HARVEST: Final = ("mycoplasma_pool", "characterisation_cells", "karyotype_cells", "potency_cells")
_AT_FILL: Final = ("bag_inspection", "bag_count", "final_product", "final_wash", "retain_vials")


def steps(way: Way) -> Iterator[Step]:
    """Every step of testing and deciding."""
    calendar, donor = way.calendar, way.donor
    yield Step(calendar.at(-2, 14, 0), partial(_sample, way, "donor_blood", calendar.at(-2, 14, 0)))
    yield Step(calendar.at(1, 15, 0), partial(_result, way, "infectious_status", calendar.at(1, 14, 50)))
    yield from _by_hand(way)
    ends = calendar.ends(donor.last)
    if not has_product(way):
        yield Step(ends + timedelta(days=2), partial(_assess, way))
        yield Step(ends + timedelta(days=2, hours=20), partial(_close, way))
        return
    second = donor.generations[min(2, len(donor.generations) - 1) - 1]
    taken = calendar.ends(second) + timedelta(minutes=40)
    yield Step(taken, partial(_sample, way, "trilineage_cells", taken, Decimal(300_000)))
    spent = ends - timedelta(hours=50)
    yield Step(spent, partial(_sample, way, "spent_medium_final", spent))
    for place, kind in enumerate(_AT_HARVEST):
        at = ends + timedelta(minutes=20 + 4 * place)
        yield Step(at, partial(_sample, way, kind, at))
    filled = calendar.filled
    for place, kind in enumerate(_AT_FILL):
        at = filled + timedelta(minutes=10 + 4 * place)
        yield Step(at, partial(_sample, way, kind, at))
    for place, test in enumerate(_SAME_DAY):
        at = filled + timedelta(minutes=70 + 4 * place)
        yield Step(at, partial(_result, way, test, at - timedelta(minutes=6)))
    yield from _decisions(way, filled)


def _decisions(way: Way, filled: datetime) -> Iterator[Step]:
    """Deviations, conditional release before the infusion, and the final release when the last result is in."""
    decided = min(filled + timedelta(hours=18), way.calendar.booked - timedelta(hours=1))
    yield Step(decided - timedelta(minutes=50), partial(_assess, way))
    yield Step(decided - timedelta(minutes=20), partial(_close, way))
    yield Step(decided - _BEFORE_DECISION, partial(_review, way, "first"))
    if is_rejected(way):
        yield Step(decided, partial(_reject, way))
        return
    yield Step(decided, partial(_release_conditionally, way))
    yield Step(decided + timedelta(minutes=6), partial(_label, way))
    yield Step(decided + timedelta(minutes=9), partial(_apply_label, way))
    for test, days in _LATER.items():
        at = filled + timedelta(days=days, hours=4)
        yield Step(at, partial(_result, way, test, at - timedelta(minutes=8)))
    at = filled + timedelta(days=28, hours=5)
    yield Step(at, partial(_result, way, _LAST, at - timedelta(minutes=8)))
    yield Step(at + timedelta(hours=1), partial(_assess, way))
    yield Step(at + timedelta(hours=17), partial(_close, way))
    at += timedelta(hours=20)
    yield Step(at - _BEFORE_DECISION, partial(_review, way, "final"))
    yield Step(at, partial(_release, way))


def _sample(way: Way, kind: str, at: datetime, cells: Decimal | None = None) -> None:
    plan = next(k for k in way.process.sampling_plan if k.key == kind)
    performer = way.crew.performer
    way.record(
        f"sample {kind}",
        take_sample,
        performer,
        way.alone(performer),
        batch=way.batch,
        kind=kind,
        volume_ml=plan.volume_ml,
        cells_used=cells if cells is not None else plan.cells,
        done_at=at - timedelta(minutes=3),
    )


def _result(way: Way, test: str, at: datetime) -> None:
    crew = way.crew
    waiting = TestResult.objects.filter(batch=way.batch, test=test, state=ResultState.PENDING).first()
    if waiting is None:
        return
    row = way.process.row(test)
    answer: dict[str, object]
    if row.result_kind is not ResultKind.NUMBER:
        answer = {"choice": row.expected or row.choices[0]}
    else:
        middle, spread = map(float, _NUMBERS[test])
        places = 2 if test == "endotoxin" else 1
        answer = {"number": Decimal(f"{middle + way.chance.uniform(-spread, spread):.{places}f}")}
    way.record(
        f"result {test}",
        record_result,
        crew.analyst,
        (Meaning.PERFORMED, crew.analyst),
        (Meaning.CHECKED, crew.second_analyst),
        batch=way.batch,
        result=waiting,
        done_at=at,
        method_version=f"QC-{row.number} v2",
        **answer,
    )


def _by_hand(way: Way) -> Iterator[Step]:
    """What somebody saw: one donor's incubator door stood open."""
    if way.donor.index % 9 == 5:
        at = way.calendar.at(8, 8, 20)
        yield Step(at, partial(_door, way, at))


def _door(way: Way, at: datetime) -> None:
    performer = way.crew.performer
    way.record(
        "door",
        raise_by_hand,
        performer,
        way.alone(performer),
        batch=way.batch,
        title="Incubator door not latched",
        description="Found ajar at the morning round, display 35.6 °C. Closed at once, 37.0 °C after 12 minutes.",
        severity=Deviation.Severity.MINOR,
        done_at=at - timedelta(minutes=8),
        immediate_action="Door closed and latched, vessels looked at: nothing unusual.",
    )


def _assess(way: Way) -> None:
    qa = way.crew.second_qa
    for deviation in way.batch.deviations.filter(state=DeviationState.OPEN).order_by("id"):
        way.record(
            f"assess {deviation.number}",
            assess_deviation,
            qa,
            (Meaning.REVIEWED, qa),
            batch=way.batch,
            deviation=deviation,
            severity=deviation.severity,
            root_cause="Within what this donor's cells and this step are known to give; no fault of equipment found.",
            product_impact="None expected: identity, viability and purity of the product are tested and judged.",
            action="Followed at the next passage; trend reviewed every month.",
        )


def _close(way: Way) -> None:
    qa = way.crew.qa
    for deviation in way.batch.deviations.filter(state=DeviationState.ASSESSED).order_by("id"):
        way.record(
            f"close {deviation.number}",
            close_deviation,
            qa,
            (Meaning.APPROVED, qa),
            batch=way.batch,
            deviation=deviation,
            conclusion="The cause is understood and the action is done. The finding is weighed in the disposition.",
            is_product_acceptable=not is_rejected(way) and deviation.severity != Deviation.Severity.CRITICAL,
        )


def _review(way: Way, which: str) -> None:
    reviewer = way.crew.second_qa
    shown = trail(way.batch)
    way.record(
        f"review {which}",
        review_audit_trail,
        reviewer,
        (Meaning.REVIEWED, reviewer),
        batch=way.batch,
        read=shown.until,
        looked_at={item.entry.id: _NOTES.get(item.risks[0], "") for item in shown.risky},
        conclusion="Every entry out of the ordinary was looked at and is explained in the record.",
    )


def _release_conditionally(way: Way) -> None:
    qa = way.crew.qa
    way.record(
        "release conditionally",
        release_conditionally,
        qa,
        (Meaning.RELEASED_CONDITIONALLY, qa),
        batch=way.batch,
        grounds="Every result that release waits for is final and within specification; the record was reviewed.",
        physician_informed=f"{way.crew.clinician.printed_name}, by telephone and in writing",
    )


def _label(way: Way) -> None:
    """The label of the product, which now tells what is pending."""
    way.record(
        "label",
        print_labels,
        way.crew.performer,
        batch=way.batch,
        chosen=[way.batch.fill.container_code],
        is_screened=True,
        has_risk_factor=False,
    )


def _apply_label(way: Way) -> None:
    way.record(
        "apply label",
        account_for_labels,
        way.crew.performer,
        *way.two(),
        batch=way.batch,
        scanned=[scanned(way, LabelKind.BAG)],
        fate=LabelState.APPLIED,
    )


def _release(way: Way) -> None:
    qa = way.crew.qa
    way.record(
        "release",
        release,
        qa,
        (Meaning.RELEASED, qa),
        batch=way.batch,
        grounds="The last results are final and within specification. No deviation is open.",
    )


def _reject(way: Way) -> None:
    qa = way.crew.qa
    way.record(
        "reject",
        reject,
        qa,
        (Meaning.REJECTED, qa),
        batch=way.batch,
        grounds="Cumulative doublings are beyond the specification. The product must not be infused.",
    )
