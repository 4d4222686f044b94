"""Sealing: the one way an act enters the ledger.

`sealed()` is the transaction around an act: it locks the stream, lets the body write, inserts the versions it wrote,
binds its signatures and appends the entry. Either all of it is kept or none.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC

from django.db import connection, transaction
from django.utils import timezone

from lims import acts, clock
from lims.ledger import chain
from lims.ledger.models import Entry, Head
from lims.ledger.sealing import seal, sealing_key
from lims.ledger.values import digest_in, kinds, row_digest
from lims.signatures.models import Signature
from lims.signatures.subjects import signed_digest
from lims.site import is_demonstration
from lims.writing import insert

VERSION = 1


class AlreadyDone(Exception):
    """The act with this once-token is already in the ledger: a double click, or a page sent twice."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        super().__init__(f"{entry.name} was already recorded as {entry.stream} {entry.seq}")


@contextmanager
def sealed(act: acts.Act, stream: str | None) -> Iterator[acts.Act]:
    """Run the body of `act` in one transaction and seal it into `stream`.

    With no stream given, the body opens one with `open_stream` once it knows the name.

    Raises:
        AlreadyDone: the act's once-token is in the ledger.
        Unsealed: another act is under way.
    """
    acts.refuse_nesting()
    with transaction.atomic(durable=True), acts.under_way(act):
        if stream is not None:
            open_stream(act, stream)
        yield act
        _seal(act)


def open_stream(act: acts.Act, stream: str) -> Head:
    """Lock a stream's head for this act, beginning the stream if it is new."""
    if act.head is not None:
        raise acts.Unsealed("An act belongs to exactly one stream.")
    head = _locked(stream)
    if head is None:
        Head.objects.get_or_create(stream=stream, defaults={"hash": chain.GENESIS})
        head = Head.objects.select_for_update().get(stream=stream)
    act.head = head
    if act.once is not None:
        earlier = Entry.objects.filter(once=act.once).first()
        if earlier is not None:
            raise AlreadyDone(earlier)
    return head


def _locked(stream: str) -> Head | None:
    """The head of a stream, nobody else's until the act ends; None where none is."""
    words = "SELECT stream, seq, hash FROM ledger_head WHERE stream = %s"
    with connection.cursor() as cursor:
        cursor.execute(words + (" FOR UPDATE" if connection.features.has_select_for_update else ""), [stream])
        found = cursor.fetchone()
    return Head(*found) if found else None


def _seal(act: acts.Act) -> None:
    head = act.head
    if head is None:
        raise acts.Unsealed("The act opened no stream.")
    if clock.is_replaying():
        if not is_demonstration():
            raise acts.Unsealed("Only a demonstration laboratory may replay past times.")
        act.notes["replayed, written at"] = timezone.now().isoformat()
    rows = _insert_versions(act)
    signatures = _insert_signatures(act)
    content: dict[str, object] = {
        "v": VERSION,
        "stream": head.stream,
        "seq": head.seq + 1,
        "id": str(act.id),
        "act": act.name,
        "actor": _actor(act),
        "at": act.at.astimezone(UTC).isoformat(),
        "reason": act.reason,
        "refused": act.is_refused,
        "once": str(act.once) if act.once else None,
        "notes": act.notes,
        "rows": rows,
        "signatures": signatures,
        "prev": head.hash,
    }
    payload = chain.canonical(content)
    hash = chain.link(head.hash, payload)
    entry = Entry(
        id=act.id,
        stream=head.stream,
        seq=head.seq + 1,
        name=act.name,
        actor=act.actor,
        actor_name=act.actor_name,
        at=act.at,
        is_refused=act.is_refused,
        has_reason=bool(act.reason),
        once=act.once,
        payload=payload,
        prev=head.hash,
        hash=hash,
        seal=seal(sealing_key(), hash),
    )
    insert(Entry, [vars(entry)])
    head.seq, head.hash = entry.seq, entry.hash
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ledger_head SET seq = %s, hash = %s WHERE stream = %s", [head.seq, head.hash, head.stream]
        )


def _actor(act: acts.Act) -> dict[str, object] | None:
    if act.actor is None:
        return None
    return {
        "id": str(act.actor.pk),
        "username": act.actor.username,
        "name": act.actor.printed_name,
        "role": act.actor.role,
    }


def _insert_versions(act: acts.Act) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for model, versions in act.versions.items():
        recorded = model.instance_type  # type: ignore[attr-defined]
        key, its_own = recorded._meta.pk.attname, model._meta.pk.attname
        for version, pk in zip(versions, insert(model, [vars(v) for v in versions]), strict=True):
            setattr(version, its_own, pk)
            row: dict[str, object] = {
                "model": recorded._meta.label,
                "pk": str(getattr(version, key)),
                "version": str(pk),
                "type": version.history_type,
                "digest": digest_in(model, version),
            }
            if json := kinds(model, version):
                row["json"] = json
            rows.append(row)
    return rows


def _insert_signatures(act: acts.Act) -> list[dict[str, object]]:
    made = [
        Signature(
            entry_id=act.id,
            signer=signer.user,
            username=signer.user.username,
            printed_name=signer.user.printed_name,
            role=signer.user.role,
            meaning=signer.meaning,
            at=act.at,
            position=position,
            subject_model=subject._meta.label,
            subject_pk=str(subject.pk),
            digest=digest,
        )
        for position, (subject, digest, signer) in enumerate(
            (subject, digest, signer)
            for subject, digest in ((s, signed_digest(s)) for s in act.subjects)
            for signer in act.signers
        )
    ]
    insert(Signature, [vars(s) for s in made])
    return [{"id": str(s.id), "digest": row_digest(s)} for s in made]
