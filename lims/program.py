"""Which program this is: its version, and a fingerprint of its own files, on every printed page and in the ledger."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from lims import VERSION

_ROOT = Path(__file__).resolve().parent.parent
_FOLDERS = ("lims", "batches", "templates")


@cache
def build() -> str:
    """The first 12 hexadecimal digits of the SHA-256 over the program's own files, their names included."""
    digest = hashlib.sha256()
    for folder in _FOLDERS:
        for file in sorted((_ROOT / folder).rglob("*")):
            if file.is_file() and file.suffix != ".pyc":
                digest.update(f"{file.relative_to(_ROOT).as_posix()} {_sha256(file)}\n".encode())
    return digest.hexdigest()[:12]


def program() -> str:
    """The program by name, version and build: «lims 0.1.0, build 3f9a0c1d22be»."""
    return f"lims {VERSION}, build {build()}"


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
