"""Corrections as they are read beside the values, and the rows of a batch that may be corrected."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Q

from batches import models as m
from batches.queries.lineage import lineage
from batches.rules.corrections import TABLE, Correctable, Moment
from lims.recorded import Recorded

Key = tuple[str, str, str]

# How a row is found from its batch, where it does not name the batch itself.
_PATHS: Mapping[str, tuple[str, ...]] = {
    "Count": ("isolation__batch", "passage__batch", "fill__batch"),
    "SquareCount": ("count__isolation__batch", "count__passage__batch", "count__fill__batch"),
    "VesselLoss": ("vessel__batch",),
    "InfusionEvent": ("infusion__batch",),
    "Vitals": ("infusion__batch",),
    "PdasAnswer": ("assessment__batch",),
}


def corrections_of(batch: m.Batch) -> Mapping[Key, list[m.Correction]]:
    """Every correction of a batch by model label, key and field, oldest first: for showing it where the value is."""
    found: dict[Key, list[m.Correction]] = defaultdict(list)
    for row in batch.corrections.select_related("act").order_by("id"):
        found[row.target_model, row.target_pk, row.field].append(row)
    return found


def model_named(name: str) -> type[Recorded]:
    """The model of a name in the table. Raises `LookupError`."""
    model: type[Recorded] = apps.get_model("batches", name)
    return model


def rows_of(batch: m.Batch, name: str) -> models.QuerySet[Any]:
    """The rows of one model that belong to a batch."""
    belongs = Q()
    for path in _PATHS.get(name, ("batch",)):
        belongs |= Q(**{path: batch})
    model = model_named(name)
    related = [f.name for f in model._meta.concrete_fields if f.is_relation and f.name not in ("act", "batch")]
    return model._base_manager.filter(belongs).select_related(*related)


def root_of(row: models.Model) -> models.Model:
    """The row whose signature covers this one: itself, or what it lies below."""
    for name in getattr(row, "signed_with", ()):
        parent = getattr(row, name, None)
        if parent is not None:
            return root_of(parent)
    return row


@dataclass(frozen=True)
class CorrectableValue:
    """One value that may be corrected."""

    name: str
    row: models.Model
    field: str
    entry: Correctable
    label: str
    value: object


def correctable(batch: m.Batch) -> Iterator[tuple[models.Model, list[CorrectableValue]]]:
    """The values of a batch that may be corrected, by the step they belong to, in the order of the process."""
    steps: dict[tuple[str, str], tuple[models.Model, list[CorrectableValue]]] = {}
    for name, fields in TABLE.items():
        for row in rows_of(batch, name):
            root = root_of(row)
            key = (root._meta.label, str(root.pk))
            _root, values = steps.setdefault(key, (root, []))
            values.extend(_values(name, row, fields, is_root=row is root))
    yield from steps.values()


def _values(
    name: str, row: models.Model, fields: Mapping[str, Correctable], *, is_root: bool
) -> Iterator[CorrectableValue]:
    for field, entry in fields.items():
        value = getattr(row, field)
        if value is None and not entry.is_optional:
            continue  # what was never asked, such as a counter's figures of a count by eye
        yield CorrectableValue(name, row, field, entry, label_of(row, field, is_root=is_root), value)


def label_of(row: models.Model, field: str, *, is_root: bool) -> str:
    """The value in words: `Suspension volume`, `A1 live`, `P1-01 vessel lot`."""
    verbose = str(row._meta.get_field(field).verbose_name)  # type: ignore[union-attr]
    if is_root:
        return verbose[:1].upper() + verbose[1:]
    if isinstance(row, m.Count):
        return f"Count: {verbose}"
    if isinstance(row, m.PdasAnswer):
        return f"PDAS item {row.item}"
    return f"{row} {verbose}"


def ordered_moments(batch: m.Batch) -> list[tuple[Moment, Moment]]:
    """Pairs of times that follow one another in the process, as the record stands."""
    chain: list[Moment] = []
    harvest = m.Harvest.objects.filter(batch=batch).first()
    receipt = m.Receipt.objects.filter(batch=batch).first()
    isolation = m.Isolation.objects.filter(batch=batch).first()
    fill = m.Fill.objects.filter(batch=batch).first()
    if harvest:
        chain.append(Moment("the dispatch of the tissue", harvest.dispatched_at))
    if receipt:
        chain.append(Moment("the receipt", receipt.done_at))
    if isolation:
        chain.append(Moment("the digestion", isolation.digestion_started_at))
    pairs = list(pairwise(chain))
    culture = lineage(batch)
    for each in culture.passages:
        detached = Moment(f"the detachment of P{each.passage.generation}", each.passage.exposure_started_at)
        pairs += [(Moment(f"the seeding of {v.code}", v.seeded_at), detached) for v in each.vessels]
        if fill and each.passage.is_final:
            pairs.append((Moment("the final cell harvest", each.passage.done_at), Moment("the fill", fill.done_at)))
    if fill:
        started = m.InfusionEvent.objects.filter(infusion__batch=batch).order_by("done_at").first()
        if started:
            pairs.append((Moment("the fill", fill.done_at), Moment("the infusion", started.done_at)))
    events = m.InfusionEvent.objects.filter(infusion__batch=batch).order_by("id")
    pairs += list(pairwise(Moment(f"«{e.get_kind_display()}»", e.done_at) for e in events))
    return pairs
