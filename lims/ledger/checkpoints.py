"""Checkpoints: signed statements of where every stream stands, kept in files that are not in the database.

A chain alone proves little: a tail cut off, and a chain computed anew from its start, are both in order. A checkpoint
lists the heads that moved since the one before and is chained to it, so that all together commit to every stream. Each
is a row first and a file then, and the file is the authority. The first one after a restore states it. Not here:
checking them (verify/checkpoints.py), and taking those into the database that it was put back behind (lims/backup).
"""

from __future__ import annotations

import json
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import Exists, OuterRef, QuerySet

from lims import clock, files
from lims.ledger import chain, keys, restores
from lims.ledger.models import Checkpoint, CheckpointHead, Entry, Head

# Written each minute while anything changes. What is older, and does not cover an act as old, is late.
LATE_AFTER = timedelta(minutes=5)


class OutOfStep(Exception):
    """The folder holds a checkpoint that the database does not know: it was set back, or the folder is another's."""


def folder() -> Path:
    """Where checkpoints are kept."""
    return Path(settings.CHECKPOINT_DIR)


def path_of(number: int) -> Path:
    """The file of a checkpoint."""
    return folder() / f"{number:09}.json"


def numbers_kept() -> list[int]:
    """The numbers of the files in the folder, in order; none when there is no folder."""
    return sorted(int(p.stem) for p in folder().glob("*.json") if p.stem.isdecimal())


def moved() -> QuerySet[Head]:
    """The heads that no checkpoint lists. A row under a checkpoint that is not there, or of another head, is none."""
    there = Checkpoint.objects.filter(number=OuterRef("checkpoint_id"))
    same = {name: OuterRef(name) for name in ("stream", "seq", "hash")}
    listed = CheckpointHead.objects.filter(Exists(there), **same)
    return Head.objects.filter(~Exists(listed), seq__gt=0).order_by("stream")


def write() -> Checkpoint | None:
    """Write a checkpoint when a stream moved, and the files of earlier ones that could not be written then.

    While a file can't be written no new checkpoint is made: one that exists in the database only proves nothing.

    Raises:
        OutOfStep: the folder is ahead of the database; or a row that no checkpoint wrote takes the place of a head's.
        NoKey: there is no key to sign with.
        OSError: the folder can't be written to.
    """
    _write_files()
    if not moved().exists():
        return None
    key = keys.signing_key()
    try:
        with transaction.atomic(durable=True):
            last = Checkpoint.objects.order_by("number").last()
            number, prev = (last.number + 1, last.hash) if last else (1, chain.GENESIS)
            heads = list(moved().filter(~_is_taken()).values_list("stream", "seq", "hash"))
            if not heads:
                _refuse_taken()
                return None
            at = clock.now()
            payload = chain.checkpoint_payload(
                number=number,
                at=at.astimezone(UTC).isoformat(),
                prev=prev,
                heads=heads,
                restored=[r.hash for r in restores.declared() if r.newest == number - 1],
            )
            made = Checkpoint(
                number=number,
                at=at,
                payload=payload,
                prev=prev,
                hash=chain.link(prev, payload),
                signature=key.sign(payload).hex(),
                key=keys.fingerprint(keys.public_bytes(key)),
            )
            made.save(force_insert=True)
            rows = [
                CheckpointHead(leaf=chain.head_leaf(s, n, h), checkpoint=made, stream=s, seq=n, hash=h)
                for s, n, h in heads
            ]
            cast(Any, models.QuerySet(CheckpointHead)).bulk_create(rows, batch_size=500)
    except IntegrityError:
        # Another process wrote this number at the same moment, over the same heads.
        return None
    _write_files()
    _refuse_taken()
    return made


def _is_taken() -> Exists:
    """Whether a row stands where a head is to be listed."""
    return Exists(CheckpointHead.objects.filter(stream=OuterRef("stream"), seq=OuterRef("seq")))


