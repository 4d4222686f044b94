"""Pages of a paper import: choose a file and look at it, import it under two signatures, read what was imported."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from batches.commands.paper import import_passages, look_at
from batches.forms.paper import PaperFileForm, PaperImportForm
from batches.models import PaperImport
from batches.queries.involved import signatures_under
from batches.rules.paper import CheckedRow, disagreements
from batches.rules.wording import cells, percent
from lims.accounts.permissions import Permission
from lims.files import is_whole, keep, path_of
from lims.signatures.meanings import Meaning
from lims.texts import text_refusals
from lims.web.access import needs
from lims.web.act_pages import ActPage, act_page
from lims.web.typed import whole

SIGNED = (Meaning.TRANSCRIBED, Meaning.CHECKED)


@needs(Permission.VIEW_RECORDS)
@require_GET
def imports(request: HttpRequest) -> HttpResponse:
    """Every import, newest first."""
    before = request.GET.get("before", "")
    found = PaperImport.objects.select_related("act").order_by("-id")
    if whole(before) is not None:
        found = found.filter(pk__lt=int(before))
    shown = list(found[:51])
    url = reverse("imports")
    pager = {
        "first_url": url if before else "",
        "next_url": f"{url}?before={shown[49].pk}" if len(shown) > 50 else "",
    }
    return render(request, "batches/imports/imports.html", {"imports": shown[:50], "pager": pager})


@needs(Permission.IMPORT_RECORDS)
def look(request: HttpRequest) -> HttpResponse:
    """Choose a file and name its columns; a file that can be true goes on to be imported."""
    form = PaperFileForm(request.POST or None, request.FILES or None)
    refusals: list[object] = []
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            upload = form.cleaned_data["file"]
            content = upload.read()
            _checked, found = look_at(content, form.column_map)
            found = [*text_refusals(form.cleaned_data), *found]
            if not found:
                sha256, _size = keep([content])
                given = {
                    "sha256": sha256,
                    "file_name": (upload.name or "file.csv")[-200:],
                    "column_map": json.dumps(form.column_map),
                }
                return redirect(f"{reverse('import-passages')}?{urlencode(given)}")
            refusals = list(found)
    context = {
        "title": _("Look at a file of passages"),
        "button": _("Look at the file"),
        "subtitle": _("Nothing is written yet."),
        "crumbs": [(_("Paper imports"), reverse("imports")), (_("File"), "")],
        "form": form,
        "refusals": refusals,
        "lead": _("This file can't be imported. Put it right and choose it again.") if refusals else "",
        "signing": [],
    }
    return render(request, "batches/imports/look.html", context, status=status)


@needs(Permission.IMPORT_RECORDS)
def import_file(request: HttpRequest) -> HttpResponse:
    """The file as it was read, with the totals that disagree; two people sign its import."""
    given = PaperImportForm(request.POST if request.method == "POST" else request.GET)
    if not given.is_valid() or not is_whole(given.cleaned_data["sha256"]):
        raise Http404(_("This file is not here. Choose it again."))
    content = path_of(given.cleaned_data["sha256"]).read_bytes()
    column_map: Mapping[str, str] = given.cleaned_data["column_map"]
    checked, refusals = look_at(content, column_map)
    home = reverse("imports")

    def run(actor: Any, *, seen: int | None = None, **more: Any) -> PaperImport:
        paper: PaperImport = import_passages(actor, **more)
        return paper

    return act_page(
        request,
        ActPage(
            title=_("Import passages"),
            button=_("Import passages"),
            form_class=PaperImportForm,
            run=run,
            inputs=lambda form: {
                "content": content,
                "file_name": form.cleaned_data["file_name"],
                "column_map": form.cleaned_data["column_map"],
            },
            done_url=lambda paper: reverse("paper-import", args=[paper.pk]),
            already_url=home,
            signed=SIGNED,
            subtitle=given.cleaned_data["file_name"],
            crumbs=[(_("Paper imports"), home), (_("Import"), "")],
            initial={name: given.data.get(name, "") for name in ("sha256", "file_name", "column_map")},
            template="batches/imports/import.html",
            context={
                "rows": _shown_rows(checked),
                "wrong": len(disagreements(checked)),
                "problems": refusals,
                "sha256": given.cleaned_data["sha256"],
            },
        ),
    )


@needs(Permission.VIEW_RECORDS)
@require_GET
def paper_import(request: HttpRequest, pk: int) -> HttpResponse:
    """One import: its passages as they were transcribed, with the totals that disagree."""
    paper = get_object_or_404(PaperImport.objects.select_related("act"), pk=pk)
    passages = list(paper.passages.select_related("batch"))
    context = {
        "paper": paper,
        "rows": [
            {
                "row": p,
                "batch": p.batch,
                "printed": _cells(p.reported_total),
                "computed": _cells(p.computed_total),
                "off": _off(p.reported_total, p.computed_total) if p.is_disagreeing else "",
                "is_taken": p.reported_total == p.computed_total,
                "seeded": _cells(p.cells_seeded),
                "harvested": _cells(p.cells_harvested),
            }
            for p in passages
        ],
        "wrong": sum(1 for p in passages if p.is_disagreeing),
        "signatures": signatures_under(paper),
    }
    return render(request, "batches/imports/paper_import.html", context)


def _shown_rows(checked: Sequence[CheckedRow]) -> list[dict[str, object]]:
    return [
        {
            "row": c.row,
            "batch": None,
            "printed": _cells(c.row.reported_total),
            "computed": _cells(c.computed_total),
            "off": _off(c.row.reported_total, c.computed_total) if c.is_disagreeing else "",
            "is_taken": c.row.reported_total == c.computed_total,
            "seeded": _cells(c.row.cells_seeded),
            "harvested": _cells(c.row.cells_harvested),
        }
        for c in checked
    ]


def _cells(value: Any) -> str:
    return cells(value) if value is not None else ""


def _off(printed: Any, computed: Any) -> str:
    return percent((printed - computed) / computed * 100, 0) if printed is not None and computed else ""
