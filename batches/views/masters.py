"""Page of a version of the master batch record: what is to be done, within which limits, and who works by it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from batches.models import IssuedCopy, MasterBatchRecord
from batches.record.contents import compose_version
from batches.record.writers import html
from batches.rules.check_codes import grouped
from batches.rules.documents import Document
from batches.views.issued import copies_context, find_version
from lims.accounts.permissions import Permission
from lims.web.access import actor_of, needs


@needs(Permission.VIEW_RECORDS)
@require_safe
def version(request: HttpRequest, code: str, version: int) -> HttpResponse:
    """A version as it is printed, with its batches and the copies that were issued of it, by itself or with a batch."""
    mbr = find_version(code, version)
    made = compose_version(mbr)
    with_batches = IssuedCopy.objects.filter(document=Document.MASTER, batch__mbr=mbr).select_related(
        "issued_by", "batch"
    )
    context = {
        "mbr": mbr,
        "body": html.render(made),
        "others": MasterBatchRecord.objects.filter(code=code).exclude(pk=mbr.pk).order_by("-version"),
        "batches": mbr.batches.count(),
        "with_batches": [(copy, grouped(copy.check_code)) for copy in with_batches.order_by("-id")],
        **copies_context(mbr, actor_of(request)),
    }
    return render(request, "batches/masters/version.html", context)
