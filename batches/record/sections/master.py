"""The master batch record that a batch is pinned to: what was to be done, within which limits."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from batches.models import MasterBatchRecord
from batches.record import blocks, words
from batches.record.facts import Facts
from batches.rules.specification import SamplingPoint
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


def process(facts: Facts, section: str) -> blocks.Section:
    """Which version it is, and what it makes."""
    mbr, made = facts.batch.mbr, facts.process
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
            (_("Digest when the batch was issued"), facts.batch.mbr_digest),
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


def steps(facts: Facts, section: str) -> blocks.Section:
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
            for step in facts.process.steps
        ),
    )
    vessels = blocks.Table(
        (
            blocks.Column(_("Vessel"), 50, strong=True),
            blocks.Column(_("Growth area"), 25, numeric=True),
            blocks.Column(_("Medium"), 25, numeric=True),
        ),
        tuple((v.name, quantity(v.area_cm2, "cm²"), words.ml(v.medium_ml)) for v in facts.process.vessel_kinds),
    )
    return blocks.Section(section, _("Steps"), (table, blocks.Heading(_("Vessels")), vessels), anchor="steps")


def limits(facts: Facts, section: str) -> blocks.Section:
    """Every in-process limit and hold time."""
    table = blocks.Table(
        (
            blocks.Column(_("What"), 36, strong=True),
            blocks.Column(_("Limit"), 34),
            blocks.Column(_("Where it comes from"), 30),
        ),
        tuple((str(x.label), words.limit_words(x), words.text(x.source)) for x in facts.process.limits.values()),
    )
    holds = blocks.Table(
        (
            blocks.Column(_("From"), 33),
            blocks.Column(_("To"), 33),
            blocks.Column(_("Limit"), 34, strong=True),
        ),
        tuple(
            (hold.begins, hold.ends, words.limit_words(facts.process.limits[hold.limit]))
            for hold in facts.process.hold_times
        ),
    )
    return blocks.Section(section, _("Limits"), (table, blocks.Heading(_("Hold times")), holds), anchor="limits")


def specification(facts: Facts, section: str) -> blocks.Section:
    """The release specification as this batch is judged by it."""
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
                line.row.number,
                str(line.row.name),
                line.row.method,
                line.limit,
                words.yes_no(line.row.pending_allowed),
            )
            for line in facts.specification
        ),
    )
    return blocks.Section(section, _("Release specification"), (table,), anchor="specification")


def sampling_plan(facts: Facts, section: str) -> blocks.Section:
    """What is taken, when, how much of it, and which tests it answers."""
    numbers = {row.key: row.number for row in facts.process.specification}
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
            for kind in facts.process.sampling_plan
        ),
    )
    return blocks.Section(section, _("Sampling plan"), (table,), anchor="sampling-plan")


def _window(low: int | None, high: int | None) -> str:
    if low is None or high is None:
        return ""
    return _(", {low} to {high}\u00a0h before it").format(low=number(low), high=number(high))
