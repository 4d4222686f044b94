"""What waits for a person: one task for each act that their role may do now, the most urgent batch first.

Read from what lists keep (`Batch.stage`, `due_at`, …) and a few queries over all batches at once; a page of a batch
asks the rules again. Not here: how a task is drawn, and the rules themselves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from batches import models as m
from batches.queries.reviewing import waiting as waiting_for_review
from batches.queries.stages import seeded_at
from batches.rules.labels import LabelKind
from batches.rules.limits import Limit
from batches.rules.process import Process
from batches.rules.sequence import BY_NAME
from batches.rules.states import DeviationState, DispositionState, LabelState, ResultState, Stage
from batches.rules.wording import percent, volume
from lims.accounts.models import User
from lims.accounts.permissions import Permission
from lims.ledger.models import Entry

MOST_BATCHES = 200
# No limit of the process asks for it: a look every other day is what a bench does.
OBSERVE_EVERY = timedelta(days=2)
# Buttons of a list have little room.
_SHORT = {
    "infusion:check_identity": gettext_noop("Check identity"),
    "baseline:record": gettext_noop("Record pain"),
    "cell_harvest:log": gettext_noop("Log harvest"),
    "label:print_for_fill": gettext_noop("Print label"),
}
_OF_PASSAGE = frozenset({"passage:log", "cell_harvest:log"})
_RELEASED = frozenset({DispositionState.RELEASED, DispositionState.RELEASED_CONDITIONALLY})


@dataclass(frozen=True)
class Hold:
    """A time that is running out: from `start`, alert after `alert`, action after `action`."""

    start: datetime
    alert: timedelta
    action: timedelta | None = None


@dataclass(frozen=True)
class Task:
    """One act that waits. `args` and `url_name` are the page it is done on; `is_grave` when the product is at stake."""

    batch: m.Batch
    title: str
    why: str
    button: str
    url_name: str
    args: tuple[object, ...]
    due_at: datetime | None = None
    due_note: str = ""
    hold: Hold | None = None
    is_grave: bool = False


@dataclass
class Group:
    """The tasks of one batch."""

    batch: m.Batch
    tasks: list[Task] = field(default_factory=list)

    @property
    def due_at(self) -> datetime | None:
        """When the first of them is due."""
        return min((t.due_at for t in self.tasks if t.due_at is not None), default=None)


@dataclass(frozen=True)
class Bench:
    """The rows the tasks are read from: open batches, and what waits in them."""

    now: datetime
    batches: Sequence[m.Batch]
    seeded: dict[int, datetime]
    harvests: dict[int, m.Harvest]
    fills: dict[int, m.Fill]
    observations: dict[int, m.Observation]
    pending: dict[int, list[m.TestResult]]
    sampled: frozenset[int]
    deviations: dict[int, list[m.Deviation]]
    infused_at: dict[int, datetime]
    with_baseline: frozenset[int]
    follow_ups: dict[int, list[m.PainAssessment]]
    unreviewed: frozenset[int]
    with_fill_label: frozenset[int]


def bench(now: datetime) -> Bench:
    """Everything tasks are read from, in a number of queries that does not grow with the batches."""
    batches = list(
        m.Batch.objects.exclude(stage=Stage.ENDED).select_related("patient").order_by("due_at", "number")[:MOST_BATCHES]
    )
    versions = m.MasterBatchRecord.objects.in_bulk({b.mbr_id for b in batches})
    for batch in batches:
        batch.mbr = versions[batch.mbr_id]
    at: dict[str, list[int]] = defaultdict(list)
    for batch in batches:
        at[batch.stage].append(batch.pk)
    young = at[Stage.HARVESTED] + at[Stage.RECEIVED]
    filled = at[Stage.FILLED]
    infused = at[Stage.INFUSED]
    made = at[Stage.CELL_HARVEST] + filled
    ids = [b.pk for b in batches]
    pending: dict[int, list[m.TestResult]] = defaultdict(list)
    for result in m.TestResult.objects.filter(batch__in=ids, state=ResultState.PENDING).select_related("sample"):
        pending[result.batch_id].append(result)
    deviations: dict[int, list[m.Deviation]] = defaultdict(list)
    for deviation in m.Deviation.objects.filter(batch__in=ids).exclude(state=DeviationState.CLOSED):
        deviations[deviation.batch_id].append(deviation)
    pains: dict[int, list[m.PainAssessment]] = defaultdict(list)
    for pain in m.PainAssessment.objects.filter(batch__in=filled + infused):
        pains[pain.batch_id].append(pain)
    follow_up = m.PainAssessment.Occasion.FOLLOW_UP
    return Bench(
        now=now,
        batches=batches,
        seeded=seeded_at(batches),
        harvests={h.batch_id: h for h in m.Harvest.objects.filter(batch__in=young)},
        fills={f.batch_id: f for f in m.Fill.objects.filter(batch__in=filled + at[Stage.INFUSING])},
        observations={
            o.batch_id: o for o in m.Observation.objects.filter(batch__in=at[Stage.CULTURE]).order_by("done_at", "id")
        },
        pending=pending,
        sampled=frozenset(
            m.Sample.objects.filter(batch__in=made, kind__in=_final_kinds(versions.values()))
            .order_by()
            .values_list("batch_id", flat=True)
        ),
        deviations=deviations,
        infused_at={
            e.infusion.batch_id: e.done_at
            for e in m.InfusionEvent.objects.filter(
                kind=m.InfusionEvent.Kind.STOP, infusion__batch__in=infused
            ).select_related("infusion")
        },
        with_baseline=frozenset(pk for pk, of in pains.items() if any(p.occasion != follow_up for p in of)),
        unreviewed=waiting_for_review([b for b in batches if b.stage == Stage.FILLED or b.disposition in _RELEASED]),
        with_fill_label=frozenset(
            m.LabelPrint.objects.filter(
                batch__in=at[Stage.CELL_HARVEST], kind=LabelKind.FILL, state=LabelState.ISSUED
            ).values_list("batch_id", flat=True)
        ),
        follow_ups={pk: [p for p in of if p.occasion == follow_up] for pk, of in pains.items()},
    )


def _final_kinds(versions: object) -> list[str]:
    kinds: set[str] = set()
    for version in versions:  # type: ignore[attr-defined]
        kinds |= {k.key for k in version.process.sampling_plan if k.taken_at == "fill" and k.is_required}
    return sorted(kinds)


def work_for(user: User, on: Bench) -> list[Group]:
    """What waits for a person, by batch, the most urgent first; what has no clock comes last."""
    groups: dict[int, Group] = {}
    for batch in on.batches:
        for task in _tasks(batch, on, user):
            groups.setdefault(batch.pk, Group(batch)).tasks.append(task)
    far = datetime.max.replace(tzinfo=on.now.tzinfo)
    for group in groups.values():
        group.tasks.sort(key=lambda t: t.due_at or far)
    return sorted(groups.values(), key=lambda g: (g.due_at or far, g.batch.number))


def _tasks(batch: m.Batch, on: Bench, user: User) -> Iterator[Task]:
    may = user.may
    if batch.disposition == DispositionState.REJECTED:
        # Nothing more is made, tested or infused of it; its deviations are still to be closed.
        if may(Permission.DECIDE_DEVIATIONS):
            yield from _to_assess(batch, on)
        return
    if may(Permission.RECORD_HARVEST) and not may(Permission.RECORD_PRODUCTION):
        yield from _to_harvest(batch)
    if may(Permission.RECORD_PRODUCTION):
        yield from _to_make(batch, on)
    if may(Permission.TAKE_SAMPLES):
        yield from _to_sample(batch, on)
    if may(Permission.ENTER_RESULTS):
        yield from _to_test(batch, on)
    if may(Permission.DECIDE_DEVIATIONS):
        yield from _to_assess(batch, on)
    if may(Permission.REVIEW_AUDIT_TRAIL):
        yield from _to_review(batch, on)
    if may(Permission.DECIDE_DISPOSITION):
        yield from _to_decide(batch, on)
    if may(Permission.INFUSE):
        yield from _to_infuse(batch, on)
    if may(Permission.RECORD_OUTCOMES):
        yield from _to_follow_up(batch, on)


def _task(batch: m.Batch, name: str, why: str = "", **more: object) -> Task:
    act = BY_NAME[name]
    title = _(act.title)
    if name in _OF_PASSAGE and batch.generation is not None:
        title = f"{title} P{batch.generation}"
    button = _(_SHORT[name]) if name in _SHORT else title
    return Task(batch, title, why, button, act.url_name, (batch.number,), **more)  # type: ignore[arg-type]


def _held(start: datetime, limit: Limit) -> dict[str, object]:
    """What a hold time of a limit in hours says of a task."""
    if limit.alert_above is None:
        return {}
    alert = timedelta(hours=float(limit.alert_above))
    action = timedelta(hours=float(limit.action_above)) if limit.action_above is not None else None
    return {"due_at": start + alert, "hold": Hold(start, alert, action)}


def _to_harvest(batch: m.Batch) -> Iterator[Task]:
    if batch.stage == Stage.ISSUED:
        yield _task(batch, "harvest:log", _("Issued for patient {code}.").format(code=batch.patient.code))


def _to_make(batch: m.Batch, on: Bench) -> Iterator[Task]:
    process: Process = batch.mbr.process
    harvest = on.harvests.get(batch.pk)
    if batch.stage == Stage.HARVESTED and harvest is not None:
        why = _("{volume}, {site}.").format(volume=volume(harvest.volume_ml), site=harvest.body_site)
        yield _task(batch, "harvest:receive", why, **_held(harvest.done_at, process.limits["transport_hours"]))
    elif batch.stage == Stage.RECEIVED and harvest is not None:
        why = _("Digest, count, seed P0. Bring a witness.")
        yield _task(batch, "isolation:log", why, **_held(harvest.done_at, process.limits["transport_hours"]))
    elif batch.stage == Stage.CULTURE:
        yield from _to_culture(batch, on, process)
    elif batch.stage == Stage.CELL_HARVEST:
        if batch.pk in on.with_fill_label:
            yield _task(batch, "fill:log", _("Cells are harvested and counted. Formulate and fill."), due_at=on.now)
        else:
            why = _("Cells are harvested and counted. The container is labelled before it is filled.")
            yield _task(batch, "label:print_for_fill", why, due_at=on.now)


def _to_culture(batch: m.Batch, on: Bench, process: Process) -> Iterator[Task]:
    seen = on.observations.get(batch.pk)
    if seen is not None and seen.generation != batch.generation:
        seen = None
    known = percent(seen.confluence_pct, None) if seen is not None else ""
    if batch.due_act in BY_NAME and batch.due_at is not None:
        limit = process.limits["medium_interval_h"]
        hours = limit.target_high if limit.target_high is not None else limit.alert_above
        held = _held(batch.due_at - timedelta(hours=float(hours)), limit) if hours is not None else {}
        if batch.due_act == "culture:change_medium":
            why = _("All vessels, lot by scan.")
        else:
            why = _("Confluence {confluence}. Detach, count, with a witness.").format(confluence=known)
        yield _task(batch, batch.due_act, why, **held | {"due_at": batch.due_at})
    last = seen.done_at if seen is not None else on.seeded.get(batch.pk)
    if last is not None:
        why = _("Confluence, morphology, photo.") + (
            " " + _("Last {confluence}.").format(confluence=known) if known else ""
        )
        yield _task(batch, "culture:observe", why, due_at=last + OBSERVE_EVERY)


def _to_sample(batch: m.Batch, on: Bench) -> Iterator[Task]:
    if batch.stage == Stage.FILLED and batch.disposition == DispositionState.PENDING and batch.pk not in on.sampled:
        fill = on.fills.get(batch.pk)
        yield _task(
            batch,
            "sample:take",
            _("The bag is filled; its samples are not taken."),
            due_at=fill.done_at + timedelta(hours=2) if fill else None,
        )


def _to_test(batch: m.Batch, on: Bench) -> Iterator[Task]:
    waiting = on.pending.get(batch.pk, [])
    if not waiting:
        return
    process: Process = batch.mbr.process
    due = sorted((_result_due(r, process), _test_name(r, process)) for r in waiting)
    first, name = due[0]
    more = len(due) - 1
    why = name if not more else _("{name} and {number} more.").format(name=name, number=more)
    yield _task(batch, "result:record", why, due_at=first)


def _result_due(result: m.TestResult, process: Process) -> datetime:
    taken = result.sample.done_at if result.sample is not None else result.batch.issued_at
    days = process.row(result.test).due_days if process.has_row(result.test) else None
    return taken + timedelta(days=days if days is not None else 1)


def _test_name(result: m.TestResult, process: Process) -> str:
    return process.row(result.test).name if process.has_row(result.test) else result.test


def _to_assess(batch: m.Batch, on: Bench) -> Iterator[Task]:
    for deviation in on.deviations.get(batch.pk, []):
        title = _("Close {number}") if deviation.state == DeviationState.ASSESSED else _("Assess {number}")
        blocks = deviation.severity != m.Deviation.Severity.MINOR and batch.stage == Stage.FILLED
        yield Task(
            batch,
            title.format(number=deviation.number),
            f"{deviation.get_severity_display()}. {deviation.title}.",
            _("Open deviation"),
            "deviation",
            (deviation.number,),
            due_at=deviation.done_at + timedelta(days=30),
            due_note=_("before release") if blocks else "",
        )


def _to_review(batch: m.Batch, on: Bench) -> Iterator[Task]:
    """The audit trail of a product that waits for a decision, due with it."""
    decision = next(_to_decide(batch, on), None)
    if decision is not None and batch.pk in on.unreviewed:
        why = _("What came since the last review, before the decision.")
        yield _task(batch, "audit_trail:review", why, due_at=decision.due_at)


def _to_decide(batch: m.Batch, on: Bench) -> Iterator[Task]:
    fill = on.fills.get(batch.pk)
    waiting = len(on.pending.get(batch.pk, []))
    pending = _("{number} results pending.").format(number=waiting) if waiting else _("Every result is final.")
    if batch.stage == Stage.FILLED and batch.disposition == DispositionState.PENDING and fill is not None:
        due = min([at for at in (batch.booked_infusion_at, fill.expires_at) if at is not None])
        why = _("Product expires {when}.").format(when=_short(fill.expires_at)) + " " + pending
        yield _task(batch, "disposition:decide", why, due_at=due, is_grave=due - on.now < timedelta(days=1))
    elif batch.disposition == DispositionState.RELEASED_CONDITIONALLY and not waiting:
        yield _task(batch, "disposition:decide", _("Released conditionally.") + " " + pending, due_at=on.now)


def _short(at: datetime) -> str:
    return at.astimezone(timezone.get_current_timezone()).strftime("%-d %b %H:%M")


def _to_infuse(batch: m.Batch, on: Bench) -> Iterator[Task]:
    if batch.stage == Stage.INFUSING:
        yield Task(
            batch,
            _("Go on with the infusion"),
            _("The infusion is under way."),
            _("Open bedside"),
            "bedside",
            (batch.number,),
            due_at=on.now,
            is_grave=True,
        )
    elif batch.stage == Stage.FILLED and batch.disposition in _RELEASED:
        fill = on.fills.get(batch.pk)
        due = batch.booked_infusion_at or (fill.expires_at if fill else None)
        why = _("Product expires {when}.").format(when=_short(fill.expires_at)) if fill else ""
        yield _task(batch, "infusion:check_identity", why, due_at=due)


def _to_follow_up(batch: m.Batch, on: Bench) -> Iterator[Task]:
    if batch.stage == Stage.FILLED and batch.pk not in on.with_baseline:
        yield _task(
            batch, "baseline:record", _("Face scale and PDAS, before the infusion."), due_at=batch.booked_infusion_at
        )
    infused = on.infused_at.get(batch.pk)
    if batch.stage != Stage.INFUSED or infused is None:
        return
    day = (on.now - infused).days
    seen = [(p.done_at - infused).days for p in on.follow_ups.get(batch.pk, [])]
    for window in batch.mbr.process.follow_up:
        if not window.asks_scores or window.day == 0 or any(window.contains(d) for d in seen):
            continue
        if day < window.first_day - 7:
            return
        if day > window.last_day and seen:
            continue
        why = _("{name}, in time from day {first} to {last}. Today is day {day}.").format(
            name=window.name, first=window.first_day, last=window.last_day, day=day
        )
        yield _task(batch, "follow_up:record", why, due_at=infused + timedelta(days=window.last_day))
        return


def late_results(on: Bench) -> list[tuple[m.Batch, str, datetime]]:
    """Results of products that are released or infused already, the nearest due first."""
    by_pk = {b.pk: b for b in on.batches}
    found = []
    for pk, waiting in on.pending.items():
        batch = by_pk[pk]
        if batch.disposition == DispositionState.RELEASED_CONDITIONALLY:
            process = batch.mbr.process
            found += [(batch, _test_name(r, process), _result_due(r, process)) for r in waiting]
    return sorted(found, key=lambda row: (row[2], row[0].number, row[1]))[:10]


def to_issue() -> list[m.Patient]:
    """Patients found eligible who have no batch yet."""
    eligible = m.Eligibility.objects.filter(is_eligible=True).values("patient")
    return list(m.Patient.objects.filter(pk__in=eligible, batches__isnull=True).order_by("code")[:8])


def done_today(user: User, start: datetime) -> list[Entry]:
    """What a person recorded since the day began, newest first."""
    entries = Entry.objects.filter(actor=user, at__gte=start, is_refused=False).exclude(name__startswith="account:")
    return list(entries.order_by("-at").defer("payload")[:20])
