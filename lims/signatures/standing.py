"""Whether signatures still hold: computed from the record as it stands, never stored.

A signature that no sealed act lists as it is, such as one copied or moved around the program, never holds.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from lims.ledger import chain
from lims.ledger.models import Entry
from lims.ledger.sealing import is_sealed
from lims.ledger.values import row_digest
from lims.signatures.models import Signature
from lims.signatures.subjects import signed_digests, subject_model


@dataclass(frozen=True)
class Standing:
    """A signature, whether its act sealed it as it is, and whether what it signed is what the record holds now."""

    signature: Signature
    is_sealed: bool
    is_matching: bool

    @property
    def is_valid(self) -> bool:
        """Whether it holds."""
        return self.is_sealed and self.is_matching

    @property
    def words(self) -> str:
        """How it stands, as the record says it."""
        if not self.is_sealed:
            return _("not sealed")
        return _("valid") if self.is_matching else _("superseded")


def standings(signatures: Iterable[Signature]) -> list[Standing]:
    """The standing of each signature, in the order given. One query for each model, and each model below and above."""
    given = list(signatures)
    keys: dict[str, set[str]] = defaultdict(set)
    for s in given:
        keys[s.subject_model].add(s.subject_pk)
    now = {label: signed_digests(subject_model(label), pks) for label, pks in keys.items()}
    sealed = _sealed(given)
    return [
        Standing(s, (str(s.pk), row_digest(s)) in sealed, now[s.subject_model].get(s.subject_pk) == s.digest)
        for s in given
    ]


def _sealed(given: Sequence[Signature]) -> set[tuple[str, str]]:
    """Key and digest of every signature that the acts of these list, where the act itself is as it was linked."""
    found: set[tuple[str, str]] = set()
    acts = Entry.objects.filter(pk__in={s.entry_id for s in given}).values_list("prev", "hash", "payload", "seal")
    for prev, hash, payload, sealed_as in acts:
        content = bytes(payload)
        if _is_linked(prev, content, hash) and is_sealed(hash, sealed_as):
            found |= {(item["id"], item["digest"]) for item in json.loads(content)["signatures"]}
    return found


def _is_linked(prev: str, content: bytes, hash: str) -> bool:
    try:
        return chain.link(prev, content) == hash
    except ValueError:
        return False
