"""Reading the ledger: which acts there were, what each changed, and what became of one row. Nothing here writes.

Not here: whether what is read is what was sealed (verify/), and how a page looks (templates).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import dateformat, timezone
from django.utils.module_loading import import_string
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from lims.accounts.models import User
from lims.ledger import chain
from lims.ledger.models import Entry
from lims.ledger.sealing import is_sealed
from lims.ledger.values import plain
from lims.recorded import Recorded, tracked_fields, version_model
from lims.web.templatetags.lims_tags import zone_name

PAGE = 50


@dataclass(frozen=True)
class Wanted:
    """Which entries are asked for. Blank or None is any; `act` is the name or how it begins («passage:»).

    `also` are streams read together with `stream`; `since` and `until` are both included.
    """

    stream: str = ""
    also: tuple[str, ...] = ()
    person: User | None = None
    act: str = ""
    is_refused: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    has_reason: bool = False


@dataclass(frozen=True)
class Line:
    """One entry as a list shows it."""

    entry: Entry
    reason: str
    codes: str
    rows: int
    signatures: int


@dataclass(frozen=True)
class Shown:
    """One page of the list. `more` is the key of the last line when there are older ones."""

    lines: Sequence[Line]
    more: str


@dataclass(frozen=True)
class FieldChange:
    """One value before and after. `was` is None when the row is new."""

    name: str
    label: str
    was: str | None
    now: str


@dataclass(frozen=True)
class RowChange:
    """What an act did to one row: created it, or changed these fields of it. `version` is the key of what it wrote."""

    version: str
    label: str
    name: str
    model: str
    pk: str
    is_new: bool
    fields: Sequence[FieldChange]


@dataclass(frozen=True)
class Told:
    """One entry in full."""

    entry: Entry
    actor_role: str
    reason: str
    notes: Mapping[str, str]
    changes: Sequence[RowChange]
    is_linked: bool


def read_with(stream: str) -> tuple[str, ...]:
    """The streams that are read together with one: the domain tells which, through the settings."""
    told: Callable[[str], Iterable[str]] = import_string(settings.STREAMS_READ_WITH)
    return tuple(told(stream)) if stream else ()


def history_of(row: Recorded, *, newest: int = 200, skip: int = 0) -> list[tuple[Entry, RowChange]]:
    """The newest acts that changed one row, newest first, with what each changed; the first `skip` are left out."""
    kept = version_model(type(row))
    versions: Any = kept._base_manager.filter(**{type(row)._meta.pk.attname: row.pk}).order_by("-pk")
    written = dict(versions.values_list("pk", "act_id")[skip : skip + newest])
    by_act = Entry.objects.in_bulk(list(written.values()))
    # Changes come in the order they were written, which is the order of the versions' keys.
    pairs = zip(sorted(written), changes_of(type(row), written), strict=True)
    return [(by_act[written[pk]], change) for pk, change in pairs][::-1]


def fitting(wanted: Wanted) -> QuerySet[Entry]:
    """The entries asked for, in no order."""
    found: QuerySet[Entry] = Entry.objects.select_related("actor")
    if wanted.stream:
        found = found.filter(Q(stream__iexact=wanted.stream) | Q(stream__in=wanted.also))
    if wanted.person is not None:
        found = found.filter(actor=wanted.person)
    if wanted.act:
        found = found.filter(name__startswith=wanted.act)
    if wanted.is_refused is not None:
        found = found.filter(is_refused=wanted.is_refused)
    if wanted.since is not None:
        found = found.filter(at__gte=wanted.since)
    if wanted.until is not None:
        found = found.filter(at__lte=wanted.until)
    if wanted.has_reason:
        found = found.filter(has_reason=True)
    return found


def entries(wanted: Wanted, *, after: str = "") -> Shown:
    """Entries newest first, a page of them; `after` is the key where the page before ended."""
    found = fitting(wanted)
    place = _place(after)
    if place is not None:
        at, stream, seq = place
        found = found.filter(Q(at__lt=at) | Q(at=at, stream__gt=stream) | Q(at=at, stream=stream, seq__lt=seq))
    page = list(found.order_by("-at", "stream", "-seq")[: PAGE + 1])
    last = page[PAGE - 1] if len(page) > PAGE else None
    return Shown([_line(e) for e in page[:PAGE]], f"{last.at.isoformat()}~{last.seq}~{last.stream}" if last else "")


def told(entry: Entry) -> Told:
    """One entry with everything it changed."""
    return told_all([entry])[0]


def told_all(some: Sequence[Entry]) -> list[Told]:
    """Entries with everything they changed, at a number of queries that does not grow with them."""
    contents = {e.pk: content_of(e) for e in some}
    wrote: dict[str, list[str]] = defaultdict(list)
    for content in contents.values():
        for row in content["rows"]:
            wrote[row["model"]].append(row["version"])
    changes = {
        (label, change.version): change
        for label, keys in wrote.items()
        for change in changes_of(apps.get_model(label), keys)
    }
    rows = {
        pk: [changes[key] for row in content["rows"] if (key := (row["model"], row["version"])) in changes]
        for pk, content in contents.items()
    }
    return [
        Told(
            entry=e,
            actor_role=(contents[e.pk]["actor"] or {}).get("role", ""),
            reason=contents[e.pk]["reason"],
            notes=contents[e.pk]["notes"],
            changes=rows[e.pk],
            is_linked=chain.link(e.prev, bytes(e.payload)) == e.hash and is_sealed(e.hash, e.seal),
        )
        for e in some
    ]


def content_of(entry: Entry) -> dict[str, Any]:
    """What an entry says, from its sealed bytes."""
    content: dict[str, Any] = json.loads(bytes(entry.payload))
    return content


def changes_of(model: type[Recorded], keys: Iterable[object]) -> list[RowChange]:
    """What each of these versions of `model` changed against the version before it, in the order they were written."""
    kept = version_model(model)
    pk = model._meta.pk.attname
    before = kept._base_manager.filter(**{pk: OuterRef(pk)}, pk__lt=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    versions: list[Any] = list(
        kept._base_manager.filter(pk__in=list(keys)).annotate(before_id=Subquery(before)).order_by("pk")
    )
    earlier = kept._base_manager.in_bulk([v.before_id for v in versions if v.before_id])
    names = _Names(model, [*versions, *earlier.values()])
    return [_row_change(model, v, earlier.get(v.before_id), names) for v in versions]


def _row_change(model: type[Recorded], now: Any, before: Any, names: _Names) -> RowChange:
    fields = []
    for f in tracked_fields(model):
        if f.name == "act" or f.primary_key:
            continue
        new = getattr(now, f.attname)
        if before is None:
            if new not in (None, ""):
                fields.append(FieldChange(f.name, _label(f), None, names.shown(f, new)))
        elif plain(f, getattr(before, f.attname)) != plain(f, new):
            was = names.shown(f, getattr(before, f.attname))
            fields.append(FieldChange(f.name, _label(f), was, names.shown(f, new)))
    key = str(getattr(now, model._meta.pk.attname))
    name = str(capfirst(model._meta.verbose_name))
    return RowChange(str(now.pk), name, names.row(now), model._meta.label, key, before is None, fields)


class _Names:
    """Values in words: labels of choices, and names of the rows that are pointed at, asked for at once."""

    def __init__(self, model: type[Recorded], versions: Sequence[Any]) -> None:
        self._model = model
        self._related: dict[str, dict[Any, str]] = {}
        for f in tracked_fields(model):
            if f.is_relation and f.name != "act":
                wanted = {getattr(v, f.attname) for v in versions} - {None}
                related: Any = f.related_model
                rows = related._base_manager.in_bulk(list(wanted)) if wanted else {}
                self._related[f.name] = {pk: str(row) for pk, row in rows.items()}

    def shown(self, f: models.Field[Any, Any], value: Any) -> str:
        """One value as it is read."""
        if value is None or value == "":
            return "–"
        if f.name in self._related:
            return self._related[f.name].get(value, str(value))
        if f.choices:
            return str(dict(f.flatchoices).get(value, value))
        if isinstance(value, bool):
            return _("Yes") if value else _("No")
        if isinstance(value, datetime):
            return _time(value)
        if isinstance(value, dict | list):
            return json.dumps(value, ensure_ascii=False, sort_keys=True)
        return str(plain(f, value))

    def row(self, version: Any) -> str:
        """A row by the value that people know it by, or its key."""
        for name in ("number", "code", "username", "name"):
            if hasattr(version, name):
                return str(getattr(version, name))
        return str(getattr(version, self._model._meta.pk.attname))


def _time(moment: datetime) -> str:
    local = timezone.localtime(moment)
    return f"{dateformat.format(local, 'j M Y H:i:s')} {zone_name(local)}".replace(" ", "\u00a0")


def _label(f: models.Field[Any, Any]) -> str:
    return str(capfirst(f.verbose_name))


def _line(entry: Entry) -> Line:
    content = content_of(entry)
    return Line(
        entry=entry,
        reason=content["reason"],
        codes=content["notes"].get("refused", ""),
        rows=len(content["rows"]),
        signatures=len(content["signatures"]),
    )


def _place(after: str) -> tuple[datetime, str, int] | None:
    try:
        at, seq, stream = after.split("~", 2)
        place = datetime.fromisoformat(at), stream, int(seq)
    except ValueError:
        return None
    return place if place[0].tzinfo else None
