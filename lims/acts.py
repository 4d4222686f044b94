"""The act under way: who does what, why and when, and every row it writes until it is sealed.

Not here: permission, signing and the transaction around it (commands.py); the sealing (ledger/append.py).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from lims.accounts.models import User
    from lims.ledger.models import Head
    from lims.signatures.signing import VerifiedSigner


class Unsealed(TypeError):
    """A recorded row was to be written outside an act, or in a way that leaves no history."""


class NewVersion(SimpleNamespace):
    """A version that is not inserted yet: its values by column attribute name. It reads as the inserted row will."""


@dataclass
class Act:
    """An act under way. `at` is the server's time, taken once; `head` is the locked head of its stream."""

    name: str
    actor: User | None
    at: datetime
    reason: str = ""
    is_refused: bool = False
    once: uuid.UUID | None = None
    id: uuid.UUID = field(default_factory=uuid.uuid4)
    head: Head | None = None
    signers: tuple[VerifiedSigner, ...] = ()
    versions: dict[type[models.Model], list[NewVersion]] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    _subjects: list[models.Model] = field(default_factory=list)

    @property
    def actor_name(self) -> str:
        """The printed name of the person acting, or «System»."""
        return self.actor.printed_name if self.actor else "System"

    def add(self, *rows: models.Model) -> None:
        """Save each row inside this act; raises ValidationError for a value its field can't hold."""
        for row in rows:
            row.save()

    def sign(self, subject: models.Model) -> None:
        """Bind every signature of this act to `subject` and the rows below it, as they stand when the act is sealed."""
        self._subjects.append(subject)

    @property
    def subjects(self) -> tuple[models.Model, ...]:
        """What the signatures of this act are bound to."""
        return tuple(self._subjects)

    def wrote(self, model: type[models.Model], version: NewVersion) -> None:
        """Keep a version, a row of the history model `model`, until the act is sealed."""
        self.versions.setdefault(model, []).append(version)


_current: ContextVar[Act | None] = ContextVar("current_act", default=None)


def current() -> Act:
    """The act under way; raises `Unsealed` when there is none."""
    act = _current.get()
    if act is None:
        raise Unsealed("A recorded row can only be written inside an act. Call a command.")
    return act


def refuse_nesting() -> None:
    """Raise `Unsealed` inside an act: another one would be sealed before it, or taken back with it."""
    if _current.get() is not None:
        raise Unsealed("An act can't begin inside another act.")


@contextmanager
def under_way(act: Act) -> Iterator[Act]:
    """Make `act` the current one. Acts do not nest."""
    refuse_nesting()
    token = _current.set(act)
    try:
        yield act
    finally:
        _current.reset(token)
