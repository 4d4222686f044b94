"""How evidence is written into an export: one JSON object to a line, each in the form that was sealed.

The files are those verify_export.py checks; it shares no line with this module on purpose. Not here: what belongs to
the evidence (evidence.py), and what else an export holds (its record).
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from shutil import copyfileobj
from typing import Any, BinaryIO

from django.db import models

from lims.ledger import chain, checkpoints, keys, restores
from lims.ledger.evidence import Evidence
from lims.ledger.models import SITE_STREAM, Checkpoint, CheckpointHead, Entry
from lims.ledger.values import columns, values_of
from lims.signatures.models import Signature
from lims.signatures.standing import standings
from lims.signatures.subjects import Row, children, row_of, signed_columns, subject_model, told

FORMAT = "evidence/1"
Members = dict[str, bytes | Path]

_HERE = Path(__file__)


def evidence_files(evidence: Evidence) -> Members:
    """Chains, rows, signatures, checkpoints; the program that checks them, and how to use it.

    Raises:
        OSError: the file of a checkpoint is not there.
    """
    made: Members = {f"chain/{stream}.jsonl": _chain(evidence, stream) for stream in (*evidence.heads, SITE_STREAM)}
    made |= {f"rows/{label}.jsonl": _rows(evidence, versions) for label, versions in evidence.versions.items()}
    made["signatures.jsonl"] = _signatures(evidence)
    made |= _checkpoints(evidence)
    made["verify_export.py"] = _HERE.with_name("verify_export.py").read_bytes()
    made["README.txt"] = _HERE.with_name("export_readme.txt").read_bytes()
    return made


def seal(members: Members, evidence: Evidence, about: Mapping[str, object]) -> Members:
    """The members with the manifest that lists them all, and the laboratory's signature over it."""
    # Of each restore what these streams lost by it, and no word on others.
    lost = [
        {"at": restored.at, "by": restored.by, **each._asdict()}
        for restored in restores.declared()
        for each in restored.lost
        if each.stream in evidence.heads
    ]
    manifest = {
        "format": FORMAT,
        **about,
        **({"restores": lost} if lost else {}),
        "streams": [{"stream": h.stream, "seq": h.seq, "hash": h.hash} for h in evidence.heads.values()],
        "files": [{"name": name, **_measured(content)} for name, content in sorted(members.items())],
    }
    raw = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
    key = keys.signing_key()
    signature = {
        "sha256": hashlib.sha256(raw).hexdigest(),
        "signature": key.sign(raw).hex(),
        "public_key": keys.public_bytes(key).hex(),
    }
    return {**members, "manifest.json": raw, "manifest.signature": json.dumps(signature, indent=1).encode()}


