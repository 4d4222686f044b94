"""Pages of labels: what of a batch bears one, printing first and further copies, what became of each, the files."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from batches.commands.labels import REPRINT, account_for_labels, print_for_fill, print_labels
from batches.forms.labels import AccountForm, FillLabelForm, LabelsForm, ReprintForm
from batches.models import Batch, LabelPrint
from batches.queries.labels import (
    Container,
    containers,
    donor_tests,
    lacks,
    printable,
    reconciliation,
    unaccounted,
)
from batches.record.labels import test_file
from batches.rules.labels import LabelKind
from batches.rules.states import LabelState, Stage
from batches.views.acting import batch_act, find_batch
from lims.accounts.permissions import Permission
from lims.files import is_whole, path_of
from lims.signatures.meanings import Meaning
from lims.web.access import actor_of, needs


@needs(Permission.VIEW_RECORDS)
@require_safe
def labels(request: HttpRequest, number: str) -> HttpResponse:
    """Vessels, samples and bag of a batch, with every label printed for each, what became of it, and the count."""
    batch, actor = find_batch(number), actor_of(request)
    found = containers(batch)
    tests = donor_tests(batch)
    context = {
        "batch": batch,
        "containers": [(c, any(lacks(row, tests) for row in c.standing) if c.is_there else False) for c in found],
        "printed": sum(len(c.prints) for c in found),
        "any_new": bool(_without(found)),
        "any_printed": any(c.prints for c in printable(found).values()),
        "may_print": actor.may(Permission.PRINT_LABELS),
        "may_fill": actor.may(Permission.RECORD_PRODUCTION),
        "is_to_fill": batch.stage == Stage.CELL_HARVEST,
        "has_fill_label": any(
            row.state == LabelState.ISSUED for c in found if c.kind is LabelKind.FILL for row in c.prints
        ),
        "kinds": LabelPrint.KINDS,
        "count": reconciliation(batch),
        "open": unaccounted(batch),
    }
    return render(request, "batches/labels/labels.html", context)


@needs(Permission.PRINT_LABELS)
def print_first(request: HttpRequest, number: str) -> HttpResponse:
    """Print labels for what has none yet."""
    batch = find_batch(number)
    offered = _without(containers(batch))
    return _printing(request, batch, _("Print labels"), LabelsForm, offered, ())


@needs(Permission.PRINT_LABELS)
def reprint(request: HttpRequest, number: str) -> HttpResponse:
    """Print a further copy of labels, with the reason and the signature of QA."""
    batch = find_batch(number)
    printed = [c for c in printable(containers(batch)).values() if c.prints]
    return _printing(request, batch, _("Print labels again"), ReprintForm, printed, REPRINT)


@needs(Permission.PRINT_LABELS)
def print_fill(request: HttpRequest, number: str) -> HttpResponse:
    """Print the label of the container that is to be filled."""
    batch = find_batch(number)
    title = _("Print label for the fill")
    return batch_act(
        request,
        batch,
        title=title,
        button=title,
        form_class=FillLabelForm,
        command=print_for_fill,
        inputs=lambda form: form.inputs(),
        initial=_donor_before(batch),
        subtitle=_("Print it, apply it to the container, then log the fill and scan it"),
        done_url=reverse("labels", args=[batch.number]),
    )


@needs(Permission.PRINT_LABELS)
def account(request: HttpRequest, number: str) -> HttpResponse:
    """Say what became of labels: applied, destroyed with a witness, in the record, returned."""
    batch = find_batch(number)
    return batch_act(
        request,
        batch,
        title=_("Account for labels"),
        button=_("Account for labels"),
        form_class=AccountForm,
        command=account_for_labels,
        inputs=lambda form: form.inputs(),
        initial={"scanned": " ".join(request.GET.getlist("label")), "fate": request.GET.get("fate", "")},
        done_url=reverse("labels", args=[batch.number]),
    )


@needs(Permission.VIEW_RECORDS)
@require_safe
def download(request: HttpRequest, number: str, pk: int) -> HttpResponseBase:
    """The file that a label was printed in."""
    row = get_object_or_404(LabelPrint, pk=pk, batch__number=number)
    if not is_whole(row.sha256):
        raise Http404(_("This file is missing or damaged. Tell the administrator its name: %s.") % row)
    return FileResponse(
        path_of(row.sha256).open("rb"), content_type="application/pdf", as_attachment=True, filename=f"{row.serial}.pdf"
    )


@needs(Permission.PRINT_LABELS)
@require_safe
def test(request: HttpRequest, kind: str) -> HttpResponseBase:
    """A label to try the printer with. It names nobody and is not counted."""
    if kind not in {k.value for k in LabelKind}:
        raise Http404
    made = BytesIO(test_file(LabelKind(kind)))
    return FileResponse(made, content_type="application/pdf", as_attachment=True, filename=f"test-{kind}.pdf")


def _without(found: Sequence[Container]) -> list[Container]:
    """What bears no label yet; a vessel only while it is in culture."""
    return [c for c in printable(found).values() if not c.prints and (c.is_there or c.kind is not LabelKind.VESSEL)]


def _printing(
    request: HttpRequest,
    batch: Batch,
    title: str,
    form_class: type[LabelsForm],
    offered: Sequence[Container],
    signed: tuple[Meaning, ...],
) -> HttpResponse:
    return batch_act(
        request,
        batch,
        title=title,
        button=title,
        form_class=form_class,
        form_kwargs={"choices": [(c.code, f"{c.code}, {c.about}") for c in offered]},
        command=print_labels,
        inputs=lambda form: form.inputs(),
        initial={"chosen": request.GET.getlist("for"), **_donor_before(batch)},
        signed=signed,
        subtitle=_("The second signature is that of QA") if signed else "",
        done_url=reverse("labels", args=[batch.number]),
    )


def _donor_before(batch: Batch) -> dict[str, Any]:
    """What was answered of the donor at the last print; nothing the first time."""
    last = batch.label_prints.order_by("id").last()
    if last is None:
        return {}
    answers = {name: "yes" if getattr(last, name) else "no" for name in ("is_screened", "has_risk_factor")}
    return {**answers, "agents": last.agents}
