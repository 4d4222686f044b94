"""Page: formulation and fill, and its figures while it is typed."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from batches.commands.fills import log_fill
from batches.forms.counting import count_read
from batches.forms.fills import FillForm
from batches.models import Batch, Equipment, Lot
from batches.queries.fills import harvested_parts
from batches.queries.labels import facts_of
from batches.rules import fills as rules
from batches.rules.counts import result_of
from batches.rules.figures import fill_figures
from batches.rules.identity import read_label
from batches.rules.labels import fill_label
from batches.rules.wording import cells, volume
from batches.views import live
from batches.views.acting import batch_act, find_batch
from batches.views.passages import step_words
from lims.accounts.permissions import Permission
from lims.web.access import needs
from lims.web.templatetags.lims_tags import when_long

_LOTS = {"vehicle_lot": Lot.Kind.VEHICLE, "container_lot": Lot.Kind.CONTAINER}
_EQUIPMENT = {"counter": Equipment.Kind.COUNTER}


@needs(Permission.RECORD_PRODUCTION)
def fill(request: HttpRequest, number: str) -> HttpResponse:
    """Log formulation and fill: volumes, count of the bulk, label, sign."""
    batch = find_batch(number)
    available = rules.available_ml(harvested_parts(batch))
    return batch_act(
        request,
        batch,
        title=_("Log fill"),
        button=_("Log fill"),
        form_class=FillForm,
        command=log_fill,
        inputs=_inputs,
        subtitle=_("%(step)s. %(volume)s of cell suspension are left")
        % {"step": step_words(batch, "fill:log"), "volume": volume(available)},
        context={"figures_url": reverse("fill-figures", args=[number])},
    )


@needs(Permission.RECORD_PRODUCTION)
@require_POST
def fill_figures_typed(request: HttpRequest, number: str) -> HttpResponse:
    """The figures of a fill as far as it is typed."""
    batch = find_batch(number)
    form = FillForm(request.POST)
    form.is_valid()
    return live.respond(request, _live(batch, form.cleaned_data))


def _inputs(form: FillForm) -> dict[str, Any]:
    data = form.cleaned_data
    names = (
        "used_ml",
        "vehicle_lot",
        "container_lot",
        "container_code",
        "volume_ml",
        "drawn_ml",
        "storage_temp_c",
        "scanned_coi",
        "done_at",
        "comment",
        "late_reason",
    )
    return {
        "count": form.count_input(),
        "is_appearance_good": data["is_appearance_good"] == "yes",
        **{name: data[name] for name in names},
    }


def _live(batch: Batch, data: Mapping[str, Any]) -> live.Live:
    process = batch.mbr.process
    read = count_read(data)
    count = result_of(read, process.count_errors, data.get("volume_ml"))
    parts = harvested_parts(batch)
    hints = [
        *live.scan_hints(batch, data, lots=_LOTS, equipment=_EQUIPMENT),
        *live.count_hints(read, left=None),
        *_used(data.get("used_ml"), parts),
        *_label(batch, data.get("scanned_coi"), data.get("container_code") or ""),
    ]
    if data.get("done_at"):
        expires = rules.expires_at(process, data["done_at"])
        hints.append(live.Hint("done_at", _("Expires %(when)s") % {"when": when_long(expires)}))
    return live.Live(
        figures=fill_figures(process, count=count, weight_kg=batch.patient.weight_kg),
        count=count,
        hints=hints,
        findings=rules.findings(process, count),
    )


def _used(used_ml: Decimal | None, parts: list[rules.HarvestedPart]) -> list[live.Hint]:
    available = rules.available_ml(parts)
    if used_ml is None or available <= 0:
        return []
    if used_ml > available:
        return [live.Hint("used_ml", _("Only %(volume)s are left") % {"volume": volume(available)}, "action")]
    totals = [p.count.viable_per_ml * p.left_ml for p in parts if p.count.viable_per_ml is not None]
    held = sum(totals, Decimal(0)) * used_ml / available
    return [live.Hint("used_ml", _("%(cells)s viable cells harvested") % {"cells": cells(held)})]


def _label(batch: Batch, scanned: str | None, container_code: str) -> list[live.Hint]:
    if not scanned:
        return []
    if list(rules.label_refusals(scanned_coi=scanned, coi=batch.coi)):
        return [live.Hint("scanned_coi", _("Not the label of this batch. Stop and call QA."), "action")]
    if not container_code:
        return [live.Hint("scanned_coi", _("A label of this batch. Scan the container, too"))]
    printed = facts_of(batch.label_prints.order_by("id"))
    label, against = fill_label(read_label(scanned), container_code=container_code, labels=printed)
    if label is None:
        return [live.Hint("scanned_coi", against[0].text, "action")]
    return [live.Hint("scanned_coi", _("%(code)s, the label of this container") % {"code": label.code}, "within")]
