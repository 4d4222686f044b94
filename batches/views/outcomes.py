"""Pages: pain before and after, the figures while it is typed, and both beside each other."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from batches.commands.outcomes import record_baseline, record_follow_up
from batches.forms.outcomes import INSTRUMENTS, PainForm, assessed_of
from batches.models import AdverseEventCheck, Batch, PainAssessment
from batches.queries.facts import batch_facts
from batches.queries.involved import shown_signature
from batches.queries.outcomes import assessed, baseline_row, infused_on, next_visit, outcomes
from batches.rules.outcomes import PDAS_RULE, PDAS_TOPICS, figures, signed_number
from batches.rules.scores import PDAS_ITEMS, days_since
from batches.rules.sequence import refusals
from batches.rules.wording import number as written
from batches.views.acting import batch_act, find_batch
from lims import clock
from lims.accounts.permissions import Permission
from lims.signatures.models import Signature
from lims.signatures.standing import standings
from lims.site import zone
from lims.web.access import actor_of, needs


@needs(Permission.RECORD_OUTCOMES)
def baseline(request: HttpRequest, number: str) -> HttpResponse:
    """Record pain before the infusion."""
    return _record(request, find_batch(number), title=_("Record pain before infusion"), command=record_baseline)


@needs(Permission.RECORD_OUTCOMES)
def follow_up(request: HttpRequest, number: str) -> HttpResponse:
    """Record pain at a visit after the infusion."""
    batch = find_batch(number)
    visit = next_visit(batch, clock.now().astimezone(zone()).date())
    said = ""
    if visit is not None:
        window, _on = visit
        said = _("%(name)s: day %(first)s to %(last)s") % {
            "name": window.name,
            "first": window.first_day,
            "last": window.last_day,
        }
    return _record(request, batch, title=_("Record follow-up"), command=record_follow_up, subtitle=said)


def _record(request: HttpRequest, batch: Batch, *, title: str, command: Any, subtitle: str = "") -> HttpResponse:
    before = baseline_row(batch)
    initial: dict[str, Any] = {"rater": actor_of(request).printed_name}
    if before is not None:
        # The same scale as before, so that the two can be compared; it can be chosen otherwise.
        initial |= {"instrument": before.instrument, "instrument_max": before.instrument_max}
    return batch_act(
        request,
        batch,
        title=title,
        button=title,
        form_class=PainForm,
        command=command,
        inputs=lambda form: form.inputs(),
        initial=initial,
        subtitle=subtitle,
        context={
            "without_intervals": True,
            "figures_url": reverse("pain-figures", args=[batch.number, command.command_name.split(":")[0]]),
        },
        done_url=reverse("outcomes", args=[batch.number]),
    )


@needs(Permission.RECORD_OUTCOMES)
@require_POST
def pain_figures(request: HttpRequest, number: str, occasion: str) -> HttpResponse:
    """The figures of what is typed so far, from the same rules as when it is recorded."""
    batch = find_batch(number)
    form = PainForm(request.POST)
    form.is_valid()
    data = form.cleaned_data
    now = assessed_of(data)
    if now is None:
        return render(request, "lims/parts/figures.html", {"figures": []})
    is_follow_up = occasion == "follow_up"
    before = baseline_row(batch) if is_follow_up else None
    infused = infused_on(batch)
    at = data.get("done_at")
    days = days_since(infused, at.astimezone(zone()).date()) if is_follow_up and infused and at else None
    shown = figures(now, before=assessed(before) if before else None, days=days, windows=batch.mbr.process.follow_up)
    return render(request, "lims/parts/figures.html", {"figures": shown})


@needs(Permission.VIEW_RECORDS)
@require_GET
def both(request: HttpRequest, number: str) -> HttpResponse:
    """Pain before and after beside each other, the change for each instrument, codings never mixed."""
    batch = find_batch(number)
    found = outcomes(batch)
    names = dict(INSTRUMENTS)
    signatures = Signature.objects.filter(
        subject_model=PainAssessment._meta.label, subject_pk__in=[str(o.row.pk) for o in found]
    )
    visit = next_visit(batch, clock.now().astimezone(zone()).date())
    actor = actor_of(request)
    may_record = actor.may(Permission.RECORD_OUTCOMES)
    facts = batch_facts(batch)
    context = {
        "batch": batch,
        "found": [
            {
                "outcome": o,
                "instrument": names[o.assessed.instrument.value],
                "total": "–" if o.pdas.total is None else written(o.pdas.total, 1 if o.pdas.is_imputed else 0),
                "face_change": signed_number(o.face_change),
                "pdas_change": signed_number(o.pdas_change, 1 if o.pdas.is_imputed else 0),
            }
            for o in found
        ],
        "items": [
            (code, _(PDAS_TOPICS[code]), [o.assessed.answers[at] for o in found]) for at, code in enumerate(PDAS_ITEMS)
        ],
        "rule": _(PDAS_RULE),
        "signatures": [shown_signature(s) for s in standings(signatures.order_by("at"))],
        "infused_on": infused_on(batch),
        "visit": visit,
        "may_baseline": may_record and not refusals("baseline:record", facts),
        "may_follow_up": may_record and not refusals("follow_up:record", facts),
        "adverse": AdverseEventCheck.objects.filter(batch=batch).last(),
        "adverse_events": batch.adverse_events.count(),
    }
    return render(request, "batches/outcomes/both.html", context)
