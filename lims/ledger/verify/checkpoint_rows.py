"""The rows of checkpoints against what they were signed over: they can be trusted without the folder.

Each row is chained to the one before, so that the signature of the newest holds all of them; whoever changes an older
one without the key breaks the chain. Not here: files (checkpoints.py), which a page does not wait for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import groupby
from typing import NamedTuple

from django.db.models import Exists, Min, OuterRef

from lims.ledger import chain, keys
from lims.ledger.checkpoints import path_of
from lims.ledger.models import SITE_STREAM, Checkpoint, CheckpointHead, Entry
from lims.ledger.verify.checkpoints import Listed, from_file, report_gap
from lims.ledger.verify.findings import Report
from lims.ledger.verify.reading import UNREADABLE, items_of, streamed
from lims.ledger.verify.stored_forms import check_forms

_LABEL, _HEAD = Checkpoint._meta.label, CheckpointHead._meta.label


class Row(NamedTuple):
    """A checkpoint as its row has it."""

    number: int
    payload: bytes
    prev: str
    hash: str
    signature: str
    key: str


def check_forms_of_checkpoints(report: Report) -> None:
    """Rows in other forms, and heads listed under a checkpoint that is not there."""
    check_forms(Checkpoint, None, report)
    check_forms(CheckpointHead, None, report)
    there = Checkpoint.objects.filter(number=OuterRef("checkpoint_id"))
    orphans = CheckpointHead.objects.filter(~Exists(there)).order_by("leaf")
    for leaf, number in streamed(orphans.values_list("leaf", "checkpoint_id")):
        text = f"It is listed under checkpoint {number}, which is not there."
        report.found("checkpoint row added", _HEAD, leaf, text)


def check_checkpoint_rows(report: Report, *, kept: Collection[int] | None) -> None:
    """Every row of a checkpoint and of the heads it lists. `kept` are the numbers of files; None: nobody looked."""
    last, before = 0, chain.GENESIS
    rows: list[Row] = []
    leaves = _leaves()
    listed_under, listed = next(leaves, (None, []))
    for row in _rows():
        while listed_under is not None and listed_under < row.number:
            listed_under, listed = next(leaves, (None, []))
        of_row = listed if listed_under == row.number else []
        if row.number != last + 1:
            report_gap(last + 1, row.number - 1, report)
        _check_row(row, before, of_row, report, is_file_read=kept is not None)
        last, before = row.number, row.hash
        rows.append(row._replace(payload=b""))
    newest = max(kept or (), default=0)
    if newest > last:
        text = f"There are files up to checkpoint {newest}, and rows up to {last}."
        report.found("checkpoint row missing", _LABEL, last + 1, text)
    _check_newest_signature(rows, report)


def check_keys(report: Report, *, every: bool) -> None:
    """The keys that signed: each but the first is vouched for by one before it.

    With `every`, also those whose first use is sealed and that signed nothing.
    """
    used = Checkpoint.objects.order_by().values("key").annotate(first=Min("number"))
    in_use = [str(each["key"]) for each in used.order_by("first")]
    is_none = not Checkpoint.objects.exists()
    if every or is_none:
        acts = Entry.objects.filter(stream=SITE_STREAM, name=keys.ACT).order_by("seq")
        told = [
            str(items_of(payload, "notes").get("fingerprint")) for payload in acts.values_list("payload", flat=True)
        ]
        in_use += [named for named in told if named not in in_use]
        if is_none and told:
            text = "Checkpoints were signed once, as the acts ledger:key say; there is not one any more."
            report.found("checkpoints vanished", _LABEL, "", text)
    strangers = [named for named in in_use if named not in keys.vouched(in_use)]
    for named in strangers:
        text = f"{', '.join(in_use)} signed checkpoints or were to. {named} is unknown: the key before did not sign it."
        report.found("checkpoint key unknown", _LABEL, named, text)


def _rows() -> Iterator[Row]:
    columns = ("number", "payload", "prev", "hash", "signature", "key")
    for number, payload, *others in streamed(Checkpoint.objects.order_by("number").values_list(*columns)):
        # One that is no number is told by its form.
        if isinstance(number, int):
            yield Row(number, payload.encode() if isinstance(payload, str) else bytes(payload), *others)


def _leaves() -> Iterator[tuple[int, list[tuple[str, Listed]]]]:
    """The heads listed under each checkpoint, in the order of its number, each with its leaf."""
    heads = CheckpointHead.objects.order_by("checkpoint_id").values_list(
        "checkpoint_id", "leaf", "stream", "seq", "hash"
    )
    for number, group in groupby(streamed(heads), key=lambda head: head[0]):
        if isinstance(number, int):
            yield number, [(leaf, Listed(*head)) for _, leaf, *head in group]


def _check_row(row: Row, before: str, listed: list[tuple[str, Listed]], report: Report, *, is_file_read: bool) -> None:
    def altered(text: str) -> None:
        report.found("checkpoint row altered", _LABEL, row.number, text)

    try:
        content = chain.checkpoint_content(row.payload, row.hash)
    except UNREADABLE as error:
        altered(f"The row proves nothing: {error}")
        return
    if content["number"] != row.number:
        altered(f"It says it is checkpoint {content['number']}.")
    if content["prev"] != row.prev or row.prev != before:
        text = f"Checkpoint {row.number} is not chained to the one before."
        report.found("checkpoint chain broken", _LABEL, row.number, text)
    signed = set(map(str, content["leaves"]))
    there: set[str] = set()
    for leaf, head in listed:
        there.add(leaf)
        try:
            is_listed = leaf in signed and chain.head_leaf(*head) == leaf
        except UNREADABLE:
            is_listed = False
        if not is_listed:
            text = f"Checkpoint {row.number} does not list this head."
            report.found("checkpoint row altered", _HEAD, leaf, text, stream=head.stream, seq=head.seq)
    for leaf in sorted(signed - there - _lost(row.number, signed, report, is_file_read=is_file_read)):
        text = f"Checkpoint {row.number} lists a head of this leaf; its row is gone."
        report.found("checkpoint row missing", _HEAD, leaf, text)


def _lost(number: int, signed: set[str], report: Report, *, is_file_read: bool) -> set[str]:
    """The leaves of heads that a declared restore lost. Only files say which; without, any of them may be."""
    if not any(r.lost and r.after < number <= r.newest for r in report.restores):
        return set()
    if not is_file_read:
        return signed
    try:
        heads = from_file(path_of(number).read_bytes()).heads
    except (*UNREADABLE, OSError):
        return signed
    return {chain.head_leaf(*head) for head in heads if report.is_lost(number, head.stream, head.seq)}


def _check_newest_signature(rows: list[Row], report: Report) -> None:
    """The signature of the newest row; of the one before too where it does not hold, and so on."""
    for row in reversed(rows):
        payload = Checkpoint.objects.filter(number=row.number).values_list("payload", flat=True)[0]
        public = keys.sealed_key(row.key)
        if public is not None and keys.is_signed(public, row.signature, bytes(payload)):
            return
        if public is None:
            text = f"It names the key {row.key}, which is not sealed in the ledger."
            report.found("checkpoint key unknown", _LABEL, row.number, text)
        else:
            text = "The row proves nothing: The signature does not hold."
            report.found("checkpoint row altered", _LABEL, row.number, text)
