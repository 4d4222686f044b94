"""What verifying tells: findings, each naming a row, and what was looked at."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from django.db import connection, transaction

from lims.ledger.restores import Restored


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
    """What was looked at, and what was found.

    `newest_checkpoint` is the newest there is, `since_checkpoint` the one an incremental verification trusted.
    `note` says what could not be looked at for want of one. `restores` are stated facts, not findings: each names
    what was lost when the database was put back, when and by whom.
    """

    streams: int = 0
    entries: int = 0
    checkpoints: int = 0
    newest_checkpoint: int | None = None
    since_checkpoint: int | None = None
    note: str = ""
    seconds: float = 0.0
    findings: list[Finding] = dataclasses.field(default_factory=list)
    restores: list[Restored] = dataclasses.field(default_factory=list)
    # Labels of models whose table can't be read, and rows (label, key) that can't: what rests on them is not asked.
    broken: set[str] = dataclasses.field(default_factory=set)
    unreadable: set[tuple[str, str]] = dataclasses.field(default_factory=set)
    _told: set[Finding] = dataclasses.field(default_factory=set)

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def is_lost(self, number: int, stream: str, seq: int) -> bool:
        """Whether a declared restore says that this entry, listed by a checkpoint, was lost."""
        return any(restored.is_lost(number, stream, seq) for restored in self.restores)

    def found(self, kind: str, row: str, pk: object, text: str, *, stream: str = "", seq: int | None = None) -> None:
        """Add a finding, once."""
        where = seq if isinstance(seq, int) else None
        finding = Finding(kind, printable(row), printable(pk), printable(text), printable(stream), where)
        if finding not in self._told:
            self._told.add(finding)
            self.findings.append(finding)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Whatever keeps this part of the record from being read is a finding, and the other parts are looked at."""
        try:
            with transaction.atomic() if connection.in_atomic_block else nullcontext():
                yield
        except Exception as error:
            text = f"{name}: {type(error).__name__}: {str(error)[:200]}"
            self.found("can't be read", name, "", text)


def printable(value: object) -> str:
    """Any value as text that can be written anywhere: bytes and halves of characters as escapes."""
    if isinstance(value, memoryview):
        value = bytes(value)
    text = value.decode(errors="backslashreplace") if isinstance(value, bytes) else str(value)
    return text.encode(errors="backslashreplace").decode()
