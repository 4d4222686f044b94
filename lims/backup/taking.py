"""The act of taking a backup. It comes before the copy, so that the copy holds it (docs/decisions/0016)."""

from __future__ import annotations

import getpass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.db import connection

from lims import clock
from lims.acts import Act
from lims.backup import archive, databases
from lims.backup.archive import BackupError
from lims.ledger.append import sealed
from lims.ledger.models import SITE_STREAM

ACT = "ledger:backup"


def take(out: Path, *, by: str) -> tuple[str, dict[str, Any]]:
    """Seal that a backup is taken, take it and write it to `out`; gives the archive's SHA-256 and its manifest.

    Raises:
        BackupError: the file is there already, or the backup failed; that it failed is sealed too.
    """
    if out.exists() or not out.parent.is_dir():
        raise BackupError(f"{out} is there already, or its folder is not. Name a new file in a folder that is there.")
    with sealed(Act(name=ACT, actor=None, at=clock.now()), SITE_STREAM) as act:
        act.notes = {"by": by, "at the console": getpass.getuser(), "file": out.name}
    assert act.head is not None
    try:
        return _take(out, act, by)
    except (BackupError, OSError) as error:
        failed = Act(name=ACT, actor=None, at=clock.now(), is_refused=True)
        failed.notes = {"by": by, "file": out.name, "refused": "BAK-01", "reason 1": str(error)[:300]}
        with sealed(failed, SITE_STREAM):
            pass
        raise BackupError(str(error)) from error


def _take(out: Path, act: Act, by: str) -> tuple[str, dict[str, Any]]:
    assert act.head is not None
    keeper = databases.by()
    about: dict[str, Any] = {
        "taken_at": act.at.isoformat(),
        "by": by,
        "entry": {"stream": act.head.stream, "seq": act.head.seq, "hash": act.head.hash},
        "program": archive.program(),
        "database": {"engine": connection.vendor, "version": keeper.version(), "member": keeper.MEMBER},
        "keys": archive.fingerprints(),
    }
    with TemporaryDirectory(dir=out.parent, prefix=".backup-") as folder:
        database, told = keeper.taken(Path(folder), archive.own_tables())
        return archive.write(out, database, about | told)
