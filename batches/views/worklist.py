"""The home page: what waits for the person who looks, the most urgent batch first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from batches.models import Batch
from batches.queries.rail import mini
from batches.queries.stages import due_in_words, span_words, stage_words
from batches.queries.worklist import Bench, Group, Task, bench, done_today, late_results, to_issue, work_for
from batches.rules.states import Stage
from lims import clock
from lims.accounts.access_review import due_for
from lims.accounts.models import User
from lims.accounts.permissions import Permission
from lims.web.access import actor_of, needs

SOON = timedelta(hours=2)

# Where somebody who only reads begins: the name of a page, its title, what is found there.
READING_ROOM = (
    ("batches", _lazy("Batches"), _lazy("Every batch with its whole record, on screen and as JSON.")),
    ("patients", _lazy("Patients"), _lazy("Enrolment, consent and eligibility.")),
    ("deviations", _lazy("Deviations"), _lazy("What should not have been, and what QA concluded.")),
    ("lots", _lazy("Lots"), _lazy("Materials, and the batches they were used in.")),
    ("equipment", _lazy("Equipment"), _lazy("Calibration, service and use.")),
    ("training", _lazy("Training"), _lazy("Who is trained for which version, and until when.")),
    ("ledger", _lazy("Audit trail"), _lazy("Every act, refused ones included: by person, act, time, batch or reason.")),
)


@dataclass(frozen=True)
class Bar:
    """A hold time as a bar of 100: the share used, and where the alert limit is."""

    used: str
    tick: str


@dataclass(frozen=True)
class ShownTask:
    """One task as its row shows it."""

    title: str
    why: str
    button: str
    url: str
    tone: str
    due: str
    note: str
    bar: Bar | None


@needs(Permission.VIEW_RECORDS, Permission.MANAGE_ACCOUNTS)
@require_GET
def worklist(request: HttpRequest) -> HttpResponse:
    """What waits for a person. An administrator sees no record and is told so; an auditor only reads, and is led."""
    user = actor_of(request)
    if not user.may(Permission.VIEW_RECORDS):
        context: dict[str, object] = {"access_due": due_for(user, clock.now())}
        return render(request, "batches/worklist/administrator.html", context)
    if not user.may(Permission.RAISE_DEVIATIONS):
        return render(request, "batches/worklist/reading_room.html", {"destinations": READING_ROOM})
    now = clock.now()
    on = bench(now)
    groups = work_for(user, on)
    tasks = [task for group in groups for task in group.tasks]
    decides = user.may(Permission.DECIDE_DISPOSITION)
    context = {
        "heading": _("Decisions waiting for you") if decides else _("Your work today"),
        "subtitle": _subtitle(len(tasks), len(groups), decides=decides),
        "groups": [_shown_group(group, on) for group in groups],
        "tally": _tally(tasks, now),
        "bookings": _bookings(on),
        "results": late_results(on) if decides or user.may(Permission.ENTER_RESULTS) else [],
        "shows_results": decides or user.may(Permission.ENTER_RESULTS),
        "to_issue": to_issue() if user.may(Permission.ISSUE_BATCHES) else [],
        "done": _done(user, now),
        "access_due": due_for(user, now),
    }
    return render(request, "batches/worklist/worklist.html", context)


def _subtitle(acts: int, batches: int, *, decides: bool) -> str:
    if not acts:
        return ""
    first = (
        ngettext("%(n)d decision", "%(n)d decisions", acts) if decides else ngettext("%(n)d act", "%(n)d acts", acts)
    )
    second = ngettext("in %(n)d batch", "in %(n)d batches", batches)
    last = _("nearest clock first") if decides else _("most urgent batch first")
    return f"{first % {'n': acts}} {second % {'n': batches}}, {last}"


def _shown_group(group: Group, on: Bench) -> dict[str, object]:
    return {
        "batch": group.batch,
        "stage": stage_words(group.batch, on.seeded, on.now),
        "mini": mini(group.batch),
        "tasks": [_shown_task(task, on.now) for task in group.tasks],
    }


def _shown_task(task: Task, now: datetime) -> ShownTask:
    if task.due_note:
        due, note = task.due_note, ""
    elif task.due_at is None:
        due, note = _("when ready"), ""
    elif abs(task.due_at - now) < timedelta(minutes=1):
        due, note = _("now"), ""
    else:
        due, note = due_in_words(task.due_at, now), _clock_words(task.due_at, now)
    bar = None
    if task.hold is not None:
        whole = task.hold.action or task.hold.alert
        used = min(max((now - task.hold.start) / whole, 0.0), 1.0)
        bar = Bar(f"{used * 100:.1f}", f"{task.hold.alert / whole * 100:.1f}" if task.hold.action else "")
        note = _("%(used)s; alert at %(alert)s") % {
            "used": span_words(now - task.hold.start, in_hours=True),
            "alert": span_words(task.hold.alert, in_hours=True),
        }
    return ShownTask(task.title, task.why, task.button, _address(task), _tone(task, now), due, note, bar)


def _address(task: Task) -> str:
    try:
        return reverse(task.url_name, args=task.args)
    except NoReverseMatch:
        return reverse("batch", args=[task.batch.number])


def _tone(task: Task, now: datetime) -> str:
    if task.due_at is None:
        return "pending"
    hold = task.hold
    if task.is_grave or (hold is not None and hold.action is not None and now > hold.start + hold.action):
        return "action"
    if task.due_at < now - timedelta(minutes=1):
        return "alert"
    return "now" if task.due_at - now <= SOON else "pending"


def _clock_words(at: datetime, now: datetime) -> str:
    local, today = timezone.localtime(at), timezone.localtime(now)
    if local.date() == today.date():
        return _("today %(time)s") % {"time": local.strftime("%H:%M")}
    return local.strftime("%a %-d\u00a0%b %H:%M")


def _tally(tasks: list[Task], now: datetime) -> dict[str, int]:
    """How many are how urgent. A product at stake is counted by itself; nothing is counted twice."""
    rest = [t for t in tasks if not t.is_grave]
    overdue = [t for t in rest if t.due_at is not None and t.due_at < now - timedelta(minutes=1)]
    soon = [t for t in rest if t not in overdue and t.due_at is not None and t.due_at - now <= SOON]
    return {
        "grave": len(tasks) - len(rest),
        "overdue": len(overdue),
        "soon": len(soon),
        "later": len(rest) - len(overdue) - len(soon),
    }


def _bookings(on: Bench) -> list[Batch]:
    """Infusions booked from today on, the nearest first."""
    coming = [
        b
        for b in on.batches
        if b.booked_infusion_at is not None
        and b.booked_infusion_at > on.now - timedelta(hours=12)
        and b.stage not in {Stage.INFUSED, Stage.ENDED}
    ]
    return sorted(coming, key=lambda b: b.booked_infusion_at or on.now)[:8]


def _done(user: User, now: datetime) -> list[dict[str, object]]:
    start = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return [{"at": e.at, "name": e.name, "stream": e.stream} for e in done_today(user, start)]
