"""Page of a version of the master batch record: what is to be done, within which limits, and who works by it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from batches.models import IssuedCopy, MasterBatchRecord
from batches.record.contents import compose_version
from batches.record.writers import html
from batches.rules.check_codes import grouped
from batches.rules.documents import Document
from lims.accounts.permissions import Permission
from lims.web.access import needs


@needs(Permission.VIEW_RECORDS)
@require_safe
def version(request: HttpRequest, code: str, version: int) -> HttpResponse:
    """A version as it is printed, with its batches and the copies that were issued of it."""
    mbr = get_object_or_404(MasterBatchRecord, code=code, version=version)
    made = compose_version(mbr)
    copies = IssuedCopy.objects.filter(document=Document.MASTER, batch__mbr=mbr).select_related("issued_by", "batch")
    context = {
        "mbr": mbr,
        "body": html.render(made),
        "others": MasterBatchRecord.objects.filter(code=code).exclude(pk=mbr.pk).order_by("-version"),
        "batches": mbr.batches.count(),
        "copies": [(copy, grouped(copy.check_code)) for copy in copies.order_by("-id")],
    }
    return render(request, "batches/masters/version.html", context)
