"""What verifying tells: findings, each naming a row, and what was looked at."""

from __future__ import annotations

import dataclasses

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

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def is_lost(self, number: int, stream: str, seq: int) -> bool:
        """Whether a declared restore says that this entry, listed by a checkpoint, was lost."""
        return any(restored.is_lost(number, stream, seq) for restored in self.restores)

    def found(self, kind: str, row: str, pk: object, text: str, *, stream: str = "", seq: int | None = None) -> None:
        """Add a finding."""
        self.findings.append(Finding(kind, row, str(pk), text, stream, seq))
