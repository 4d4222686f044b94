"""The evidence of some streams: every entry, every version they wrote, every signature, and what these refer to.

Rows that belong to the site (people, lots, equipment, processes) come with the single entries that wrote them. Nothing
of any other stream is gathered: a row of the site that names one is left out, and an entry that names one is shown by
its digest. Not here: how evidence is written to a file, and checking it (verify_export.py).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import models

from lims.accounts.models import User
from lims.ledger.models import SITE_STREAM, Entry, Head
from lims.ledger.reading import content_of
from lims.recorded import Recorded, recorded_models, version_model
from lims.signatures.models import Signature

Keys = Mapping[type[Recorded], Collection[Any]]

_WORDS = re.compile(r"[^0-9A-Za-z-]+")


@dataclass(frozen=True)
class Evidence:
    """What is handed out of some streams. `versions` are in the order they were written, by the label of their model.

    `withheld` are the entries of the site that also name other streams.
    """

    heads: Mapping[str, Head]
    entries: Mapping[UUID, Entry]
    withheld: frozenset[UUID]
    versions: Mapping[str, Sequence[Any]]
    signatures: Sequence[Signature]

    def of_stream(self, stream: str) -> list[Entry]:
        """The entries of a stream that are here, in its order."""
        return sorted((e for e in self.entries.values() if e.stream == stream), key=lambda e: e.seq)


def heads_of(streams: Collection[str]) -> dict[str, Head]:
    """Where the streams stand."""
    return {h.stream: h for h in Head.objects.filter(stream__in=streams).order_by("stream")}


def gather(streams: Collection[str], *, besides: Keys) -> Evidence:
    """Gather the evidence of `streams`, with rows of the site that are not referred to but belong to it (`besides`)."""
    heads = heads_of(streams)
    own = {e.pk: e for e in Entry.objects.filter(stream__in=streams)}
    written = {m: list(_versions(m).filter(act__stream__in=streams)) for m in recorded_models()}
    people = {e.actor_id for e in own.values()} | set(
        Signature.objects.filter(entry__stream__in=streams).values_list("signer_id", flat=True)
    )
    others = frozenset(Head.objects.exclude(stream__in=[*streams, SITE_STREAM]).values_list("stream", flat=True))
    shared = _of_the_site(written, {**besides, User: people - {None}}, streams, others)
    site = Entry.objects.in_bulk(list({v.act_id for versions in shared.values() for v in versions}))
    private = {m._meta.label for m in besides}
    kept = {(m._meta.label, str(v.pk)) for m, versions in shared.items() for v in versions}
    withheld = frozenset(
        e.pk for e in site.values() if _names(bytes(e.payload).decode(), others) or _wrote_more(e, private, kept)
    )
    entries = own | site
    return Evidence(
        heads=heads,
        entries=entries,
        withheld=withheld,
        versions={
            m._meta.label: sorted([*written[m], *shared.get(m, ())], key=lambda v: v.pk)
            for m in sorted(written, key=lambda m: m._meta.label)
            if written[m] or shared.get(m)
        },
        signatures=list(
            Signature.objects.filter(entry__in=list(entries)).order_by("entry__stream", "entry__seq", "position")
        ),
    )


def _versions(model: type[Recorded]) -> models.QuerySet[Any]:
    found: models.QuerySet[Any] = version_model(model)._base_manager.order_by("pk")
    return found


def _of_the_site(
    written: Mapping[type[Recorded], Sequence[Any]], besides: Keys, streams: Collection[str], others: Collection[str]
) -> dict[type[Recorded], list[Any]]:
    """Every version, of the site stream, of the rows that are referred to, and of those these refer to in turn."""
    found: dict[type[Recorded], list[Any]] = defaultdict(list)
    seen: dict[type[Recorded], set[Any]] = defaultdict(set)
    wanted = _referred(v for versions in written.values() for v in versions)
    for model, keys in besides.items():
        wanted[model] |= set(keys)
    while wanted:
        model, keys = wanted.popitem()
        keys -= seen[model]
        seen[model] |= keys
        known_by = f"{model._meta.pk.attname}__in"
        rows = [
            v for v in _versions(model).filter(**{known_by: keys}, act__stream=SITE_STREAM) if not _is_named(v, others)
        ]
        # A lot reserved for another patient, for instance, is nobody else's business.
        foreign = {
            (other, pk)
            for other, pks in _referred(rows).items()
            for pk in other._base_manager.filter(pk__in=pks)
            .exclude(act__stream__in=[*streams, SITE_STREAM])
            .values_list("pk", flat=True)
        }
        kept = [v for v in rows if foreign.isdisjoint(_references(v))]
        found[model] += kept
        for other, pks in _referred(kept).items():
            wanted[other] |= pks
    return found


def _referred(versions: Iterable[Any]) -> dict[type[Recorded], set[Any]]:
    wanted: dict[type[Recorded], set[Any]] = defaultdict(set)
    for version in versions:
        for model, pk in _references(version):
            wanted[model].add(pk)
    return wanted


def _references(version: Any) -> Iterator[tuple[type[Recorded], Any]]:
    """The recorded rows a version points at."""
    for f in version._meta.concrete_fields:
        key = getattr(version, f.attname)
        if key is not None and f.is_relation and issubclass(f.related_model, Recorded):
            yield f.related_model, key


def _is_named(version: Any, others: Collection[str]) -> bool:
    """Whether a row of the site has the name of another stream in one of its texts."""
    return any(_names(value, others) for value in vars(version).values() if isinstance(value, str))


def _names(text: str, others: Collection[str]) -> bool:
    return any(word in others for word in _WORDS.split(text))


def _wrote_more(entry: Entry, private: Collection[str], kept: Collection[tuple[str, str]]) -> bool:
    """Whether an act of the site wrote rows of a private model that are not gathered: they belong to somebody else."""
    return any(
        row["model"] in private and (row["model"], row["version"]) not in kept for row in content_of(entry)["rows"]
    )
