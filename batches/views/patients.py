"""Pages about a patient: the list, one patient, and the acts that come before a batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from batches.commands.patients import (
    assess_eligibility,
    enrol_patient,
    record_consent,
    weigh_patient,
    withdraw_consent,
)
from batches.forms.patients import ConsentForm, EligibilityForm, EnrolForm, WeighForm, WithdrawalForm
from batches.models import Consent, Eligibility, Patient
from batches.queries.involved import shown_signature
from batches.queries.patients import consents_required, effective_process, has_open_batch, patient_facts, patient_rows
from batches.rules.patients import next_acts
from lims.accounts.permissions import Permission
from lims.signatures.models import Signature
from lims.signatures.standing import standings
from lims.web.access import actor_of, needs
from lims.web.act_pages import ActPage, act_page
from lims.web.typed import whole

SHOWN = 50


def find_patient(code: str) -> Patient:
    """The patient of a code; 404 otherwise."""
    return get_object_or_404(Patient, code=code)


@needs(Permission.VIEW_RECORDS)
@require_GET
def patients(request: HttpRequest) -> HttpResponse:
    """Every patient by code, the newest first; a scanned or typed code opens the patient."""
    sought = request.GET.get("code", "").strip()
    if sought:
        found = Patient.objects.filter(code__iexact=sought).first()
        if found is not None:
            return redirect("patient", found.code)
    rows = Patient.objects.order_by("-id")
    before = request.GET.get("before", "")
    if whole(before) is not None:
        rows = rows.filter(pk__lt=int(before))
    shown = list(rows[: SHOWN + 1])
    pager = {"first_url": reverse("patients") if before else "", "next_url": ""}
    if len(shown) > SHOWN:
        pager["next_url"] = f"?before={shown[SHOWN - 1].pk}"
    context = {
        "rows": patient_rows(shown[:SHOWN], effective_process()),
        "pager": pager,
        "sought": sought,
        "may_enrol": actor_of(request).may(Permission.ENROL_PATIENTS),
    }
    return render(request, "batches/patients/patients.html", context)


@needs(Permission.VIEW_RECORDS)
@require_GET
def patient(request: HttpRequest, code: str) -> HttpResponse:
    """One patient: who it is, what the next batch waits for, consents, assessments, batches."""
    found = find_patient(code)
    actor = actor_of(request)
    required = consents_required(effective_process())
    acts = next_acts(patient_facts(found), consents_required=required, has_open_batch=has_open_batch(found))
    mine = [a for a in acts if actor.may(Permission(a.permission))]
    allowed = sorted((a for a in mine if not a.refusals), key=lambda a: not a.is_due)
    assessments = list(found.assessments_of_eligibility.select_related("mbr").prefetch_related("answers"))
    consents = list(found.consents.all())
    held = {c.kind for c in consents if c.withdrawn_on is None}
    context = {
        **_about(found),
        "allowed": allowed,
        "not_yet": [a for a in mine if a.refusals],
        "waits_for_others": [a for a in acts if a.is_due and a not in mine],
        "consents": consents,
        "consents_missing": [name for key, name in required if key not in held],
        "eligibility": assessments[-1] if assessments else None,
        "earlier_assessments": assessments[-2::-1] if len(assessments) > 1 else [],
        "batches": found.batches.order_by("-id"),
        "signatures": _signatures(consents, assessments, found),
        "may_enrol": actor.may(Permission.ENROL_PATIENTS),
    }
    return render(request, "batches/patients/patient.html", context)


@needs(Permission.ENROL_PATIENTS)
def enrol(request: HttpRequest) -> HttpResponse:
    """Enrol a patient under the next code."""
    page = ActPage(
        title=_("Enrol patient"),
        button=_("Enrol patient"),
        form_class=EnrolForm,
        run=enrol_patient,
        done_url=lambda made: reverse("patient", args=[made.code]),
        already_url=reverse("patients"),
        subtitle=_("The next free code is given when you enrol."),
        crumbs=[(_("Patients"), reverse("patients")), (_("Enrol patient"), "")],
    )
    return act_page(request, page)


def _patient_act(
    request: HttpRequest,
    patient: Patient,
    *,
    title: str,
    form_class: type[forms.Form],
    command: Callable[..., Any],
    inputs: Callable[[Any], dict[str, Any]] | None = None,
    form_kwargs: Mapping[str, Any] | None = None,
    subtitle: str = "",
    **fixed: Any,
) -> HttpResponse:
    """Show and run one act about a patient; its button says what its title says."""
    home = reverse("patient", args=[patient.code])

    def run(actor: Any, **given: Any) -> Any:
        return command(actor, patient=patient, **fixed, **given)

    page = ActPage(
        title=title,
        button=title,
        form_class=form_class,
        run=run,
        inputs=inputs,
        done_url=home,
        stream=patient.stream,
        signed=command.signed,  # type: ignore[attr-defined]
        subtitle=subtitle,
        crumbs=[(patient.code, home), (title, "")],
        form_kwargs=form_kwargs or {},
        template="batches/patients/act.html",
        context=_about(patient),
    )
    return act_page(request, page)


@needs(Permission.ENROL_PATIENTS)
def consent(request: HttpRequest, code: str) -> HttpResponse:
    """Record a signed consent form."""
    return _patient_act(
        request, find_patient(code), title=_("Record consent"), form_class=ConsentForm, command=record_consent
    )


@needs(Permission.ENROL_PATIENTS)
def withdrawal(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Record that a consent was withdrawn."""
    found = find_patient(code)
    given = get_object_or_404(Consent, pk=pk, patient=found)
    return _patient_act(
        request,
        found,
        title=_("Withdraw consent"),
        form_class=WithdrawalForm,
        command=withdraw_consent,
        subtitle=_("%(kind)s, form version %(version)s")
        % {"kind": given.get_kind_display(), "version": given.form_version},
        consent=given,
    )


