"""Pages of issued copies: issue one, see how far it is, fetch the file, check a sheet by the code on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from batches.commands.issued import issue_document, issue_infusion_record, issue_version, retry_copy
from batches.forms.issued import CopyForm, RecipientForm
from batches.models import DOCUMENT_LABELS, Batch, MasterBatchRecord, PrintedRecord
from batches.queries.issued import CopyStanding, acts_since, copies_of, copy_of
from batches.record.contents import CONTENTS
from batches.record.documents import choices, document_facts
from batches.record.facts import Facts, gather
from batches.rules.check_codes import grouped, read
from batches.rules.documents import Document, document_refusals
from batches.views.acting import find_batch
from batches.views.panels import sent
from lims.accounts.models import User
from lims.accounts.permissions import Permission
from lims.files import is_whole
from lims.refusals import Refusal
from lims.signatures.meanings import Meaning
from lims.web.access import actor_of, needs
from lims.web.act_pages import ActPage, act_page
from lims.web.templatetags.lims_tags import act_words

Owner = Batch | MasterBatchRecord


@needs(Permission.ISSUE_DOCUMENTS, Permission.ISSUE_INFUSION_RECORDS)
def issue(request: HttpRequest, number: str) -> HttpResponse:
    """Issue a numbered copy. Who may only issue the infusion record is asked for nothing else."""
    batch, actor = find_batch(number), actor_of(request)
    home = reverse("batch", args=[number])
    is_full = actor.may(Permission.ISSUE_DOCUMENTS)
    facts = gather(batch)
    command = issue_document if is_full else issue_infusion_record

    def run(actor: Any, *, seen: int | None = None, **given: Any) -> Any:
        return command(actor, batch=batch, **given)

    title = _("Issue a copy") if is_full else _("Issue the infusion record")
    return act_page(
        request,
        ActPage(
            title=title,
            button=_("Issue"),
            form_class=CopyForm if is_full else RecipientForm,
            run=run,
            done_url=home + "#copies",
            already_url=home,
            signed=(Meaning.ISSUED,),
            subtitle=_("It is numbered, made from the record as it stands then, sealed and kept for ever."),
            crumbs=[(number, home), (title, "")],
            form_kwargs=_choices(facts) if is_full else {},
            template="batches/documents/issue.html",
            context={"batch": batch, "not_yet": _not_yet(facts, tuple(CONTENTS) if is_full else (Document.INFUSION,))},
        ),
    )


@needs(Permission.ISSUE_DOCUMENTS)
def issue_of_version(request: HttpRequest, code: str, version: int) -> HttpResponse:
    """Issue a numbered copy of a version of the master batch record, with no batch."""
    mbr = find_version(code, version)
    home = _home(mbr)

    def run(actor: Any, **given: Any) -> Any:
        return issue_version(actor, mbr=mbr, **given)

    title = _("Issue a copy")
    return act_page(
        request,
        ActPage(
            title=title,
            button=_("Issue"),
            form_class=RecipientForm,
            run=run,
            done_url=home + "#copies",
            already_url=home,
            signed=(Meaning.ISSUED,),
            subtitle=_("It is numbered, made from the version as it stands then, sealed and kept for ever."),
            crumbs=[(str(mbr), home), (title, "")],
        ),
    )


@needs(Permission.VIEW_RECORDS)
@require_GET
def panel(request: HttpRequest, number: str) -> HttpResponse:
    """The list of issued copies alone, asked for again while one is being made."""
    return _panel(request, find_batch(number))


@needs(Permission.VIEW_RECORDS)
@require_GET
def version_panel(request: HttpRequest, code: str, version: int) -> HttpResponse:
    """The list of copies issued of a version with no batch."""
    return _panel(request, find_version(code, version))


@needs(Permission.PRINT_RECORDS)
@require_POST
def retry(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Try again to make a copy."""
    return _retry(request, find_batch(number), pk)


@needs(Permission.PRINT_RECORDS)
@require_POST
def retry_of_version(request: HttpRequest, code: str, version: int, pk: int) -> HttpResponse:
    """Try again to make a copy of a version."""
    return _retry(request, find_version(code, version), pk)


@needs(Permission.VIEW_RECORDS)
@require_GET
def download(request: HttpRequest, number: str, pk: int) -> HttpResponseBase:
    """The file of a copy, byte for byte as it was made."""
    return _download(request__copy__batch__number=number, request_id=pk)


