"""The key every entry is sealed with: HMAC-SHA-256 over the entry's hash, with a key that is not in the database.

A hash alone can be computed by anybody. Whoever holds the database and not this key, its administrator included, can
write no entry that passes for an act, not even after the newest checkpoint. The key stays as long as the ledger: with
another one nothing sealed before is good. Source: FIPS 198-1. Not here: the chain (chain.py), and checkpoints, whose
signatures anybody can check (keys.py).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from lims import files
from lims.ledger.models import Entry

_BYTES = 32


class NoSealingKey(Exception):
    """There is no key to seal entries with, or its file holds none."""


def sealing_key() -> bytes:
    """The key of this laboratory's ledger, 32 bytes; made when the ledger begins.

    Raises:
        NoSealingKey: the file is missing, in production or where entries were sealed already; or it holds no key.
    """
    return _read(Path(settings.LEDGER_KEY))


def seal(key: bytes, hash: str) -> str:
    """The seal of an entry with this hash, in hexadecimal."""
    begun = _begun(key).copy()
    begun.update(hash.encode())
    return begun.hexdigest()


def is_sealed(hash: str, sealed_as: str) -> bool:
    """Whether an entry's seal is this laboratory's; raises NoSealingKey."""
    return hmac.compare_digest(seal(sealing_key(), hash).encode(), sealed_as.encode())


def fingerprint() -> str:
    """What tells this key from others and gives nothing of it away: SHA-256 of its 32 random bytes."""
    return hashlib.sha256(sealing_key()).hexdigest()


def make(place: Path) -> None:
    """Make a key, unless another process was first."""
    with suppress(FileExistsError):
        files.keep_as(place, secrets.token_bytes(_BYTES).hex().encode())


@lru_cache(maxsize=4)
def _begun(key: bytes) -> hmac.HMAC:
    """A seal with only the key in it yet: it is the same for every entry, and a million are checked in a row."""
    return hmac.new(key, digestmod="sha256")


@lru_cache(maxsize=4)
def _read(place: Path) -> bytes:
    if not place.exists():
        if settings.PRODUCTION:
            raise NoSealingKey(f"{place} is not there. Put the key that seals entries of the ledger there.")
        if Entry.objects.exists():
            raise NoSealingKey(f"{place} is gone, and entries were sealed with it. Put it back.")
        make(place)
    try:
        key = bytes.fromhex(place.read_text(encoding="ascii").strip())
    except (ValueError, OSError) as error:
        raise NoSealingKey(f"{place} can't be read as a key: {error}") from error
    if len(key) != _BYTES:
        raise NoSealingKey(f"{place} holds no key of {_BYTES} bytes in hexadecimal.")
    return key
