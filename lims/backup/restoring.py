"""The act of restoring: check the archive, put files and database back, declare it, verify, seal the result.

Nothing is touched before the archive agrees with its manifest. What is replaced stays beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from lims import clock, files
from lims.accounts.permissions import Role
from lims.acts import Act
from lims.backup import archive, databases, declaring
from lims.backup.archive import Archive, BackupError
from lims.ledger import checkpoints, sealing
from lims.ledger.append import sealed
from lims.ledger.keys import NoKey
from lims.ledger.models import SITE_STREAM
from lims.ledger.verify import Report, verify
from lims.notices.raising import raise_notice

RESULT = "ledger:restore-verified"


class Undeclared(BackupError):
    """The database was put back, and that could not be declared."""


@dataclass(frozen=True)
class Done:
    """What was done. `aside` is where what was replaced still is; `uncovered` why no checkpoint was written."""

    report: Report
    counted: str
    files: int
    aside: str
    uncovered: str


def restore(
    place: Path, *, by: str, reason: str, replaces: bool = False, progress: Callable[[int], None] | None = None
) -> Done:
    """Put back the database and the files of an archive.

    Raises:
        Refused: RST-01 nobody is named, RST-02 no reason.
        BackupError: the archive is not what its manifest says or not for this program; the database holds data and
            `replaces` was not said; putting it back failed.
    """
    declaring.refuse_unexplained(by=by, reason=reason)
    with archive.opened(place) as opened, TemporaryDirectory(dir=settings.DATA_DIR, prefix=".restore-") as folder:
        _refuse_foreign(opened.manifest)
        is_used = databases.holds_data()
        if is_used and not replaces:
            raise BackupError("This database holds data. Restore into an empty one, or say --replace.")
        keeper = databases.by()
        database = opened.extract_database(Path(folder))
        keeper.look(database, opened.manifest)
        declaring.ahead_of(**(opened.manifest["checkpoint"] or {}))
        was = databases.standing()
        put = _put_files(opened)
        mark = f"replaced-{clock.now():%Y%m%d-%H%M%S-%f}"
        aside = keeper.keep_aside(mark) if is_used else ""
        with keeper.put_back(database, mark):
            counted = _count(opened.manifest)
        call_command("migrate", interactive=False, verbosity=0)  # puts the guards up too
        Session.objects.all().delete()
        sha256 = opened.sha256
    return _proven(by, reason, sha256, was, counted, put, aside, progress)


def declare_only(*, by: str, reason: str, progress: Callable[[int], None] | None = None) -> Done:
    """Declare that the database was put back by other means, such as point-in-time recovery, and verify it.

    Raises what `declaring.declare` raises.
    """
    return _proven(by, reason, declaring.BY_OTHER_MEANS, [], "", 0, "", progress)


def _proven(
    by: str,
    reason: str,
    sha256: str,
    was: list[tuple[Any, ...]],
    counted: str,
    put: int,
    aside: str,
    progress: Callable[[int], None] | None,
) -> Done:
    try:
        declared = declaring.declare(by=by, reason=reason, archive=sha256, was=was)
    except BackupError as error:
        raise Undeclared(f"It is not declared that the database was put back: {error} Then say --declare.") from error
    uncovered = ""
    try:
        checkpoints.write()
    except (NoKey, OSError, checkpoints.OutOfStep) as error:
        # The worker's next run writes it, where the key is.
        uncovered = str(error)
    report = verify(progress=progress)
    result = "as sealed" if report.ok else f"{len(report.findings)} findings"
    assert declared.head is not None
    with sealed(Act(name=RESULT, actor=None, at=clock.now()), SITE_STREAM) as act:
        act.notes = {
            "restore": f"{SITE_STREAM} {declared.head.seq}",
            "verified": f"{result}: {report.streams} streams, {report.entries} entries",
        }
        if counted:
            act.notes["counted"] = counted
        if not report.ok:
            raise_notice(
                act,
                "Verifying the database that {by} put back found what is not as it was sealed: {number} findings.",
                {"by": by, "number": str(len(report.findings))},
                roles=(Role.QA, Role.ADMINISTRATOR),
            )
    return Done(report, counted, put, aside, uncovered)


def _refuse_foreign(manifest: dict[str, Any]) -> None:
    """Whether this program, on this kind of database, can take the archive; raises BackupError."""
    engine = manifest["database"]["engine"]
    if engine != connection.vendor:
        raise BackupError(f"The archive is of {engine}, the database in use is {connection.vendor}.")
    known = MigrationLoader(None).disk_migrations
    newer = [f"{app} {name}" for app, name in manifest["migrations"] if (app, name) not in known]
    if newer:
        raise BackupError(f"The archive is of a newer program: {', '.join(newer[:3])} is not known here. Update first.")
    if not Path(settings.LEDGER_KEY).exists():
        raise BackupError(
            f"{settings.LEDGER_KEY} is not there. Put the key that the ledger was sealed with there first."
        )
    if sealing.fingerprint() != manifest["keys"]["ledger"]:
        raise BackupError(f"The ledger was sealed with another key than that in {settings.LEDGER_KEY}.")


def _put_files(opened: Archive) -> int:
    """Put back the files that are not there whole; gives how many. What is there besides stays."""
    put = 0
    for sha256, content in opened.files():
        if not files.is_whole(sha256):
            files.keep(content)
            put += 1
    return put


def _count(manifest: dict[str, Any]) -> str:
    """Compare what was put back with the manifest; gives the result in words, or raises BackupError."""
    told = archive.facts(archive.ask_here, sorted(manifest["counts"]))
    differs = [t for t, rows in manifest["counts"].items() if told["counts"][t] != rows]
    differs += [name for name in ("heads", "checkpoint", "migrations") if told[name] != manifest[name]]
    if differs:
        raise BackupError(f"What was put back is not what the manifest counts: {', '.join(differs[:5])}.")
    rows = sum(manifest["counts"].values())
    return f"as the manifest says: {rows} rows in {len(manifest['counts'])} tables, {len(manifest['heads'])} streams"
