"""What is not in order with a batch, gravest first: for the batch page, the worklist and QA's review by exception.

`exceptions` is all of it, dealt with or not; `concerns` is what nobody has dealt with yet. Not here: what stops
release (queries/release.py), and how a concern is drawn.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from batches.models import Batch, Correction, Deviation, Disposition
from batches.queries.dispositions import is_valid
from batches.queries.findings import beyond, judged
from batches.queries.involved import signed_steps, superseded
from batches.queries.late import late_rows
from batches.queries.lineage import CultureLineage, lineage
from batches.queries.release import named
from batches.queries.specification import SpecificationLine, matrix
from batches.rules.limits import Verdict
from batches.rules.release import RELEASES
from batches.rules.states import DeviationState, DispositionState
from batches.rules.wording import NO_BREAK_SPACE
from lims import clock
from lims.act_words import words_of
from lims.ledger.models import Entry
from lims.site import zone

_GRAVITY: Final = {"action": 0, "alert": 1, "pending": 2, "now": 3}


@dataclass(frozen=True)
class Concern:
    """One thing that is not in order.

    `tone` is the tone it is drawn in (`action`, `alert`, `pending`, `now`), `word` what that tone means here;
    `state` is how far it is dealt with; `was` and `now` are a corrected value. The link is a url name with arguments.
    """

    tone: str
    word: str
    title: str
    text: str
    link_name: str
    link_args: tuple[object, ...]
    at: datetime | None
    state: str = ""
    button: str = ""
    was: str = ""
    now: str = ""
    is_open: bool = True


@dataclass(frozen=True)
class _Reviewed:
    """How far QA has looked: the time of the newest decision, and its words."""

    until: datetime | None
    words: str

    def state(self, at: datetime) -> tuple[str, bool]:
        """The words for something recorded at a time, and whether it is still open."""
        if self.until is not None and at <= self.until:
            return self.words, False
        return _("Not reviewed"), True


def concerns(batch: Batch) -> list[Concern]:
    """What nobody has dealt with yet, gravest first."""
    return [concern for concern in exceptions(batch) if concern.is_open]


def exceptions(batch: Batch, *, lines: Sequence[SpecificationLine] | None = None) -> list[Concern]:
    """Everything that is or was not in order, gravest first and the oldest of each gravity first.

    `lines` saves asking for the matrix again.
    """
    decision = Disposition.objects.filter(batch=batch).last()
    reviewed = _Reviewed(
        decision.decided_at if decision else None,
        _("Reviewed: {decision}").format(decision=decision.get_decision_display()) if decision else "",
    )
    culture = lineage(batch)
    found = [
        *_deviations(batch),
        *_release(batch, decision),
        *_signatures(batch),
        *_results(batch, lines if lines is not None else matrix(batch, culture=culture), reviewed),
        *_alerts(batch, culture, reviewed),
        *_late(batch, reviewed),
        *_corrections(batch, reviewed),
        *_refused(batch),
    ]
    return sorted(found, key=lambda c: (_GRAVITY[c.tone], not c.is_open, c.at.timestamp() if c.at else 0))


def _deviations(batch: Batch) -> Iterator[Concern]:
    for row in batch.deviations.select_related("assessment", "closure"):
        is_closed = row.state == DeviationState.CLOSED
        assessment = getattr(row, "assessment", None)
        closure = getattr(row, "closure", None)
        if closure is not None:
            state = closure.conclusion
        elif assessment is not None:
            state = _("{impact} Not closed.").format(impact=assessment.product_impact.rstrip(". ") + ".")
        else:
            state = _("QA decision missing.")
        minor = row.severity == Deviation.Severity.MINOR
        yield Concern(
            tone="pending" if is_closed else "alert" if minor else "action",
            word=_("Deviation, {severity}").format(severity=str(row.get_severity_display()).lower()),
            title=row.title,
            text=f"{row.number}. {row.description}",
            link_name="deviation",
            link_args=(row.number,),
            at=row.done_at,
            state=state,
            button=_("Open") if is_closed else _("Decide"),
            is_open=not is_closed,
        )


def _release(batch: Batch, decision: Disposition | None) -> Iterator[Concern]:
    if batch.disposition == DispositionState.LATE_OOS:
        yield Concern(
            tone="action",
            word=_("Out of specification after infusion"),
            title=_("inform the treating physician"),
            text=_("A result of the infused product does not meet its limit. QA investigates."),
            link_name="results",
            link_args=(batch.number,),
            at=None,
            button=_("Open"),
        )
    if decision is not None and batch.disposition in RELEASES and not is_valid(decision):
        yield Concern(
            tone="action",
            word=_("Release"),
            title=_("it no longer stands"),
            text=_(
                "The record, or a lot it used, changed after the decision. "
                "The product must not be infused until QA decides again."
            ),
            link_name="disposition",
            link_args=(batch.number,),
            at=decision.decided_at,
            button=_("Decide"),
        )


def _signatures(batch: Batch) -> Iterator[Concern]:
    for step in superseded(signed_steps(batch), but=(Disposition._meta.label,)):
        newest = step.signatures[-1].signature
        yield Concern(
            tone="alert",
            word=_("Superseded signature"),
            title=named(step),
            text=_("The record under it changed after {name} signed.").format(name=newest.printed_name),
            link_name="record",
            link_args=(batch.number,),
            at=newest.at,
            state=_("To be signed again"),
            button=_("Open"),
        )


def _results(batch: Batch, lines: Sequence[SpecificationLine], reviewed: _Reviewed) -> Iterator[Concern]:
    today = clock.now().astimezone(zone()).date()
    for line in lines:
        if line.is_pending and line.due_on is not None and line.due_on < today and line.result is not None:
            yield Concern(
                tone="alert",
                word=_("Overdue result"),
                title=line.row.name,
                text=_("Due {day}, sample {code}.").format(
                    day=f"{line.due_on:%-d}{NO_BREAK_SPACE}{line.due_on:%b}",
                    code=line.sample.code if line.sample else "–",
                ),
                link_name="result",
                link_args=(batch.number, line.result.pk),
                at=line.sample.done_at if line.sample else None,
                state=_("Waits for QC"),
                button=_("Open"),
            )
        elif line.is_alert and line.tone != "fail" and line.result is not None and line.result.done_at is not None:
            state, is_open = reviewed.state(line.result.done_at)
            yield Concern(
                tone="alert" if is_open else "pending",
                word=_("Alert limit"),
                title=f"{line.row.name} {line.text}",
                text=line.result.comment or line.limit,
                link_name="result",
                link_args=(batch.number, line.result.pk),
                at=line.result.done_at,
                state=state,
                button=_("Open"),
                is_open=is_open,
            )


def _alerts(batch: Batch, culture: CultureLineage, reviewed: _Reviewed) -> Iterator[Concern]:
    for each in beyond(judged(batch, culture=culture), Verdict.ALERT):
        state, is_open = reviewed.state(each.at)
        label, _sep, limit = each.finding.sentence.partition(": ")
        comment = f" {each.comment.strip()}" if each.comment.strip() else ""
        yield Concern(
            tone="alert" if is_open else "pending",
            word=_("Alert limit"),
            title=f"{label}, {each.step}",
            text=f"{limit}.{comment}",
            link_name="record",
            link_args=(batch.number,),
            at=each.at,
            state=state,
            button=_("Open"),
            is_open=is_open,
        )


def _late(batch: Batch, reviewed: _Reviewed) -> Iterator[Concern]:
    for late in late_rows(batch):
        state, is_open = reviewed.state(late.recorded_at)
        hours, minutes = divmod(int((late.recorded_at - late.done_at).total_seconds()) // 60, 60)
        by = f"{hours}{NO_BREAK_SPACE}h {minutes}{NO_BREAK_SPACE}min" if hours else f"{minutes}{NO_BREAK_SPACE}min"
        yield Concern(
            tone="alert" if is_open else "pending",
            word=_("Late entry"),
            title=_("{what}, {by}").format(what=str(late.row), by=by),
            text=_("Recorded by {who}. {reason}").format(who=late.who, reason=late.reason),
            link_name="record",
            link_args=(batch.number,),
            at=late.recorded_at,
            state=state,
            button=_("Open"),
            is_open=is_open,
        )


def _corrections(batch: Batch, reviewed: _Reviewed) -> Iterator[Concern]:
    for row in Correction.objects.filter(batch=batch).select_related("act"):
        state, is_open = reviewed.state(row.act.at)
        yield Concern(
            tone="pending",
            word=_("Correction"),
            title=row.label,
            text=row.reason,
            link_name="corrections",
            link_args=(batch.number,),
            at=row.act.at,
            state=state,
            button=_("Open"),
            was=row.old_text,
            now=row.new_text,
            is_open=is_open,
        )


def _refused(batch: Batch) -> Iterator[Concern]:
    for entry in Entry.objects.filter(stream=batch.stream, is_refused=True).order_by("seq"):
        notes: dict[str, str] = json.loads(bytes(entry.payload))["notes"]
        reasons = [text for key, text in sorted(notes.items()) if key.startswith("reason ")]
        yield Concern(
            tone="now",
            word=_("Refused act"),
            title=_(words_of(entry.name)),
            text=f"{entry.actor_name}: {Truncator(' '.join(reasons)).chars(240)} {notes.get('refused', '')}",
            link_name="ledger-entry",
            link_args=(entry.pk,),
            at=entry.at,
            state=_("For information"),
            button=_("Open"),
            is_open=False,
        )
