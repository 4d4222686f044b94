"""Pages: issue a batch for a patient, book its infusion, end it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from batches.commands.batches import book_infusion, end_batch, issue_batch
from batches.forms.issuing import BookingForm, EndForm, IssueForm
from batches.queries.patients import consents_required, effective_process, has_open_batch, patient_facts
from batches.rules.patients import issue_refusals, no_process
from batches.views.acting import batch_act, find_batch
from batches.views.patients import find_patient
from lims.accounts.permissions import Permission
from lims.web.access import needs
from lims.web.act_pages import ActPage, act_page


@needs(Permission.ISSUE_BATCHES)
def issue(request: HttpRequest, code: str) -> HttpResponse:
    """Issue a batch: its number, chain of identity and process are fixed from then on."""
    patient = find_patient(code)
    home = reverse("patient", args=[code])
    mbr = effective_process()
    assessed = patient.assessments_of_eligibility.last()
    about = {"patient": patient, "standing": assessed}
    reasons = list(issue_refusals(patient_facts(patient), consents_required=consents_required(mbr)))
    if mbr is None:
        reasons.insert(0, no_process())
    if request.method == "GET" and reasons:
        return render(request, "batches/issuing/not_yet.html", {**about, "reasons": reasons}, status=409)
    context = {
        **about,
        "mbr": mbr,
        "consents": patient.consents.filter(withdrawn_on__isnull=True),
        "has_open_batch": has_open_batch(patient),
    }

    def run(actor: Any, **given: Any) -> Any:
        return issue_batch(actor, patient=patient, **given)

    page = ActPage(
        title=_("Issue batch"),
        button=_("Issue batch"),
        form_class=IssueForm,
        run=run,
        done_url=lambda batch: reverse("batch", args=[batch.number]),
        already_url=home,
        signed=issue_batch.signed,  # type: ignore[attr-defined]
        subtitle=_("Number and chain of identity are given when you issue. One batch is infused once."),
        crumbs=[(code, home), (_("Issue batch"), "")],
        template="batches/issuing/issue.html",
        context=context,
    )
    return act_page(request, page)


@needs(Permission.INFUSE)
def book(request: HttpRequest, number: str) -> HttpResponse:
    """Book the infusion of a batch, or move the booking."""
    batch = find_batch(number)
    title = _("Move booking") if batch.booked_infusion_at else _("Book infusion")
    return batch_act(
        request,
        batch,
        title=title,
        button=title,
        form_class=BookingForm,
        command=book_infusion,
        initial={"booked_infusion_at": batch.booked_infusion_at},
    )


@needs(Permission.DECIDE_DISPOSITION)
def end(request: HttpRequest, number: str) -> HttpResponse:
    """End a batch; its record stays as it is."""
    return batch_act(
        request,
        find_batch(number),
        title=_("End batch"),
        button=_("End batch"),
        form_class=EndForm,
        command=end_batch,
        subtitle=_("Its record is kept whole. This can't be undone."),
    )