def write_zip(members: Members, out: BinaryIO) -> None:
    """Write a ZIP whose bytes follow from its members alone: sorted, stored as they are, at one fixed time."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED, allowZip64=False) as archive:
        for name, content in sorted(members.items()):
            add_member(archive, name, content)


def add_member(archive: zipfile.ZipFile, name: str, content: bytes | Path) -> None:
    """Add one member at a fixed time; a file goes through in pieces."""
    member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    member.create_system, member.external_attr = 3, 0o100644 << 16
    if isinstance(content, bytes):
        archive.writestr(member, content)
    else:
        member.file_size = content.stat().st_size
        with content.open("rb") as kept, archive.open(member, "w") as into:
            copyfileobj(kept, into)


def cover(streams: Iterable[str]) -> None:
    """Write a checkpoint unless one commits to where these streams stand; raises what writing one raises."""
    if checkpoints.moved().filter(stream__in=list(streams)).exists():
        checkpoints.write()


def cover_key() -> None:
    """Write a checkpoint unless the key in use has signed one; raises what writing one raises."""
    if not Checkpoint.objects.filter(key=keys.in_use()).exists():
        # Its first use is an act of the site, over which a checkpoint can be written.
        keys.signing_key()
        checkpoints.write()


def _measured(content: bytes | Path) -> dict[str, object]:
    if isinstance(content, bytes):
        return {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    with content.open("rb") as kept:
        return {"size": content.stat().st_size, "sha256": hashlib.file_digest(kept, "sha256").hexdigest()}


def _lines(objects: Iterable[Mapping[str, object]]) -> bytes:
    return b"".join(
        json.dumps(each, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n" for each in objects
    )


def _chain(evidence: Evidence, stream: str) -> bytes:
    return b"".join(_entry(e, is_withheld=e.pk in evidence.withheld) for e in evidence.of_stream(stream))


def _entry(entry: Entry, *, is_withheld: bool) -> bytes:
    """One entry with its sealed bytes as they are, or by the digest of them."""
    payload = bytes(entry.payload)
    if is_withheld:
        return _lines([{"hash": entry.hash, "prev": entry.prev, "leaf": chain.leaf(payload), "seq": entry.seq}])
    return b'{"hash":"%s","prev":"%s","payload":%s}\n' % (entry.hash.encode(), entry.prev.encode(), payload)


def _rows(evidence: Evidence, versions: Iterable[Any]) -> bytes:
    return _lines(_row(version, evidence.entries[version.act_id]) for version in versions)


def _row(version: Any, entry: Entry) -> dict[str, object]:
    recorded = version.instance_type
    fields = version._meta.concrete_fields
    values = values_of(version, columns(fields))
    full = {f.attname: getattr(version, f.attname) for f in fields if isinstance(f, models.JSONField)}
    line: dict[str, object] = {
        "model": recorded._meta.label,
        "history": version._meta.label,
        "pk": str(getattr(version, recorded._meta.pk.attname)),
        "version": str(version.pk),
        "stream": entry.stream,
        "seq": entry.seq,
        "values": values,
    }
    told_in_full = {name: value for name, value in full.items() if name in values}
    return line | ({"json": told_in_full} if told_in_full else {})


def _signatures(evidence: Evidence) -> bytes:
    then = _Then(evidence)
    return _lines(
        {
            "id": str(standing.signature.pk),
            "stream": entry.stream,
            "seq": entry.seq,
            "values": values_of(standing.signature, columns(Signature._meta.concrete_fields)),
            **({"signed": None} if entry.pk in evidence.withheld else _signed(then.signed(standing.signature, entry))),
            "holds": standing.is_valid,
        }
        for standing in standings(evidence.signatures)
        for entry in [evidence.entries[standing.signature.entry_id]]
    )


def _signed(rows: list[Row]) -> dict[str, object]:
    """The rows a signature covers, and which columns of each model it covers: a default stands in no row."""
    return {"signed": told(rows), "covers": {label: signed_columns(subject_model(label)) for label, _, _ in rows}}


class _Then:
    """The record as it stood when something was signed."""

    def __init__(self, evidence: Evidence) -> None:
        self._versions = {
            label: [(evidence.entries[v.act_id], v) for v in versions] for label, versions in evidence.versions.items()
        }

    def signed(self, signature: Signature, entry: Entry) -> list[Row]:
        """The rows a signature covers, as they stood at its entry."""
        model = subject_model(signature.subject_model)
        subject = {pk: v for pk, v in self._rows(model, entry).items() if str(pk) == signature.subject_pk}
        rows = [row_of(model, v) for v in subject.values()]
        self._below(model, set(subject), entry, rows)
        for version in subject.values():
            self._above(model, version, entry, rows)
        return rows

    def _below(self, model: type[models.Model], above: set[Any], entry: Entry, rows: list[Row]) -> None:
        for child, column in children(model):
            found = {pk: v for pk, v in self._rows(child, entry).items() if getattr(v, column) in above}
            rows += [row_of(child, v) for v in found.values()]
            if found:
                self._below(child, set(found), entry, rows)

    def _above(self, model: Any, version: Any, entry: Entry, rows: list[Row]) -> None:
        for path in model.signed_context:
            at, reached = version, model
            for name in path.split("__"):
                field = reached._meta.get_field(name)
                reached = field.related_model
                at = self._row_above(reached, getattr(at, field.attname), entry) if at is not None else None
            if at is not None:
                rows.append(row_of(reached, at))
                self._above(reached, at, entry, rows)

    def _row_above(self, model: Any, pk: Any, entry: Entry) -> Any:
        """A row above as it stood; the oldest there is, where a replayed act is older than what it rests on."""
        key = model._meta.pk.attname
        versions = (v for _, v in self._versions.get(model._meta.label, ()) if getattr(v, key) == pk)
        return self._rows(model, entry).get(pk) or next(versions, None)

    def _rows(self, model: type[models.Model], at: Entry) -> dict[Any, Any]:
        key = model._meta.pk.attname
        versions = self._versions.get(model._meta.label, ())
        return {getattr(v, key): v for entry, v in versions if _is_before(entry, at)}


def _is_before(entry: Entry, at: Entry) -> bool:
    """Whether an act was sealed before another, or is it."""
    return entry.seq <= at.seq if entry.stream == at.stream else entry.at <= at.at


def _checkpoints(evidence: Evidence) -> Members:
    """The checkpoints that list these streams, without the others' names, and the chain from the first to the last.

    One of them at least is signed with the key in use.
    """
    heads: dict[int, list[tuple[str, int, str]]] = defaultdict(list)
    for head in CheckpointHead.objects.filter(stream__in=list(evidence.heads)).order_by("checkpoint", "stream", "seq"):
        if head.seq <= evidence.heads[head.stream].seq:
            heads[head.checkpoint_id].append((head.stream, head.seq, head.hash))
    # A manifest's key is known by a checkpoint it signed. After a change of the key these streams may be in none yet.
    by_its_key = Checkpoint.objects.filter(key=keys.in_use())
    if not by_its_key.filter(number__in=list(heads)).exists():
        heads.update((number, []) for number in by_its_key.order_by("-number").values_list("number", flat=True)[:1])
    made: Members = {f"checkpoints/{number:09}.json": checkpoint_of(number, own) for number, own in heads.items()}
    between = Checkpoint.objects.filter(number__range=(min(heads, default=0), max(heads, default=0))).order_by("number")
    made["checkpoints/links.jsonl"] = _lines(
        {"number": c.number, "prev": c.prev, "leaf": chain.leaf(bytes(c.payload)), "hash": c.hash}
        for c in between.iterator()
    )
    return made


def checkpoint_of(number: int, own: Iterable[tuple[str, int, str]]) -> bytes:
    """The file of a checkpoint with the names of these heads only; raises OSError when it is not there."""
    kept = json.loads(checkpoints.path_of(number).read_bytes())
    return json.dumps({**kept, "heads": list(own)}, ensure_ascii=False, sort_keys=True, indent=1).encode()
