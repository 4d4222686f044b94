"""Pages of the audit trail: every act, newest first; one act with what it changed, old to new; one row's history."""

from __future__ import annotations

import uuid
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from lims.accounts.permissions import Permission, Role
from lims.act_words import known_acts
from lims.ledger import reading, restores
from lims.ledger.forms import FilterForm
from lims.ledger.models import Entry
from lims.recorded import recorded_models
from lims.signatures.standing import standings
from lims.web.access import needs
from lims.web.typed import whole


@needs(Permission.VIEW_RECORDS)
@require_GET
def ledger(request: HttpRequest) -> HttpResponse:
    """The audit trail. The filter is in the address, so that a view of it can be passed on.

    What restores lost stands above it for ever, whatever is filtered.
    """
    form = FilterForm(request.GET)
    after = request.GET.get("after", "")
    shown = reading.entries(form.wanted(), after=after)
    kept = {name: value for name in form.fields if (value := request.GET.get(name, ""))}
    home = reverse("ledger")
    pager = {
        "first_url": f"{home}?{urlencode(kept)}" if after else "",
        "next_url": f"{home}?{urlencode({**kept, 'after': shown.more})}" if shown.more else "",
    }
    return render(
        request,
        "lims/ledger/list.html",
        {
            "form": form,
            "lines": shown.lines,
            "pager": pager,
            "is_filtered": bool(kept),
            "acts": [(name, gettext(words)) for name, words in known_acts()],
            "restores": restores.declared(),
        },
    )


@needs(Permission.VIEW_RECORDS)
@require_GET
def entry(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One act in full."""
    found = get_object_or_404(Entry.objects.select_related("actor"), pk=pk)
    told = reading.told(found)
    signatures = found.signatures.select_related("signer").order_by("meaning", "subject_model")
    around = Entry.objects.filter(stream=found.stream, seq__in=(found.seq - 1, found.seq + 1))
    beside = {("before" if e.seq < found.seq else "after"): e for e in around}
    context = {
        "told": told,
        "entry": found,
        "role": Role(told.actor_role).label if told.actor_role else "",
        "standings": standings(signatures),
        "beside": beside,
    }
    return render(request, "lims/ledger/entry.html", context)


@needs(Permission.VIEW_RECORDS)
@require_GET
def row(request: HttpRequest, model: str, pk: str) -> HttpResponse:
    """Everything that became of one row, the newest act first."""
    kind = next((m for m in recorded_models() if m._meta.label == model), None)
    if kind is None:
        raise Http404
    try:
        found = get_object_or_404(kind, pk=pk)
    except (ValueError, ValidationError) as error:
        raise Http404 from error
    asked = request.GET.get("skip", "")
    skip = whole(asked) or 0
    history = reading.history_of(found, newest=reading.PAGE + 1, skip=skip)
    home = reverse("ledger-row", args=[model, pk])
    context = {
        "kind": kind._meta.verbose_name,
        "row": found,
        "history": history[: reading.PAGE],
        "pager": {
            "first_url": home if skip else "",
            "next_url": f"{home}?skip={skip + reading.PAGE}" if len(history) > reading.PAGE else "",
        },
    }
    return render(request, "lims/ledger/row.html", context)
