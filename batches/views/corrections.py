"""Pages of corrections: choose a recorded value, and correct it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from batches.commands.corrections import correct, shown
from batches.forms.corrections import CorrectionForm
from batches.models import Batch, Correction
from batches.queries.corrections import (
    CorrectableValue,
    Key,
    correctable,
    corrections_of,
    label_of,
    root_of,
    rows_of,
)
from batches.queries.involved import signatures_under
from batches.rules.corrections import field_of, permission_for
from batches.rules.release import RELEASES
from batches.rules.states import DispositionState
from batches.views.acting import batch_act, find_batch
from lims.accounts.models import User
from lims.accounts.permissions import Permission
from lims.web.access import actor_of, needs


@dataclass(frozen=True)
class ValueLine:
    """One value in the list: how it is called, how it reads, what it was, where it is corrected."""

    label: str
    text: str
    was: list[Correction]
    url: str


@dataclass(frozen=True)
class StepLines:
    """A step with its values."""

    title: str
    done_at: datetime | None
    lines: list[ValueLine]

    @property
    def corrected(self) -> int:
        """How many of its values were corrected."""
        return sum(1 for line in self.lines if line.was)


@needs(Permission.CORRECT_RECORDS)
@require_safe
def corrections(request: HttpRequest, number: str) -> HttpResponse:
    """The values of a batch that the person may correct, and what was corrected so far."""
    batch = find_batch(number)
    actor = actor_of(request)
    found = corrections_of(batch)
    steps = [
        StepLines(
            _step_title(batch, str(root), root._meta.model_name or ""),
            getattr(root, "done_at", None),
            [_line(batch, value, found) for value in values if _may(actor, value.name)],
        )
        for root, values in correctable(batch)
    ]
    context = {
        "batch": batch,
        "steps": sorted((s for s in steps if s.lines), key=lambda s: s.done_at.timestamp() if s.done_at else 0),
        "corrections": batch.corrections.select_related("act").order_by("-id"),
        "is_released": DispositionState(batch.disposition) in RELEASES,
    }
    return render(request, "batches/corrections/list.html", context)


@needs(Permission.CORRECT_RECORDS)
def correction(request: HttpRequest, number: str, model: str, pk: int, field: str) -> HttpResponse:
    """Correct one value."""
    batch = find_batch(number)
    entry = field_of(model, field)
    row = rows_of(batch, model).filter(pk=pk).first() if entry is not None else None
    if entry is None or row is None or not _may(actor_of(request), model):
        raise Http404(_("This value is not corrected here."))
    root = root_of(row)
    value = CorrectableValue(model, row, field, entry, label_of(row, field, is_root=row is root), getattr(row, field))
    return batch_act(
        request,
        batch,
        title=_("Correct %(what)s") % {"what": value.label[:1].lower() + value.label[1:]},
        button=_("Correct value"),
        form_class=CorrectionForm,
        command=correct,
        subtitle=str(root),
        form_kwargs={"corrected": value},
        context={
            "text": shown(entry, row, field, value.value),
            "value": value,
            "was": corrections_of(batch).get((row._meta.label, str(row.pk), field), []),
            "signatures": signatures_under(root),
            "is_released": DispositionState(batch.disposition) in RELEASES,
        },
        template="batches/corrections/correct.html",
        done_url=reverse("corrections", args=[batch.number]),
        model=model,
        pk=str(pk),
        field=field,
    )


def _may(actor: User, model: str) -> bool:
    return actor.may(Permission(permission_for(model))) or actor.may(Permission.DECIDE_DEVIATIONS)


def _line(batch: Batch, value: CorrectableValue, found: Mapping[Key, list[Correction]]) -> ValueLine:
    key = (value.row._meta.label, str(value.row.pk), value.field)
    return ValueLine(
        value.label,
        shown(value.entry, value.row, value.field, value.value),
        found.get(key, []),
        reverse("correction", args=[batch.number, value.name, value.row.pk, value.field]),
    )


def _step_title(batch: Batch, name: str, model: str) -> str:
    """What a step is called on a page of its own batch: without the batch's number."""
    words = {
        "harvest": _("Harvest"),
        "receipt": _("Receipt"),
        "isolation": _("Isolation"),
        "fill": _("Fill"),
        "infusion": _("Infusion"),
    }
    short = words.get(model) or name.removeprefix(batch.number).strip(" -")
    return short[:1].upper() + short[1:]
