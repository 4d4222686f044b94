"""What entries say: their columns, the versions they list and the signatures, each against the rows there are.

Read in pieces, so that memory does not grow with the ledger. Not here: whether the bytes are the ones that were sealed
(links.py), and rows as they stand (rows.py).
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from django.db import models
from django.db.models import TextField
from django.db.models.functions import Cast

from lims.ledger.models import Entry
from lims.ledger.verify.findings import Report
from lims.ledger.verify.reading import (
    UNREADABLE,
    as_sealed,
    digest,
    is_as_sealed,
    items,
    items_are_text,
    pieces,
    read,
    report_unread,
    streamed,
)
from lims.ledger.verify.stored_forms import check_forms
from lims.recorded import recorded_models, version_model
from lims.signatures.models import Signature

Content = tuple[Entry, dict[str, Any]]


@dataclasses.dataclass
class Sealed:
    """How many versions of each model, and signatures, that the entries read so far list, are there."""

    versions: dict[str, int] = dataclasses.field(default_factory=lambda: defaultdict(int))
    signatures: int = 0


def check_entries(wanted: Iterable[str], report: Report, sealed: Sealed) -> list[Content]:
    """Check a piece of entries, named by their keys, with everything they list; gives what they say."""
    contents = []
    wanted = list(wanted)
    entries = read(Entry, wanted, report)
    report_unread(Entry, wanted, entries, report)
    check_forms(Entry, Entry._base_manager.filter(pk__in=list(entries)), report)
    for entry in entries.values():
        content = _check_entry(entry, report)
        if content is not None:
            contents.append((entry, content))
    _check_versions(contents, report, sealed)
    _check_signatures(contents, report, sealed)
    return contents


def check_unsealed(
    rows_of: Callable[[type[models.Model], str], models.QuerySet[Any]], report: Report, sealed: Sealed
) -> None:
    """Versions and signatures no entry lists. Counting is enough while the numbers agree.

    `rows_of` gives the rows of a model that were to be listed, by the name of their foreign key to the entry.
    """
    for model in recorded_models():
        kept = version_model(model)
        if kept._meta.label in report.broken:
            continue
        rows = rows_of(kept, "act")
        if rows.count() != sealed.versions[model._meta.label]:
            _name_unsealed(kept, "act_id", rows, "rows", "version", model._meta.label, report)
    given = rows_of(Signature, "entry")
    if given.count() != sealed.signatures:
        _name_unsealed(Signature, "entry_id", given, "signatures", "id", None, report)


def _check_entry(entry: Entry, report: Report) -> dict[str, Any] | None:
    def found(kind: str, text: str) -> None:
        report.found(kind, "ledger.Entry", entry.pk, text, stream=entry.stream, seq=entry.seq)

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
            and items_are_text(content)
        )
    except UNREADABLE:
        found("entry altered", "The sealed bytes can't be read.")
        report.unreadable.add((Entry._meta.label, str(entry.pk)))
        return None
    if not same:
        found("entry altered", "The columns of the entry do not say what its sealed bytes say.")
    return content


def _check_versions(contents: list[Content], report: Report, sealed: Sealed) -> None:
    by_model: dict[str, dict[str, tuple[dict[str, str], Entry]]] = defaultdict(dict)
    for entry, content in contents:
        for row in content["rows"]:
            by_model[row["model"]][row["version"]] = (row, entry)
    for model in recorded_models():
        expected = by_model.pop(model._meta.label, {})
        kept = version_model(model)
        rows = {str(pk): version for pk, version in read(kept, expected, report).items()}
        sealed.versions[model._meta.label] += len(rows)
        if kept._meta.label in report.broken:
            continue
        check_forms(kept, kept._base_manager.filter(pk__in=list(rows)), report)
        for pk, (listed, entry) in expected.items():
            version, row_pk = rows.get(pk), listed["pk"]
            if version is None and (kept._meta.label, pk) in report.unreadable:
                continue
            if version is None:
                text = f"Version {pk} of {model._meta.label} {row_pk} was sealed and is gone."
                report.found("version missing", kept._meta.label, pk, text, stream=entry.stream, seq=entry.seq)
            elif not is_as_sealed(version, listed):
                text = f"Version {pk} of {model._meta.label} {row_pk} is not what was sealed."
                report.found("version altered", kept._meta.label, pk, text, stream=entry.stream, seq=entry.seq)
    for label, left in by_model.items():
        report.found("model unknown", label, "", f"{len(left)} sealed versions belong to a model that is not there.")


def _check_signatures(contents: list[Content], report: Report, sealed: Sealed) -> None:
    expected = {s["id"]: (s["digest"], entry) for entry, content in contents for s in content["signatures"]}
    rows = {str(pk): signature for pk, signature in read(Signature, expected, report).items()}
    sealed.signatures += len(rows)
    check_forms(Signature, Signature._base_manager.filter(pk__in=list(rows)), report)
    for pk, (expects, entry) in expected.items():
        where: dict[str, Any] = {"stream": entry.stream, "seq": entry.seq}
        if (Signature._meta.label, pk) in report.unreadable:
            continue
        if pk not in rows:
            report.found("signature missing", "signatures.Signature", pk, "A sealed signature is gone.", **where)
        elif digest(rows[pk]) != expects:
            report.found(
                "signature altered", "signatures.Signature", pk, "The signature was changed or moved.", **where
            )


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
    unread: Counter[str] = Counter()
    for piece in pieces(streamed(told)):
        entries = read(Entry, {act for _, act in piece if act}, report)
        listed = {
            item[key]
            for entry in entries.values()
            for item in items(entry.payload, part)
            if label is None or item.get("model") == label
        }
        for pk, act in piece:
            sealed_as = as_sealed(kept, pk)
            if sealed_as not in listed and (Entry._meta.label, as_sealed(Entry, act)) in report.unreadable:
                unread[as_sealed(Entry, act)] += 1
            elif sealed_as not in listed:
                name = "signature never sealed" if label is None else "version never sealed"
                claims = f"No sealed act lists it; it claims the act {as_sealed(Entry, act)}."
                report.found(name, kept._meta.label, sealed_as, claims)
    for act, number in unread.items():
        text = f"{number} rows stand under the act {act}, which can't be read: nobody can say whether it lists them."
        report.found("act unreadable", kept._meta.label, act, text)
