"""Whether signatures still hold: computed from the record as it stands, never stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from lims.signatures.models import Signature
from lims.signatures.subjects import signed_digests, subject_model


@dataclass(frozen=True)
class Standing:
    """A signature and whether what it signed is what the record holds now."""

    signature: Signature
    is_valid: bool


def standings(signatures: Iterable[Signature]) -> list[Standing]:
    """The standing of each signature, in the order given. One query for each model and each model below it."""
    given = list(signatures)
    keys: dict[str, set[str]] = defaultdict(set)
    for s in given:
        keys[s.subject_model].add(s.subject_pk)
    now = {label: signed_digests(subject_model(label), pks) for label, pks in keys.items()}
    return [Standing(s, now[s.subject_model].get(s.subject_pk) == s.digest) for s in given]
