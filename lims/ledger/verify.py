"""Verifying the ledger: what the database holds now against what was sealed.

Apart from the writer on purpose: it reads stored bytes and links them again, and reads rows back and digests them.
Rows are read in pieces, so memory does not grow with the ledger. A value so changed that it can't even be read is a
finding like any other, never a crash. Not here: how a finding is told (the command).
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError
from django.db import OperationalError, connection, models
from django.db.models import Exists, F, Max, OuterRef, Q, TextField
from django.db.models.functions import Cast, Round

from lims.accounts.models import User
from lims.ledger import chain
from lims.ledger.models import Entry, Head
from lims.ledger.values import row_digest, values_of
from lims.recorded import Recorded, recorded_models, tracked_fields, version_model
from lims.signatures.models import Signature

PIECE = 500

# What reading a value raises that no program of ours wrote: SQLite keeps text in any column.
_UNREADABLE = (ValueError, TypeError, ArithmeticError, AttributeError, LookupError, ValidationError, OperationalError)


@dataclasses.dataclass(frozen=True)
class Finding:
    """Something that is not as it was sealed. `model` and `pk` name the row."""

    kind: str
    model: str
    pk: str
    text: str
    stream: str = ""
    seq: int | None = None


@dataclasses.dataclass
class Report:
    """What was looked at, and what was found."""

    streams: int = 0
    entries: int = 0
    seconds: float = 0.0
    findings: list[Finding] = dataclasses.field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def found(self, kind: str, row: str, pk: object, text: str, *, stream: str = "", seq: int | None = None) -> None:
        """Add a finding."""
        self.findings.append(Finding(kind, row, str(pk), text, stream, seq))


@dataclasses.dataclass
class _Sealed:
    """How many versions of each model, and signatures, that the entries read so far list, are there."""

    versions: dict[str, int] = dataclasses.field(default_factory=lambda: defaultdict(int))
    signatures: int = 0


def verify(streams: Collection[str] | None = None, *, progress: Callable[[int], None] | None = None) -> Report:
    """Verify every stream, or the ones named, with the rows their acts wrote.

    Only a whole verification can find a row that claims an act of no stream, or a stream that vanished.
    """
    began = time.monotonic()
    report = Report()
    sealed = _Sealed()
    entries = Entry.objects.order_by("stream", "seq")
    heads = {h.stream: h for h in Head.objects.all()}
    if streams is not None:
        entries = entries.filter(stream__in=streams)
        heads = {name: head for name, head in heads.items() if name in streams}
    _chains(entries, heads, report, sealed, progress)
    for name in set(streams or ()) - heads.keys():
        report.found("stream vanished", "ledger.Head", name, "There is no such stream.", stream=name)
    _unsealed(streams, report, sealed)
    for model in recorded_models():
        _live_rows(model, streams, report)
        for kept in (model, version_model(model)):
            _hidden_digits(kept, streams, report)
    if streams is None:
        _passwords(report)
    report.seconds = time.monotonic() - began
    return report


def _pieces(rows: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(rows)
    while piece := list(islice(iterator, PIECE)):
        yield piece


def _keys(rows: models.QuerySet[Any]) -> Iterator[list[str]]:
    """The keys of rows as text, in pieces. Text, because a key that was tampered with may be no key any more."""
    return _pieces(rows.values_list(Cast("pk", TextField()), flat=True).iterator(chunk_size=PIECE))


def _read(model: type[models.Model], keys: Iterable[str], report: Report) -> dict[Any, Any]:
    """Rows by key, in the order of `keys`. A row that can't be read is a finding; a key without a row is left out."""
    found: dict[Any, Any] = {}
    for piece in _pieces(keys):
        try:
            rows = {r.pk: r for r in model._base_manager.filter(pk__in=piece)}
            found.update((pk, rows[pk]) for key in piece if (pk := model._meta.pk.to_python(key)) in rows)
        except _UNREADABLE:
            found.update((r.pk, r) for r in _one_by_one(model, piece, report))
    return found


def _one_by_one(model: type[models.Model], keys: Iterable[str], report: Report) -> Iterator[Any]:
    for key in keys:
        try:
            yield from model._base_manager.filter(pk=key)
        except _UNREADABLE as error:
            if isinstance(error, OperationalError) and connection.vendor != "sqlite":
                raise
            report.found("row unreadable", model._meta.label, key, f"A value can't be read: {str(error)[:120]}.")


def _digest(row: models.Model) -> str:
    """The digest of a row; of a row with a value of no form, nothing, which no digest equals."""
    try:
        return row_digest(row)
    except _UNREADABLE:
        return ""


