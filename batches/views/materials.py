"""Pages of lots and equipment: the lists, one of each with where it was used, and the acts about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from batches.commands.materials import (
    calibrate_equipment,
    decide_lot,
    register_equipment,
    register_lot,
    set_service,
)
from batches.forms.materials import CalibrationForm, EquipmentForm, LotDecisionForm, LotForm, ServiceForm
from batches.models import Equipment, Lot
from batches.queries.involved import ShownSignature, signatures_under
from batches.queries.materials import (
    changes_of,
    equipment_by_code,
    equipment_facts,
    lot_by_code,
    lot_facts,
    uses_of,
)
from batches.rules.materials import equipment_fitness, lot_fitness
from lims import clock
from lims.accounts.permissions import Permission
from lims.signatures.meanings import Meaning
from lims.site import zone
from lims.web.access import actor_of, needs
from lims.web.act_pages import ActPage, act_page
from lims.web.typed import whole

SHOWN = 50


def _today() -> date:
    return clock.now().astimezone(zone()).date()


def _page_of(
    request: HttpRequest, rows: QuerySet[Any], name: str, kinds: list[Any]
) -> tuple[list[Any], dict[str, Any]]:
    """One page of rows by key, of one kind if one is chosen, and what the template needs around it."""
    kind, before = request.GET.get("kind", ""), request.GET.get("before", "")
    if kind:
        rows = rows.filter(kind=kind)
    if whole(before) is not None:
        rows = rows.filter(pk__lt=int(before))
    shown = list(rows.order_by("-id")[: SHOWN + 1])
    kept = {"kind": kind} if kind else {}
    home = reverse(name)
    more = len(shown) > SHOWN
    return shown[:SHOWN], {
        "kind": kind,
        "kinds": kinds,
        "sought": request.GET.get("code", "").strip(),
        "pager": {
            "first_url": f"{home}?{urlencode(kept)}" if before else "",
            "next_url": f"{home}?{urlencode(kept | {'before': shown[SHOWN - 1].pk})}" if more else "",
        },
        "may_manage": actor_of(request).may(Permission.MANAGE_MATERIALS),
    }


@needs(Permission.VIEW_RECORDS)
@require_GET
def lots(request: HttpRequest) -> HttpResponse:
    """Every lot, the newest first, with whether it may be used today; a scanned code opens its lot."""
    sought, _facts = lot_by_code(request.GET.get("code", ""))
    if sought is not None:
        return redirect("lot", sought.pk)
    rows, around = _page_of(request, Lot.objects.select_related("patient"), "lots", Lot.Kind.choices)
    today = _today()
    lines = [{"lot": row, "fitness": lot_fitness(lot_facts(row), today)} for row in rows]
    return render(request, "batches/materials/lots.html", {"lines": lines, **around})


@needs(Permission.VIEW_RECORDS)
@require_GET
def lot(request: HttpRequest, pk: int) -> HttpResponse:
    """One lot: how it stands, which batches used it, what was decided."""
    found = get_object_or_404(Lot.objects.select_related("patient"), pk=pk)
    context = {
        "lot": found,
        "fitness": lot_fitness(lot_facts(found), _today()),
        "uses": uses_of(found),
        "changes": changes_of(found),
        "signatures": _signatures(found),
        "may_manage": actor_of(request).may(Permission.MANAGE_MATERIALS),
    }
    return render(request, "batches/materials/lot.html", context)


@needs(Permission.VIEW_RECORDS)
@require_GET
def equipment(request: HttpRequest) -> HttpResponse:
    """Every piece of equipment with its calibration; a scanned code opens it."""
    sought, _facts = equipment_by_code(request.GET.get("code", ""))
    if sought is not None:
        return redirect("equipment-item", sought.pk)
    rows, around = _page_of(request, Equipment.objects.all(), "equipment", Equipment.Kind.choices)
    today = _today()
    lines = [{"item": row, "fitness": equipment_fitness(equipment_facts(row), today)} for row in rows]
    return render(request, "batches/materials/equipment.html", {"lines": lines, **around})


@needs(Permission.VIEW_RECORDS)
@require_GET
def equipment_item(request: HttpRequest, pk: int) -> HttpResponse:
    """One piece of equipment: how it stands, which batches used it, its calibrations."""
    found = get_object_or_404(Equipment, pk=pk)
    context = {
        "item": found,
        "fitness": equipment_fitness(equipment_facts(found), _today()),
        "uses": uses_of(found),
        "changes": changes_of(found),
        "signatures": _signatures(found),
        "may_manage": actor_of(request).may(Permission.MANAGE_MATERIALS),
    }
    return render(request, "batches/materials/equipment_item.html", context)


def _signatures(thing: Lot | Equipment) -> list[ShownSignature]:
    """The signatures under a lot or a piece of equipment, the newest first: each supersedes those before it."""
    note = _("Superseded: decided or recorded anew since")
    return [
        given if given.valid or given.note else replace(given, note=note) for given in reversed(signatures_under(thing))
    ]


def _material_act(
    request: HttpRequest,
    *,
    title: str,
    form_class: type[forms.Form],
    run: Callable[..., Any],
    home: tuple[str, str],
    done_url: str | Callable[[Any], str],
    form_kwargs: Mapping[str, Any] | None = None,
    subtitle: str = "",
    signed: Sequence[Meaning] = (),
) -> HttpResponse:
    """One act of the site's stream; that stream moves with every act of the site, so no page of it goes stale."""
    page = ActPage(
        title=title,
        button=title,
        form_class=form_class,
        run=run,
        done_url=done_url,
        already_url=home[1],
        signed=signed,
        subtitle=subtitle,
        crumbs=[home, (title, "")],
        form_kwargs=form_kwargs or {},
    )
    return act_page(request, page)


