"""The release specification of a batch with what is known of each row: one function for screen, paper, file and gate.

Not here: the verdict of one result (rules/results.py) and what follows for release (rules/release.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from batches.models import Batch, Fill, Patient, Sample, TestResult
from batches.queries.counts import count_result
from batches.queries.lineage import CultureLineage, lineage
from batches.rules import product_figures
from batches.rules.process import Process
from batches.rules.product_figures import ENDOTOXIN
from batches.rules.results import Answer, Standing, judged, shown
from batches.rules.specification import Outcome, SpecificationRow, judge_number
from batches.rules.wording import NO_BREAK_SPACE, cells, cells_interval, number, percent, quantity, span
from lims.signatures.meanings import Meaning
from lims.signatures.models import Signature
from lims.site import zone

# The tone each verdict or standing is drawn in, and its word.
_SHOWN_AS = {
    Outcome.PASS: ("pass", _("Pass")),
    Outcome.FAIL: ("fail", _("Fail")),
    Outcome.REPORT_ONLY: ("info", _("Report only")),
    Outcome.NOT_CONCLUSIVE: ("alert", _("Not conclusive")),
    Standing.PENDING: ("pending", _("Pending")),
    Standing.NOT_SAMPLED: ("pending", _("Not sampled")),
    Standing.INVALID: ("alert", _("Invalid")),
    Standing.FINAL: ("info", _("Final")),
}


def shown_as(verdict: Outcome | Standing) -> tuple[str, str]:
    """The tone and the word of a verdict, or of a standing while there is none."""
    tone, word = _SHOWN_AS[verdict]
    return tone, str(word)


@dataclass(frozen=True)
class SpecificationLine:
    """One row of the specification as it stands.

    `outcome` is empty while there is no final result; `due_on` is when a pending one is expected; `earlier` are the
    results that were repeated, oldest first.
    """

    row: SpecificationRow
    limit: str
    standing: Standing
    outcome: Outcome | None
    text: str
    interval: str
    is_alert: bool
    is_required: bool
    due_on: date | None
    result: TestResult | None
    sample: Sample | None
    analyst: str
    checker: str
    earlier: tuple[TestResult, ...] = ()

    @property
    def is_pending(self) -> bool:
        """Whether a sample is taken and the result awaited."""
        return self.standing is Standing.PENDING

    @property
    def tone(self) -> str:
        """The tone the line is drawn in."""
        return shown_as(self.outcome or self.standing)[0]

    @property
    def word(self) -> str:
        """The verdict, or the standing while there is none, in a word."""
        return shown_as(self.outcome or self.standing)[1]

    @property
    def is_computed(self) -> bool:
        """Whether the record itself gives the value, and nobody enters it."""
        return bool(self.row.computed)


def matrix(batch: Batch, *, culture: CultureLineage | None = None) -> list[SpecificationLine]:
    """Every row of the specification of a batch, in its order. The number of queries does not grow with the rows.

    `culture` saves asking for the lineage again.
    """
    process = batch.mbr.process
    fill = Fill.objects.filter(batch=batch).select_related("count").first()
    by_test: dict[str, list[TestResult]] = defaultdict(list)
    for result in batch.results.select_related("sample", "retest_of").order_by("id"):
        by_test[result.test].append(result)
    signers = _signers([r for found in by_test.values() for r in found])
    computed = _computed(process, fill, culture or lineage(batch))
    limits = {ENDOTOXIN: endotoxin_limit(batch, fill)}
    required = {key for kind in process.sampling_plan if kind.is_required for key in kind.rows}
    here = zone()

    def line(row: SpecificationRow) -> SpecificationLine:
        if row.computed:
            return computed[row.key]
        results = by_test[row.key]
        high = limits.get(row.key)
        newest = results[-1] if results else None
        standing = Standing(newest.state) if newest else Standing.NOT_SAMPLED
        answer = answer_of(newest) if newest and standing is Standing.FINAL else None
        judgement = judged(row, answer, high=high) if answer else None
        sample = newest.sample if newest else None
        return SpecificationLine(
            row=row,
            limit=limit_text(row, high, of=batch.patient),
            standing=standing,
            outcome=judgement.outcome if judgement else None,
            text=shown(row, answer) if answer else "",
            interval="",
            is_alert=bool(judgement and judgement.is_alert),
            is_required=row.key in required,
            due_on=sample.done_at.astimezone(here).date() + timedelta(days=row.due_days) if sample else None,
            result=newest,
            sample=sample,
            analyst=signers.get((newest.pk, Meaning.PERFORMED), "") if newest else "",
            checker=signers.get((newest.pk, Meaning.CHECKED), "") if newest else "",
            earlier=tuple(results[:-1]),
        )

    return [line(row) for row in process.specification]


def answer_of(result: TestResult) -> Answer:
    """A recorded result as the rules read it."""
    return Answer(result.number, result.censor, result.choice, result.text)


def endotoxin_limit(batch: Batch, fill: Fill | None) -> Decimal | None:
    """The limit of the patient's own weight and the filled volume; of the planned bag before the fill."""
    process = batch.mbr.process
    if not process.has_row(ENDOTOXIN):
        return None
    return product_figures.endotoxin_limit(
        process,
        volume_ml=fill.volume_ml if fill else process.bag_volume_ml,
        weight_kg=batch.patient.weight_kg,
        minutes=process.infusion_minutes_planned,
    )


