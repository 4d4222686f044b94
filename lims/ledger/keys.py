"""The key that signs checkpoints: Ed25519, in a file that is not in the database.

The first use of a key is an act of its own, `ledger:key`, that records the public key: whoever verifies trusts the
first key sealed in the ledger, and a later one that it signed. Another key file is another act, which holds that
signature when the file before lies beside it as `….before`. Not here: what is signed (checkpoints.py).
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from django.conf import settings

from lims import clock, files
from lims.acts import Act
from lims.ledger.append import AlreadyDone, sealed
from lims.ledger.models import SITE_STREAM, Entry

ACT = "ledger:key"
_BY, _SIGNATURE = "signed by", "signature"
# What stands before a public key that another signs, so that it is never taken for a checkpoint.
_VOUCH = b"checkpoint key "
_BEFORE = ".before"
_FIRST_USES = uuid.UUID("8f1f3a52-6d5f-4c1e-9a3b-5b0f5a0c7d11")


class NoKey(Exception):
    """There is no key to sign checkpoints with, or the file holds none."""


def fingerprint(public: bytes) -> str:
    """SHA-256 of the raw public key, in hexadecimal."""
    return hashlib.sha256(public).hexdigest()


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    """The raw public key, 32 bytes."""
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def signing_key() -> Ed25519PrivateKey:
    """The key in use, whose first use is sealed in the ledger before it signs anything.

    Raises:
        NoKey: in production, where no key is made by itself, the file is missing; or it holds no Ed25519 key.
    """
    key = _read(Path(settings.CHECKPOINT_KEY))
    public = public_bytes(key)
    once = _once(fingerprint(public))
    if not Entry.objects.filter(once=once).exists():
        act = Act(name=ACT, actor=None, at=clock.now(), once=once)
        act.notes = {"public key": public.hex(), "fingerprint": fingerprint(public), **_vouching(public)}
        # Another process may have been first.
        with suppress(AlreadyDone), sealed(act, SITE_STREAM):
            pass
    return key


def in_use() -> str:
    """The fingerprint of the key in the file; raises NoKey."""
    return fingerprint(public_bytes(_read(Path(settings.CHECKPOINT_KEY))))


def sealed_key(named: str) -> bytes | None:
    """The raw public key with a fingerprint, when its first use is sealed in the ledger."""
    try:
        public = bytes.fromhex(_notes(named)["public key"])
    except (ValueError, TypeError, LookupError):
        return None
    return public if fingerprint(public) == named else None


def vouched(named: Sequence[str]) -> set[str]:
    """Which keys, given in the order of their first use, can be trusted: the first, and those a trusted one signed."""
    trusted = set(named[:1])
    for each in named[1:]:
        notes, public = _notes(each), sealed_key(each)
        by = sealed_key(notes.get(_BY, "")) if notes.get(_BY) in trusted else None
        if public is not None and by is not None and is_signed(by, notes.get(_SIGNATURE, ""), _VOUCH + public):
            trusted.add(each)
    return trusted


def _notes(named: str) -> dict[str, Any]:
    """What the act of a key's first use says; nothing when there is none, or none that can be read."""
    payload = Entry.objects.filter(once=_once(named), name=ACT).values_list("payload", flat=True).first()
    try:
        told = json.loads(bytes(payload))["notes"] if payload is not None else {}
    except (ValueError, TypeError, LookupError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _vouching(public: bytes) -> dict[str, str]:
    """What the key before says of a new one, when its file lies beside."""
    place = Path(settings.CHECKPOINT_KEY)
    before = place.with_name(f"{place.name}{_BEFORE}")
    if not before.is_file():
        return {}
    key = _read(before)
    return {_BY: fingerprint(public_bytes(key)), _SIGNATURE: key.sign(_VOUCH + public).hex()}


def is_signed(public: bytes, signature: str, payload: bytes) -> bool:
    """Whether the signature (hexadecimal) over the payload is the key's."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(bytes.fromhex(signature), payload)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _once(named: str) -> uuid.UUID:
    """The token of a key's first use: one act for each key, found by the index."""
    return uuid.uuid5(_FIRST_USES, named)


def _read(place: Path) -> Ed25519PrivateKey:
    if not place.exists():
        if settings.PRODUCTION:
            raise NoKey(f"{place} is not there. Put the key that signs checkpoints there.")
        made = Ed25519PrivateKey.generate()
        # Another process may have been first: all of them read one key.
        with suppress(FileExistsError):
            files.keep_as(place, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    try:
        key = load_pem_private_key(place.read_bytes(), password=None)
    except (ValueError, TypeError, OSError) as error:
        raise NoKey(f"{place} can't be read as a key: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise NoKey(f"{place} holds no Ed25519 key.")
    return key
