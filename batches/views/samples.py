"""The page of taking a sample."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from batches.commands.samples import take_sample
from batches.forms.samples import SampleForm
from batches.rules.samples import offered, window_text
from batches.rules.states import Stage
from batches.rules.wording import cells, volume
from batches.views.acting import batch_act, find_batch
from lims.accounts.permissions import Permission
from lims.web.access import needs


@needs(Permission.TAKE_SAMPLES)
def sample(request: HttpRequest, number: str) -> HttpResponse:
    """Take a sample of a kind the plan has at this stage."""
    batch = find_batch(number)
    process = batch.mbr.process
    kinds = offered(process.sampling_plan, Stage(batch.stage))
    taken = list(batch.samples.order_by("id"))
    names = {kind.key: kind.name for kind in process.sampling_plan}
    tests = {row.key: row.name for row in process.specification}
    plan = [
        {
            "kind": kind,
            "tests": [tests[key] for key in kind.rows],
            "volume": volume(kind.volume_ml) if kind.volume_ml else "",
            "cells": f"{cells(kind.cells, trim=True)} {_('cells')}" if kind.cells else "",
            "window": window_text(kind),
            "taken": sum(1 for s in taken if s.kind == kind.key),
        }
        for kind in kinds
    ]
    asked = request.GET.get("kind", "")
    chosen = next((kind for kind in kinds if kind.key == asked), None)
    initial = {"kind": chosen.key, "volume_ml": chosen.volume_ml, "cells_used": chosen.cells} if chosen else {}
    return batch_act(
        request,
        batch,
        title=_("Take sample"),
        button=_("Take sample"),
        form_class=SampleForm,
        command=take_sample,
        subtitle=_("Its tests wait as pending results from then on"),
        form_kwargs={"kinds": kinds},
        initial=initial,
        context={"plan": plan, "taken": [{"sample": s, "name": names.get(s.kind, s.kind)} for s in taken]},
        template="batches/samples/take.html",
        done_url=reverse("results", args=[batch.number]),
    )
