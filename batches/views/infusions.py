"""Pages at the bedside: the identity check, and the one page an infusion is run and watched on.

The patient's name and birth date are shown here and nowhere else in a batch. A form opened before a colleague
recorded something is not refused as stale here: rules of state and time guard each act, and a pause must not wait.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from batches.commands.infusions import (
    check_identity,
    pause_infusion,
    resume_infusion,
    start_infusion,
    stop_infusion,
)
from batches.commands.vitals import record_vitals
from batches.forms.bedside import IdentityForm, PauseForm, ResumeForm, StartForm, StopForm, VitalsForm
from batches.models import AdverseEventCheck, Batch, Deviation
from batches.queries.bedside import Bedside, bedside_of, left_words, pause_words, stop_words
from batches.queries.facts import batch_facts
from batches.queries.infusions import bag_of, figures_of
from batches.rules.deviations import IDENTITY
from batches.rules.infusions import MISMATCH
from batches.rules.sequence import BatchFacts, refusals
from batches.rules.states import DeviationState, InfusionState
from batches.views.acting import batch_act, find_batch
from batches.views.ring import ring
from lims import clock
from lims.accounts.models import User
from lims.accounts.permissions import Permission
from lims.refusals import Refusal, Refused
from lims.signatures.meanings import Meaning
from lims.signatures.models import Signature
from lims.web.access import actor_of, needs
from lims.web.act_pages import ActPage, act_page, panel


class _Mismatch(Exception):
    """A code of somebody else: the page is replaced, and nothing typed is offered again."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__()
        self.refusals = refusals


@dataclasses.dataclass(frozen=True)
class Turn:
    """One act of the flow: its command, its form, the words of its panel."""

    name: str
    command: Callable[..., Any]
    form_class: type[forms.Form]
    title: str | Promise
    tone: str


TURNS = {
    "start": Turn("infusion:start", start_infusion, StartForm, gettext_lazy("Start infusion"), "main"),
    "pause": Turn("infusion:pause", pause_infusion, PauseForm, gettext_lazy("Pause infusion"), "pause"),
    "resume": Turn("infusion:resume", resume_infusion, ResumeForm, gettext_lazy("Resume infusion"), "main"),
    "stop": Turn("infusion:stop", stop_infusion, StopForm, gettext_lazy("Stop infusion"), "stop"),
}
_TITLES = {
    InfusionState.CHECKED: gettext_lazy("Ready to start"),
    InfusionState.RUNNING: gettext_lazy("Infusion running"),
    InfusionState.PAUSED: gettext_lazy("Infusion paused"),
    InfusionState.STOPPED: gettext_lazy("Infusion ended"),
}


@needs(Permission.INFUSE)
def check(request: HttpRequest, number: str) -> HttpResponse:
    """The identity check of two people. A mismatch replaces the page, with no way on."""
    batch = find_batch(number)
    facts = batch_facts(batch)
    if facts.has_open_mismatch:
        return _stopped(request, batch, refusals("infusion:check_identity", facts), status=409)

    def run(actor: User, **given: Any) -> Any:
        try:
            return check_identity(actor, **given)
        except Refused as refused:
            found = [r for r in refused.refusals if r.code == MISMATCH]
            if found:
                raise _Mismatch(found) from refused
            raise

    run.command_name, run.signed = "infusion:check_identity", check_identity.signed  # type: ignore[attr-defined]
    try:
        return batch_act(
            request,
            batch,
            title=_("Check identity at bedside"),
            button=_("Confirm identity"),
            form_class=IdentityForm,
            command=run,
            subtitle=_("Two people, both at the bedside. Each signs."),
            template="batches/infusions/check.html",
            context={"bag": bag_of(batch) if hasattr(batch, "fill") else None},
            done_url=reverse("bedside", args=[number]),
        )
    except _Mismatch as mismatch:
        return _stopped(request, batch, mismatch.refusals, status=422)


def _stopped(request: HttpRequest, batch: Batch, reasons: Sequence[Refusal], *, status: int) -> HttpResponse:
    raised = Deviation.objects.filter(batch=batch, limit=IDENTITY, state=DeviationState.OPEN)
    context = {"batch": batch, "reasons": reasons, "deviations": raised}
    return render(request, "batches/infusions/stopped.html", context, status=status)


@needs(Permission.INFUSE)
def bedside(request: HttpRequest, number: str) -> HttpResponse:
    """The infusion: clock, bag, readings, and one panel for the turn that was chosen."""
    return _bedside(request, find_batch(number), request.GET.get("act", ""))


@needs(Permission.INFUSE)
def vitals(request: HttpRequest, number: str) -> HttpResponse:
    """The same page; what is sent here are vital signs and symptoms."""
    return _bedside(request, find_batch(number), "")


