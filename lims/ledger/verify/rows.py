"""Rows as they stand, against the newest of their versions. Not here: whether versions are as sealed (entries.py)."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from typing import Any

from django.db import connection, models
from django.db.models import BinaryField, Exists, F, Max, OuterRef, Q, TextField
from django.db.models.functions import Cast

from lims.accounts.models import SecondFactor, UsedPassword, User
from lims.ledger.models import Entry
from lims.ledger.values import plain, with_kinds
from lims.ledger.verify.findings import Report
from lims.ledger.verify.reading import UNREADABLE, as_sealed, keys, pieces, read, streamed
from lims.ledger.verify.stored_forms import check_forms
from lims.recorded import Recorded, tracked_fields, version_model

# Values longer than this are told by their beginning.
_LONGEST = 60
_UNTOLD = frozenset({"password", "secret", "credential_digest", "secret_digest"})


def check_rows(model: type[Recorded], streams: Collection[str] | None, report: Report) -> None:
    """Every row of a model, or those some streams wrote: each against its newest version; and rows that are gone."""
    key = model._meta.pk.attname
    rows, versions = _of(model, streams), _of(version_model(model), streams)
    if streams is not None:
        # A row whose reference to its act was changed is still the one its versions are of.
        acts = Entry.objects.filter(stream__in=streams)
        rows = model._base_manager.filter(Q(act__in=acts) | Q(pk__in=versions.order_by().values(key)))
    unlike = pieces(_unlike(model)) if streams is None else keys(rows.order_by("pk"))
    for piece in unlike:
        _check_piece(model, piece, report)
    live = model._base_manager.filter(pk=OuterRef(key))
    gone = versions.filter(~Exists(live)).order_by().values_list(Cast(key, TextField()), flat=True).distinct()
    _name_gone(model, streamed(gone), report)
    for kept, among in ((model, rows), (version_model(model), versions)):
        check_forms(kept, None if streams is None else among, report)


def check_touched(model: type[Recorded], touched: Iterable[str], report: Report) -> None:
    """Rows of a model by their keys, each against its newest version."""
    key = model._meta.pk.attname
    kept = version_model(model)
    for piece in pieces(touched):
        there = {str(pk) for pk in _check_piece(model, piece, report)}
        _name_gone(model, (pk for pk in piece if pk not in there), report)
        check_forms(model, model._base_manager.filter(pk__in=piece), report)
        check_forms(kept, kept._base_manager.filter(**{f"{key}__in": piece}), report)


def check_credentials(report: Report) -> None:
    """A password hash or a second factor's secret is in no version; its digest is."""
    kept: tuple[tuple[type[models.Model], str, str, str], ...] = (
        (User, "password", "credential_digest", "The password hash was changed around the program."),
        (UsedPassword, "password", "credential_digest", "The hash was changed around the program."),
        (SecondFactor, "secret", "secret_digest", "The secret was changed around the program."),
    )
    for model, secret, digest, text in kept:
        with report.part(f"{model._meta.label} {secret}"):
            # Bytes can be read whatever they are; a hash that is stored as bytes is no hash of this program's.
            value = Cast(secret, BinaryField()) if connection.vendor == "sqlite" else F(secret)
            for pk, stored, sealed in streamed(model._base_manager.order_by().values_list("pk", value, digest)):
                told = stored.encode() if isinstance(stored, str) else bytes(stored)
                if hashlib.sha256(told).hexdigest() != sealed:
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
        changed = [_told(row, version, f) for f in fields if not _is_same(row, version, f)]
        if changed:
            report.found("row altered", label, row.pk, f"Changed around the program: {'; '.join(sorted(changed))}.")
    return list(rows)


def _name_gone(model: type[Recorded], gone: Iterable[str], report: Report) -> None:
    for pk in gone:
        report.found("row missing", model._meta.label, as_sealed(model, pk), "The row has versions but is gone.")


def _told(row: models.Model, version: models.Model, field: models.Field[Any, Any]) -> str:
    """A changed column with its value in the newest version and in the row; a secret's values are nobody's."""
    if field.name in _UNTOLD:
        return field.name
    sealed, now = (_short(field, getattr(each, field.attname)) for each in (version, row))
    return f"{field.name}: sealed {sealed}, now {now}"


def _short(field: models.Field[Any, Any], value: Any) -> str:
    if value is None:
        return "nothing"
    try:
        # Of JSON and bytes the sealed form is a digest, which tells nobody anything.
        text = str(value) if isinstance(field, models.JSONField) else str(plain(field, value))
    except UNREADABLE:
        text = str(value)
    return f"«{text if len(text) <= _LONGEST else text[:_LONGEST] + '…'}»"


def _is_same(row: models.Model, version: models.Model, field: models.Field[Any, Any]) -> bool:
    try:
        now, sealed = getattr(row, field.attname), getattr(version, field.attname)
        # In JSON a number and the same as text are two values.
        is_other = isinstance(field, models.JSONField) and with_kinds(now) != with_kinds(sealed)
        return plain(field, now) == plain(field, sealed) and not is_other
    except UNREADABLE:
        return False
