"""Files kept for ever under their SHA-256: written aside, flushed to disk, then renamed.

Not here: what a file may be (its content is checked by whoever keeps it), and who may read it.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

_CHUNK = 1 << 16


def path_of(sha256: str) -> Path:
    """Where a kept file lies."""
    return Path(settings.MEDIA_ROOT) / sha256[:2] / sha256


def keep(chunks: Iterable[bytes]) -> tuple[str, int]:
    """Keep a file given in pieces; return its SHA-256 in hexadecimal and its size in bytes.

    A name never holds half a file: on a full disk nothing is left but the error. The same content is kept once.
    """
    root = Path(settings.MEDIA_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    handle, name = tempfile.mkstemp(dir=root, prefix=".part-")
    aside = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
        place = path_of(digest.hexdigest())
        place.parent.mkdir(parents=True, exist_ok=True)
        aside.replace(place)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    _flush_folder(place.parent)
    return digest.hexdigest(), size


def is_whole(sha256: str) -> bool:
    """Whether the kept file is there and still what it was."""
    place = path_of(sha256)
    if not place.is_file():
        return False
    digest = hashlib.sha256()
    with place.open("rb") as kept:
        while chunk := kept.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest() == sha256


def _flush_folder(folder: Path) -> None:
    """Make the rename itself survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