def high_of(batch: Batch, row: SpecificationRow) -> Decimal | None:
    """The limit that depends on the patient, for the row that has one."""
    if row.key != ENDOTOXIN:
        return None
    return endotoxin_limit(batch, Fill.objects.filter(batch=batch).first())


def limit_text(row: SpecificationRow, high: Decimal | None, *, of: Patient | None = None) -> str:
    """The limit in words; a limit of this patient with its figure, and the weight it was computed from."""
    if high is None:
        return str(row.limit)
    limit = f"≤{NO_BREAK_SPACE}{quantity(high, row.unit, row.decimals)}"
    if of is None:
        return limit
    return _("{limit} for {weight}, weighed {date}").format(
        limit=limit,
        weight=quantity(of.weight_kg, "kg", 1),
        date=of.weighed_on.strftime("%-d %b %Y").replace(" ", NO_BREAK_SPACE),
    )


def _signers(results: Sequence[TestResult]) -> Mapping[tuple[int, str], str]:
    """Who signed a result first, by meaning; a later declaration of invalidity does not hide who tested."""
    given = Signature.objects.filter(
        subject_model=TestResult._meta.label, subject_pk__in=[str(r.pk) for r in results]
    ).order_by("-at")
    return {(int(s.subject_pk), s.meaning): s.printed_name for s in given}


def _computed(process: Process, fill: Fill | None, culture: CultureLineage) -> dict[str, SpecificationLine]:
    """The rows the record itself answers: dose and viability from the fill, passage and doublings from the lineage."""
    count = count_result(fill.count, process=process) if fill is not None and hasattr(fill, "count") else None
    found: dict[str, tuple[Decimal | None, str, str]] = {
        "total_viable": (None, "", ""),
        "viability": (None, "", ""),
        "passage_number": (None, "", ""),
        "cumulative_pdl": (None, "", ""),
    }
    if count is not None and count.total_viable is not None:
        low, high = count.total_viable_low, count.total_viable_high
        interval = cells_interval(low, high, count.total_viable) if low is not None and high is not None else ""
        found["total_viable"] = (count.total_viable, cells(count.total_viable), interval)
    if count is not None and count.viability_pct is not None:
        low, high = count.viability_low_pct, count.viability_high_pct
        interval = span(low, high, 1) if low is not None and high is not None else ""
        found["viability"] = (count.viability_pct, percent(count.viability_pct), interval)
    if culture.finals:
        generation = max(each.passage.generation for each in culture.finals)
        found["passage_number"] = (Decimal(generation), f"P{generation}", "")
        doublings = max(each.growth.after.highest for each in culture.finals)
        found["cumulative_pdl"] = (doublings, number(doublings, 2), "")
    lines = {}
    for row in process.specification:
        if not row.computed:
            continue
        value, text, interval = found.get(row.computed, (None, "", ""))
        judgement = judge_number(row, value) if value is not None else None
        lines[row.key] = SpecificationLine(
            row=row,
            limit=_computed_limit(row),
            standing=Standing.FINAL if judgement else Standing.NOT_SAMPLED,
            outcome=judgement.outcome if judgement else None,
            text=text,
            interval=interval,
            is_alert=bool(judgement and judgement.is_alert),
            is_required=True,
            due_on=None,
            result=None,
            sample=None,
            analyst="",
            checker="",
        )
    return lines


def _computed_limit(row: SpecificationRow) -> str:
    if row.computed == "passage_number" and row.high is not None:
        return f"≤{NO_BREAK_SPACE}P{number(row.high)}"
    return str(row.limit)


def pending_lines(lines: Sequence[SpecificationLine]) -> list[SpecificationLine]:
    """The rows whose result is awaited, the nearest due date first."""
    waiting = [line for line in lines if line.is_pending]
    return sorted(waiting, key=lambda line: (line.due_on or date.max, line.row.number))