@needs(Permission.ENROL_PATIENTS)
def eligibility(request: HttpRequest, code: str) -> HttpResponse:
    """Assess eligibility against the criteria of the effective master batch record."""
    found = find_patient(code)
    mbr = effective_process()
    if mbr is None:
        return render(request, "batches/patients/no_process.html", {**_about(found)}, status=409)

    def inputs(form: EligibilityForm) -> dict[str, Any]:
        return {
            "assessed_at": form.cleaned_data["assessed_at"],
            "comment": form.cleaned_data["comment"],
            "answers": form.answers(),
        }

    return _patient_act(
        request,
        found,
        title=_("Assess eligibility"),
        form_class=EligibilityForm,
        form_kwargs={"criteria": mbr.process.eligibility},
        command=assess_eligibility,
        inputs=inputs,
        subtitle=_("Criteria of %(mbr)s") % {"mbr": mbr},
        mbr=mbr,
    )


@needs(Permission.ENROL_PATIENTS)
def weight(request: HttpRequest, code: str) -> HttpResponse:
    """Record a newer weight."""
    found = find_patient(code)
    return _patient_act(
        request,
        found,
        title=_("Record weight"),
        form_class=WeighForm,
        command=weigh_patient,
        subtitle=_("Last: %(weight)s kg on %(date)s")
        % {"weight": found.weight_kg, "date": found.weighed_on.strftime("%-d %b %Y")},
    )


def _about(found: Patient) -> dict[str, Any]:
    """What the strip of a patient shows."""
    return {"patient": found, "standing": found.assessments_of_eligibility.last()}


def _signatures(consents: list[Consent], assessments: list[Eligibility], found: Patient) -> list[dict[str, Any]]:
    """Who signed what about this patient, the newest first, and whether it still holds."""
    what = {("batches.Consent", str(c.pk)): str(c) for c in consents}
    what |= {("batches.Eligibility", str(e.pk)): _("Eligibility") for e in assessments}
    for w in found.weighings.all():
        said = {"weight": w.weight_kg, "date": w.weighed_on.strftime("%-d %b %Y"), "reason": w.reason.rstrip(".")}
        what["batches.Weighing", str(w.pk)] = _("weight %(weight)s kg on %(date)s: %(reason)s") % said
    signed = Signature.objects.filter(
        subject_model__in=["batches.Consent", "batches.Eligibility", "batches.Weighing"],
        subject_pk__in=[pk for _model, pk in what],
    ).order_by("-at")
    mine = [s for s in signed if (s.subject_model, s.subject_pk) in what]

    def under(s: Signature) -> str:
        return f"{s.get_meaning_display()}, {what[s.subject_model, s.subject_pk]}"

    return [
        {
            "meaning": under(s.signature),
            "printed_name": s.signature.printed_name,
            "at": s.signature.at,
            "valid": s.is_valid,
            "note": _("Superseded: changed since") if s.is_sealed else shown_signature(s).note,
        }
        for s in standings(mine)
    ]
