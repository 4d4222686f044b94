"""Pages: record the harvest, receive the tissue."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from batches.commands.harvests import record_harvest, record_receipt
from batches.forms.harvests import HarvestForm, ReceiptForm
from batches.views.acting import batch_act, find_batch
from lims.accounts.permissions import Permission
from lims.web.access import actor_of, needs


@needs(Permission.RECORD_HARVEST)
def harvest(request: HttpRequest, number: str) -> HttpResponse:
    """Record the harvest of fat."""
    batch = find_batch(number)
    return batch_act(
        request,
        batch,
        title=_("Record harvest"),
        button=_("Record harvest"),
        form_class=HarvestForm,
        command=record_harvest,
        subtitle=batch.mbr.process.limits["harvest_volume_ml"].text,
        initial={"operator": actor_of(request).printed_name},
    )


@needs(Permission.RECORD_PRODUCTION)
def receipt(request: HttpRequest, number: str) -> HttpResponse:
    """Receive the tissue with a two-person identity check."""
    return batch_act(
        request,
        find_batch(number),
        title=_("Receive tissue"),
        button=_("Receive tissue"),
        form_class=ReceiptForm,
        command=record_receipt,
        subtitle=_("Two people check three codes. A mismatch stops the step."),
    )
