"""What the database itself refuses: for each table that holds evidence, what may not happen to its rows.

Computed from the models, so that a new one is guarded without being named here. Conditions are SQL both SQLite and
PostgreSQL read; NEW and OLD are the row of a trigger. Not here: the triggers made of it (guards_sqlite.py,
guards_postgresql.py) and their being put up and looked for (guards.py).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

from django.apps import apps
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from lims.ledger import chain
from lims.ledger.models import AppendOnly, Checkpoint, CheckpointHead, Entry, Head
from lims.recorded import recorded_models, version_model


@dataclasses.dataclass(frozen=True)
class Check:
    """When a statement is refused, as an SQL condition, and what the refusal says."""

    when: str
    says: str


@dataclasses.dataclass(frozen=True)
class Guard:
    """The trigger before one kind of statement on one table."""

    model: str
    table: str
    event: str
    checks: tuple[Check, ...]

    @property
    def name(self) -> str:
        """The name of the trigger."""
        return f"guard_{self.table}_{self.event.lower()}"


ALWAYS = "1 = 1"

Named = Callable[[type[models.Model]], str]


def append_only_models() -> list[type[AppendOnly]]:
    """Every model whose rows are only ever added, versions left out."""
    return [m for m in apps.get_models() if issubclass(m, AppendOnly)]


def guards(connection: BaseDatabaseWrapper, named: Named) -> list[Guard]:
    """Every guard of the database behind `connection`; `named` writes a model's table so that nothing shadows it."""
    found: list[Guard] = []
    for recorded in recorded_models():
        version = version_model(recorded)
        found += [*_kept(version, connection), *_of_versions(recorded, named)]
        found += [*_kept(recorded, connection, changes=True), *_of_rows(recorded, named)]
    for added in append_only_models():
        found += _kept(added, connection)
        if added.sealed_in:
            found.append(_guard(added, "INSERT", _of_sealed_act(added, added.sealed_in, named)))
    found.append(_guard(Entry, "INSERT", _of_next_entry(named)))
    found.append(_guard(Checkpoint, "INSERT", _of_next_checkpoint(named)))
    found.append(_guard(CheckpointHead, "INSERT", _of_listed_head(named)))
    found += [*_kept(Head, connection, changes=True), *_of_heads(named)]
    if connection.vendor == "sqlite":
        found += _against_replacing(found, connection)
    return _one_for_each_event(found)


def _guard(model: type[models.Model], event: str, *checks: Check) -> Guard:
    return Guard(model._meta.label, model._meta.db_table, event, checks)


def _kept(model: type[models.Model], connection: BaseDatabaseWrapper, *, changes: bool = False) -> Iterator[Guard]:
    """Rows are never taken away; unless they are of a kind that `changes`, they are never changed either."""
    table = model._meta.db_table
    yield _guard(model, "DELETE", Check(ALWAYS, f"A row of {table} is never deleted: it is part of the record."))
    if connection.vendor == "postgresql":
        yield _guard(model, "TRUNCATE", Check(ALWAYS, f"{table} is never emptied: it is part of the record."))
    if not changes:
        yield _guard(model, "UPDATE", Check(ALWAYS, f"A row of {table} is never changed: it is only ever added."))


def _is_sealed(act: str, named: Named) -> str:
    return f"EXISTS (SELECT 1 FROM {named(Entry)} e WHERE e.id = {act})"


def _of_sealed_act(model: type[models.Model], field: str, named: Named) -> Check:
    """Versions and signatures are inserted before the entry that seals them, so an entry that is there is too late."""
    act = f"NEW.{_quoted(_column(model, field))}"
    says = f"Nothing is added to {model._meta.db_table} under an act that is already sealed, or under none."
    return Check(f"{act} IS NULL OR {_is_sealed(act, named)}", says)


def _of_versions(recorded: type[models.Model], named: Named) -> Iterator[Guard]:
    """A version comes from the act its row stands under; that row's reference to the act is checked at the end."""
    version = version_model(recorded)
    key, act = _quoted(_column(recorded, "pk")), _quoted(_column(recorded, "act"))
    stands = f"SELECT 1 FROM {named(recorded)} r WHERE r.{key} = NEW.{key} AND r.{act} = NEW.{act}"
    says = f"A version is added to {version._meta.db_table} only by the act that wrote its row."
    yield _guard(version, "INSERT", _of_sealed_act(version, "act", named), Check(f"NOT EXISTS ({stands})", says))


def _of_rows(recorded: type[models.Model], named: Named) -> Iterator[Guard]:
    table, key = recorded._meta.db_table, _quoted(_column(recorded, "pk"))
    act = f"NEW.{_quoted(_column(recorded, 'act'))}"
    without = Check(
        f"{act} IS NULL OR {_is_sealed(act, named)}",
        f"A row of {table} is written only inside an act: the one named here is already sealed, or there is none.",
    )
    yield _guard(recorded, "INSERT", without)
    moved = Check(f"NEW.{key} <> OLD.{key}", f"A row of {table} keeps its key.")
    yield _guard(recorded, "UPDATE", without, moved)


