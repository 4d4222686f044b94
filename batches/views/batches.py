"""Pages about a batch as a whole."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from batches.views.acting import find_batch
from lims.accounts.permissions import Permission
from lims.web.access import needs


@needs(Permission.VIEW_RECORDS)
def batch(request: HttpRequest, number: str) -> HttpResponse:
    """The batch page: whose cells, which stage, what may be done next, what is wrong."""
    return render(request, "batches/batch.html", {"batch": find_batch(number)})
