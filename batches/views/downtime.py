"""Pages of downtime forms: all of them with their state, issuing a pad, one form, transcribing and voiding it."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from batches.commands.downtime import form_stream, issue_forms, transcribe_form, void_form
from batches.forms.downtime import IssueFormsForm, TranscribeForm, VoidForm
from batches.models import Batch, DowntimeForm, MasterBatchRecord
from batches.queries import downtime as queries
from batches.queries.involved import signatures_under
from batches.record.downtime import together
from batches.rules.downtime import ACTS_OF, FormStep
from batches.rules.sequence import BY_NAME
from batches.rules.states import FormState, Stage
from batches.views.acting import batch_act, find_batch
from lims.accounts.permissions import Permission
from lims.files import is_whole, path_of
from lims.ledger import reading
from lims.web.access import actor_of, needs
from lims.web.act_pages import ActPage, act_page
from lims.web.templatetags.lims_tags import act_words
from lims.web.typed import whole

SHOWN = 50


@needs(Permission.VIEW_RECORDS)
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """Every form, newest first: of a batch, or those that are out, when the address asks for them."""
    number, is_out = request.GET.get("batch", ""), request.GET.get("state") == "out"
    before = whole(request.GET.get("before", ""))
    found = queries.forms()
    kept = {}
    if number:
        found, kept["batch"] = found.filter(batch__number=number), number
    if is_out:
        found, kept["state"] = found.filter(state=FormState.ISSUED), "out"
    shown = list(found if before is None else found.filter(pk__lt=before))[: SHOWN + 1]
    home = reverse("downtime-forms")
    pager = {
        "first_url": f"{home}?{urlencode(kept)}" if before else "",
        "next_url": f"{home}?{urlencode({**kept, 'before': shown[SHOWN - 1].pk})}" if len(shown) > SHOWN else "",
    }
    context = {
        "downtime_forms": shown[:SHOWN],
        "of_batch": find_batch(number) if number else None,
        "is_out": is_out,
        "may_issue": actor_of(request).may(Permission.ISSUE_FORMS),
        "pager": pager,
    }
    return render(request, "batches/downtime/list.html", context)


@needs(Permission.ISSUE_FORMS)
def issue(request: HttpRequest) -> HttpResponse:
    """Issue a pad of forms for a step, for a batch or blank."""
    home = reverse("downtime-forms")
    effective = MasterBatchRecord.objects.filter(state=MasterBatchRecord.State.EFFECTIVE).first()

    def run(actor: Any, *, seen: int | None = None, **given: Any) -> list[DowntimeForm]:
        made: list[DowntimeForm] = issue_forms(actor, mbr=effective, **given)
        return made

    return act_page(
        request,
        ActPage(
            title=_("Issue downtime forms"),
            button=_("Issue forms"),
            form_class=IssueFormsForm,
            run=run,
            inputs=lambda form: {**form.cleaned_data, "step": FormStep(form.cleaned_data["step"])},
            initial={"batch": request.GET.get("batch", "")},
            done_url=lambda made: reverse("downtime-form", args=[made[0].number]),
            already_url=home,
            crumbs=[(_("Downtime forms"), home), (_("Issue"), "")],
            subtitle=_("To be printed and kept at hand for when the system is down"),
        ),
    )


@needs(Permission.VIEW_RECORDS)
@require_safe
def shown(request: HttpRequest, form: str) -> HttpResponse:
    """One form: for what and to whom it was issued, its file, and what became of it."""
    found = _find(form)
    transcription = getattr(found, "transcription", None)
    actor = actor_of(request)
    is_out = found.state == FormState.ISSUED
    together_with = list(queries.issued_together(found).values_list("number", flat=True))
    context = {
        "downtime_form": found,
        "batch": found.batch,
        "transcription": transcription,
        "acts": [(act_words(a.recorded_in.name), a.recorded_in) for a in _acts(found)],
        "scans": list(transcription.attachments.all()) if transcription else [],
        "signatures": signatures_under(transcription) if transcription else [],
        "pad": together_with if len(together_with) > 1 else [],
        "may_transcribe": is_out and actor.may(Permission.TRANSCRIBE_FORMS),
        "may_void": is_out and actor.may(Permission.ISSUE_FORMS),
        "batches": Batch.objects.exclude(stage=Stage.ENDED).order_by("-id") if is_out and not found.batch else [],
    }
    return render(request, "batches/downtime/form.html", context)


@needs(Permission.VIEW_RECORDS)
@require_safe
def download(request: HttpRequest, form: str) -> HttpResponseBase:
    """The file of one form, as it was issued."""
    found = _find(form)
    return _pdf(_content(found), f"{found.number}.pdf")


@needs(Permission.VIEW_RECORDS)
@require_safe
def download_pad(request: HttpRequest, form: str) -> HttpResponseBase:
    """All forms issued in one act, in one file to be printed at once."""
    pad = list(queries.issued_together(_find(form)))
    return _pdf(together(_content(each) for each in pad), f"{pad[0].number}-{pad[-1].number}.pdf")


@needs(Permission.TRANSCRIBE_FORMS)
def transcribe(request: HttpRequest, form: str) -> HttpResponse:
    """Enter what a sheet says on the pages of its acts, then sign here that it was, with the sheet beside it."""
    found = _find(form)
    batch = found.batch or find_batch(request.GET.get("batch", ""))
    home = reverse("downtime-form", args=[found.number])
    if request.method != "POST" and found.state != FormState.ISSUED:
        return redirect(home)
    acts = queries.recorded_since(found, batch)
    step = FormStep(found.step)
    return batch_act(
        request,
        batch,
        title=_("Transcribe form %(number)s") % {"number": found.number},
        button=_("Sign the transcription"),
        form_class=TranscribeForm,
        form_kwargs={"acts": acts},
        inputs=lambda given: {
            "acts": [entry.pk for entry in given.cleaned_data["acts"]],
            "scan": given.cleaned_data["scan"],
        },
        command=transcribe_form,
        subtitle=str(found.get_step_display()),
        done_url=home,
        template="batches/downtime/transcribe.html",
        context={
            "downtime_form": found,
            "entering": [
                (act_words(name), f"{reverse(BY_NAME[name].url_name, args=[batch.number])}?form={found.number}")
                for name in ACTS_OF[step]
            ],
            "entered": [(act_words(entry.name), reading.told(entry)) for entry in acts],
        },
        form=found,
    )


@needs(Permission.ISSUE_FORMS)
def void(request: HttpRequest, form: str) -> HttpResponse:
    """Account for a form that was not used."""
    found = _find(form)
    home = reverse("downtime-form", args=[found.number])
    if request.method != "POST" and found.state != FormState.ISSUED:
        return redirect(home)

    def run(actor: Any, **given: Any) -> DowntimeForm:
        done: DowntimeForm = void_form(actor, form=found, **given)
        return done

    return act_page(
        request,
        ActPage(
            title=_("Void form %(number)s") % {"number": found.number},
            button=_("Void form"),
            form_class=VoidForm,
            run=run,
            done_url=home,
            already_url=home,
            stream=form_stream({"form": found}),
            act_words=act_words,
            crumbs=[(_("Downtime forms"), reverse("downtime-forms")), (found.number, home), (_("Void"), "")],
            subtitle=str(found.get_step_display()),
        ),
    )


def _find(number: str) -> DowntimeForm:
    return get_object_or_404(queries.forms(), number=number)


def _acts(form: DowntimeForm) -> Any:
    transcription = getattr(form, "transcription", None)
    return transcription.acts.select_related("recorded_in") if transcription else []


def _content(form: DowntimeForm) -> bytes:
    if not is_whole(form.sha256):
        raise Http404(_("The file of form %s is missing or damaged. Tell the administrator.") % form.number)
    return path_of(form.sha256).read_bytes()


def _pdf(content: bytes, name: str) -> FileResponse:
    return FileResponse(BytesIO(content), content_type="application/pdf", as_attachment=True, filename=name)
