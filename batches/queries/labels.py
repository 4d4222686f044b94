"""What of a batch bears a label, how often each was printed, and what is known of the donor."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from batches.models import Batch, Fill, LabelPrint
from batches.rules.labels import DONOR_ROW, NOT_TESTED, REACTIVE, LabelKind
from batches.rules.states import ResultState


@dataclass(frozen=True)
class Container:
    """Something that bears a label. `prints` are its copies, oldest first."""

    kind: LabelKind
    code: str
    about: str
    prints: tuple[LabelPrint, ...] = ()

    @property
    def serial(self) -> str:
        """The serial number its first label was given; empty before."""
        return self.prints[0].serial if self.prints else ""


def containers(batch: Batch) -> list[Container]:
    """Vessels, samples and the bag of a batch, with the labels printed for each."""
    printed: dict[tuple[str, str], list[LabelPrint]] = {}
    for row in batch.label_prints.select_related("act").order_by("id"):
        printed.setdefault((row.kind, row.container), []).append(row)
    names = {kind.key: kind.name for kind in batch.mbr.process.sampling_plan}
    found = [(LabelKind.VESSEL, v.code, v.kind) for v in batch.vessels.order_by("generation", "code")]
    found += [(LabelKind.TUBE, s.code, names.get(s.kind, s.kind)) for s in batch.samples.order_by("id")]
    fill = Fill.objects.filter(batch=batch).first()
    if fill is not None:
        found.append((LabelKind.BAG, fill.container_code, batch.mbr.process.product.container))
    return [Container(kind, code, about, tuple(printed.get((kind, code), ()))) for kind, code, about in found]


def printed_containers(batch: Batch) -> Counter[str]:
    """How many copies each container of a batch has."""
    return Counter(batch.label_prints.values_list("container", flat=True))


def donor_tests(batch: Batch) -> tuple[bool, bool]:
    """Whether the donor was tested, and whether any test was reactive, by the result that stands."""
    newest = batch.results.filter(test=DONOR_ROW, state=ResultState.FINAL).order_by("id").last()
    if newest is None or newest.choice in ("", NOT_TESTED):
        return False, False
    return True, newest.choice == REACTIVE
