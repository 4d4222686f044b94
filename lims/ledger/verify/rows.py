"""Rows as they stand, against the newest of their versions. Not here: whether versions are as sealed (entries.py)."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from typing import Any

from django.db import connection, models
from django.db.models import Exists, F, Max, OuterRef, Q, TextField
from django.db.models.functions import Cast, Round

from lims.accounts.models import SecondFactor, UsedPassword, User
from lims.ledger.values import plain
from lims.ledger.verify.findings import Report
from lims.ledger.verify.reading import UNREADABLE, as_sealed, keys, pieces, read, streamed
from lims.recorded import Recorded, tracked_fields, version_model


def check_rows(model: type[Recorded], streams: Collection[str] | None, report: Report) -> None:
    """Every row of a model, or those some streams wrote: each against its newest version; and rows that are gone."""
    key = model._meta.pk.attname
    rows, versions = _of(model, streams), _of(version_model(model), streams)
    unlike = pieces(_unlike(model)) if streams is None else keys(rows.order_by("pk"))
    for piece in unlike:
        _check_piece(model, piece, report)
    live = model._base_manager.filter(pk=OuterRef(key))
    gone = versions.filter(~Exists(live)).order_by().values_list(Cast(key, TextField()), flat=True).distinct()
    _name_gone(model, streamed(gone), report)
    for kept, among in ((model, rows), (version_model(model), versions)):
        _hidden_digits(kept, among, report)


def check_touched(model: type[Recorded], touched: Iterable[str], report: Report) -> None:
    """Rows of a model by their keys, each against its newest version."""
    key = model._meta.pk.attname
    kept = version_model(model)
    for piece in pieces(touched):
        there = {str(pk) for pk in _check_piece(model, piece, report)}
        _name_gone(model, (pk for pk in piece if pk not in there), report)
        _hidden_digits(model, model._base_manager.filter(pk__in=piece), report)
        _hidden_digits(kept, kept._base_manager.filter(**{f"{key}__in": piece}), report)


def check_credentials(report: Report) -> None:
    """A password hash or a second factor's secret is in no version; its digest is."""
    kept: tuple[tuple[type[models.Model], str, str, str], ...] = (
        (User, "password", "credential_digest", "The password hash was changed around the program."),
        (UsedPassword, "password", "credential_digest", "The hash was changed around the program."),
        (SecondFactor, "secret", "secret_digest", "The secret was changed around the program."),
    )
    for model, secret, digest, text in kept:
        for pk, value, sealed in streamed(model._base_manager.values_list("pk", secret, digest)):
            if hashlib.sha256(value.encode()).hexdigest() != sealed:
                report.found(f"{secret} altered", model._meta.label, pk, text)


def _unlike(model: type[Recorded]) -> list[str]:
    """The keys of rows that have no version, or another value than their newest one, as the database compares them.

    Rows that hold the same in both are the same; which of the others differ, and in what, is looked at one by one.
    """
    version = version_model(model)
    quoted = connection.ops.quote_name
    key, number = quoted(str(model._meta.pk.column)), quoted(str(version._meta.pk.column))
    is_other, text = ("IS NOT", "TEXT") if connection.vendor == "sqlite" else ("IS DISTINCT FROM", "text")
    differs = [f"v.{number} IS NULL"]
    for f in tracked_fields(model):
        # PostgreSQL takes 1 and 1.0 in JSON for the same.
        cast = "::text" if isinstance(f, models.JSONField) and connection.vendor == "postgresql" else ""
        column = quoted(str(f.column))
        differs.append(f"l.{column}{cast} {is_other} v.{column}{cast}")
    live, kept = quoted(model._meta.db_table), quoted(version._meta.db_table)
    newest = f"SELECT MAX(w.{number}) FROM {kept} w WHERE w.{key} = l.{key}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT CAST(l.{key} AS {text}) FROM {live} l LEFT JOIN {kept} v ON v.{number} = ({newest}) "  # noqa: S608
            f"WHERE {' OR '.join(differs)} ORDER BY 1"
        )
        return [row[0] for row in cursor.fetchall()]


def _of(model: type[models.Model], streams: Collection[str] | None) -> Any:
    every = model._base_manager
    return every.all() if streams is None else every.filter(act__stream__in=streams)


def _check_piece(model: type[Recorded], wanted: Iterable[str], report: Report) -> list[Any]:
    """Gives the keys of the rows that are there."""
    kept, fields = version_model(model), tracked_fields(model)
    key = model._meta.pk.attname
    label = model._meta.label
    rows = read(model, wanted, report)
    last = kept._base_manager.filter(**{f"{key}__in": list(rows)}).order_by().values(key)
    newest = {getattr(v, key): v for v in read(kept, last.values_list(Max("pk"), flat=True), report).values()}
    for row in rows.values():
        version = newest.get(row.pk)
        if version is None:
            report.found("row without history", label, row.pk, "The row has no version: it came around the program.")
            continue
        changed = sorted(f.name for f in fields if not _is_same(row, version, f))
        if changed:
            report.found("row altered", label, row.pk, f"Changed around the program: {', '.join(changed)}.")
    return list(rows)


def _name_gone(model: type[Recorded], gone: Iterable[str], report: Report) -> None:
    for pk in gone:
        report.found("row missing", model._meta.label, as_sealed(model, pk), "The row has versions but is gone.")


def _is_same(row: models.Model, version: models.Model, field: models.Field[Any, Any]) -> bool:
    try:
        return plain(field, getattr(row, field.attname)) == plain(field, getattr(version, field.attname))
    except UNREADABLE:
        return False


def _hidden_digits(model: type[models.Model], among: models.QuerySet[Any], report: Report) -> None:
    """Numbers that hold more digits than their column: SQLite keeps them, reading rounds them, no digest sees them."""
    if connection.vendor != "sqlite":
        return
    hidden = Q()
    for f in model._meta.concrete_fields:
        if isinstance(f, models.DecimalField):
            rounded = Round(F(f.attname), precision=f.decimal_places)
            hidden |= Q(**{f"{f.attname}__gt": rounded}) | Q(**{f"{f.attname}__lt": rounded})
    if hidden:
        found = among.filter(hidden).order_by().values_list(Cast("pk", TextField()), flat=True)
        for pk in streamed(found):
            text = "A number has more digits than its column: it was changed around the program."
            report.found("row altered", model._meta.label, as_sealed(model, pk), text)