def _bedside(request: HttpRequest, batch: Batch, asked: str) -> HttpResponse:
    facts = batch_facts(batch)
    reasons = refusals("infusion:observe", facts)
    if reasons:
        title = _("Infusion")
        crumbs = [(batch.number, reverse("batch", args=[batch.number])), (title, "")]
        context = {"batch": batch, "title": title, "reasons": reasons, "crumbs": crumbs}
        return render(request, "batches/not_now.html", context, status=409)
    seen = bedside_of(batch, clock.now())
    context = _shown(batch, seen, facts)
    home = reverse("bedside", args=[batch.number])
    turn = TURNS.get(asked)
    if turn is not None and not refusals(turn.name, facts):
        context |= _waiting_vitals(request, batch, seen)
        context |= {"turn": turn, "asked": asked, "action": f"{home}?act={asked}"}
        return act_page(request, _page(batch, turn.command, str(turn.title), turn.form_class, context, home, seen))
    title = _("Record reading")
    page = _page(batch, record_vitals, title, VitalsForm, context, home, seen)
    page.form_kwargs = {"process": seen.process, "dues": seen.dues}
    page.initial = {"scheduled": seen.asked.time.key if seen.asked else "extra"}
    page.inputs = lambda form: form.inputs()
    return act_page(request, page)


def _page(
    batch: Batch,
    command: Callable[..., Any],
    title: str,
    form_class: type[forms.Form],
    context: Mapping[str, Any],
    home: str,
    seen: Bedside,
) -> ActPage:
    def run(actor: User, **given: Any) -> Any:
        return command(actor, batch=batch, **given)

    return ActPage(
        title=title,
        button=title,
        form_class=form_class,
        run=run,
        done_url=home,
        already_url=home,
        signed=command.signed({"batch": batch}),  # type: ignore[attr-defined]
        form_kwargs={"bag_ml": seen.bag.volume_ml} if form_class is StopForm else {},
        template="batches/infusions/bedside.html",
        context=context,
    )


def _shown(batch: Batch, seen: Bedside, facts: BatchFacts) -> dict[str, Any]:
    left = seen.course.left(seen.planned)
    planned_s = seen.planned.total_seconds()
    is_over = seen.state is InfusionState.STOPPED
    drawn = ring(
        0.0 if is_over else left.total_seconds() / planned_s,
        planned_minutes=float(seen.process.infusion_minutes_planned),
        mark_every=seen.process.mix_every_minutes,
    )
    return {
        "batch": batch,
        "bedside": seen,
        "ring": drawn,
        "until": left_words(seen.coming.at - seen.now) if seen.coming and seen.coming.at > seen.now else "",
        "observe_button": _("Record reading"),
        "left": left_words(left),
        "is_over_time": left.total_seconds() < 0,
        "planned_s": int(planned_s),
        "flowed_s": round(seen.course.flowed.total_seconds(), 1),
        "heading": _TITLES[seen.state],
        "buttons": [
            (key, turn, refusals(turn.name, facts)) for key, turn in TURNS.items() if _belongs(key, seen.state)
        ],
        "stop_words": stop_words(seen.process),
        "pause_words": pause_words(seen.process),
        "checked_by": list(
            Signature.objects.filter(subject_model="batches.Infusion", subject_pk=str(seen.infusion.pk))
        ),
        "figures": figures_of(seen.infusion, seen.now),
        "events": list(seen.infusion.events.all()),
        "adverse": AdverseEventCheck.objects.filter(batch=batch).last(),
        "adverse_events": batch.adverse_events.count() if is_over else 0,
    }


def _belongs(key: str, state: InfusionState) -> bool:
    """Which turns a state speaks of. One that is not possible yet is shown with its reason."""
    return {
        InfusionState.CHECKED: key == "start",
        InfusionState.RUNNING: key in ("pause", "stop"),
        InfusionState.PAUSED: key in ("resume", "stop"),
        InfusionState.STOPPED: False,
    }[state]


def _waiting_vitals(request: HttpRequest, batch: Batch, seen: Bedside) -> dict[str, Any]:
    """The vitals form as it stands beside the panel of a turn: to be typed in, with ids of its own."""
    form = VitalsForm(
        initial={"scheduled": seen.asked.time.key if seen.asked else "extra"},
        auto_id="observe_%s",
        process=seen.process,
        dues=seen.dues,
    )
    actor = actor_of(request)
    meanings: Sequence[Meaning] = record_vitals.signed({"batch": batch})  # type: ignore[attr-defined]
    # What was typed into the panel of the turn is not this panel's.
    panels = [dataclasses.replace(panel(request, actor, m), typed_username="") for m in meanings]
    return {"observe_form": form, "observe_signing": panels, "observe_once": uuid.uuid4()}
