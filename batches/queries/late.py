"""Rows of a batch recorded late, with the reason given: one query for each kind of row that can be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import models

from batches import models as m
from batches.models.done import Done
from lims.recorded import recorded_models, version_model

# How a row is found from its batch, where it does not name the batch itself.
_THROUGH = {
    m.VesselLoss: "vessel__batch",
    m.InfusionEvent: "infusion__batch",
    m.Vitals: "infusion__batch",
}


@dataclass(frozen=True)
class LateRow:
    """Something recorded late: done then, recorded by whom at another time, because."""

    row: models.Model
    done_at: datetime
    recorded_at: datetime
    who: str
    reason: str


def late_rows(batch: m.Batch) -> list[LateRow]:
    """All of them, oldest first."""
    return sorted(_late(batch), key=lambda late: late.done_at)


def _late(batch: m.Batch) -> Iterator[LateRow]:
    for model in recorded_models():
        if not issubclass(model, Done):
            continue
        path = _THROUGH.get(model) or ("batch" if _has(model, "batch") else "")
        if not path:
            continue
        rows = {row.pk: row for row in model._base_manager.filter(**{path: batch}).exclude(late_reason="")}
        if rows:
            recorded = _first_recorded(model, list(rows))
            for pk, row in rows.items():
                at, who = recorded[pk]
                yield LateRow(row, row.done_at, at, who, row.late_reason)


def _first_recorded(model: type[models.Model], keys: list[int]) -> dict[int, tuple[datetime, str]]:
    """When and by whom each row first said that it was late; corrections came after."""
    versions = version_model(model)._base_manager.filter(id__in=keys).exclude(late_reason="").order_by("-history_id")
    return {pk: (at, who) for pk, at, who in versions.values_list("id", "history_date", "act__actor_name")}


def _has(model: type[models.Model], name: str) -> bool:
    return any(f.name == name for f in model._meta.concrete_fields)
