"""What of a batch bears a label, each copy printed for it and what became of it, and what is known of the donor."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from batches.models import Batch, Fill, LabelPrint
from batches.rules.labels import (
    DONOR_ROW,
    NOT_TESTED,
    PRODUCT,
    REACTIVE,
    DonorFacts,
    LabelFacts,
    LabelKind,
    Reconciliation,
    lacking,
    reconciled,
)
from batches.rules.states import LabelState, ResultState, Stage, VesselState

# Printed, and nobody has said what became of it.
_OPEN = (LabelState.ISSUED, LabelState.VOIDED)
_STANDING = frozenset({LabelState.ISSUED, LabelState.APPLIED})


@dataclass(frozen=True)
class Container:
    """Something that bears a label. `prints` are its copies, oldest first. `is_there`: it still holds something."""

    kind: LabelKind
    code: str
    about: str
    prints: tuple[LabelPrint, ...] = ()
    is_there: bool = True
    is_printable: bool = True

    @property
    def serial(self) -> str:
        """The serial number its first label was given; empty before."""
        return self.prints[0].serial if self.prints else ""

    @property
    def standing(self) -> tuple[LabelPrint, ...]:
        """Copies that are on it, or meant to be."""
        return tuple(p for p in self.prints if p.state in _STANDING)


def containers(batch: Batch) -> list[Container]:
    """Vessels, samples, and the final container before and after the fill, with the labels printed for each."""
    printed: dict[tuple[str, str], list[LabelPrint]] = {}
    for row in batch.label_prints.select_related("act").prefetch_related("fates__act").order_by("id"):
        printed.setdefault((row.kind, row.container), []).append(row)
    product = batch.mbr.process.product
    names = {kind.key: kind.name for kind in batch.mbr.process.sampling_plan}
    waiting = set(batch.results.filter(state=ResultState.PENDING).values_list("sample_id", flat=True))

    def container(
        kind: LabelKind, code: str, about: str, *, is_there: bool = True, is_printable: bool = True
    ) -> Container:
        return Container(kind, code, about, tuple(printed.get((kind, code), ())), is_there, is_printable)

    found = [
        container(LabelKind.VESSEL, v.code, v.kind, is_there=v.state == VesselState.IN_CULTURE)
        for v in batch.vessels.order_by("generation", "code")
    ]
    found += [
        container(LabelKind.TUBE, s.code, names.get(s.kind, s.kind), is_there=s.pk in waiting)
        for s in batch.samples.order_by("id")
    ]
    fill = Fill.objects.filter(batch=batch).first()
    is_to_fill = batch.stage == Stage.CELL_HARVEST
    found += [
        container(
            LabelKind.FILL,
            code,
            product.container,
            is_there=is_to_fill or (fill is not None and fill.container_code == code),
            is_printable=is_to_fill,
        )
        for kind, code in printed
        if kind == LabelKind.FILL
    ]
    if fill is not None:
        found.append(container(LabelKind.BAG, fill.container_code, product.container))
    return found


def printable(found: Iterable[Container]) -> dict[str, Container]:
    """What a label can be printed for now, by code."""
    return {c.code: c for c in found if c.is_printable}


def to_reprint(batch: Batch) -> set[str]:
    """Codes of what has a label: another is a further copy."""
    return {code for code, c in printable(containers(batch)).items() if c.prints}


def facts_of(rows: Iterable[LabelPrint]) -> list[LabelFacts]:
    """Printed labels as the rules know them."""
    return [LabelFacts(r.code, r.container, LabelState(r.state), LabelKind(r.kind)) for r in rows]


def reconciliation(batch: Batch) -> Reconciliation:
    """Labels issued, and what became of them."""
    return reconciled([LabelState(s) for s in batch.label_prints.values_list("state", flat=True)])


def unaccounted(batch: Batch) -> list[str]:
    """Labels of a batch that nobody has accounted for."""
    return [row.code for row in batch.label_prints.filter(state__in=_OPEN).order_by("id")]


def open_labels(batch: Batch) -> int:
    """How many labels of a batch nobody has accounted for."""
    return batch.label_prints.filter(state__in=_OPEN).count()


def waits_for_fill(batch: Batch) -> bool:
    """Whether a label is printed that a container can be filled under."""
    return batch.label_prints.filter(kind=LabelKind.FILL, state=LabelState.ISSUED).exists()


def donor_tests(batch: Batch) -> tuple[bool, bool]:
    """Whether the donor was tested, and whether any test was reactive, by the result that stands."""
    newest = batch.results.filter(test=DONOR_ROW, state=ResultState.FINAL).order_by("id").last()
    if newest is None or newest.choice in ("", NOT_TESTED):
        return False, False
    return True, newest.choice == REACTIVE


def lacks(row: LabelPrint, tests: tuple[bool, bool]) -> tuple[str, ...]:
    """What a printed label must say by what is known now and does not; the rest of the donor as it was told then."""
    is_tested, is_reactive = tests
    donor = DonorFacts(is_tested, is_reactive, row.is_screened, row.has_risk_factor, row.agents or "…")
    return lacking(row.statements, donor)


def outdated(batch: Batch) -> list[LabelPrint]:
    """Labels on what is still there, or meant for it, that must say more than they do."""
    tests = donor_tests(batch)
    return [row for c in containers(batch) if c.is_there for row in c.standing if lacks(row, tests)]


def labels_applied(batch: Batch) -> list[LabelPrint]:
    """The labels on the final container, oldest first."""
    on_product = batch.label_prints.filter(kind__in=sorted(PRODUCT), state=LabelState.APPLIED)
    return list(on_product.filter(container=batch.fill.container_code).order_by("id")) if hasattr(batch, "fill") else []
