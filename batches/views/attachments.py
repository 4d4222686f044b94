"""The file kept with a record: a photo, a counter's export, a scanned result."""

from __future__ import annotations

from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from batches.models import Attachment
from batches.rules.attachments import PHOTOS
from lims.accounts.permissions import Permission
from lims.files import is_whole, path_of
from lims.web.access import needs
from lims.web.headers import SANDBOX


@needs(Permission.VIEW_RECORDS)
@require_safe
def attachment(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One kept file, as it was kept. Only photos open in the browser; anything else is downloaded."""
    row = get_object_or_404(Attachment, pk=pk)
    if not is_whole(row.sha256):
        raise Http404(_("This file is missing or damaged. Tell the administrator its name: %s.") % row.name)
    response = FileResponse(
        path_of(row.sha256).open("rb"),
        content_type=row.content_type,
        as_attachment=row.content_type not in PHOTOS,
        filename=row.name,
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = SANDBOX
    # The content is the same for ever; who may see it is asked each time.
    response["Cache-Control"] = "private, no-cache"
    return response
