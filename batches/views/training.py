"""Pages of training: who is trained for a version, one person's trainings, and the acts about them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from batches.commands.training import record_training, withdraw_training
from batches.forms.training import TrainingForm, WithdrawalForm
from batches.models import MasterBatchRecord, TrainingRecord
from batches.queries.training import standings
from lims import clock
from lims.accounts.models import User
from lims.accounts.permissions import Permission
from lims.signatures.meanings import Meaning
from lims.web.access import actor_of, needs
from lims.web.act_pages import ActPage, act_page


@needs(Permission.VIEW_RECORDS)
@require_GET
def training(request: HttpRequest) -> HttpResponse:
    """Everybody who may act in a batch, and how they stand for a version: the effective one, or the one asked for."""
    versions = list(MasterBatchRecord.objects.all())
    asked = request.GET.get("version", "")
    effective = next((v for v in versions if v.state == MasterBatchRecord.State.EFFECTIVE), None)
    chosen = next((v for v in versions if str(v.pk) == asked), effective)
    lines = standings(chosen, at=clock.now()) if chosen is not None else []
    context = {
        "versions": versions,
        "chosen": chosen,
        "lines": lines,
        "soon": sum(1 for line in lines if line.state == "soon"),
        "without": sum(1 for line in lines if line.state in {"missing", "expired"}),
        "may_manage": actor_of(request).may(Permission.MANAGE_TRAINING),
    }
    return render(request, "batches/training/list.html", context)


@needs(Permission.VIEW_RECORDS)
@require_GET
def person(request: HttpRequest, username: str) -> HttpResponse:
    """Every training of one person, the newest first, withdrawn ones included."""
    found = get_object_or_404(User, username=username)
    rows = TrainingRecord.objects.filter(person=found).select_related("mbr", "trainer", "act").order_by("-id")
    context = {"person": found, "rows": rows, "may_manage": actor_of(request).may(Permission.MANAGE_TRAINING)}
    return render(request, "batches/training/person.html", context)


@needs(Permission.MANAGE_TRAINING)
def recording(request: HttpRequest) -> HttpResponse:
    """Record a training."""
    home = reverse("training")
    return act_page(
        request,
        ActPage(
            title=_("Record training"),
            button=_("Record training"),
            form_class=TrainingForm,
            run=record_training,
            done_url=home,
            already_url=home,
            signed=(Meaning.APPROVED,),
            crumbs=[(_("Training"), home), (_("Record training"), "")],
            subtitle=_("Nobody acts in a batch without it"),
        ),
    )


@needs(Permission.MANAGE_TRAINING)
def withdrawal(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraw a training."""
    found = get_object_or_404(TrainingRecord.objects.select_related("person", "mbr"), pk=pk)
    home = reverse("training-person", args=[found.person.username])

    def run(actor: Any, **given: Any) -> Any:
        return withdraw_training(actor, record=found, **given)

    return act_page(
        request,
        ActPage(
            title=_("Withdraw training"),
            button=_("Withdraw training"),
            form_class=WithdrawalForm,
            run=run,
            done_url=home,
            already_url=home,
            signed=(Meaning.APPROVED,),
            crumbs=[(_("Training"), reverse("training")), (found.person.printed_name, home), (_("Withdraw"), "")],
            subtitle=str(found),
        ),
    )
