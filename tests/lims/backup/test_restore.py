"""Backup and restore on a real database: what an archive holds, when it is refused, and what a restore says it lost."""

from __future__ import annotations

import json
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client

from batches.models import Batch
from batches.record.export import write_export
from lims import files
from lims.accounts.commands import record_sign_in
from lims.backup import databases
from lims.backup.archive import MANIFEST, BackupError
from lims.backup.declaring import declare
from lims.backup.restoring import restore
from lims.ledger import chain, checkpoints, guards, restores, verify_export
from lims.ledger.models import Checkpoint, Entry, Head
from lims.ledger.verify import verify, verify_since_checkpoint
from lims.notices.models import Notice
from lims.refusals import Refused
from tests.builders import Story
from tests.cast import PASSWORD
from tests.lims.ledger.test_verify import change
from tests.lims.ledger.test_verify_checkpoints import erase_acts_of, kinds, unconstrained
from tests.superuser.lifting import take_guards_down, unguarded

pytestmark = pytest.mark.django_db(transaction=True)

WHY = "The disk of the database failed."


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "backup.zip"


def backup(out: Path) -> dict[str, Any]:
    """Take a backup at the console; gives its manifest."""
    call_command("backup", out=out, by="Sato Kei", stdout=StringIO())
    with zipfile.ZipFile(out) as archive:
        manifest: dict[str, Any] = json.loads(archive.read(MANIFEST))
    return manifest


def put_back(archive: Path, **options: Any) -> str:
    """Restore at the console over what is there; gives what it says."""
    out = StringIO()
    call_command("restore", archive, by="Sato Kei", reason=WHY, replace=True, stdout=out, **options)
    return out.getvalue()


def stands() -> dict[str, int]:
    return dict(Head.objects.values_list("stream", "seq"))


def lost() -> dict[str, tuple[int, int]]:
    """What verifying states as lost, by stream."""
    return {each.stream: (each.first, each.last) for r in verify().restores for each in r.lost}


def put_back_around_the_program(archive: Path, folder: Path) -> None:
    """What somebody with the file of the database, or a dump, does: put it in place and say nothing."""
    with zipfile.ZipFile(archive) as zipped:
        database = Path(zipped.extract(databases.by().MEMBER, folder))
    with databases.by().put_back(database, f"quietly-{len(list(folder.iterdir()))}"):
        pass


def test_an_archive_says_what_it_holds_and_holds_no_key(covered: Story, archive: Path) -> None:
    kept, _size = files.keep([b"a picture of the vessel"])
    manifest = backup(archive)
    act = Entry.objects.get(name="ledger:backup")
    assert manifest["entry"] == {"stream": "site", "seq": act.seq, "hash": act.hash}
    assert ["site", act.seq, act.hash] in manifest["heads"], "the copy does not hold its own act"
    assert manifest["checkpoint"]["number"] == 3
    assert manifest["counts"]["ledger_entry"] == Entry.objects.count()
    assert manifest["keys"]["checkpoints"] == [Checkpoint.objects.earliest("number").key]
    with zipfile.ZipFile(archive) as zipped:
        assert zipped.read(f"files/{kept[:2]}/{kept}") == b"a picture of the vessel"
        pems = [name for name in zipped.namelist() if b"PRIVATE KEY" in zipped.read(name)]
    assert pems == []
    assert archive.stat().st_mode & 0o077 == 0, "others on the machine can read patients' data"


def test_a_backup_that_fails_is_sealed_as_such(covered: Story, archive: Path) -> None:
    """The folder of kept files can't be read as one."""
    kept, _size = files.keep([b"x"])
    place = files.path_of(kept)
    place.unlink()
    place.mkdir()
    try:
        with pytest.raises(CommandError, match="BAK-01"):
            backup(archive)
    finally:
        place.rmdir()
    assert list(Entry.objects.filter(name="ledger:backup").order_by("seq").values_list("is_refused", flat=True)) == [
        False,
        True,
    ]
    assert not archive.exists()
    assert list(archive.parent.glob(".part-*")) == []


