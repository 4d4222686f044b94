"""What a signature covers: a recorded row, every recorded row below it, and the rows above that give it its meaning.

A model joins what is signed by naming, in `signed_with`, its foreign keys to rows above. A signed row names, in
`signed_context`, the rows above that are signed with it, and they name theirs: a step covers its batch, and so the
master batch record the batch is pinned to, content and all, however far below them it lies.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import models

from lims import acts
from lims.ledger import chain
from lims.ledger.values import Column, columns, values_of
from lims.recorded import Recorded, recorded_models, tracked_fields, version_model

Row = tuple[str, str, dict[str, object]]


@cache
def children(model: type[models.Model]) -> tuple[tuple[type[Recorded], str], ...]:
    """Recorded models directly below `model` in what is signed, with their foreign key's column attribute."""
    below = []
    for child in recorded_models():
        for name in child.signed_with:
            key: Any = child._meta.get_field(name)
            if key.related_model is model:
                below.append((child, key.attname))
    return tuple(sorted(below, key=lambda pair: pair[0]._meta.label))


def signed_digest(subject: models.Model) -> str:
    """SHA-256 of what a signature under `subject` covers now.

    Inside the act that created the subject, the rows are those of the act; otherwise they are read back.
    """
    if _is_created(subject):
        above = _above(type(subject), {str(subject.pk): subject}, is_signing=True)
        return digest_of([*_from_act(subject), *(row for _, row in above)])
    return signed_digests(type(subject), [subject.pk])[str(subject.pk)]


def signed_digests(model: type[models.Model], keys: Iterable[object]) -> dict[str, str]:
    """What signatures under each of `keys` cover now, by key; one query for each model below, and for each above."""
    rows = list(model._base_manager.filter(pk__in=list(keys)))
    trees: dict[str, list[Row]] = {str(r.pk): [_row(r)] for r in rows}
    _gather(model, {r.pk: str(r.pk) for r in rows}, trees)
    for key, row in _above(model, {str(r.pk): r for r in rows}):
        trees[key].append(row)
    return {key: digest_of(tree) for key, tree in trees.items()}


def subject_model(label: str) -> type[models.Model]:
    """The model a signature's label names."""
    return apps.get_model(label)


def _gather(model: type[models.Model], roots: dict[Any, str], trees: dict[str, list[Row]]) -> None:
    if not roots:
        return
    for child, key in children(model):
        found: dict[Any, str] = {}
        for row in child._base_manager.filter(**{f"{key}__in": list(roots)}):
            root = roots[getattr(row, key)]
            trees[root].append(_row(row))
            found[row.pk] = root
        _gather(child, found, trees)


def _above(
    model: type[models.Model], rows: Mapping[str, Any], *, is_signing: bool = False
) -> Iterator[tuple[str, Row]]:
    """The rows above each of `rows` that are signed with it, by the same key; a row that is gone is left out.

    Who signs signs a large row (a whole process) as the act it names wrote it, read once by each process of the
    server. Whether a signature holds is asked of the row as it stands.
    """
    for path in getattr(model, "signed_context", ()):
        at, reached = dict(rows), model
        for name in path.split("__"):
            field: Any = reached._meta.get_field(name)
            wanted = {key: getattr(row, field.attname) for key, row in at.items()}
            reached = field.related_model
            keys = set(wanted.values()) - {None}
            found = _as_signed(reached, keys) if is_signing else _stored(reached, keys)
            at = {key: found[pk] for key, pk in wanted.items() if pk in found}
        is_read_once = is_signing and _large(reached)
        shown = {
            pk: _as_written(reached, pk, row.act_id) if is_read_once else row_of(reached, row)
            for pk, row in found.items()
        }
        yield from ((key, shown[wanted[key]]) for key in at)
        yield from _above(reached, at, is_signing=is_signing)


def _stored(model: type[models.Model], keys: Collection[Any]) -> dict[Any, Any]:
    return {r.pk: r for r in model._base_manager.filter(pk__in=keys)}


def _as_signed(model: type[models.Model], keys: Collection[Any]) -> dict[Any, Any]:
    """Rows as they stand for the act under way: what it wrote it need not read back. Large values are left out."""
    written = {pk: v for pk, v in _latest(model).items() if pk in keys}
    if len(written) == len(keys):
        return written
    stored = model._base_manager.filter(pk__in=set(keys) - written.keys()).defer(*_large(model))
    return written | {r.pk: r for r in stored}


def _latest(model: type[models.Model]) -> dict[Any, acts.NewVersion]:
    """The last version of each row of a model that the act under way wrote, by the row's key."""
    key = model._meta.pk.attname
    return {getattr(v, key): v for v in acts.current().versions.get(version_model(model), ())}


@cache
def _large(model: type[models.Model]) -> tuple[str, ...]:
    return tuple(f.name for f in model._meta.concrete_fields if isinstance(f, models.JSONField))


@lru_cache(maxsize=64)
def _as_written(model: type[models.Model], pk: Any, act_id: UUID) -> Row:
    """A row as an act wrote it: a later act gives it another `act_id`."""
    return _row(model._base_manager.get(pk=pk, act_id=act_id))


def _is_created(subject: models.Model) -> bool:
    """Whether the act under way created this row."""
    key = subject._meta.pk.attname
    written = acts.current().versions.get(version_model(type(subject)), ())
    return any(v.history_type == "+" and getattr(v, key) == subject.pk for v in written)


def _from_act(subject: models.Model) -> list[Row]:
    """The tree of a subject created in this act, from the versions the act wrote (the last of each row)."""
    rows: list[Row] = []

    def walk(model: type[models.Model], keys: set[object]) -> None:
        for child, column in children(model):
            below = {pk: v for pk, v in _latest(child).items() if getattr(v, column) in keys}
            rows.extend(row_of(child, v) for v in below.values())
            if below:
                walk(child, set(below))

    rows.append(row_of(type(subject), _latest(type(subject))[subject.pk]))
    walk(type(subject), {subject.pk})
    return rows


def _row(row: models.Model) -> Row:
    return row_of(type(row), row)


def row_of(model: type[models.Model], row: models.Model | acts.NewVersion) -> Row:
    """What a signature covers of one row: the row itself, or a version of it."""
    values = values_of(row, _signed_values(model))
    return (model._meta.label, str(getattr(row, model._meta.pk.attname)), values)


def signed_columns(model: type[models.Model]) -> list[str]:
    """The columns of a model that a signature covers."""
    return [f.attname for f in _signed_fields(model)]


@cache
def _signed_fields(model: type[models.Model]) -> tuple[models.Field[Any, Any], ...]:
    """Everything but the act that last wrote the row, and fields that change as work goes on."""
    without = {"act", *getattr(model, "unsigned_fields", ())}
    return tuple(f for f in tracked_fields(model) if f.name not in without)


@cache
def _signed_values(model: type[models.Model]) -> tuple[Column, ...]:
    return columns(_signed_fields(model))


def digest_of(rows: Sequence[Row]) -> str:
    """SHA-256 of the rows a signature covers, whatever their order."""
    return chain.digest({"signed": told(rows)})


def told(rows: Sequence[Row]) -> list[dict[str, object]]:
    """The rows a signature covers, as they are digested."""
    return [{"model": m, "pk": pk, "values": values} for m, pk, values in sorted(rows, key=lambda r: (r[0], r[1]))]
