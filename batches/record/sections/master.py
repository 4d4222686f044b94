"""A version of the master batch record: what is to be done, within which limits. By itself, or as a batch has it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from batches.models import MasterBatchRecord
from batches.queries.specification import limit_text
from batches.record import blocks, words
from batches.record.facts import Facts
from batches.rules.process import Process
from batches.rules.specification import SamplingPoint, SpecificationRow
from batches.rules.wording import EN_DASH, cells, number, quantity
from lims.signatures.meanings import Meaning

_TAKEN = {
    SamplingPoint.DONOR: gettext_lazy("Before the harvest"),
    SamplingPoint.RECEIPT: gettext_lazy("At receipt"),
    SamplingPoint.PASSAGE: gettext_lazy("At a passage"),
    SamplingPoint.SPENT_MEDIUM: gettext_lazy("Spent medium, before the cell harvest"),
    SamplingPoint.CELL_HARVEST: gettext_lazy("At the cell harvest"),
    SamplingPoint.FILL: gettext_lazy("At the fill"),
    SamplingPoint.RECORD: gettext_lazy("From the record"),
}


@dataclass(frozen=True)
class Version:
    """A version as it is told: each row of the specification with its limit, the patient's own where it has one.

    `issued_digest` is what its content was when the batch was issued; empty for a version by itself.
    """

    mbr: MasterBatchRecord
    process: Process
    specification: Sequence[tuple[SpecificationRow, str]]
    issued_digest: str = ""


def by_itself(mbr: MasterBatchRecord) -> Version:
    """A version that no batch is asked about."""
    rows = mbr.process.specification
    return Version(mbr, mbr.process, tuple((row, limit_text(row, None)) for row in rows))


def _of(facts: Facts) -> Version:
    lines = tuple((line.row, line.limit) for line in facts.specification)
    return Version(facts.batch.mbr, facts.process, lines, facts.batch.mbr_digest)


def sections_of(version: Version) -> Iterator[blocks.Section]:
    """All of a version, in order."""
    for place, make in enumerate(_MAKERS, 1):
        yield make(version, str(place))


def of_batch(make: Callable[[Version, str], blocks.Section]) -> Callable[[Facts, str], blocks.Section]:
    """A section of the version that a batch is pinned to."""

    def section(facts: Facts, number: str) -> blocks.Section:
        return make(_of(facts), number)

    return section


def process(version: Version, section: str) -> blocks.Section:
    """Which version it is, and what it makes."""
    mbr, made = version.mbr, version.process
    state: blocks.Value = str(mbr.get_state_display())
    if mbr.state != MasterBatchRecord.State.EFFECTIVE:
        state = blocks.VerdictMark("alert", _("Superseded, no batch is issued from it any more"))
    low, high = made.dose_range
    dose = f"{cells(low)}{EN_DASH}{cells(high)}" if low is not None and high is not None else blocks.NOTHING
    fields = blocks.Fields(
        (
            (_("Code and version"), _("{code} version {version}").format(code=mbr.code, version=mbr.version)),
            (_("Title"), mbr.title),
            (_("State"), state),
            (_("Digest"), mbr.digest),
            *([(_("Digest when the batch was issued"), version.issued_digest)] if version.issued_digest else []),
            (_("Product"), made.product.name),
            (_("Container"), made.product.container),
            (_("Vehicle"), made.product.vehicle),
            (_("Storage"), made.product.storage),
            (_("Route"), made.product.route),
            (_("Statements on the label"), words.listed(made.product.statements)),
            (_("Investigational line"), words.text(made.product.investigational)),
            (_("Target dose"), _("{cells} viable cells").format(cells=cells(made.dose_target_cells))),
            (_("Dose of the specification"), dose),
            (_("Filled volume"), words.ml(made.bag_volume_ml)),
            (_("Expiry after formulation"), quantity(made.expiry_hours, "h")),
        )
    )
    return blocks.Section(section, _("Process"), (fields,), anchor="process")


def steps(version: Version, section: str) -> blocks.Section:
    """Every step in order, with the signatures it asks for; the vessels."""
    table = blocks.Table(
        (
            blocks.Column(_("No."), 6),
            blocks.Column(_("Step"), 50, strong=True),
            blocks.Column(_("Critical"), 12),
            blocks.Column(_("Signed as"), 32),
        ),
        tuple(
            (
                str(step.number),
                step.name,
                words.yes_no(step.is_critical),
                words.listed([str(Meaning(m).label) for m in step.meanings]),
            )
            for step in version.process.steps
        ),
    )
    vessels = blocks.Table(
        (
            blocks.Column(_("Vessel"), 50, strong=True),
            blocks.Column(_("Growth area"), 25, numeric=True),
            blocks.Column(_("Medium"), 25, numeric=True),
        ),
        tuple((v.name, quantity(v.area_cm2, "cm²"), words.ml(v.medium_ml)) for v in version.process.vessel_kinds),
    )
    return blocks.Section(section, _("Steps"), (table, blocks.Heading(_("Vessels")), vessels), anchor="steps")


def limits(version: Version, section: str) -> blocks.Section:
    """Every in-process limit and hold time."""
    table = blocks.Table(
        (
            blocks.Column(_("What"), 36, strong=True),
            blocks.Column(_("Limit"), 34),
            blocks.Column(_("Where it comes from"), 30),
        ),
        tuple((str(x.label), words.limit_words(x), words.text(x.source)) for x in version.process.limits.values()),
    )
    holds = blocks.Table(
        (
            blocks.Column(_("From"), 33),
            blocks.Column(_("To"), 33),
            blocks.Column(_("Limit"), 34, strong=True),
        ),
        tuple(
            (hold.begins, hold.ends, words.limit_words(version.process.limits[hold.limit]))
            for hold in version.process.hold_times
        ),
    )
    return blocks.Section(section, _("Limits"), (table, blocks.Heading(_("Hold times")), holds), anchor="limits")


def specification(version: Version, section: str) -> blocks.Section:
    """The release specification, as a batch is judged by it."""
    table = blocks.Table(
        (
            blocks.Column(_("No."), 6),
            blocks.Column(_("Test"), 30, strong=True),
            blocks.Column(_("Method"), 28),
            blocks.Column(_("Limit"), 24),
            blocks.Column(_("May be pending"), 12),
        ),
        tuple(
            (
                row.number,
                str(row.name),
                row.method,
                limit,
                words.yes_no(row.pending_allowed),
            )
            for row, limit in version.specification
        ),
    )
    return blocks.Section(section, _("Release specification"), (table,), anchor="specification")


def sampling_plan(version: Version, section: str) -> blocks.Section:
    """What is taken, when, how much of it, and which tests it answers."""
    numbers = {row.key: row.number for row in version.process.specification}
    table = blocks.Table(
        (
            blocks.Column(_("Sample"), 30, strong=True),
            blocks.Column(_("Taken"), 24),
            blocks.Column(_("Volume"), 12, numeric=True),
            blocks.Column(_("Viable cells"), 14, numeric=True),
            blocks.Column(_("Tests, by number"), 12),
            blocks.Column(_("Required"), 8),
        ),
        tuple(
            (
                kind.name,
                str(_TAKEN[kind.taken_at]) + _window(kind.hours_before_harvest_low, kind.hours_before_harvest_high),
                words.ml(kind.volume_ml),
                cells(kind.cells) if kind.cells else blocks.NOTHING,
                words.listed([numbers[key] for key in kind.rows]),
                words.yes_no(kind.is_required),
            )
            for kind in version.process.sampling_plan
        ),
    )
    return blocks.Section(section, _("Sampling plan"), (table,), anchor="sampling-plan")


def _window(low: int | None, high: int | None) -> str:
    if low is None or high is None:
        return ""
    return _(", {low} to {high}\u00a0h before it").format(low=number(low), high=number(high))


_MAKERS: Final = (process, steps, limits, specification, sampling_plan)
# The same sections, of the version a batch is pinned to.
SECTIONS: Final = tuple(of_batch(make) for make in _MAKERS)
