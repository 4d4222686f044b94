"""Pages of exports: a batch for checking offline, the audit trail as data, all records of a year.

For those who hold the right to export.
"""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from batches.commands.documents import request_export, request_trail, request_year, retry_export
from batches.forms.documents import TrailForm, YearForm
from batches.models import PrintedRecord, PrintRequest
from batches.record.archive import years
from batches.views.acting import find_batch
from batches.views.panels import Kind, answer, batch_panel, sent, shown
from batches.views.panels import trail_panel as panel_of_trail
from lims.accounts.permissions import Permission
from lims.refusals import Refused
from lims.web.access import actor_of, needs
from lims.web.act_pages import beside_fields

_FILES = {
    Kind.EXPORT: ("zip", "application/zip"),
    Kind.TRAIL_CSV: ("csv", "text/csv"),
    Kind.TRAIL_JSON: ("json", "application/json"),
    Kind.YEAR: ("zip", "application/zip"),
}


@needs(Permission.EXPORT_RECORDS)
@require_POST
def ask(request: HttpRequest, number: str) -> HttpResponse:
    """Ask for the export of a batch; it is kept even when no worker answers."""
    batch, actor = find_batch(number), actor_of(request)
    request_export(actor, batch=batch)
    return answer(request, batch_panel(batch, actor), reverse("batch", args=[number]))


@needs(Permission.EXPORT_RECORDS)
@require_POST
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Try a failed export again."""
    asked = get_object_or_404(PrintRequest, pk=pk, kind__in=_FILES)
    actor = actor_of(request)
    retry_export(actor, request=asked)
    if asked.kind == Kind.YEAR:
        return redirect("records")
    if asked.batch is None:
        return answer(request, panel_of_trail(), reverse("trail-exports"))
    return answer(request, batch_panel(asked.batch, actor), reverse("batch", args=[asked.batch.number]))


@needs(Permission.EXPORT_RECORDS)
@require_GET
def download(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file of an export, byte for byte as it was made."""
    printed = get_object_or_404(PrintedRecord, request_id=pk, request__kind__in=_FILES)
    asked = printed.request
    ending, content_type = _FILES[Kind(asked.kind)]
    name = f"{asked.batch.number}-export" if asked.batch else "audit-trail"
    if asked.kind == Kind.YEAR:
        name = f"records-{asked.wanted['year']}"
    return sent(printed, name=f"{name}-{pk}.{ending}", content_type=content_type)


@needs(Permission.EXPORT_RECORDS)
@require_POST
def year(request: HttpRequest) -> HttpResponse:
    """Ask for all records of a year in one file."""
    form = YearForm(request.POST, years=years())
    if not form.is_valid():
        raise Http404(_("No batch was issued in this year."))
    request_year(actor_of(request), year=form.cleaned_data["year"])
    return redirect("records")


@needs(Permission.EXPORT_RECORDS)
@require_http_methods(["GET", "POST"])
def trail(request: HttpRequest) -> HttpResponse:
    """Ask for the audit trail as data, by the filter its page has; and what was asked for."""
    form = TrailForm(request.POST) if request.method == "POST" else TrailForm(initial=request.GET.dict())
    if request.method == "POST" and form.is_valid():
        wanted = {name: form.data[name].strip() for name in form.filters if form.data.get(name, "").strip()}
        try:
            request_trail(actor_of(request), kind=Kind(form.cleaned_data["kind"]), wanted=wanted)
        except Refused as refused:
            for r in beside_fields(form, refused.refusals):
                field = r.field if r.field in form.fields else None
                form.add_error(field, ValidationError(_(r.message).format(**r.params), r.code))
        else:
            return redirect("trail-exports")
    return render(request, "batches/documents/trail.html", {"form": form, "panel": panel_of_trail()})


@needs(Permission.EXPORT_RECORDS)
@require_GET
def trail_panel(request: HttpRequest) -> HttpResponse:
    """The list of exports alone, asked for again while one is under way."""
    return shown(request, panel_of_trail())
