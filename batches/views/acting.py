"""The page of an act on a batch: found by its number, under its identity strip, in its stream."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from batches.models import Batch, DowntimeForm
from batches.queries.facts import batch_facts
from batches.queries.training import person_facts
from batches.rules.personal import personal_refusals
from batches.rules.sequence import BY_NAME, refusals
from lims.signatures.meanings import Meaning
from lims.web.access import actor_of
from lims.web.act_pages import ActPage, act_page
from lims.web.templatetags.lims_tags import act_words


def find_batch(number: str) -> Batch:
    """The batch of a number, with its patient and process; 404 otherwise."""
    return get_object_or_404(Batch.objects.select_related("patient", "mbr"), number=number)


def from_paper(request: HttpRequest) -> dict[str, str]:
    """How the form of an act begins that is entered from a downtime form, which the address names as `form`."""
    number = request.GET.get("form", "")
    if not DowntimeForm.objects.filter(number=number).exists():
        return {}
    return {"late_reason": _("Entered from downtime form %(number)s") % {"number": number}}


def batch_act(
    request: HttpRequest,
    batch: Batch,
    *,
    title: str,
    button: str,
    form_class: type[forms.Form],
    command: Callable[..., Any],
    inputs: Callable[[Any], dict[str, Any]] | None = None,
    signed: tuple[Meaning, ...] | None = None,
    subtitle: str = "",
    initial: Mapping[str, Any] | None = None,
    form_kwargs: Mapping[str, Any] | None = None,
    context: Mapping[str, Any] | None = None,
    template: str = "batches/act.html",
    done_url: str | Callable[[Any], str] | None = None,
    **fixed: Any,
) -> HttpResponse:
    """Show and run one act of a batch. `fixed` goes to the command besides what the form gives.

    The signature panels follow the command's own `signed=` unless `signed` names them.
    """
    home = reverse("batch", args=[batch.number])
    name: str = command.command_name  # type: ignore[attr-defined]
    if request.method == "GET" and name in BY_NAME:
        person = person_facts(actor_of(request), batch)
        reasons = [*refusals(name, batch_facts(batch)), *personal_refusals(name, person)]
        if reasons:
            context = {
                "batch": batch,
                "title": title,
                "reasons": reasons,
                "crumbs": [(batch.number, home), (title, "")],
            }
            return render(request, "batches/not_now.html", context, status=409)
    asks = command.signed  # type: ignore[attr-defined]
    meanings = signed if signed is not None else (asks({"batch": batch}) if callable(asks) else asks)

    def run(actor: Any, **given: Any) -> Any:
        return command(actor, batch=batch, **fixed, **given)

    return act_page(
        request,
        ActPage(
            title=title,
            button=button,
            form_class=form_class,
            run=run,
            inputs=inputs,
            done_url=done_url or home,
            already_url=home,
            act_words=act_words,
            stream=batch.stream,
            signed=meanings,
            subtitle=subtitle,
            crumbs=[(batch.number, home), (title, "")],
            initial={**from_paper(request), **(initial or {})},
            form_kwargs=form_kwargs or {},
            template=template,
            context={"batch": batch, **(context or {})},
        ),
    )
