"""The archive: a ZIP of the database, every kept file, and a manifest that lists them and says what the database holds.

Not here: how a database is copied (sqlite.py, postgresql.py), and who may (the commands).
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfileobj
from typing import IO, Any

import django
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from lims import VERSION
from lims.ledger import keys, sealing
from lims.ledger.models import Checkpoint, Entry, Head
from lims.pdf.keys import document_fingerprint

FORMAT = "backup/1"
MANIFEST = "manifest.json"
_FILE = re.compile(r"files/[0-9a-f]{2}/([0-9a-f]{64})")
_CHUNK = 1 << 20

# Asks a database in plain SQL: the one that runs, or a copy of it.
Ask = Callable[[str], list[Any]]


class BackupError(Exception):
    """A backup can't be taken, or an archive not be restored; the text says why."""


def facts(ask: Ask, tables: list[str]) -> dict[str, Any]:
    """What a database holds: rows of each table, where every stream stands, the newest checkpoint, the migrations."""
    head, checkpoint = _quoted(Head._meta.db_table), _quoted(Checkpoint._meta.db_table)
    newest = ask(f"SELECT number, hash FROM {checkpoint} ORDER BY number DESC LIMIT 1")  # noqa: S608
    migrations = ask(f"SELECT app, name FROM {_quoted(MigrationRecorder.Migration._meta.db_table)}")  # noqa: S608
    return {
        "counts": {t: ask(f"SELECT COUNT(*) FROM {_quoted(t)}")[0][0] for t in tables},  # noqa: S608
        "heads": sorted(list(h) for h in ask(f"SELECT stream, seq, hash FROM {head} WHERE seq > 0")),  # noqa: S608
        "checkpoint": {"number": newest[0][0], "hash": newest[0][1]} if newest else None,
        "migrations": sorted(list(m) for m in migrations),
    }


def own_tables() -> list[str]:
    """The tables of this program, as its models have them, and the one that lists migrations."""
    made = {m._meta.db_table for m in apps.get_models(include_auto_created=True)}
    return sorted({*made, MigrationRecorder.Migration._meta.db_table})


def ask_here(sql: str) -> list[Any]:
    """Ask the database that is in use."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def write(out: Path, database: Path, about: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Write the archive under its name once it is whole; gives its SHA-256 and its manifest.

    A kept file that is not what its name says is left out and named in the manifest: it is no copy of anything.

    Raises:
        OSError: the disk is full, or the folder can't be written to.
    """
    handle, name = tempfile.mkstemp(dir=out.parent, prefix=".part-")  # readable by its owner only
    aside = Path(name)
    try:
        with os.fdopen(handle, "w+b") as made:
            manifest = _write(made, database, about)
            made.flush()
            os.fsync(made.fileno())
            made.seek(0)
            sha256 = hashlib.file_digest(made, "sha256").hexdigest()
        os.link(aside, out)  # fails where the name is taken
    finally:
        aside.unlink(missing_ok=True)
    return sha256, manifest


def _write(made: IO[bytes], database: Path, about: dict[str, Any]) -> dict[str, Any]:
    members: list[dict[str, Any]] = []
    damaged: list[str] = []

    def add(archive: zipfile.ZipFile, name: str, place: Path, **how: Any) -> None:
        with place.open("rb") as content:
            sha256 = hashlib.file_digest(content, "sha256").hexdigest()
        if place is not database and sha256 != place.name:
            damaged.append(name)
            return
        archive.write(place, name, **how)
        members.append({"name": name, "size": place.stat().st_size, "sha256": sha256})

    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED, strict_timestamps=False) as archive:
        add(archive, database.name, database, compress_type=zipfile.ZIP_DEFLATED, compresslevel=1)
        # After the database: what a row names was kept before the row was sealed.
        for place in sorted(Path(settings.MEDIA_ROOT).glob("[0-9a-f][0-9a-f]/*")):
            name = f"files/{place.parent.name}/{place.name}"
            if _FILE.fullmatch(name):
                add(archive, name, place)
        manifest = {"format": FORMAT, **about, "members": members, "damaged": damaged}
        archive.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1))
    return manifest


def program() -> dict[str, str]:
    """The versions of what took a backup."""
    return {"lims": VERSION, "python": platform.python_version(), "django": django.get_version()}


def fingerprints() -> dict[str, Any]:
    """What tells the keys apart that this database's records were signed with: never the keys."""
    used = Entry.objects.filter(name=keys.ACT).order_by("seq").values_list("payload", flat=True)
    sealed = [json.loads(bytes(payload))["notes"]["fingerprint"] for payload in used]
    return {"checkpoints": sealed, "documents": document_fingerprint(), "ledger": sealing.fingerprint()}


@contextmanager
def opened(place: Path) -> Iterator[Archive]:
    """An archive that was checked whole against its manifest.

    Raises:
        BackupError: it is no archive of a backup, or not what its manifest says.
        OSError: it can't be read.
    """
    with place.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        try:
            with zipfile.ZipFile(file) as zipped:
                archive = Archive(zipped, sha256)
                archive.check()
                yield archive
        except (zipfile.BadZipFile, EOFError, NotImplementedError, zipfile.LargeZipFile) as error:
            raise BackupError(f"{place.name} is no archive that can be read: {error}") from error


class Archive:
    """An archive that is open."""

    def __init__(self, zipped: zipfile.ZipFile, sha256: str) -> None:
        self._zipped = zipped
        self.sha256 = sha256
        try:
            self.manifest: dict[str, Any] = json.loads(zipped.read(MANIFEST))
            is_ours = self.manifest["format"] == FORMAT
            self._members = {m["name"]: (m["size"], m["sha256"]) for m in self.manifest["members"]}
            self.database = str(self.manifest["database"]["member"])
        except (KeyError, ValueError, TypeError) as error:
            raise BackupError("There is no manifest of a backup in it.") from error
        if not is_ours:
            raise BackupError(f"Its format is {self.manifest['format']}; this program reads {FORMAT}.")

    def check(self) -> None:
        """Every member against the manifest; raises BackupError."""
        there = sorted(self._zipped.namelist())
        if there != sorted([MANIFEST, *self._members]):
            odd = sorted(set(there) ^ {MANIFEST, *self._members}) or ["a name that comes twice"]
            raise BackupError(f"The archive does not hold what its manifest lists: {', '.join(odd[:5])}.")
        for name, (size, sha256) in self._members.items():
            file = _FILE.fullmatch(name)
            if name != self.database and (file is None or file[1] != sha256):
                raise BackupError(f"{name} has no place in a backup.")
            with self._zipped.open(name) as content:
                if self._zipped.getinfo(name).file_size != size or _sha256(content) != sha256:
                    raise BackupError(f"{name} is not what the manifest says.")

    def extract_database(self, folder: Path) -> Path:
        """Write the database into a folder; gives the file."""
        place = folder / self.database
        with self._zipped.open(self.database) as content, place.open("xb") as out:
            copyfileobj(content, out, _CHUNK)
        return place

    def files(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Every kept file by its SHA-256, in pieces."""
        for name, (_size, sha256) in self._members.items():
            if name != self.database:
                with self._zipped.open(name) as content:
                    yield sha256, iter(lambda content=content: content.read(_CHUNK), b"")  # type: ignore[misc]


def _sha256(content: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := content.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