def _of_next_entry(named: Named) -> Check:
    head = "h.stream = NEW.stream AND h.seq + 1 = NEW.seq AND h.hash = NEW.prev"
    says = "An entry is added to a stream only after the one its head stands at, and linked to it."
    return Check(f"NOT EXISTS (SELECT 1 FROM {named(Head)} h WHERE {head})", says)


def _of_next_checkpoint(named: Named) -> Check:
    begins = f"NEW.number = 1 AND NEW.prev = '{chain.GENESIS}'"
    before = f"SELECT 1 FROM {named(Checkpoint)} c WHERE c.number + 1 = NEW.number AND c.hash = NEW.prev"
    says = "A checkpoint is added only after the one before it, and chained to it."
    return Check(f"(({begins}) OR EXISTS ({before})) IS NOT TRUE", says)


def _of_listed_head(named: Named) -> Check:
    entry = f"SELECT 1 FROM {named(Entry)} e WHERE e.stream = NEW.stream AND e.seq = NEW.seq AND e.hash = NEW.hash"
    listed = f"SELECT 1 FROM {named(CheckpointHead)} c WHERE c.stream = NEW.stream AND c.seq = NEW.seq"
    says = "A checkpoint lists a head where an entry stands, and only once."
    return Check(f"(EXISTS ({entry}) AND NOT EXISTS ({listed})) IS NOT TRUE", says)


def _of_heads(named: Named) -> Iterator[Guard]:
    begins = f"(NEW.seq = 0 AND NEW.hash = '{chain.GENESIS}') IS NOT TRUE"
    yield _guard(Head, "INSERT", Check(begins, "A stream begins at 0 with the first hash of every chain."))
    entry = f"SELECT 1 FROM {named(Entry)} e WHERE e.stream = NEW.stream AND e.seq = NEW.seq AND e.hash = NEW.hash"
    moves = f"(NEW.stream = OLD.stream AND NEW.seq = OLD.seq + 1 AND EXISTS ({entry})) IS NOT TRUE"
    says = "The head of a stream moves one step at a time, to an entry that is there."
    yield _guard(Head, "UPDATE", Check(moves, says))


# --- SQLite's REPLACE ------------------------------------------------------------------------------------------------


def _against_replacing(found: list[Guard], connection: BaseDatabaseWrapper) -> list[Guard]:
    """INSERT OR REPLACE and UPDATE OR REPLACE take rows away past every trigger before DELETE.

    They do so on any connection that did not ask for recursive triggers, so a row that would collide is refused first.
    """
    tables = {g.table for g in found}
    changing = {g.table for g in found if g.event == "UPDATE" and ALWAYS not in {c.when for c in g.checks}}
    against = []
    for model in apps.get_models():
        table = model._meta.db_table
        if table not in tables:
            continue
        against.append(_guard(model, "INSERT", *_collisions(model, connection)))
        if table in changing:
            against.append(_guard(model, "UPDATE", *_collisions(model, connection, besides="rowid <> OLD.rowid")))
    return against


def _collisions(model: type[models.Model], connection: BaseDatabaseWrapper, besides: str = "") -> Iterator[Check]:
    table = _quoted(model._meta.db_table)
    for columns, condition in _unique(model, connection):
        says = f"{model._meta.db_table} already holds a row with this {' and '.join(columns)}: nothing takes its place."
        same = [f"{_quoted(c)} = NEW.{_quoted(c)}" for c in columns] + [part for part in (condition, besides) if part]
        collides = f"EXISTS (SELECT 1 FROM {table} WHERE {' AND '.join(same)})"
        if condition:
            new = ", ".join(f"NEW.{c} AS {c}" for c in (_quoted(_column(model, f.name)) for f in _fields(model)))
            collides += f" AND EXISTS (SELECT 1 FROM (SELECT {new}) WHERE {condition})"
        yield Check(collides, says)


def _unique(model: type[models.Model], connection: BaseDatabaseWrapper) -> Iterator[tuple[list[str], str]]:
    """The columns of every unique index with the condition it holds under; the hidden row number is one of them."""
    if not isinstance(model._meta.pk, models.AutoField):
        yield ["rowid"], ""
    for field in _fields(model):
        if field.unique:
            yield [_column(model, field.name)], ""
    editor: Any = connection.schema_editor()
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            if constraint.expressions:
                raise TypeError(f"{constraint.name} is unique by an expression, which no guard can compare.")
            made = str(constraint.create_sql(model, editor)) if constraint.condition else ""
            condition = made.partition(" WHERE ")[2]
            yield [_column(model, name) for name in constraint.fields], f"({condition})" if condition else ""


def _fields(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    return list(model._meta.concrete_fields)


def _column(model: type[models.Model], name: str) -> str:
    field: Any = model._meta.pk if name == "pk" else model._meta.get_field(name)
    return str(field.column)


def _quoted(name: str) -> str:
    return f'"{name}"'


def _one_for_each_event(found: list[Guard]) -> list[Guard]:
    """One trigger for each table and event, with all its checks."""
    merged: dict[str, Guard] = {}
    for guard in found:
        earlier = merged.get(guard.name)
        merged[guard.name] = (
            dataclasses.replace(earlier, checks=earlier.checks + guard.checks) if earlier is not None else guard
        )
    return list(merged.values())
