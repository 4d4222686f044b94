"""Refusals: the reasons an act is not allowed. Plain Python, so that rules can use it without Django.

Not here: the rules themselves, and how a refusal looks on a page.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from types import MappingProxyType

_NOTHING: Mapping[str, object] = MappingProxyType({})


@dataclasses.dataclass(frozen=True)
class Refusal:
    """One reason an act is not allowed.

    `message` is an English template («Expired on {date}. Scan a lot that is released and in date.») translated when
    it is shown; `code` ties rule, test and requirement together; `field` names the form field it belongs beside.
    """

    code: str
    message: str
    field: str | None = None
    params: Mapping[str, object] = dataclasses.field(default_factory=lambda: _NOTHING)

    @property
    def text(self) -> str:
        """The English sentence with its figures in place."""
        return self.message.format(**self.params)

    def at(self, field_name: str) -> Refusal:
        """The same refusal beside another field."""
        return Refusal(self.code, self.message, field_name, self.params)


class Refused(Exception):
    """An act is refused for one or several reasons, all of them told at once."""

    def __init__(self, refusals: Iterable[Refusal] | Refusal) -> None:
        self.refusals: tuple[Refusal, ...] = (refusals,) if isinstance(refusals, Refusal) else tuple(refusals)
        super().__init__("; ".join(f"{r.text} {r.code}" for r in self.refusals))

    @property
    def codes(self) -> tuple[str, ...]:
        """The refusal codes, in the order they were found."""
        return tuple(r.code for r in self.refusals)


def refuse_if_any(refusals: Iterable[Refusal]) -> None:
    """Raise `Refused` with every refusal given; return when there is none."""
    found = tuple(refusals)
    if found:
        raise Refused(found)
