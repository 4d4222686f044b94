"""Pages of prints: ask for one, see how far it is, fetch the file; the record on screen and as JSON."""

from __future__ import annotations

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from batches.commands.documents import request_print, retry_print
from batches.models import Batch, PrintedRecord, PrintRequest
from batches.record.contents import compose
from batches.record.facts import gather
from batches.record.writers import html, json
from batches.views.acting import find_batch
from lims.accounts.permissions import Permission
from lims.files import is_whole, path_of
from lims.web.access import actor_of, needs
from lims.web.headers import SANDBOX

SHOWN = 4


def panel_context(batch: Batch) -> dict[str, object]:
    """What the print panel of the batch page shows: the newest requests and whether one is under way."""
    requests = list(
        PrintRequest.objects.filter(batch=batch)
        .select_related("job", "printed", "requested_by")
        .order_by("-id")[:SHOWN]
    )
    return {
        "batch": batch,
        "print_requests": requests,
        "is_printing": any(r.job.state in ("queued", "running") for r in requests),
    }


@needs(Permission.PRINT_RECORDS)
@require_POST
def ask(request: HttpRequest, number: str) -> HttpResponse:
    """Ask for a print; it is kept even when no worker answers."""
    batch = find_batch(number)
    request_print(actor_of(request), batch=batch)
    if request.headers.get("HX-Request"):
        return render(request, "batches/documents/panel.html", panel_context(batch))
    return redirect("batch", number=number)


@needs(Permission.PRINT_RECORDS)
@require_POST
def retry(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Try a failed print again."""
    batch = find_batch(number)
    retry_print(actor_of(request), request=get_object_or_404(PrintRequest, pk=pk, batch=batch))
    if request.headers.get("HX-Request"):
        return render(request, "batches/documents/panel.html", panel_context(batch))
    return redirect("batch", number=number)


@needs(Permission.PRINT_RECORDS)
@require_GET
def panel(request: HttpRequest, number: str) -> HttpResponse:
    """The print panel alone, asked for again while a print is under way."""
    return render(request, "batches/documents/panel.html", panel_context(find_batch(number)))


@needs(Permission.PRINT_RECORDS)
@require_GET
def download(request: HttpRequest, number: str, pk: int) -> HttpResponseBase:
    """The file of a print, byte for byte as it was made."""
    printed = get_object_or_404(PrintedRecord, request_id=pk, request__batch__number=number)
    if not is_whole(printed.sha256):
        raise Http404(_("The file of this print is missing or damaged. Print it again, and tell QA."))
    name = f"{number}-record{'-draft' if printed.is_draft else ''}-{pk}.pdf"
    response = FileResponse(path_of(printed.sha256).open("rb"), content_type="application/pdf", filename=name)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Content-Security-Policy"] = SANDBOX
    return response


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


@needs(Permission.PRINT_RECORDS)
@require_GET
def records(request: HttpRequest) -> HttpResponse:
    """Every print that was asked for, newest first."""
    requests = PrintRequest.objects.select_related("batch", "batch__patient", "job", "printed", "requested_by")
    before = request.GET.get("before", "")
    if before.isdigit():
        requests = requests.filter(pk__lt=int(before))
    shown = list(requests.order_by("-id")[:51])
    more = shown[49].pk if len(shown) > 50 else None
    return render(request, "batches/documents/records.html", {"print_requests": shown[:50], "more": more})
