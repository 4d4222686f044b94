"""Declared restores: which of them the checkpoints bear out. Only those turn a lost entry into a stated fact.

The first checkpoint after a restore states it. So nobody declares one afterwards for a tail that was cut before: a
checkpoint that does not say so is there already.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from lims.ledger import chain
from lims.ledger.checkpoints import path_of
from lims.ledger.models import SITE_STREAM, Checkpoint, Entry
from lims.ledger.restores import Restored, declared
from lims.ledger.verify.findings import Report
from lims.ledger.verify.reading import UNREADABLE


def check_restored(numbers: Sequence[int], report: Report, *, files: bool = True) -> None:
    """Put the restores that stand into the report, given the numbers of the checkpoints there are.

    Without `files` the rows of checkpoints say what they state.
    """
    newest = max(numbers, default=0)
    for restored in declared():
        if newest <= restored.newest or restored.hash in _stated(restored.newest + 1, files):
            report.restores.append(restored)
            continue
        text = f"Checkpoint {restored.newest + 1}, the first one after this restore, does not state it."
        report.found(
            "restore not stated", Entry._meta.label, restored.entry, text, stream=SITE_STREAM, seq=restored.seq
        )


def told(restored: Restored) -> str:
    """A restore in one sentence."""
    parts = [
        f"entry {each.first} of {each.stream}"
        if each.first == each.last
        else f"entries {each.first} to {each.last} of {each.stream}"
        for each in restored.lost
    ]
    lost = f"Lost: {', '.join(parts)}" if parts else "No entry that was known of was lost"
    return (
        f"Restored at {restored.at} by {restored.by} ({restored.reason}). {lost}. {SITE_STREAM} {restored.seq} says so."
    )


def _stated(number: int, files: bool) -> list[str]:
    """The restores that a checkpoint states, by its file or else by its row; none when neither can be read."""
    try:
        if not files:
            raise FileNotFoundError
        kept = json.loads(path_of(number).read_bytes())
        return list(chain.checkpoint_content(kept["payload"].encode(), kept["hash"]).get("restored", []))
    except (*UNREADABLE, OSError):
        row = Checkpoint.objects.filter(number=number).first()
    try:
        return list(chain.checkpoint_content(bytes(row.payload), row.hash).get("restored", [])) if row else []
    except UNREADABLE:
        return []
