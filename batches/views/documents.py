"""Pages of prints: ask for one, see how far it is, fetch the file; the record on screen and as JSON."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from batches.commands.documents import request_print, retry_print
from batches.forms.documents import YearForm
from batches.models import PrintedRecord, PrintRequest
from batches.record.archive import years
from batches.record.contents import compose
from batches.record.facts import gather
from batches.record.writers import html, json
from batches.views.acting import find_batch
from batches.views.panels import Kind, answer, batch_panel, seen_by, sent, shown
from lims.accounts.permissions import Permission
from lims.web.access import actor_of, needs
from lims.web.typed import whole


@needs(Permission.PRINT_RECORDS)
@require_POST
def ask(request: HttpRequest, number: str) -> HttpResponse:
    """Ask for a print; it is kept even when no worker answers."""
    batch, actor = find_batch(number), actor_of(request)
    request_print(actor, batch=batch)
    return answer(request, batch_panel(batch, actor), reverse("batch", args=[number]))


@needs(Permission.PRINT_RECORDS)
@require_POST
def retry(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Try a failed print again."""
    batch, actor = find_batch(number), actor_of(request)
    retry_print(actor, request=get_object_or_404(PrintRequest, pk=pk, batch=batch, kind=Kind.RECORD))
    return answer(request, batch_panel(batch, actor), reverse("batch", args=[number]))


@needs(Permission.PRINT_RECORDS, Permission.EXPORT_RECORDS)
@require_GET
def panel(request: HttpRequest, number: str) -> HttpResponse:
    """The print panel alone, asked for again while a print is under way."""
    return shown(request, batch_panel(find_batch(number), actor_of(request)))


@needs(Permission.PRINT_RECORDS)
@require_GET
def download(request: HttpRequest, number: str, pk: int) -> HttpResponseBase:
    """The file of a print, byte for byte as it was made."""
    printed = get_object_or_404(PrintedRecord, request_id=pk, request__batch__number=number, request__kind=Kind.RECORD)
    name = f"{number}-record{'-draft' if printed.is_draft else ''}-{pk}.pdf"
    return sent(printed, name=name, content_type="application/pdf")


@needs(Permission.VIEW_RECORDS)
@require_GET
def record(request: HttpRequest, number: str) -> HttpResponse:
    """The batch record on screen, from the same blocks as on paper."""
    batch = find_batch(number)
    made = compose(gather(batch))
    return render(request, "batches/documents/record.html", {"batch": batch, "record": made, "body": html.render(made)})


@needs(Permission.VIEW_RECORDS)
@require_GET
def record_json(request: HttpRequest, number: str) -> HttpResponse:
    """The batch record as data."""
    return HttpResponse(json.dumps(compose(gather(find_batch(number)))), content_type="application/json")


@needs(Permission.PRINT_RECORDS, Permission.EXPORT_RECORDS)
@require_GET
def records(request: HttpRequest) -> HttpResponse:
    """Every copy, print and export that was asked for, newest first."""
    actor = actor_of(request)
    kinds = (*seen_by(actor), Kind.COPY)
    requests = PrintRequest.objects.filter(kind__in=kinds).select_related(
        "batch", "batch__patient", "job", "printed", "requested_by", "copy__mbr"
    )
    before = request.GET.get("before", "")
    if whole(before) is not None:
        requests = requests.filter(pk__lt=int(before))
    shown = list(requests.order_by("-id")[:51])
    more = shown[49].pk if len(shown) > 50 else None
    context = {
        "print_requests": shown[:50],
        "more": more,
        "year_form": YearForm(years=years()) if actor.may(Permission.EXPORT_RECORDS) else None,
    }
    return render(request, "batches/documents/records.html", context)
