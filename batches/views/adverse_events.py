"""Pages: record an adverse event; say that adverse events were assessed."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from batches.commands.adverse_events import assess_adverse_events, record_adverse_event
from batches.forms.adverse_events import AdverseEventCheckForm, AdverseEventForm
from batches.views.acting import batch_act, find_batch
from lims.accounts.permissions import Permission
from lims.web.access import needs


@needs(Permission.INFUSE)
def event(request: HttpRequest, number: str) -> HttpResponse:
    """Record an adverse event with its CTCAE grade."""
    return batch_act(
        request,
        find_batch(number),
        title=_("Record adverse event"),
        button=_("Record adverse event"),
        form_class=AdverseEventForm,
        command=record_adverse_event,
        inputs=lambda form: form.inputs(),
        subtitle=_("Graded by CTCAE. A serious one is reported by the clinic, within its legal time."),
    )


@needs(Permission.INFUSE)
def check(request: HttpRequest, number: str) -> HttpResponse:
    """Say that adverse events were asked for: none, or those recorded."""
    batch = find_batch(number)
    return batch_act(
        request,
        batch,
        title=_("Assess adverse events"),
        button=_("Record assessment"),
        form_class=AdverseEventCheckForm,
        command=assess_adverse_events,
        inputs=lambda form: form.inputs(),
        template="batches/infusions/assess.html",
        context={"events": list(batch.adverse_events.all())},
        subtitle=_("Nothing recorded is not «none»: say so."),
    )