@needs(Permission.MANAGE_MATERIALS)
def lot_registration(request: HttpRequest) -> HttpResponse:
    """Register a lot."""
    return _material_act(
        request,
        title=_("Register lot"),
        form_class=LotForm,
        run=register_lot,
        home=(_("Lots"), reverse("lots")),
        done_url=lambda made: reverse("lot", args=[made.pk]),
        subtitle=_("It waits in quarantine until it is released"),
    )


@needs(Permission.MANAGE_MATERIALS)
def lot_decision(request: HttpRequest, pk: int) -> HttpResponse:
    """Release a lot, reject it, or put it back into quarantine."""
    found = get_object_or_404(Lot, pk=pk)
    home = reverse("lot", args=[pk])

    def run(actor: Any, **given: Any) -> Any:
        return decide_lot(actor, lot=found, **given)

    return _material_act(
        request,
        title=_("Decide on lot"),
        form_class=LotDecisionForm,
        form_kwargs={"but": [found.state]},
        run=run,
        signed=(Meaning.APPROVED,),
        home=(found.code, home),
        done_url=home,
        subtitle=_("%(name)s, now: %(state)s") % {"name": found.name, "state": found.get_state_display()},
    )


@needs(Permission.MANAGE_MATERIALS)
def equipment_registration(request: HttpRequest) -> HttpResponse:
    """Register a piece of equipment."""
    return _material_act(
        request,
        title=_("Register equipment"),
        form_class=EquipmentForm,
        run=register_equipment,
        home=(_("Equipment"), reverse("equipment")),
        done_url=lambda made: reverse("equipment-item", args=[made.pk]),
    )


@needs(Permission.MANAGE_MATERIALS)
def calibration(request: HttpRequest, pk: int) -> HttpResponse:
    """Record a calibration."""
    found = get_object_or_404(Equipment, pk=pk)
    home = reverse("equipment-item", args=[pk])

    def run(actor: Any, **given: Any) -> Any:
        return calibrate_equipment(actor, equipment=found, **given)

    return _material_act(
        request,
        title=_("Record calibration"),
        form_class=CalibrationForm,
        run=run,
        signed=(Meaning.APPROVED,),
        home=(found.code, home),
        done_url=home,
        subtitle=found.name,
    )


@needs(Permission.MANAGE_MATERIALS)
def service(request: HttpRequest, pk: int) -> HttpResponse:
    """Take equipment out of service, or put it back, whichever it is not."""
    found = get_object_or_404(Equipment, pk=pk)
    home = reverse("equipment-item", args=[pk])
    # What the page offered is what is done, even if somebody else was faster: then it is refused.
    to = request.POST.get("to", "in" if not found.is_in_service else "out") == "in"

    def run(actor: Any, **given: Any) -> Any:
        return set_service(actor, equipment=found, is_in_service=given.pop("to") == "in", **given)

    return _material_act(
        request,
        title=_("Put back into service") if to else _("Take out of service"),
        form_class=ServiceForm,
        form_kwargs={"to": "in" if to else "out"},
        run=run,
        signed=(Meaning.APPROVED,),
        home=(found.code, home),
        done_url=home,
        subtitle=found.name,
    )