def _refuse_taken() -> None:
    """Say so when moved heads can't be listed, because rows stand in their place; else another process was first."""
    taken = list(moved().filter(_is_taken()).values_list("stream", "seq"))
    if taken:
        named = ", ".join(f"{stream} {seq}" for stream, seq in taken)
        raise OutOfStep(f"Rows that no checkpoint wrote stand where {named} is to be listed. Verify the ledger.")


def state() -> str:
    """«ok», «late» when an act has waited too long for a checkpoint, «none» when there never was one."""
    last = Checkpoint.objects.order_by("number").values_list("at", flat=True).last()
    if last is None:
        return "none"
    since = clock.now() - LATE_AFTER
    if last > since:
        return "ok"
    entry = Entry.objects.filter(at__lt=since).order_by("-at").values("stream", "seq").first()
    if entry is None:
        return "ok"
    there = Checkpoint.objects.filter(number=OuterRef("checkpoint_id"))
    stands = Entry.objects.filter(stream=OuterRef("stream"), seq=OuterRef("seq"), hash=OuterRef("hash"))
    listed = CheckpointHead.objects.filter(Exists(there), Exists(stands), stream=entry["stream"])
    is_covered = listed.filter(seq__gte=entry["seq"]).exists()
    return "ok" if is_covered else "late"


def _write_files() -> None:
    """Write the files after the newest one there is. One missing in between was taken away: it is not written again."""
    newest = max(numbers_kept(), default=0)
    last = Checkpoint.objects.order_by("number").values_list("number", flat=True).last() or 0
    if newest > last:
        raise OutOfStep(
            f"{folder()} holds checkpoint {newest}; the database knows {last}. It was set back, or the folder belongs "
            "to another database. Verify the ledger and keep the folder. If the database was put back from a backup, "
            "say so: manage.py restore --declare."
        )
    for checkpoint in Checkpoint.objects.filter(number__gt=newest).order_by("number").iterator():
        place = path_of(checkpoint.number)
        _refuse_strange(checkpoint)
        try:
            files.keep_as(place, file_content(checkpoint))
        except FileExistsError:
            # Another process was first; it writes the same bytes.
            if not place.is_file():
                raise


def _refuse_strange(checkpoint: Checkpoint) -> None:
    """A row becomes a file only when it holds in itself, by the key in use or one that can be trusted beside it."""
    used = list(Checkpoint.objects.order_by("number").values_list("key", flat=True))
    payload, public = bytes(checkpoint.payload), keys.sealed_key(checkpoint.key)
    if public is None:
        raise keys.NoKey(f"The key {checkpoint.key} that signed checkpoint {checkpoint.number} is not in the ledger.")
    heads = checkpoint.heads.values_list("stream", "seq", "hash")
    try:
        content = chain.checkpoint_content(payload, checkpoint.hash)
        is_whole = content["number"] == checkpoint.number
        is_whole &= {chain.head_leaf(*head) for head in heads} <= set(content["leaves"])
    except (ValueError, TypeError):
        is_whole = False
    is_trusted = checkpoint.key == keys.in_use() or checkpoint.key in keys.vouched(list(dict.fromkeys(used)))
    if not (is_whole and is_trusted and keys.is_signed(public, checkpoint.signature, payload)):
        raise OutOfStep(
            f"The row of checkpoint {checkpoint.number} was not written by this program, or is signed with a key that "
            "is not its own. Verify the ledger."
        )


def file_content(checkpoint: Checkpoint) -> bytes:
    """The bytes of a checkpoint's file."""
    public = keys.sealed_key(checkpoint.key)
    if public is None:
        raise keys.NoKey(f"The key {checkpoint.key} that signed checkpoint {checkpoint.number} is not in the ledger.")
    told = {
        "payload": bytes(checkpoint.payload).decode(),
        "hash": checkpoint.hash,
        "signature": checkpoint.signature,
        "public_key": public.hex(),
        "heads": sorted(checkpoint.heads.values_list("stream", "seq", "hash")),
    }
    return json.dumps(told, ensure_ascii=False).encode()
