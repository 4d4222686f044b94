"""The key that signs checkpoints: Ed25519, in a file that is not in the database.

The first use of a key is an act of its own, `ledger:key`, that records the public key: whoever verifies trusts the
keys sealed in the ledger. Another key file is another act. Not here: what is signed (checkpoints.py).
"""

from __future__ import annotations

import hashlib
import json
import uuid
from contextlib import suppress
from pathlib import Path

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
        act.notes = {"public key": public.hex(), "fingerprint": fingerprint(public)}
        # Another process may have been first.
        with suppress(AlreadyDone), sealed(act, SITE_STREAM):
            pass
    return key


def sealed_key(named: str) -> bytes | None:
    """The raw public key with a fingerprint, when its first use is sealed in the ledger."""
    payload = Entry.objects.filter(once=_once(named), name=ACT).values_list("payload", flat=True).first()
    if payload is None:
        return None
    try:
        public = bytes.fromhex(json.loads(bytes(payload))["notes"]["public key"])
    except (ValueError, TypeError, LookupError):
        return None
    return public if fingerprint(public) == named else None


def is_signed(public: bytes, signature: str, payload: bytes) -> bool:
    """Whether the signature (hexadecimal) over the payload is the key's."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(bytes.fromhex(signature), payload)
    except (InvalidSignature, ValueError):
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
