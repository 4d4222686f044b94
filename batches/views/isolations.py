"""Pages: the isolation, and its figures while it is typed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from batches.commands.isolations import log_isolation
from batches.forms.counting import count_read
from batches.forms.isolations import IsolationForm
from batches.forms.seeding import typed_lines
from batches.models import Batch, Equipment, Harvest, Lot
from batches.rules import isolations as rules
from batches.rules.counts import left_ml, result_of
from batches.rules.figures import isolation_figures
from batches.rules.judging import Finding
from batches.rules.seeding import area_cm2, kind_named, seeded_ml, seeding_field
from batches.rules.wording import volume
from batches.views import live
from batches.views.acting import batch_act, find_batch
from batches.views.passages import step_words
from lims.accounts.permissions import Permission
from lims.web.access import needs

_LOTS = {"enzyme_lot": Lot.Kind.ENZYME, "medium_lot": Lot.Kind.MEDIUM} | {
    seeding_field(line, "lot"): Lot.Kind.VESSEL for line in (1, 2, 3)
}
_EQUIPMENT = {
    "cabinet": Equipment.Kind.BSC,
    "incubator": Equipment.Kind.INCUBATOR,
    "counter": Equipment.Kind.COUNTER,
}


@needs(Permission.RECORD_PRODUCTION)
def isolation(request: HttpRequest, number: str) -> HttpResponse:
    """Log the isolation: digest, count, seed P0, sign."""
    batch = find_batch(number)
    return batch_act(
        request,
        batch,
        title=_("Log isolation"),
        button=_("Log isolation"),
        form_class=IsolationForm,
        form_kwargs={"process": batch.mbr.process},
        command=log_isolation,
        inputs=IsolationForm.inputs,
        subtitle=step_words(batch, "isolation:log"),
        context={"figures_url": reverse("isolation-figures", args=[number])},
    )


@needs(Permission.RECORD_PRODUCTION)
@require_POST
def isolation_figures_typed(request: HttpRequest, number: str) -> HttpResponse:
    """The figures of an isolation as far as it is typed."""
    batch = find_batch(number)
    form = IsolationForm(request.POST, process=batch.mbr.process)
    form.is_valid()
    return live.respond(request, _live(batch, form.cleaned_data))


def _live(batch: Batch, data: Mapping[str, Any]) -> live.Live:
    process = batch.mbr.process
    read = count_read(data)
    count = result_of(read, process.count_errors, data.get("suspension_ml"))
    lines = typed_lines(data)
    per_ml = count.viable_per_ml if count else None
    seeded = seeded_ml(lines) * per_ml if lines and per_ml is not None else None
    started, ended = data.get("digestion_started_at"), data.get("digestion_ended_at")
    minutes = Decimal((ended - started) // timedelta(minutes=1)) if started and ended else None
    fat = data.get("fat_processed_ml")
    harvest = Harvest.objects.filter(batch=batch).first()
    found: list[Finding] = []
    if harvest is not None and started and ended and fat:
        found += rules.findings(
            process,
            harvested_at=harvest.done_at,
            digestion_started_at=started,
            digestion_ended_at=ended,
            fat_ml=fat,
            total_viable=count.total_viable if count else None,
        )
    if count is not None:
        found.append(Finding(process.limits["svf_viability_pct"], count.viability_pct))
    return live.Live(
        figures=isolation_figures(
            process,
            count=count,
            fat_ml=fat,
            digest_minutes=minutes if minutes is not None and minutes >= 0 else None,
            seeded=seeded,
            area_cm2=area_cm2(process, lines),
        ),
        count=count,
        hints=list(_hints(batch, data, minutes, harvest)),
        findings=found,
    )


def _hints(batch: Batch, data: Mapping[str, Any], minutes: Decimal | None, harvest: Harvest | None) -> list[live.Hint]:
    process = batch.mbr.process
    read = count_read(data)
    suspension, drawn = data.get("suspension_ml"), data.get("drawn_ml")
    left = left_ml(suspension, drawn) if suspension is not None and drawn is not None else None
    count = result_of(read, process.count_errors, suspension)
    hints: list[live.Hint | None] = [
        *live.scan_hints(batch, data, lots=_LOTS, equipment=_EQUIPMENT),
        *live.count_hints(read, left=left),
        live.limit_hint("digestion_ended_at", process.limits["digest_minutes"], minutes),
    ]
    if harvest is not None:
        harvested = _("%(volume)s harvested") % {"volume": volume(harvest.volume_ml)}
        hints.append(live.Hint("fat_processed_ml", harvested))
    for line in typed_lines(data):
        kind = kind_named(process, line.kind)
        hints.append(live.area_hint(seeding_field(line.place, "kind"), kind, line.number))
        hints.append(live.cells_hint(seeding_field(line.place, "ml"), line.suspension_ml, count))
    return [hint for hint in hints if hint is not None]
