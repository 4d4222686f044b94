"""The list of batches: by stage, by number or chain of identity, newest first, a page at a time."""

from __future__ import annotations

from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from batches.models import Batch
from batches.models.batches import STAGE_LABELS
from batches.queries.rail import mini
from batches.queries.stages import seeded_at, stage_words
from batches.rules.identity import normalised
from batches.rules.wording import cells
from lims import clock
from lims.accounts.permissions import Permission
from lims.web.access import needs
from lims.web.typed import whole

SHOWN = 50


@needs(Permission.VIEW_RECORDS)
@require_GET
def batches(request: HttpRequest) -> HttpResponse:
    """Batches by number, newest first. Only what is stored for lists is read, and nothing is counted."""
    stage, wanted, before = (request.GET.get(name, "").strip() for name in ("stage", "q", "before"))
    found = Batch.objects.select_related("patient").order_by("-number")
    if stage in STAGE_LABELS:
        found = found.filter(stage=stage)
    if wanted:
        found = found.filter(_named(wanted))
    if before:
        found = found.filter(number__lt=before)
    page = list(found[: SHOWN + 1])
    more, page = len(page) > SHOWN, page[:SHOWN]
    if wanted and len(page) == 1 and not stage and not before and _is_whole(wanted, page[0]):
        return redirect("batch", number=page[0].number)
    seeded, now = seeded_at(page), clock.now()
    kept = {name: value for name, value in (("stage", stage), ("q", wanted)) if value}
    first = f"{reverse('batches')}?{urlencode(kept)}"
    context = {
        "rows": [
            {
                "batch": b,
                "stage": stage_words(b, seeded, now),
                "mini": mini(b),
                "cells": cells(b.latest_viable_cells) if b.latest_viable_cells is not None else "",
            }
            for b in page
        ],
        "stages": list(STAGE_LABELS.items()),
        "stage": stage,
        "wanted": wanted,
        "is_filtered": bool(kept),
        "pager": {
            "first_url": first if before else "",
            "next_url": f"{reverse('batches')}?{urlencode(kept | {'before': page[-1].number})}" if more else "",
        },
    }
    return render(request, "batches/batches.html", context)


def _named(wanted: str) -> Q:
    """Batches whose number or chain of identity begins so, or whose patient has this code."""
    text = wanted.upper()
    code = normalised(wanted)
    named = Q(number__startswith=text) | Q(coi__startswith=text) | Q(patient__code=text)
    if code.startswith("CI") and len(code) > 2:
        named |= Q(coi=f"CI-{code[2:8]}-{code[8:]}")
    if (typed := whole(text)) is not None:
        named |= Q(number=f"B-{typed:04d}")
    return named


def _is_whole(wanted: str, batch: Batch) -> bool:
    """Whether what was typed or scanned is one batch's whole number or code."""
    return normalised(wanted) in {normalised(batch.number), normalised(batch.coi)}
