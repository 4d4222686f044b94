"""Pages: a passage, the final cell harvest, and their figures while they are typed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from batches.commands.passages import log_cell_harvest, log_passage
from batches.forms.counting import count_read
from batches.forms.passages import CellHarvestForm, PassageForm
from batches.forms.seeding import typed_lines
from batches.forms.vessels import typed_codes
from batches.models import Batch, Equipment, Lot
from batches.queries.lineage import CultureLineage, lineage
from batches.queries.vessels import in_culture, vessel_facts
from batches.rules import passages as rules
from batches.rules.counting import CountResult
from batches.rules.counts import left_ml, result_of
from batches.rules.figures import Figure, harvest_dose_figure, passage_figures
from batches.rules.judging import Finding
from batches.rules.lineage import Growth, SeededVessel, grown
from batches.rules.seeding import area_cm2, kind_named, seeded_ml, seeding_field
from batches.rules.vessels import VesselFacts, chosen
from batches.rules.wording import quantity
from batches.views import live
from batches.views.acting import batch_act, find_batch
from lims.accounts.permissions import Permission
from lims.web.access import needs

_LOTS = {"reagent_lot": Lot.Kind.DETACHMENT, "medium_lot": Lot.Kind.MEDIUM}
_SEEDED_LOTS = {seeding_field(line, "lot"): Lot.Kind.VESSEL for line in (1, 2, 3)}
_EQUIPMENT = {
    "cabinet": Equipment.Kind.BSC,
    "incubator": Equipment.Kind.INCUBATOR,
    "counter": Equipment.Kind.COUNTER,
}


@needs(Permission.RECORD_PRODUCTION)
def passage(request: HttpRequest, number: str) -> HttpResponse:
    """Log a passage: detach, count, reseed, sign."""
    batch = find_batch(number)
    generation = _generation(batch)
    title = _("Log passage P%(generation)s") % {"generation": generation}
    return batch_act(
        request,
        batch,
        title=title,
        button=title,
        form_class=PassageForm,
        form_kwargs={
            "process": batch.mbr.process,
            "vessels": vessel_choices(batch),
            "generation": generation,
            "in_words": vessels_words(batch),
        },
        command=log_passage,
        inputs=_passage_inputs,
        subtitle=step_words(batch, "passage:log"),
        context={"figures_url": reverse("passage-figures", args=[number]), **_HOLD},
        template="batches/vessels/act.html",
    )


@needs(Permission.RECORD_PRODUCTION)
def cell_harvest(request: HttpRequest, number: str) -> HttpResponse:
    """Log the final cell harvest: detach, count, sign; again while vessels remain."""
    batch = find_batch(number)
    return batch_act(
        request,
        batch,
        title=_("Log final cell harvest, P%(generation)s") % {"generation": _generation(batch)},
        button=_("Log final cell harvest"),
        form_class=CellHarvestForm,
        form_kwargs={"vessels": vessel_choices(batch), "in_words": vessels_words(batch)},
        command=log_cell_harvest,
        inputs=_harvest_inputs,
        subtitle=step_words(batch, "cell_harvest:log"),
        context={"figures_url": reverse("cell-harvest-figures", args=[number])},
        template="batches/vessels/act.html",
    )


_HOLD = {"hold_template": "batches/passages/hold.html"}


@needs(Permission.RECORD_PRODUCTION)
@require_POST
def passage_figures_typed(request: HttpRequest, number: str) -> HttpResponse:
    """The figures of a passage as far as it is typed."""
    batch = find_batch(number)
    form = PassageForm(
        request.POST, process=batch.mbr.process, vessels=vessel_choices(batch), generation=_generation(batch)
    )
    form.is_valid()
    return live.respond(request, _live(batch, form.cleaned_data, is_final=False))


@needs(Permission.RECORD_PRODUCTION)
@require_POST
def cell_harvest_figures_typed(request: HttpRequest, number: str) -> HttpResponse:
    """The figures of a final cell harvest as far as it is typed."""
    batch = find_batch(number)
    form = CellHarvestForm(request.POST, vessels=vessel_choices(batch))
    form.is_valid()
    return live.respond(request, _live(batch, form.cleaned_data, is_final=True))


def vessel_choices(batch: Batch) -> list[tuple[str, str]]:
    """The vessels in culture with what a person sees on them."""
    seeded = lineage(batch).vessels
    return [
        (v.code, f"{v.code} · {seeded[v.pk].kind}, {quantity(seeded[v.pk].area_cm2, 'cm²')}")
        for v in in_culture(vessel_facts(batch))
    ]


def vessels_words(batch: Batch) -> str:
    """What is in culture: «2 × T175, 350 cm²»."""
    seeded = lineage(batch).vessels
    vessels = [seeded[v.pk] for v in in_culture(vessel_facts(batch))]
    kinds = Counter(v.kind for v in vessels)
    area = quantity(sum((v.area_cm2 for v in vessels), Decimal(0)), "cm²")
    return ", ".join([*(f"{number}\u00a0×\u00a0{kind}" for kind, number in kinds.items()), area]) if vessels else ""


def step_words(batch: Batch, act: str) -> str:
    """Which step of the process this is, and what it needs."""
    steps = batch.mbr.process.steps
    step = next((s for s in steps if s.act == act), None)
    if step is None:
        return ""
    place = _("Step %(number)s of %(of)s") % {"number": step.number, "of": len(steps)}
    return _("%(place)s. Critical step, needs a witness") % {"place": place} if step.is_critical else place


def _generation(batch: Batch) -> int:
    return min((v.generation for v in in_culture(vessel_facts(batch))), default=batch.generation or 0)


def _passage_inputs(form: PassageForm) -> dict[str, Any]:
    data = form.cleaned_data
    rest = ("medium_lot", "medium_ml", "incubator", "shelf", "done_at", "comment", "late_reason")
    return {"detached": form.detached(), "seeding": form.lines(), **{name: data[name] for name in rest}}


def _harvest_inputs(form: CellHarvestForm) -> dict[str, Any]:
    data = form.cleaned_data
    return {"detached": form.detached(), **{name: data[name] for name in ("done_at", "comment", "late_reason")}}


def _live(batch: Batch, data: Mapping[str, Any], *, is_final: bool) -> live.Live:
    """Everything that follows from what is typed so far."""
    process = batch.mbr.process
    culture = lineage(batch)
    known = vessel_facts(batch)
    picked, _refused = chosen(typed_codes(data), batch_number=batch.number, coi=batch.coi, vessels=known)
    read = count_read(data)
    count = result_of(read, process.count_errors, data.get("suspension_ml"))
    growth = _growth(culture, picked, count, data)
    lines = () if is_final else typed_lines(data)
    per_ml = count.viable_per_ml if count else None
    reseeded = seeded_ml(lines) * per_ml if lines and per_ml is not None else None
    generation = growth.generation if growth else _generation(batch)
    figures: list[Figure] = passage_figures(
        process,
        generation=generation,
        count=count,
        seeded=growth.seeded if growth else None,
        hours=growth.hours if growth else None,
        sources=growth.sources if growth else (),
        seeded_cv=growth.seeded_cv if growth else None,
        reseeded=reseeded,
        reseeded_area_cm2=area_cm2(process, lines),
        is_planned=True,
        with_reseeding=not is_final,
    )
    if is_final:
        figures.append(harvest_dose_figure(process, count))
    found = [
        *rules.findings(
            process,
            confluence_pct=data.get("confluence_pct"),
            exposure_started_at=data.get("exposure_started_at"),
            exposure_ended_at=data.get("exposure_ended_at"),
            done_at=data.get("done_at"),
            culture_started_at=culture.started_at,
            growth=growth,
            is_final=is_final,
        ),
        *_count_findings(process.limits, count),
    ]
    return live.Live(
        figures=figures,
        count=count,
        hints=_hints(batch, data, found, count, is_final=is_final),
        findings=found,
        hold=None
        if is_final or data.get("done_at")
        else live.hold_of(process.limits["suspension_to_seeding_min"], data.get("exposure_ended_at")),
        chosen=[v.code for v in picked],
        in_culture=len(in_culture(known)),
        has_hold=not is_final,
        has_vessels=True,
    )


def _growth(
    culture: CultureLineage, picked: list[VesselFacts], count: CountResult | None, data: Mapping[str, Any]
) -> Growth | None:
    if len({v.generation for v in picked}) != 1:
        return None
    sources: list[SeededVessel] = [culture.vessels[v.pk] for v in picked]
    return grown(
        sources,
        generation=picked[0].generation,
        harvested=count.total_viable if count else None,
        harvested_at=data.get("exposure_started_at"),
    )


def _count_findings(limits: Mapping[str, Any], count: CountResult | None) -> list[Finding]:
    if count is None:
        return []
    found = [Finding(limits["viability_pct"], count.viability_pct)]
    if count.is_repeat_needed:
        found.append(Finding(limits["replicate_difference_pct"], count.replicate_difference_pct))
    return found


def _hints(
    batch: Batch, data: Mapping[str, Any], found: list[Finding], count: CountResult | None, *, is_final: bool
) -> list[live.Hint]:
    limits = batch.mbr.process.limits
    values = {finding.limit.key: finding.value for finding in found}
    left: Decimal | None = None
    suspension, drawn = data.get("suspension_ml"), data.get("drawn_ml")
    if suspension is not None and drawn is not None:
        left = left_ml(suspension, drawn, data.get("sampled_ml") or Decimal(0))
    hints: list[live.Hint | None] = [
        *live.scan_hints(
            batch,
            data,
            lots=_LOTS | _SEEDED_LOTS,
            equipment=_EQUIPMENT,
        ),
        *live.count_hints(count_read(data), left=left),
        live.limit_hint("exposure_ended_at", limits["detach_minutes"], _decimal(values.get("detach_minutes"))),
    ]
    if not is_final:
        for line in typed_lines(data):
            kind = kind_named(batch.mbr.process, line.kind)
            hints.append(live.area_hint(seeding_field(line.place, "kind"), kind, line.number))
            hints.append(live.cells_hint(seeding_field(line.place, "ml"), line.suspension_ml, count))
    return [hint for hint in hints if hint is not None]


def _decimal(value: Decimal | int | None) -> Decimal | None:
    return None if value is None else Decimal(value)
