"""Acts about test results: record one, declare one invalid, repeat a test. Nothing that was entered is overwritten."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from batches.commands.attachments import Upload, attach, checked
from batches.commands.judging import raise_deviation, raise_if_late
from batches.commands.streams import batch_stream, locked, require, signed_by
from batches.models import Batch, Deviation, TestResult
from batches.queries.labels import outdated
from batches.queries.specification import high_of, limit_text
from batches.rules import results as rules
from batches.rules.attachments import FileKind
from batches.rules.labels import DONOR_ROW, REACTIVE
from batches.rules.results import Answer
from batches.rules.specification import Outcome, SpecificationRow
from batches.rules.states import DISPOSITIONS, RESULTS, DispositionState, ResultState, Stage, move
from batches.rules.times import done_refusals
from lims.accounts.permissions import Permission
from lims.acts import Act
from lims.commands import command
from lims.refusals import refuse_if_any
from lims.signatures.meanings import Meaning
from lims.site import zone

# Laboratory and physician are told of a failure after infusion within a day (a default of this system; FACT asks for
# immediate notice).
NOTICE_AFTER = timedelta(hours=24)
_INFUSED = frozenset({Stage.INFUSING, Stage.INFUSED, Stage.ENDED})
_RELEASED = frozenset({DispositionState.RELEASED, DispositionState.RELEASED_CONDITIONALLY})


def _live(batch: Batch, result: TestResult) -> TestResult:
    """The result as it stands under the lock, of this batch and no other."""
    return TestResult.objects.select_related("sample").get(pk=result.pk, batch=batch)


@command(
    "result:record",
    needs=Permission.ENTER_RESULTS,
    stream=batch_stream,
    signed=signed_by("result:record", Meaning.PERFORMED, Meaning.CHECKED),
)
def record_result(
    act: Act,
    *,
    batch: Batch,
    result: TestResult,
    done_at: datetime,
    method_version: str,
    number: Decimal | None = None,
    censor: str = "",
    choice: str = "",
    text: str = "",
    comment: str = "",
    report: Upload | None = None,
    late_reason: str = "",
) -> TestResult:
    """Record a pending result; a second analyst checks it. Units are those of the specification's row.

    Outside the specification it raises a deviation, and after the infusion the product is out of specification, late.
    So does a reactive test of the donor once labels are printed that do not say so.

    Raises:
        Refused: RES-01 nothing pending, RES-02 recorded before, RES-03 to RES-05 no result or one that can't be,
            RES-06 not within limits and no comment, RES-11 a culture read too early, ATT-* the file, TIM-*.
    """
    live = locked(batch)
    require("result:record", live)
    row = _live(live, result)
    refuse_if_any(rules.state_refusals(ResultState(row.state)))
    asked = live.mbr.process.row(row.test)
    answer = Answer(number, censor, choice, text)
    high = high_of(live, asked)
    limit = limit_text(asked, high, of=live.patient)
    sampled_at = row.sample.done_at if row.sample else live.issued_at
    file, against_file = checked(report, accepted=frozenset(FileKind), field="report")
    refuse_if_any(
        [
            *rules.answer_refusals(asked, answer),
            *rules.comment_refusals(asked, answer, comment, high=high, limit=limit),
            *rules.incubation_refusals(
                asked,
                answer,
                sampled_on=sampled_at.astimezone(zone()).date(),
                read_on=done_at.astimezone(zone()).date(),
            ),
            *against_file,
            *done_refusals(done_at, act.at, late_reason, after=sampled_at),
        ]
    )
    row.state = move(RESULTS, ResultState(row.state), ResultState.FINAL)
    row.number, row.censor, row.choice, row.text = number, censor, choice, text
    row.done_at, row.late_reason = done_at, late_reason
    row.method_version, row.comment = method_version, comment
    act.add(row)
    if file is not None:
        attach(act, file, batch=live, result=row)
    judgement = rules.judged(asked, answer, high=high)
    if judgement.outcome is Outcome.FAIL:
        _fail(act, live, row, asked, f"{asked.name} {rules.shown(asked, answer)}: limit {limit} — {comment.strip()}")
    if row.test == DONOR_ROW and row.choice == REACTIVE:
        _relabel(act, live, row)
    raise_if_late(act, batch=live, row=row)
    act.sign(row)
    return row


def _relabel(act: Act, batch: Batch, row: TestResult) -> None:
    """A reactive test that labels printed before it do not tell: a deviation, and release asks for new ones."""
    labels = outdated(batch)
    if not labels:
        return
    assert row.done_at is not None
    named = ", ".join(f"{label.code} ({label.container})" for label in labels)
    raise_deviation(
        act,
        batch=batch,
        source=row,
        at=row.done_at,
        title="Reactive test of the donor after labels were printed",
        description=f"These labels do not say so: {named}. Print new ones and apply them, destroy the old.",
        limit="label",
    )


def _fail(act: Act, batch: Batch, row: TestResult, asked: SpecificationRow, description: str) -> None:
    """A result outside the specification: a deviation; once the product is infused, the product itself is late OOS."""
    is_late = Stage(batch.stage) in _INFUSED and DispositionState(batch.disposition) in _RELEASED
    assert row.done_at is not None
    raise_deviation(
        act,
        batch=batch,
        source=row,
        at=row.done_at,
        title=f"{asked.name}: out of specification{' after infusion' if is_late else ''}",
        description=description,
        limit=f"specification:{asked.key}"[:60],
        severity=Deviation.Severity.CRITICAL if is_late else Deviation.Severity(rules.severity_of(asked)),
    )
    if is_late:
        batch.disposition = move(DISPOSITIONS, DispositionState(batch.disposition), DispositionState.LATE_OOS)
        batch.due_act, batch.due_at = "deviation:assess", act.at + NOTICE_AFTER
        act.add(batch)


@command(
    "result:invalidate",
    needs=Permission.ENTER_RESULTS,
    stream=batch_stream,
    signed=(Meaning.PERFORMED, Meaning.CHECKED),
)
def invalidate_result(act: Act, *, batch: Batch, result: TestResult) -> TestResult:
    """Declare a result invalid; the reason is the act's. The result stays where it is, readable.

    A deviation it raised stays open: that a result is invalid is for QA to conclude.

    Raises:
        Refused: RES-07 invalid already, RES-08 no reason.
    """
    live = locked(batch)
    row = _live(live, result)
    refuse_if_any(rules.invalid_refusals(ResultState(row.state), act.reason))
    row.state = move(RESULTS, ResultState(row.state), ResultState.INVALID)
    row.invalid_reason = act.reason.strip()
    act.add(row)
    act.sign(row)
    return row


@command("result:retest", needs=Permission.ENTER_RESULTS, stream=batch_stream, signed=(Meaning.PERFORMED,))
def retest_result(act: Act, *, batch: Batch, result: TestResult) -> TestResult:
    """Repeat an invalid test from the same sample: a new pending result, linked to the one it repeats.

    Raises:
        Refused: RES-09 the result is not invalid, RES-10 repeated already.
    """
    live = locked(batch)
    row = _live(live, result)
    has_retest = TestResult.objects.filter(retest_of=row).exists()
    refuse_if_any(rules.retest_refusals(ResultState(row.state), has_retest=has_retest))
    again = TestResult(batch=live, sample=row.sample, test=row.test, retest_of=row)
    act.add(again)
    act.sign(again)
    return again
