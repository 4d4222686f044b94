"""Files kept for ever: written aside, flushed to disk, then renamed. Most are kept under their SHA-256.

A name never holds half a file: on a full disk nothing is left but the error. Not here: what a file may be (its content
is checked by whoever keeps it), and who may read it.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings

_CHUNK = 1 << 16


def path_of(sha256: str) -> Path:
    """Where a kept file lies."""
    return Path(settings.MEDIA_ROOT) / sha256[:2] / sha256


def keep(chunks: Iterable[bytes]) -> tuple[str, int]:
    """Keep a file given in pieces; return its SHA-256 in hexadecimal and its size in bytes.

    The same content is kept once.
    """
    digest, size = hashlib.sha256(), 0

    def counted() -> Iterator[bytes]:
        nonlocal size
        for chunk in chunks:
            digest.update(chunk)
            size += len(chunk)
            yield chunk

    aside = _written_aside(Path(settings.MEDIA_ROOT), counted())
    _rename(aside, path_of(digest.hexdigest()))
    return digest.hexdigest(), size


def keep_as(place: Path, content: bytes) -> None:
    """Keep a file under a name of its own. Raises FileExistsError when the name is taken: nothing is overwritten."""
    aside = _written_aside(place.parent, [content])
    if place.exists():
        aside.unlink()
        raise FileExistsError(f"{place.name} is there already.")
    _rename(aside, place)


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


def _written_aside(folder: Path, chunks: Iterable[bytes]) -> Path:
    """Write a file under a passing name and flush it to disk."""
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, prefix=".part-")
    aside = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            for chunk in chunks:
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    return aside


def _rename(aside: Path, place: Path) -> None:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        aside.replace(place)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    _flush_folder(place.parent)


def _flush_folder(folder: Path) -> None:
    """Make the rename itself survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