def _chains(
    entries: models.QuerySet[Entry],
    heads: dict[str, Head],
    report: Report,
    sealed: _Sealed,
    progress: Callable[[int], None] | None,
) -> None:
    last: Entry | None = None
    seen: set[str] = set()
    for keys in _keys(entries):
        piece = _read(Entry, keys, report).values()
        contents = []
        for entry in piece:
            if last is None or last.stream != entry.stream:
                _check_head(last, heads, report)
                seen.add(entry.stream)
                last = None
            content = _check_entry(entry, last, report)
            if content is not None:
                contents.append((entry, content))
            last = entry
        _check_versions(contents, report, sealed)
        _check_signatures(contents, report, sealed)
        report.entries += len(keys)
        if progress:
            progress(report.entries)
    _check_head(last, heads, report)
    report.streams = len(seen)
    for name, head in heads.items():
        # A head is made in the transaction of its first entry, so that none is ever without one.
        if name not in seen:
            report.found("stream vanished", "ledger.Head", name, f"The head counts {head.seq} entries; there is none.")


def _check_head(last: Entry | None, heads: dict[str, Head], report: Report) -> None:
    if last is None:
        return
    head = heads.get(last.stream)
    where: dict[str, Any] = {"stream": last.stream, "seq": last.seq}
    if head is None:
        report.found("head missing", "ledger.Head", last.stream, "The stream has entries but no head.", **where)
    elif (head.seq, head.hash) != (last.seq, last.hash):
        text = f"The head stands at {head.seq} {head.hash[:12]}, the last entry is {last.seq} {last.hash[:12]}."
        report.found("head differs", "ledger.Head", last.stream, text, **where)


def _check_entry(entry: Entry, last: Entry | None, report: Report) -> dict[str, Any] | None:
    def found(kind: str, text: str) -> None:
        report.found(kind, "ledger.Entry", entry.pk, text, stream=entry.stream, seq=entry.seq)

    expected = 1 if last is None else last.seq + 1
    if entry.seq != expected:
        found("entry missing", f"After {expected - 1} comes {entry.seq}.")
    before = chain.GENESIS if last is None else last.hash
    if entry.prev != before or not _is_linked(entry):
        found("chain broken", "The entry is not linked to the one before, or its bytes were changed.")
    try:
        content: dict[str, Any] = json.loads(bytes(entry.payload))
        actor = content["actor"]
        same = (
            (content["stream"], content["seq"], content["id"]) == (entry.stream, entry.seq, str(entry.pk))
            and (content["act"], content["at"]) == (entry.name, entry.at.isoformat())
            and content["prev"] == entry.prev
            and content["refused"] == entry.is_refused
            and bool(content["reason"]) == entry.has_reason
            and content["once"] == (str(entry.once) if entry.once else None)
            and (actor["id"] if actor else None) == (str(entry.actor_id) if entry.actor_id else None)
            and (actor["name"] if actor else "System") == entry.actor_name
            and all(isinstance(r[k], str) for r in content["rows"] for k in ("model", "pk", "version", "digest"))
            and all(isinstance(r[k], str) for r in content["signatures"] for k in ("id", "digest"))
        )
    except _UNREADABLE:
        found("entry altered", "The sealed bytes can't be read.")
        return None
    if not same:
        found("entry altered", "The columns of the entry do not say what its sealed bytes say.")
    return content


def _is_linked(entry: Entry) -> bool:
    try:
        return entry.hash == chain.link(entry.prev, bytes(entry.payload))
    except (ValueError, TypeError):
        return False


def _check_versions(contents: list[tuple[Entry, dict[str, Any]]], report: Report, sealed: _Sealed) -> None:
    by_model: dict[str, dict[str, tuple[str, Entry, str]]] = defaultdict(dict)
    for entry, content in contents:
        for row in content["rows"]:
            by_model[row["model"]][row["version"]] = (row["digest"], entry, row["pk"])
    for model in recorded_models():
        expected = by_model.pop(model._meta.label, {})
        kept = version_model(model)
        rows = {str(pk): version for pk, version in _read(kept, expected, report).items()}
        sealed.versions[model._meta.label] += len(rows)
        for pk, (digest, entry, row_pk) in expected.items():
            version = rows.get(pk)
            if version is None:
                text = f"Version {pk} of {model._meta.label} {row_pk} was sealed and is gone."
                report.found("version missing", kept._meta.label, pk, text, stream=entry.stream, seq=entry.seq)
            elif _digest(version) != digest:
                text = f"Version {pk} of {model._meta.label} {row_pk} is not what was sealed."
                report.found("version altered", kept._meta.label, pk, text, stream=entry.stream, seq=entry.seq)
    for label, left in by_model.items():
        report.found("model unknown", label, "", f"{len(left)} sealed versions belong to a model that is not there.")


def _check_signatures(contents: list[tuple[Entry, dict[str, Any]]], report: Report, sealed: _Sealed) -> None:
    expected = {s["id"]: (s["digest"], entry) for entry, content in contents for s in content["signatures"]}
    rows = {str(pk): signature for pk, signature in _read(Signature, expected, report).items()}
    sealed.signatures += len(rows)
    for pk, (digest, entry) in expected.items():
        where: dict[str, Any] = {"stream": entry.stream, "seq": entry.seq}
        if pk not in rows:
            report.found("signature missing", "signatures.Signature", pk, "A sealed signature is gone.", **where)
        elif _digest(rows[pk]) != digest:
            report.found(
                "signature altered", "signatures.Signature", pk, "The signature was changed or moved.", **where
            )