def test_a_damaged_file_is_left_out_and_named(covered: Story, archive: Path) -> None:
    kept, _size = files.keep([b"paper"])
    files.path_of(kept).write_bytes(b"other paper")
    try:
        with pytest.raises(CommandError, match=kept):
            backup(archive)
        with zipfile.ZipFile(archive) as zipped:
            assert f"files/{kept[:2]}/{kept}" not in zipped.namelist()
    finally:
        files.path_of(kept).unlink()


def test_nothing_lost_is_said_so(covered: Story, archive: Path) -> None:
    """The act of the backup is in its own copy: so a backup put back at once loses nothing."""
    backup(archive)
    before = stands()
    said = put_back(archive)
    assert "No entry that was known of was lost" in said
    assert verify().findings == []
    assert stands() == before | {"site": before["site"] + 2}


@pytest.mark.clause("11.10(a)", "A11-7")
def test_a_restore_says_for_ever_what_it_lost_by_whom_and_when(covered: Story, archive: Path) -> None:
    backup(archive)
    stood = stands()
    covered.isolate()
    checkpoints.write()
    record_sign_in(covered.cast.technician)  # no checkpoint covers this one: the database that is replaced tells it
    reached = stands()
    kept = {p.name: p.read_bytes() for p in checkpoints.folder().iterdir()}
    said = put_back(archive)
    stream = covered.batch.stream
    expected = {s: (stood[s] + 1, reached[s]) for s in ("site", stream)}
    assert lost() == expected
    assert f"entries {stood['site'] + 1} to {reached['site']} of site" in said
    assert f"Restored at {verify().restores[0].at} by Sato Kei ({WHY})" in said
    assert {n: (checkpoints.folder() / n).read_bytes() for n in kept} == kept, "a checkpoint was written over"
    # Life goes on, over the numbers that were lost, and the next checkpoints are chained to the newest of before.
    record_sign_in(covered.cast.technician)
    made = checkpoints.write()
    assert made is not None
    assert made.number == len(kept) + 2
    report = verify()
    assert report.findings == []
    assert lost() == expected, "it is forgotten once other acts follow"
    assert verify_since_checkpoint().findings == []
    assert verify([stream]).restores == report.restores
    assert verify([covered.batch.patient.stream]).restores == []
    told = json.loads(_verify_command("--json"))
    assert (told["ok"], told["restores"][0]["by"], told["restores"][0]["reason"]) == (True, "Sato Kei", WHY)
    assert {"stream": stream, "first": expected[stream][0], "last": expected[stream][1]} in told["restores"][0]["lost"]
    assert "Lost: entr" in _verify_command()


def _verify_command(*argv: str) -> str:
    out = StringIO()
    call_command("verify_ledger", *argv, stdout=out)
    return out.getvalue()


def test_the_act_the_checkpoint_and_notices_tell_of_it(covered: Story, archive: Path) -> None:
    backup(archive)
    covered.isolate()
    newest = checkpoints.write()
    assert newest is not None
    put_back(archive)
    act = Entry.objects.get(name=restores.ACT)
    content = json.loads(bytes(act.payload))
    assert (content["reason"], content["notes"]["by"], act.stream) == (WHY, "Sato Kei", "site")
    assert (content["notes"]["after checkpoint"], content["notes"]["newest checkpoint"]) == ("3", str(newest.number))
    stated = json.loads(json.loads(checkpoints.path_of(newest.number + 1).read_bytes())["payload"])
    assert stated["restored"] == [act.hash]
    assert stated["prev"] == newest.hash
    result = Entry.objects.get(name="ledger:restore-verified")
    assert "as sealed" in json.loads(bytes(result.payload))["notes"]["verified"]
    notices = Notice.objects.filter(message__contains="was put back")
    assert {n.role for n in notices} == {"qa", "administrator"}
    assert covered.batch.stream in notices[0].text


