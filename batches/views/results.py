"""Pages of test results: all of a batch, one with its form, declaring one invalid, repeating a test."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from batches.commands.results import invalidate_result, record_result, retest_result
from batches.forms.results import InvalidForm, NothingForm, ResultForm
from batches.models import Batch, TestResult
from batches.queries.facts import batch_facts
from batches.queries.involved import signatures_under
from batches.queries.specification import answer_of, high_of, limit_text, matrix, pending_lines, shown_as
from batches.rules.results import Standing, judged, shown
from batches.rules.sequence import refusals as sequence_refusals
from batches.rules.states import ResultState
from batches.views.acting import batch_act, find_batch
from lims.accounts.permissions import Permission
from lims.web.access import actor_of, needs


@needs(Permission.VIEW_RECORDS)
@require_safe
def results(request: HttpRequest, number: str) -> HttpResponse:
    """Every row of the specification with what is known of it."""
    batch = find_batch(number)
    actor = actor_of(request)
    lines = matrix(batch)
    can_sample = actor.may(Permission.TAKE_SAMPLES) and not sequence_refusals("sample:take", batch_facts(batch))
    context = {
        "batch": batch,
        "lines": lines,
        "pending": pending_lines(lines),
        "final": sum(1 for line in lines if line.outcome),
        "can_enter": actor.may(Permission.ENTER_RESULTS),
        "can_sample": can_sample,
        "samples": [
            {"sample": s, "name": _kind_name(batch, s.kind)} for s in batch.samples.select_related("act").order_by("id")
        ],
    }
    return render(request, "batches/results/list.html", context)


@needs(Permission.VIEW_RECORDS)
def result(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """One result: its form while it is pending, what it is afterwards."""
    batch = find_batch(number)
    row = _find(batch, pk)
    asked = batch.mbr.process.row(row.test)
    high = high_of(batch, asked)
    limit = limit_text(asked, high, of=batch.patient)
    if row.state == ResultState.PENDING and actor_of(request).may(Permission.ENTER_RESULTS):
        return batch_act(
            request,
            batch,
            title=asked.name,
            button=_("Record result"),
            form_class=ResultForm,
            command=record_result,
            subtitle=_("Limit: %(limit)s") % {"limit": limit},
            form_kwargs={"row": asked},
            done_url=reverse("results", args=[batch.number]),
            context={"result": row, "row": asked, "limit": limit},
            template="batches/results/record.html",
            result=row,
        )
    if request.method not in ("GET", "HEAD"):
        raise Http404
    answer = answer_of(row)
    tone, word = shown_as(judged(asked, answer, high=high).outcome if row.done_at else Standing(row.state))
    context = {
        "batch": batch,
        "result": row,
        "row": asked,
        "limit": limit,
        "text": shown(asked, answer) if row.done_at else "",
        "tone": tone,
        "word": word,
        "signatures": signatures_under(row),
        "repeats": _chain(row),
        "can_enter": actor_of(request).may(Permission.ENTER_RESULTS),
        "has_retest": TestResult.objects.filter(retest_of=row).exists(),
        "raised": batch.deviations.filter(source_model=TestResult._meta.label, source_pk=str(row.pk)),
    }
    return render(request, "batches/results/result.html", context)


@needs(Permission.ENTER_RESULTS)
def invalidate(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Declare a result invalid, with a reason and a second analyst."""
    batch = find_batch(number)
    row = _find(batch, pk)
    return batch_act(
        request,
        batch,
        title=_("Declare %(test)s invalid") % {"test": batch.mbr.process.row(row.test).name},
        button=_("Declare invalid"),
        form_class=InvalidForm,
        command=invalidate_result,
        subtitle=_("A deviation it raised stays open until QA concludes it"),
        done_url=reverse("result", args=[batch.number, row.pk]),
        result=row,
    )


@needs(Permission.ENTER_RESULTS)
def retest(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Repeat an invalid test."""
    batch = find_batch(number)
    row = _find(batch, pk)
    return batch_act(
        request,
        batch,
        title=_("Repeat %(test)s") % {"test": batch.mbr.process.row(row.test).name},
        button=_("Repeat test"),
        form_class=NothingForm,
        command=retest_result,
        subtitle=_("From the same sample. Both results stay in the record"),
        done_url=lambda again: reverse("result", args=[batch.number, again.pk]),
        result=row,
    )


def _find(batch: Batch, pk: int) -> TestResult:
    return get_object_or_404(TestResult.objects.select_related("sample", "retest_of"), pk=pk, batch=batch)


def _kind_name(batch: Batch, key: str) -> str:
    return next((k.name for k in batch.mbr.process.sampling_plan if k.key == key), key)


def _chain(row: TestResult) -> list[TestResult]:
    """Every result of the same test, oldest first, when there are several."""
    found = list(TestResult.objects.filter(batch=row.batch_id, test=row.test).order_by("id"))
    return found if len(found) > 1 else []
