"""Downtime forms as pages list them, and the acts that may have been recorded from one."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from batches.models import Batch, Deviation, DowntimeForm, TranscribedAct
from batches.models.done import Done
from batches.rules.deviations import tells_of
from batches.rules.downtime import ACTS_OF, FormStep
from batches.rules.states import FormState
from lims.ledger.models import Entry
from lims.recorded import recorded_models, version_model


def forms() -> QuerySet[DowntimeForm]:
    """All forms with what a list shows of them, newest first."""
    return DowntimeForm.objects.select_related(
        "batch", "batch__patient", "mbr", "issued_to", "transcription", "transcription__batch"
    ).order_by("-id")


def of_batch(batch: Batch) -> list[DowntimeForm]:
    """The forms issued for a batch or transcribed into it, oldest first, with the sheet and the acts of each."""
    own = DowntimeForm.objects.filter(Q(batch=batch) | Q(transcription__batch=batch)).order_by("id")
    return list(
        own.select_related("mbr", "issued_to", "transcription").prefetch_related(
            "transcription__attachments", "transcription__acts"
        )
    )


def recorded_since(form: DowntimeForm, batch: Batch) -> QuerySet[Entry]:
    """Acts of a batch that a form may have been entered by: of its step, since it was issued, from no other form."""
    taken = TranscribedAct.objects.filter(recorded_in=OuterRef("pk"))
    acts = Entry.objects.filter(
        stream=batch.stream, name__in=ACTS_OF[FormStep(form.step)], at__gte=form.issued_at, is_refused=False
    )
    return acts.exclude(Exists(taken)).order_by("seq")


def is_from_form(name: str, batch: Batch, row: Done) -> bool:
    """Whether a late entry says what form it was made on: one for this act, of this batch or blank, out at the time."""
    out = DowntimeForm.objects.filter(
        Q(batch=batch) | Q(batch=None),
        step__in=[step for step, acts in ACTS_OF.items() if name in acts],
        state=FormState.ISSUED,
        issued_at__lte=row.done_at,
    )
    return any(tells_of(number, row.late_reason) for number in out.values_list("number", flat=True))


def is_named_by_an_entry(form: DowntimeForm) -> bool:
    """Whether a late entry says that it was made on this form."""
    models = [m for m in recorded_models() if issubclass(m, Done)]
    return any(m._base_manager.filter(late_reason__contains=form.number).exists() for m in models)


def issued_together(form: DowntimeForm) -> QuerySet[DowntimeForm]:
    """The forms issued in the same act, in order."""
    return DowntimeForm.objects.filter(pad=form.pad).order_by("id")


def done_by(acts: Collection[UUID]) -> dict[UUID, datetime]:
    """When what each act told of was done, as it stands now; a deviation that came of it tells nothing of its own."""
    found: dict[UUID, datetime] = {}
    for model in recorded_models():
        if not issubclass(model, Done) or model is Deviation:
            continue
        versions = version_model(model)._base_manager.filter(act__in=acts, history_type="+")
        by_row: dict[int, UUID] = dict(versions.values_list("id", "act"))
        for pk, done_at in model._base_manager.filter(pk__in=by_row).values_list("pk", "done_at"):
            act = by_row[pk]
            found[act] = min(done_at, found.get(act, done_at))
    return found
