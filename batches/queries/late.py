"""Rows of a batch recorded late, with the reason given: one query finds which, one for each kind reads them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

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
    act_id: UUID


def late_rows(batch: m.Batch) -> list[LateRow]:
    """All of them, oldest first."""
    return sorted(_late(batch), key=lambda late: late.done_at)


def _late(batch: m.Batch) -> Iterator[LateRow]:
    for model, keys in _keys(batch).items():
        recorded = _first_recorded(model, keys)
        rows: Iterable[Any] = model._base_manager.filter(pk__in=keys)
        for row in rows:
            at, who, act_id = recorded[row.pk]
            yield LateRow(row, row.done_at, at, who, row.late_reason, act_id)


def _keys(batch: m.Batch) -> dict[type[models.Model], list[int]]:
    """Which rows of which models are late: most models have none, so all are asked in one query."""
    kinds: dict[str, tuple[type[Any], str]] = {
        model._meta.label: (model, path) for model in recorded_models() if (path := _path(model))
    }
    asked = [
        model._base_manager.filter(**{path: batch})
        .exclude(late_reason="")
        .order_by()
        .values_list(models.Value(label), "pk")
        for label, (model, path) in kinds.items()
    ]
    found: dict[type[models.Model], list[int]] = defaultdict(list)
    for label, pk in asked[0].union(*asked[1:], all=True):
        found[kinds[label][0]].append(pk)
    return found


def _path(model: type[models.Model]) -> str:
    """How a model's rows are found from their batch; empty for a model that has no time or no batch."""
    if not issubclass(model, Done):
        return ""
    return _THROUGH.get(model) or ("batch" if _has(model, "batch") else "")


def _first_recorded(model: type[models.Model], keys: list[int]) -> dict[int, tuple[datetime, str, UUID]]:
    """When, by whom and in which act each row first said that it was late; corrections came after."""
    versions = version_model(model)._base_manager.filter(id__in=keys).exclude(late_reason="").order_by("-history_id")
    told = versions.values_list("id", "history_date", "act__actor_name", "act_id")
    return {pk: (at, who, act_id) for pk, at, who, act_id in told}


def _has(model: type[models.Model], name: str) -> bool:
    return any(f.name == name for f in model._meta.concrete_fields)
