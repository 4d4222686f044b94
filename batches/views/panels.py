"""The panel of prints and exports: what was asked for, how far it is, and what may be asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from batches.models import Batch, PrintedRecord, PrintRequest
from lims.accounts.models import User
from lims.accounts.permissions import Permission
from lims.files import is_whole, path_of
from lims.web.headers import SANDBOX

SHOWN = 4
Kind = PrintRequest.Kind

TRAILS = (Kind.TRAIL_CSV, Kind.TRAIL_JSON)
EXPORTS = (Kind.EXPORT, *TRAILS, Kind.YEAR)


@dataclass(frozen=True)
class Ask:
    """A button that asks for a file."""

    url: str
    words: str


@dataclass(frozen=True)
class Panel:
    """The newest requests of a batch, or of the audit trail, and the buttons below them."""

    heading: str
    url: str
    empty: str
    requests: Sequence[PrintRequest]
    asks: Sequence[Ask]
    record_url: str = ""

    @property
    def is_under_way(self) -> bool:
        """Whether a file is being made or waits to be."""
        return any(r.job.state in ("queued", "running") for r in self.requests)


def seen_by(user: User) -> tuple[str, ...]:
    """The kinds of file a person may ask for and fetch; issued copies have a list of their own."""
    prints = (Kind.RECORD,) if user.may(Permission.PRINT_RECORDS) else ()
    return (*prints, *EXPORTS) if user.may(Permission.EXPORT_RECORDS) else prints


def batch_panel(batch: Batch, user: User) -> Panel:
    """The panel of the batch page."""
    asks = []
    if user.may(Permission.PRINT_RECORDS):
        asks.append(Ask(reverse("ask-print", args=[batch.number]), _("Print batch record")))
    if user.may(Permission.EXPORT_RECORDS):
        asks.append(Ask(reverse("ask-export", args=[batch.number]), _("Export for checking offline")))
    requests = PrintRequest.objects.filter(batch=batch, kind__in=seen_by(user))
    return Panel(
        heading=_("Prints and exports") if user.may(Permission.EXPORT_RECORDS) else _("Printed record"),
        url=reverse("prints", args=[batch.number]),
        empty=_("No print has been asked for."),
        requests=list(requests.select_related("batch", "job", "printed", "requested_by").order_by("-id")[:SHOWN]),
        asks=asks,
        record_url=reverse("record", args=[batch.number]),
    )


def trail_panel() -> Panel:
    """The panel of exports of the audit trail. They are asked for with the filter beside it."""
    requests = PrintRequest.objects.filter(kind__in=TRAILS).select_related("job", "printed", "requested_by")
    return Panel(
        heading=_("Exports"),
        url=reverse("trail-panel"),
        empty=_("No export has been asked for."),
        requests=list(requests.order_by("-id")[: 2 * SHOWN]),
        asks=(),
    )


def answer(request: HttpRequest, panel: Panel, home: str) -> HttpResponse:
    """The panel alone to who asked for a part of the page; the whole page to others."""
    if request.headers.get("HX-Request"):
        return shown(request, panel)
    return redirect(home)


def shown(request: HttpRequest, panel: Panel) -> HttpResponse:
    """The panel alone."""
    return render(request, "batches/documents/panel.html", {"panel": panel})


def sent(printed: PrintedRecord, *, name: str, content_type: str) -> HttpResponseBase:
    """A file that was made, byte for byte."""
    if not is_whole(printed.sha256):
        raise Http404(_("This file is missing or damaged. Ask for it again, and tell QA."))
    response = FileResponse(path_of(printed.sha256).open("rb"), content_type=content_type, filename=name)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Content-Security-Policy"] = SANDBOX
    return response