def test_the_audit_trail_shows_it_above_everything(covered: Story, archive: Path) -> None:
    backup(archive)
    covered.isolate()
    checkpoints.write()
    put_back(archive)
    client = Client()
    client.post("/sign-in/", {"username": "hayashi.s", "password": PASSWORD})
    page = client.get("/ledger/", {"act": "passage:"}).content.decode()
    assert "The database was put back." in page
    assert WHY in page
    (told,) = verify().restores
    assert all(f"{each.stream}&nbsp;{each.first}–{each.last}" in page for each in told.lost)


def test_an_export_of_a_batch_says_what_it_lost_and_of_no_other(covered: Story, archive: Path, tmp_path: Path) -> None:
    backup(archive)
    covered.isolate()
    checkpoints.write()
    put_back(archive)
    record_sign_in(covered.cast.technician)
    checkpoints.write()
    place = tmp_path / "export.zip"
    with place.open("w+b") as out:
        write_export(covered.fresh(), out)
    report = verify_export.verify(place)
    assert report.findings == []
    first, last = lost()[covered.batch.stream]
    (note,) = [n for n in report.notes if "were lost" in n]
    assert f"entries {first} to {last} of {covered.batch.stream} were lost" in note


def test_a_database_put_back_without_a_word_is_a_finding_until_it_is_declared(
    covered: Story, archive: Path, tmp_path: Path
) -> None:
    backup(archive)
    stood = stands()
    covered.isolate()
    checkpoints.write()
    reached = stands()
    put_back_around_the_program(archive, tmp_path)
    assert kinds(verify().findings) == {"checkpoint row missing", "head behind a checkpoint"}
    assert verify().restores == []
    with pytest.raises(checkpoints.OutOfStep, match="--declare"):
        checkpoints.write()
    call_command("restore", declare=True, by="Sato Kei", reason=WHY, stdout=StringIO())
    assert verify().findings == []
    assert lost() == {s: (stood[s] + 1, reached[s]) for s in ("site", covered.batch.stream)}


def test_a_tail_that_was_cut_is_not_explained_by_an_older_restore(covered: Story, archive: Path) -> None:
    backup(archive)
    covered.isolate()
    checkpoints.write()
    put_back(archive)
    stream = covered.batch.stream
    last = stands()[stream]
    with unguarded(), transaction.atomic():
        unconstrained(lambda: erase_acts_of(stream, last))()
    assert ("head behind a checkpoint", stream, last) in [(f.kind, f.stream, f.seq) for f in verify().findings]


def test_a_cut_is_not_explained_by_declaring_a_restore_afterwards(covered: Story) -> None:
    """The checkpoints are all there, so nothing of what they list can be declared lost."""
    stream = covered.batch.stream
    last = stands()[stream]
    with unguarded(), transaction.atomic():
        unconstrained(lambda: erase_acts_of(stream, last))()
    declare(by="Sato Kei", reason=WHY)
    assert ("head behind a checkpoint", stream, last) in [(f.kind, f.stream, f.seq) for f in verify().findings]


def test_a_declaration_that_no_checkpoint_states_explains_nothing(covered: Story, archive: Path) -> None:
    """An act put into the ledger later, over a range that checkpoints went past without stating it."""
    stream = covered.batch.stream
    last = stands()[stream]
    with unguarded(), transaction.atomic():
        unconstrained(lambda: erase_acts_of(stream, last))()
    act = declare(by="Sato Kei", reason=WHY)
    forged = restores.notes(
        by="Nobody", archive="none", after=0, newest=2, lost=[restores.Lost(stream, last, last)]
    )  # fmt: skip
    assert act.head is not None
    with unguarded(), transaction.atomic():
        _rewrite_notes(act.head.seq, forged)
    found = verify().findings
    assert {"restore not stated", "head behind a checkpoint"} <= kinds(found)


def _rewrite_notes(seq: int, notes: dict[str, str]) -> None:
    """Give the newest act of the site other notes and link it again, as an owner of the database can."""
    entry = Entry.objects.get(stream="site", seq=seq)
    content = json.loads(bytes(entry.payload)) | {"notes": notes}
    payload = chain.canonical(content)
    change(entry, Entry._meta.get_field("payload"), payload)
    change(entry, Entry._meta.get_field("hash"), chain.link(entry.prev, payload))
    change(Head.objects.get(stream="site"), Head._meta.get_field("hash"), chain.link(entry.prev, payload))


