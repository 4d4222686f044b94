"""Saying in the ledger that the database was put back, and what that lost; settling it with the checkpoints.

The files of checkpoints that are ahead of the database are taken into it as they are, so that the next checkpoint is
chained to the newest of them. Nothing is written over, and QA is told.
"""

from __future__ import annotations

import getpass
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, cast

from django.db import models

from lims import clock
from lims.accounts.permissions import Role
from lims.acts import Act
from lims.backup.archive import BackupError
from lims.ledger import chain, checkpoints, keys, restores
from lims.ledger.append import sealed
from lims.ledger.models import SITE_STREAM, Checkpoint, CheckpointHead, Head
from lims.ledger.restores import Lost
from lims.ledger.verify.checkpoints import Bad, Good, Listed, from_file, hashes_of, whole
from lims.ledger.verify.reading import UNREADABLE, pieces
from lims.notices.raising import in_words, raise_notice
from lims.refusals import Refusal, Refused

SHORTEST_REASON = 10
BY_OTHER_MEANS = "none: put back by other means"
_NAMED = 10


def declare(*, by: str, reason: str, archive: str = BY_OTHER_MEANS, was: Iterable[tuple[Any, ...]] = ()) -> Act:
    """Declare that the database was put back, from the archive with this SHA-256.

    `was` is where the streams of the database stood that this one replaced, as far as anybody could see.

    Raises:
        Refused: RST-01 nobody is named, RST-02 no reason.
        BackupError: the folder of checkpoints is not this database's, or a checkpoint in it is broken.
    """
    refuse_unexplained(by=by, reason=reason)
    last = Checkpoint.objects.order_by("number").last()
    ahead = ahead_of(last.number, last.hash) if last else ahead_of()
    listed = [*(Listed(*head) for head in was), *(head for good in ahead for head in good.statement.heads)]
    lost, there = _held_against(listed)
    act = Act(name=restores.ACT, actor=None, at=clock.now(), reason=reason.strip())
    earlier = len(restores.declared())
    act.once = restores.token(earlier + 1)
    with sealed(act, SITE_STREAM):
        after = last.number if last else 0
        newest = ahead[-1].number if ahead else after
        act.notes = restores.notes(by=by.strip(), archive=archive, after=after, newest=newest, lost=lost)
        act.notes["at the console"] = getpass.getuser()
        _take_in(ahead, there)
        raise_notice(
            act,
            "The database was put back at {at} by {by}: «{reason}» Entries lost: {lost}. See the audit trail.",
            {"at": in_words(act.at), "by": by.strip(), "reason": reason.strip(), "lost": _summary(lost)},
            roles=(Role.QA, Role.ADMINISTRATOR),
        )
    return act


def refuse_unexplained(*, by: str, reason: str) -> None:
    """Raise Refused unless somebody says who they are and why."""
    refusals = []
    if not by.strip():
        refusals.append(Refusal("RST-01", "Say who does this: --by «name»."))
    if len(reason.strip()) < SHORTEST_REASON:
        about: dict[str, object] = {"least": SHORTEST_REASON}
        refusals.append(Refusal("RST-02", "Say why, in {least} characters at least: --reason «…».", None, about))
    if refusals:
        raise Refused(refusals)


def ahead_of(number: int = 0, hash: str = chain.GENESIS) -> list[Good]:
    """The checkpoints whose files are ahead of a database whose newest one is this; they must be chained to it.

    Raises:
        BackupError: the folder is not this database's, or a checkpoint in it is missing or broken.
    """
    kept = checkpoints.numbers_kept()
    found: list[Good] = []
    try:
        if number in kept and _read(number).statement.hash != hash:
            raise BackupError(f"{checkpoints.folder()} holds another checkpoint {number} than the database.")
        for ahead in (n for n in kept if n > number):
            good = _read(ahead)
            before = found[-1].statement.hash if found else hash
            if ahead != number + len(found) + 1 or good.content["prev"] != before:
                raise BackupError(f"Checkpoint {ahead} is not chained to the one before.")
            found.append(good)
    except (BackupError, Bad, OSError, *UNREADABLE) as error:
        raise BackupError(
            f"{checkpoints.folder()} does not continue this database: {error} Name the folder that belongs to it in "
            "CHECKPOINT_DIR, or an empty one, and keep this one as evidence."
        ) from error
    return found


def _read(number: int) -> Good:
    return whole(number, from_file(checkpoints.path_of(number).read_bytes()))


def _held_against(listed: Sequence[Listed]) -> tuple[list[Lost], set[Listed]]:
    """What of the entries listed is lost, by stream, and which of them are there."""
    stands = dict(Head.objects.values_list("stream", "seq"))
    there: set[Listed] = set()
    gone: dict[str, list[int]] = defaultdict(list)
    for piece in pieces(listed):
        held = hashes_of(piece)
        for head in piece:
            if held.get((head.stream, head.seq), ("", ""))[1] == head.hash:
                there.add(head)
            else:
                gone[head.stream].append(head.seq)
    lost = [Lost(stream, min(stands.get(stream, 0) + 1, *seqs), max(seqs)) for stream, seqs in sorted(gone.items())]
    return lost, there


def _take_in(ahead: Sequence[Good], there: set[Listed]) -> None:
    """Rows for the checkpoints that are ahead, each as its file has it, with those of its heads that are not lost."""
    for good in ahead:
        statement = good.statement
        made = Checkpoint(
            number=good.number,
            at=datetime.fromisoformat(good.content["at"]),
            payload=statement.payload,
            prev=good.content["prev"],
            hash=statement.hash,
            signature=statement.signature,
            key=keys.fingerprint(statement.public),
        )
        made.save(force_insert=True)
        kept = {chain.head_leaf(*head): head for head in statement.heads if head in there}
        known = set(CheckpointHead.objects.filter(leaf__in=list(kept)).values_list("leaf", flat=True))
        rows = [
            CheckpointHead(leaf=leaf, checkpoint=made, stream=head.stream, seq=head.seq, hash=head.hash)
            for leaf, head in kept.items()
            if leaf not in known
        ]
        cast(Any, models.QuerySet(CheckpointHead)).bulk_create(rows, batch_size=500)


def _summary(lost: Sequence[Lost]) -> str:
    told = [f"{each.stream} {each.first} to {each.last}" for each in lost[:_NAMED]]
    if len(lost) > _NAMED:
        told.append(f"and {len(lost) - _NAMED} more streams")
    return ", ".join(told) or "nothing that was known of"