def _unsealed(streams: Collection[str] | None, report: Report, sealed: _Sealed) -> None:
    """Versions and signatures no entry lists. Counting is enough while the numbers agree."""
    for model in recorded_models():
        kept = version_model(model)
        rows = kept._base_manager.all() if streams is None else kept._base_manager.filter(act__stream__in=streams)
        if rows.count() != sealed.versions[model._meta.label]:
            _name_unsealed(kept, "act_id", rows, "rows", "version", model._meta.label, report)
    given = Signature.objects.all() if streams is None else Signature.objects.filter(entry__stream__in=streams)
    if given.count() != sealed.signatures:
        _name_unsealed(Signature, "entry_id", given, "signatures", "id", None, report)


def _name_unsealed(
    kept: type[models.Model],
    column: str,
    rows: models.QuerySet[Any],
    part: str,
    key: str,
    label: str | None,
    report: Report,
) -> None:
    told = rows.order_by("pk").values_list(Cast("pk", TextField()), Cast(column, TextField()))
    for piece in _pieces(told.iterator(chunk_size=PIECE)):
        entries = _read(Entry, {act for _, act in piece if act}, report)
        listed = {
            item[key]
            for entry in entries.values()
            for item in _items(entry.payload, part)
            if label is None or item.get("model") == label
        }
        for pk, act in piece:
            sealed_as = _as_sealed(kept, pk)
            if sealed_as not in listed:
                name = "signature never sealed" if label is None else "version never sealed"
                claims = f"No sealed act lists it; it claims the act {_as_sealed(Entry, act)}."
                report.found(name, kept._meta.label, sealed_as, claims)


def _as_sealed(model: type[models.Model], key: str | None) -> str:
    """A key as entries write it."""
    try:
        return str(model._meta.pk.to_python(key))
    except ValidationError:
        return str(key)


def _items(payload: bytes | memoryview, part: str) -> list[dict[str, Any]]:
    try:
        items: list[dict[str, Any]] = json.loads(bytes(payload))[part]
    except _UNREADABLE:
        return []
    return items


def _live_rows(model: type[Recorded], streams: Collection[str] | None, report: Report) -> None:
    """Each live row against its newest version, and newest versions without a live row."""
    kept, fields = version_model(model), tracked_fields(model)
    key = model._meta.pk.attname
    label = model._meta.label
    every: Any = model._base_manager
    rows = every.all() if streams is None else every.filter(act__stream__in=streams)
    for keys in _keys(rows.order_by("pk")):
        piece = _read(model, keys, report).values()
        last = kept._base_manager.filter(**{f"{key}__in": [r.pk for r in piece]}).order_by().values(key)
        newest = {getattr(v, key): v for v in _read(kept, last.values_list(Max("pk"), flat=True), report).values()}
        for row in piece:
            version = newest.get(row.pk)
            if version is None:
                report.found(
                    "row without history", label, row.pk, "The row has no version: it came around the program."
                )
                continue
            changed = sorted(f.name for f in fields if not _is_same(row, version, f))
            if changed:
                text = f"Changed around the program: {', '.join(changed)}."
                report.found("row altered", label, row.pk, text)
    live = model._base_manager.filter(pk=OuterRef(key))
    versions = kept._base_manager if streams is None else kept._base_manager.filter(act__stream__in=streams)
    gone = versions.filter(~Exists(live)).order_by().values_list(Cast(key, TextField()), flat=True).distinct()
    for pk in gone.iterator(chunk_size=PIECE):
        report.found("row missing", label, _as_sealed(model, pk), "The row has versions but is gone.")


def _is_same(row: models.Model, version: models.Model, field: models.Field[Any, Any]) -> bool:
    try:
        return values_of(row, (field,)) == values_of(version, (field,))
    except _UNREADABLE:
        return False


def _hidden_digits(model: type[models.Model], streams: Collection[str] | None, report: Report) -> None:
    """Numbers that hold more digits than their column: SQLite keeps them, reading rounds them, no digest sees them."""
    if connection.vendor != "sqlite":
        return
    hidden = Q()
    for f in model._meta.concrete_fields:
        if isinstance(f, models.DecimalField):
            rounded = Round(F(f.attname), precision=f.decimal_places)
            hidden |= Q(**{f"{f.attname}__gt": rounded}) | Q(**{f"{f.attname}__lt": rounded})
    if hidden:
        rows: Any = model._base_manager.filter(hidden).order_by()
        found = rows if streams is None else rows.filter(act__stream__in=streams)
        for pk in found.values_list(Cast("pk", TextField()), flat=True).iterator(chunk_size=PIECE):
            text = "A number has more digits than its column: it was changed around the program."
            report.found("row altered", model._meta.label, _as_sealed(model, pk), text)


def _passwords(report: Report) -> None:
    """A password hash is in no version; its digest is."""
    for pk, password, digest in User.objects.values_list("pk", "password", "credential_digest").iterator():
        if hashlib.sha256(password.encode()).hexdigest() != digest:
            report.found("password altered", "accounts.User", pk, "The password hash was changed around the program.")