def test_a_restore_of_a_restore_tells_both(covered: Story, archive: Path) -> None:
    backup(archive)
    stood = stands()
    covered.isolate()
    checkpoints.write()
    reached = stands()
    put_back(archive)
    record_sign_in(covered.cast.technician)
    checkpoints.write()
    put_back(archive)
    assert verify().findings == []
    told = lost()
    assert told["site"] == (stood["site"] + 1, reached["site"])
    assert covered.batch.stream in told, "what the first restore lost is forgotten"
    record_sign_in(covered.cast.technician)
    checkpoints.write()
    assert verify().findings == []
    assert lost() == told


def test_a_later_restore_keeps_what_an_earlier_one_said(covered: Story, archive: Path) -> None:
    backup(archive)
    covered.isolate()
    checkpoints.write()
    put_back(archive)
    first = verify().restores
    another = archive.with_name("another.zip")
    backup(another)
    record_sign_in(covered.cast.technician)
    checkpoints.write()
    put_back(another)
    report = verify()
    assert report.findings == []
    assert report.restores[:1] == first
    assert len(report.restores) == 2


def test_files_guards_and_sign_ins(covered: Story, archive: Path) -> None:
    kept, _size = files.keep([b"a report"])
    backup(archive)
    later, _size = files.keep([b"kept after the backup"])
    files.path_of(kept).unlink()
    Session.objects.create(session_key="s" * 32, session_data="", expire_date=covered.at.replace(year=2999))
    take_guards_down()
    assert "1 files were put back" in put_back(archive)
    assert files.is_whole(kept)
    assert files.is_whole(later), "a file the archive does not know was taken away"
    assert guards.missing() == []
    assert not Session.objects.exists(), "somebody is signed in to a database of yesterday"


def test_it_refuses_a_database_that_holds_data(covered: Story, archive: Path) -> None:
    backup(archive)
    before = stands()
    with pytest.raises(CommandError, match="holds data"):
        call_command("restore", archive, by="Sato Kei", reason=WHY)
    assert stands() == before


@pytest.mark.clause("R33")
def test_it_restores_into_an_empty_database(covered: Story, archive: Path) -> None:
    backup(archive)
    before = stands()
    call_command("flush", interactive=False, verbosity=0)
    shutil.rmtree(checkpoints.folder())
    out = StringIO()
    call_command("restore", archive, by="Sato Kei", reason=WHY, stdout=out)
    assert "kept:" not in out.getvalue()
    assert stands() == before | {"site": before["site"] + 2}
    assert verify().findings == []
    assert verify().newest_checkpoint == 4


def spoilt(archive: Path, spoil: Callable[[dict[str, bytes]], None]) -> None:
    """The archive with other members."""
    with zipfile.ZipFile(archive) as zipped:
        members = {name: zipped.read(name) for name in zipped.namelist()}
    spoil(members)
    with zipfile.ZipFile(archive, "w") as zipped:
        for name, content in members.items():
            zipped.writestr(name, content)


def told_otherwise(members: dict[str, bytes], **changes: Any) -> None:
    members[MANIFEST] = json.dumps(json.loads(members[MANIFEST]) | changes).encode()


