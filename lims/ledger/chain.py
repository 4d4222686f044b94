"""The arithmetic of the ledger: canonical bytes, leaves and links. Standard library only.

Canonical JSON is RFC 8785 restricted to what entries hold: objects, arrays, strings, true, false, null and small
integers. Decimals and times are strings. Within that, `json.dumps` without spaces gives the same bytes, once keys are
in the order of their UTF-16 code units.

Hashing follows RFC 6962 in keeping leaves and links apart: a leaf is SHA-256(0x00 || payload) and a link is
SHA-256(0x01 || previous link || leaf), so that no payload can be passed off as a link.

A checkpoint is a link of a chain of its own. Its payload lists leaves of stream heads, not the heads: so it can be
handed out with the heads of one batch and says nothing about anybody else's. Its signature is checked in keys.py.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

GENESIS = "0" * 64
# What a checkpoint of each version says. The second also states restores that were declared since the one before.
_CHECKPOINT = {"v", "number", "at", "prev", "leaves"}
_CHECKPOINTS = {1: _CHECKPOINT, 2: _CHECKPOINT | {"restored"}}


def canonical(content: Mapping[str, object]) -> bytes:
    """Canonical JSON bytes of `content`.

    Raises:
        ValueError: a float or an integer beyond 2**53, which RFC 8785 can't keep exactly; half a character.
    """
    return json.dumps(_ordered(content), separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def digest(content: Mapping[str, object]) -> str:
    """SHA-256 of the canonical bytes, in hexadecimal."""
    return hashlib.sha256(canonical(content)).hexdigest()


def leaf(payload: bytes) -> str:
    """What stands for a payload in a chain: SHA-256(0x00 || payload), in hexadecimal."""
    return hashlib.sha256(b"\x00" + payload).hexdigest()


def link(prev: str, payload: bytes) -> str:
    """The hash of an entry: its payload's leaf linked to the hash before it (both hexadecimal)."""
    return hashlib.sha256(b"\x01" + bytes.fromhex(prev) + bytes.fromhex(leaf(payload))).hexdigest()


def head_leaf(stream: str, seq: int, hash: str) -> str:
    """What a checkpoint lists of a stream's head: SHA-256(0x00 || canonical head), in hexadecimal."""
    return leaf(canonical({"stream": stream, "seq": seq, "hash": hash}))


def checkpoint_payload(
    *, number: int, at: str, prev: str, heads: Iterable[tuple[str, int, str]], restored: Sequence[str] = ()
) -> bytes:
    """The bytes of a checkpoint over heads (stream, seq, hash); its hash is `link(prev, payload)`.

    `restored` are the hashes of the entries by which a restore was declared since the checkpoint before.
    """
    leaves = sorted(head_leaf(*head) for head in heads)
    content: dict[str, object] = {"v": 1, "number": number, "at": at, "prev": prev, "leaves": leaves}
    return canonical(content | {"v": 2, "restored": list(restored)} if restored else content)


def checkpoint_content(payload: bytes, hash: str) -> dict[str, Any]:
    """What a checkpoint says: number, at, prev, leaves; and restored, where a restore was declared.

    Raises:
        ValueError: the bytes are no checkpoint, or not the ones with this hash.
    """
    content = json.loads(payload)
    if not isinstance(content, dict) or not content.keys() >= _CHECKPOINT:
        raise ValueError("These bytes are no checkpoint.")
    if content.keys() != _CHECKPOINTS.get(content["v"]) or not isinstance(content["number"], int):
        raise ValueError("This checkpoint is of no version known here.")
    if not isinstance(content["prev"], str) or not isinstance(content["leaves"], list):
        raise ValueError("This checkpoint names no checkpoint before it, or no heads.")
    if not isinstance(content.get("restored", []), list):
        raise ValueError("What this checkpoint says of restores is no list.")
    if link(content["prev"], payload) != hash:
        raise ValueError("The bytes of the checkpoint were changed: they have another hash.")
    return content


def _ordered(value: object) -> object:
    """The same value with every object's keys in order; raises ValueError for what has no exact form."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, int):
        if abs(value) >= 2**53:
            raise ValueError(f"An integer beyond 2**53 can't be kept exactly: {value}")
        return value
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise ValueError(f"A key must be text: {key!r}")
        # Of plain letters, both orders are the same.
        keys = sorted(value) if "".join(value).isascii() else sorted(value, key=_utf_16)
        # Most values are text, which stands as it is: told here, at a fraction of a call.
        return {key: each if type(each := value[key]) is str else _ordered(each) for key in keys}
    if isinstance(value, (list, tuple)):
        return [_ordered(item) for item in value]
    raise ValueError(f"{type(value).__name__} has no canonical form; give it as a string: {value!r}")


def _utf_16(key: str) -> bytes:
    """Code units in the order RFC 8785 sorts them by, which is not that of code points beyond U+FFFF."""
    return key.encode("utf-16-be")