@needs(Permission.VIEW_RECORDS)
@require_GET
def download_of_version(request: HttpRequest, code: str, version: int, pk: int) -> HttpResponseBase:
    """The file of a copy of a version, byte for byte as it was made."""
    return _download(request__copy__mbr__code=code, request__copy__mbr__version=version, request_id=pk)


@needs(Permission.VIEW_RECORDS)
@require_GET
def check(request: HttpRequest) -> HttpResponse:
    """Whether a sheet is genuine, by the code typed or scanned from it, and whether it still says what is so."""
    typed = request.GET.get("code", "").strip()[:40]
    code = read(typed)
    standing = copy_of(code) if code else None
    context = {
        "typed": typed,
        "is_garbled": bool(typed) and code is None,
        "code": grouped(code) if code else "",
        "standing": standing,
        "is_whole": standing is not None and standing.printed is not None and is_whole(standing.printed.sha256),
        "acts": [(e, act_words(e.name)) for e in acts_since(standing)] if standing else [],
        "file_url": _url(standing, "download-{}copy") if standing else "",
    }
    return render(request, "batches/documents/check.html", context)


def find_version(code: str, version: int) -> MasterBatchRecord:
    """The version of an address; none is a page not found."""
    return get_object_or_404(MasterBatchRecord, code=code, version=version)


def copies_context(owner: Owner, actor: User) -> dict[str, object]:
    """What the list of copies issued of a batch, or of a version with no batch, shows."""
    copies = copies_of(owner)
    jobs = [standing.copy.request.job.state for standing in copies]
    is_batch = isinstance(owner, Batch)
    return {
        "owner": owner,
        "copies": [
            (s, grouped(s.copy.check_code), _url(s, "download-{}copy"), _url(s, "retry-{}copy")) for s in copies
        ],
        "copies_under_way": any(state in ("queued", "running") for state in jobs),
        "copies_url": _address("{}copies", owner),
        "issue_url": _address("issue-{}copy", owner),
        "may_retry": actor.may(Permission.PRINT_RECORDS),
        "may_issue": actor.may(Permission.ISSUE_DOCUMENTS)
        or (is_batch and actor.may(Permission.ISSUE_INFUSION_RECORDS)),
    }


def _panel(request: HttpRequest, owner: Owner) -> HttpResponse:
    return render(request, "batches/documents/copies.html", copies_context(owner, actor_of(request)))


def _retry(request: HttpRequest, owner: Owner, pk: int) -> HttpResponse:
    copy = get_object_or_404(owner.issued_copies.select_related("request"), request_id=pk)
    retry_copy(actor_of(request), request=copy.request)
    return _panel(request, owner) if request.headers.get("HX-Request") else redirect(_home(owner))


def _download(**wanted: object) -> HttpResponseBase:
    printed = get_object_or_404(PrintedRecord.objects.select_related("request__copy"), **wanted)
    return sent(printed, name=printed.request.copy.file_name, content_type="application/pdf")


def _home(owner: Owner) -> str:
    """The page a copy's owner has."""
    if isinstance(owner, Batch):
        return reverse("batch", args=[owner.number])
    return reverse("master", args=[owner.code, owner.version])


def _address(name: str, owner: Owner, *args: object) -> str:
    """An address about the copies of a batch, or of a version: its name has «master-» in it."""
    if isinstance(owner, Batch):
        return reverse(name.format(""), args=[owner.number, *args])
    return reverse(name.format("master-"), args=[owner.code, owner.version, *args])


def _url(standing: CopyStanding, name: str) -> str:
    owner = standing.copy.batch or standing.copy.mbr
    assert owner is not None  # a constraint
    return _address(name, owner, standing.copy.request_id)


def _choices(facts: Facts) -> dict[str, object]:
    return {
        "documents": tuple(CONTENTS),
        "sections": choices(facts),
        "deviations": [(d.number, f"{d.number}: {d.title}") for d in facts.deviations],
    }


def _not_yet(facts: Facts, documents: Sequence[Document]) -> list[tuple[str, list[Refusal]]]:
    """The documents that can't be issued now, each with the reasons."""
    rests_on = document_facts(facts)
    some_deviation = next(iter(rests_on.deviations), "")
    found = [(d, list(document_refusals(d, rests_on, deviation=some_deviation))) for d in documents]
    return [(str(DOCUMENT_LABELS[document]), refusals) for document, refusals in found if refusals]
