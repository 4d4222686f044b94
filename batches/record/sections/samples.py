"""Samples taken, the specification with every result, and each result with who tested and who checked."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from batches.models import TestResult
from batches.queries.specification import SpecificationLine, answer_of
from batches.record import blocks, words
from batches.record.facts import Facts
from batches.record.sections.signing import performer, remarks
from batches.rules.results import Standing, shown
from batches.rules.specification import Outcome
from batches.rules.states import ResultState
from batches.rules.wording import cells


def section(facts: Facts, number: str) -> blocks.Section:
    """The whole chapter of tests."""
    return blocks.Section(number, _("Samples and results"), tuple(_blocks(facts)), anchor="results")


def _blocks(facts: Facts) -> Iterator[blocks.Block]:
    kinds = {k.key: k.name for k in facts.process.sampling_plan}
    yield blocks.Heading(_("Samples"))
    yield blocks.Table(
        (
            blocks.Column(_("Sample"), 14, strong=True),
            blocks.Column(_("Kind"), 30),
            blocks.Column(_("Taken"), 20),
            blocks.Column(_("Taken by"), 14),
            blocks.Column(_("Volume"), 10, numeric=True),
            blocks.Column(_("Viable cells"), 12, numeric=True),
        ),
        tuple(
            (
                s.code,
                kinds.get(s.kind, s.kind),
                facts.corrected(s, "done_at", words.to_minute(s.done_at, facts.zone)),
                performer(facts, s),
                facts.corrected(s, "volume_ml", words.ml(s.volume_ml)),
                facts.corrected(s, "cells_used", cells(s.cells_used) if s.cells_used else blocks.NOTHING),
            )
            for s in facts.samples
        ),
        empty=_("No sample is recorded."),
    )
    for sample in facts.samples:
        yield from remarks(facts, sample)
    yield from specification(facts)


def specification(facts: Facts) -> Iterator[blocks.Block]:
    """Every row of the release specification with its result and verdict, and the results that were repeated."""
    yield blocks.Heading(_("Release specification"))
    yield blocks.Table(
        (
            blocks.Column(_("No."), 5),
            blocks.Column(_("Test"), 27),
            blocks.Column(_("Limit"), 22),
            blocks.Column(_("Result"), 21, strong=True),
            blocks.Column(_("Tested by, checked by"), 25),
            blocks.Column(_("Verdict"), 10),
        ),
        tuple(_line(facts, line) for line in facts.specification),
    )
    repeated = [r for r in facts.results if r.state == ResultState.INVALID or r.retest_of_id is not None]
    if repeated:
        yield blocks.Heading(_("Results declared invalid, and retests"))
        yield blocks.Table(
            (
                blocks.Column(_("Test"), 24),
                blocks.Column(_("Tested"), 22),
                blocks.Column(_("Result"), 16),
                blocks.Column(_("State"), 12),
                blocks.Column(_("Reason"), 26),
            ),
            tuple(_repeated(facts, r) for r in repeated),
        )
    for result in facts.results:
        yield from remarks(facts, result)


def _line(facts: Facts, line: SpecificationLine) -> tuple[blocks.Value, ...]:
    text = f"{line.text} ({line.interval})" if line.interval else line.text
    result: blocks.Value = text or blocks.NOTHING
    if line.result is not None and text:
        for field in ("number", "choice", "text", "censor"):
            result = facts.corrected(line.result, field, text)
            if isinstance(result, blocks.Corrected):
                break
    who = ", ".join(n for n in (line.analyst, line.checker) if n)
    if line.is_computed:
        who = _("from the record")
    return (line.row.number, str(line.row.name), line.limit, result, who or blocks.NOTHING, _verdict(line))


def _verdict(line: SpecificationLine) -> blocks.Value:
    if line.outcome is Outcome.PASS:
        return blocks.VerdictMark("alert", _("Pass, alert")) if line.is_alert else _("pass")
    if line.outcome is Outcome.FAIL:
        return blocks.VerdictMark("action", _("Fail"))
    if line.outcome is Outcome.REPORT_ONLY:
        return _("report")
    if line.outcome is Outcome.NOT_CONCLUSIVE:
        return blocks.VerdictMark("alert", _("Not conclusive"))
    if line.standing is Standing.PENDING:
        return blocks.VerdictMark("pending", _("Pending"))
    return _("invalid") if line.standing is Standing.INVALID else _("not sampled")


def _repeated(facts: Facts, row: TestResult) -> tuple[blocks.Value, ...]:
    spec = facts.process.row(row.test)
    is_answered = row.done_at is not None
    return (
        str(spec.name),
        words.to_minute(row.done_at, facts.zone),
        shown(spec, answer_of(row)) if is_answered else blocks.NOTHING,
        str(row.get_state_display()).lower() + (f", {_('retest')}" if row.retest_of_id else ""),
        words.text(row.invalid_reason),
    )