def flipped(members: dict[str, bytes]) -> None:
    name = next(n for n in members if n.startswith("database"))
    content = bytearray(members[name])
    content[len(content) // 2] ^= 1
    members[name] = bytes(content)


def other_database(members: dict[str, bytes]) -> None:
    database = json.loads(members[MANIFEST])["database"]
    told_otherwise(members, database=database | {"engine": "oracle"})


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (flipped, "not what the manifest says"),
        (lambda m: m.pop(next(n for n in m if n.startswith("files/"))), "not hold what its manifest lists"),
        (lambda m: m.update({"../../etc/passwd": b"x"}), "not hold what its manifest lists"),
        (lambda m: m.pop(MANIFEST), "no manifest"),
        (lambda m: m.update({MANIFEST: b"[]"}), "no manifest"),
        (lambda m: told_otherwise(m, format="backup/9"), "reads backup/1"),
        (other_database, "is of oracle"),
        (lambda m: told_otherwise(m, migrations=[["ledger", "9999_later"]]), "newer program"),
    ],
)
@pytest.mark.clause("R33")
def test_an_archive_that_is_not_what_its_manifest_says_touches_nothing(
    covered: Story, archive: Path, spoil: Callable[[dict[str, bytes]], None], says: str
) -> None:
    kept, _size = files.keep([b"something kept"])
    backup(archive)
    spoilt(archive, spoil)
    files.path_of(kept).unlink()
    before = stands()
    with pytest.raises(CommandError, match=says):
        put_back(archive)
    assert stands() == before
    assert not files.path_of(kept).exists()


def test_half_an_archive_touches_nothing(covered: Story, archive: Path) -> None:
    backup(archive)
    archive.write_bytes(archive.read_bytes()[:-200])
    before = stands()
    with pytest.raises(CommandError, match="Nothing was restored"):
        put_back(archive)
    assert stands() == before


@pytest.mark.clause("R33")
def test_a_database_that_does_not_hold_what_the_manifest_counts_is_not_put_in_place(
    covered: Story, archive: Path
) -> None:
    backup(archive)

    def miscount(members: dict[str, bytes]) -> None:
        counts = json.loads(members[MANIFEST])["counts"]
        told_otherwise(members, counts=counts | {"batches_batch": counts["batches_batch"] + 1})

    spoilt(archive, miscount)
    before = stands()
    with pytest.raises(CommandError, match="manifest"):
        put_back(archive)
    assert stands() == before
    assert Batch.objects.count() == 1
    assert guards.missing() == []


def test_a_folder_of_checkpoints_that_is_anothers_stops_it_before_anything_is_touched(
    covered: Story, archive: Path
) -> None:
    backup(archive)
    record_sign_in(covered.cast.technician)
    checkpoints.write()
    checkpoints.path_of(4).write_text(checkpoints.path_of(3).read_text())
    before = stands()
    with pytest.raises(CommandError, match="does not continue this database"):
        put_back(archive)
    assert stands() == before


def test_who_and_why_are_asked(covered: Story, archive: Path) -> None:
    backup(archive)
    with pytest.raises(Refused) as refused:
        restore(archive, by=" ", reason="because", replaces=True)
    assert refused.value.codes == ("RST-01", "RST-02")
    assert not Entry.objects.filter(name=restores.ACT).exists()


def test_what_is_replaced_stays_beside_it(covered: Story, archive: Path) -> None:
    backup(archive)
    covered.isolate()
    entries = Entry.objects.count()
    aside = put_back(archive).partition("is kept: ")[2].splitlines()[0]
    if connection.vendor == "sqlite":
        kept = sqlite3.connect(aside)
        assert kept.execute("SELECT COUNT(*) FROM ledger_entry").fetchone()[0] == entries
        kept.close()
        Path(aside).unlink()
    else:
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT COUNT(*) FROM "{aside.split()[-1]}".ledger_entry')  # noqa: S608
            assert cursor.fetchone()[0] == entries


def test_a_backup_never_writes_over_a_file(covered: Story, archive: Path) -> None:
    archive.write_text("the backup of yesterday")
    with pytest.raises(CommandError, match="is there already"):
        backup(archive)
    assert archive.read_text() == "the backup of yesterday"
    assert not Entry.objects.filter(name="ledger:backup").exists()


def test_programs_that_are_missing_are_named(covered: Story, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite needs no program")
    backup(archive)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(CommandError, match="pg_dump is not on this machine"):
        backup(archive.with_name("another.zip"))
    with pytest.raises(BackupError, match="pg_restore"):
        restore(archive, by="Sato Kei", reason=WHY, replaces=True)
