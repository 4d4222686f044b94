"""The arithmetic of the ledger: canonical bytes, leaves and links. Standard library only.

Canonical JSON is RFC 8785 restricted to what entries hold: objects, arrays, strings, true, false, null and small
integers. Decimals and times are strings. Within that, `json.dumps` without spaces gives the same bytes, once keys are
in the order of their UTF-16 code units.

Hashing follows RFC 6962 in keeping leaves and links apart: a leaf is SHA-256(0x00 || payload) and a link is
SHA-256(0x01 || previous link || leaf), so that no payload can be passed off as a link.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

GENESIS = "0" * 64


def canonical(content: Mapping[str, object]) -> bytes:
    """Canonical JSON bytes of `content`.

    Raises:
        ValueError: a float or an integer beyond 2**53, which RFC 8785 can't keep exactly; half a character.
    """
    return json.dumps(_ordered(content), separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def digest(content: Mapping[str, object]) -> str:
    """SHA-256 of the canonical bytes, in hexadecimal."""
    return hashlib.sha256(canonical(content)).hexdigest()


def link(prev: str, payload: bytes) -> str:
    """The hash of an entry: its payload's leaf linked to the hash before it (both hexadecimal)."""
    leaf = hashlib.sha256(b"\x00" + payload).digest()
    return hashlib.sha256(b"\x01" + bytes.fromhex(prev) + leaf).hexdigest()


def _ordered(value: object) -> object:
    """The same value with every object's keys in order; raises ValueError for what has no exact form."""
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, int):
        if abs(value) >= 2**53:
            raise ValueError(f"An integer beyond 2**53 can't be kept exactly: {value}")
        return value
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise ValueError(f"A key must be text: {key!r}")
        return {key: _ordered(value[key]) for key in sorted(value, key=_utf_16)}
    if isinstance(value, list | tuple):
        return [_ordered(item) for item in value]
    raise ValueError(f"{type(value).__name__} has no canonical form; give it as a string: {value!r}")


def _utf_16(key: str) -> bytes:
    """Code units in the order RFC 8785 sorts them by, which is not that of code points beyond U+FFFF."""
    return key.encode("utf-16-be")
