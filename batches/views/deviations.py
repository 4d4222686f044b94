"""Pages of deviations: all of them, those of a batch, one with what QA decided, and the acts about it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from batches.commands.deviations import assess_deviation, close_deviation, raise_by_hand
from batches.forms.deviations import AssessForm, CloseForm, RaiseForm
from batches.models import Deviation
from batches.queries.deviations import hands, listed, of_batch
from batches.queries.involved import signatures_under
from batches.rules.deviations import assess_refusals, close_refusals
from batches.rules.states import DeviationState
from batches.views.acting import batch_act, find_batch
from lims.accounts.permissions import Permission
from lims.ledger.models import Entry
from lims.web.access import actor_of, needs
from lims.web.typed import whole


@needs(Permission.VIEW_RECORDS)
@require_safe
def deviations(request: HttpRequest) -> HttpResponse:
    """The deviations of every batch: those not closed, or those closed, newest first."""
    are_closed = request.GET.get("state") == "closed"
    before = request.GET.get("before", "")
    rows, more = listed(are_closed=are_closed, before=whole(before))
    state = "state=closed&" if are_closed else ""
    pager = {"next_url": f"?{state}before={more}" if more else "", "first_url": f"?{state}" if before else ""}
    return render(
        request, "batches/deviations/all.html", {"deviations": rows, "are_closed": are_closed, "pager": pager}
    )


@needs(Permission.VIEW_RECORDS)
@require_safe
def of_one_batch(request: HttpRequest, number: str) -> HttpResponse:
    """The deviations of one batch."""
    batch = find_batch(number)
    context = {
        "batch": batch,
        "deviations": of_batch(batch),
        "may_raise": actor_of(request).may(Permission.RAISE_DEVIATIONS),
    }
    return render(request, "batches/deviations/of_batch.html", context)


@needs(Permission.VIEW_RECORDS)
@require_safe
def deviation(request: HttpRequest, number: str) -> HttpResponse:
    """One deviation from what happened to its conclusion."""
    row = _find(number)
    actor = actor_of(request)
    decides = actor.may(Permission.DECIDE_DEVIATIONS)
    through = hands(row)
    state = DeviationState(row.state)
    against_closing = list(
        close_refusals(state, closer=str(actor.pk), raiser=through.raiser, assessor=through.assessor)
    )
    assessment, closure = getattr(row, "assessment", None), getattr(row, "closure", None)
    first = row.history.order_by("history_id").first()
    signed = [row, *([assessment] if assessment else []), *([closure] if closure else [])]
    context = {
        "batch": row.batch,
        "deviation": row,
        "assessment": assessment,
        "closure": closure,
        "raised": Entry.objects.get(pk=first.act_id) if first else None,
        "can_assess": decides and not list(assess_refusals(state)),
        "can_close": decides and not against_closing,
        "against_closing": against_closing if decides and state is DeviationState.ASSESSED else [],
        "signatures": [s for r in signed for s in signatures_under(r)],
    }
    return render(request, "batches/deviations/deviation.html", context)


@needs(Permission.RAISE_DEVIATIONS)
def raise_one(request: HttpRequest, number: str) -> HttpResponse:
    """Raise a deviation by hand."""
    batch = find_batch(number)
    return batch_act(
        request,
        batch,
        title=_("Raise deviation"),
        button=_("Raise deviation"),
        form_class=RaiseForm,
        command=raise_by_hand,
        subtitle=_("QA is told at once. A limit that is broken raises its own"),
        done_url=lambda made: reverse("deviation", args=[made.number]),
    )


@needs(Permission.DECIDE_DEVIATIONS)
def assess(request: HttpRequest, number: str) -> HttpResponse:
    """Assess a deviation."""
    row = _find(number)
    return batch_act(
        request,
        row.batch,
        title=_("Assess %(number)s") % {"number": row.number},
        button=_("Assess deviation"),
        form_class=AssessForm,
        command=assess_deviation,
        subtitle=row.title,
        context={"deviation": row},
        template="batches/deviations/act.html",
        done_url=reverse("deviation", args=[row.number]),
        deviation=row,
    )


@needs(Permission.DECIDE_DEVIATIONS)
def close(request: HttpRequest, number: str) -> HttpResponse:
    """Close a deviation."""
    row = _find(number)
    return batch_act(
        request,
        row.batch,
        title=_("Close %(number)s") % {"number": row.number},
        button=_("Close deviation"),
        form_class=CloseForm,
        command=close_deviation,
        subtitle=row.title,
        context={"deviation": row, "assessment": getattr(row, "assessment", None)},
        template="batches/deviations/act.html",
        done_url=reverse("deviation", args=[row.number]),
        deviation=row,
    )


def _find(number: str) -> Deviation:
    rows = Deviation.objects.select_related("batch", "batch__patient", "batch__mbr", "assessment", "closure")
    return get_object_or_404(rows, number=number)
