"""Verifying against somebody who knows SQL: values that can't be read, that only read the same, and rows beside."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from batches.models import MasterBatchRecord, Receipt
from lims import files
from lims.accounts.commands import record_sign_in
from lims.acts import Act
from lims.ledger import chain, checkpoints, keys
from lims.ledger.append import sealed
from lims.ledger.models import SITE_STREAM, Checkpoint, CheckpointHead, Entry, Head
from lims.ledger.verify import Finding, reading, verify, verify_since_checkpoint
from lims.ledger.verify.findings import printable
from lims.ledger.verify.kept_files import naming_files
from lims.recorded import version_model
from lims.signatures.models import Signature
from tests.builders import Story
from tests.lims.ledger.test_verify import attack, change, names, remove
from tests.lims.ledger.test_verify_checkpoints import kinds
from tests.superuser.lifting import unguarded


def sql(*statements: str) -> Callable[[], None]:
    """An attack by statements as they are; each must change something."""

    def run() -> None:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
                assert cursor.rowcount != 0, statement

    return run


def everywhere(stream: str) -> list[Callable[[], list[Finding]]]:
    """Every way to verify."""
    return [
        lambda: verify().findings,
        lambda: verify_since_checkpoint().findings,
        lambda: verify([stream]).findings,
        lambda: verify([stream], files=False).findings,
    ]


def found_by(how: Callable[[], Any], look: Callable[[], list[Finding]] | None = None) -> list[Finding]:
    found = attack(how, look) if look else attack(how)
    assert found is not None, "the database refused the attack"
    return found


# --- What can't be read ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "model"),
    [
        ("UPDATE accounts_user SET password = x'00ff'", "accounts.User"),
        ("UPDATE accounts_user SET password = CAST(x'ff' AS TEXT)", "accounts.User"),
        ("UPDATE ledger_checkpointhead SET leaf = CAST(leaf AS BLOB)", "ledger.CheckpointHead"),
        ("UPDATE ledger_checkpointhead SET stream = CAST(stream AS BLOB)", "ledger.CheckpointHead"),
        ("UPDATE ledger_checkpoint SET number = 'x' WHERE number = 3", "ledger.Checkpoint"),
        ("UPDATE ledger_head SET stream = CAST(x'ff' AS TEXT) WHERE stream = 'B-0001'", "ledger.Head"),
        ("UPDATE ledger_head SET seq = 'abc' WHERE stream = 'B-0001'", "ledger.Head"),
        ("UPDATE ledger_entry SET stream = CAST(stream AS BLOB) WHERE stream = 'B-0001'", "ledger.Entry"),
        ("UPDATE ledger_entry SET payload = CAST('[' AS BLOB) WHERE stream = 'B-0001' AND seq = 2", "ledger.Entry"),
    ],
)
def test_no_value_ends_in_a_traceback_and_the_row_is_named(covered: Story, statement: str, model: str) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL refuses it")
    statement = statement.replace("B-0001", covered.batch.stream)
    another = sql("UPDATE batches_receipt SET comment = comment || 'x'")

    def both() -> None:
        sql(statement)()
        another()

    found = found_by(both)
    assert model in {f.model for f in found}, found
    assert "batches.Receipt" in {f.model for f in found}, "what else was changed is not looked at any more"
    for look in everywhere(covered.batch.stream)[1:]:
        found_by(sql(statement), look)
    json.dumps([f.__dict__ for f in found]).encode()


@pytest.mark.parametrize("nested", [b"[" * 200_000, b'{"model":"\\ud800"}'])
def test_bytes_of_an_entry_that_no_program_can_parse_are_named_with_what_rests_on_them(
    covered: Story, nested: bytes
) -> None:
    entry = Entry.objects.filter(stream=covered.batch.stream, name="harvest:receive").get()
    found = found_by(lambda: change(entry, Entry._meta.get_field("payload"), nested))
    assert ("entry altered", str(entry.pk)) in {(f.kind, f.pk) for f in found}
    about = [f for f in found if f.kind == "act unreadable"]
    assert about, found
    assert "version never sealed" not in kinds(found)


def test_half_a_character_and_bytes_are_told_in_what_can_be_written() -> None:
    assert printable("a\ud800") == "a\\ud800"
    assert printable(b"\xffA") == "\\xffA"


@pytest.mark.parametrize("history", [False, True])
def test_a_table_or_a_column_that_is_gone_is_one_finding_for_the_table(covered: Story, history: bool) -> None:
    model = version_model(Receipt) if history else Receipt
    table = model._meta.db_table
    for statement in (f"ALTER TABLE {table} RENAME TO elsewhere", f"ALTER TABLE {table} RENAME comment TO other"):
        found = found_by(sql_ddl(statement))
        about = [f for f in found if f.model == model._meta.label]
        assert [f.kind for f in about] in (["table missing"], ["table altered"]), found
        assert "can't be read" not in kinds(found)


def sql_ddl(*statements: str) -> Callable[[], None]:
    def run() -> None:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    return run


def test_a_view_in_the_place_of_a_table_is_told(covered: Story) -> None:
    found = found_by(
        sql_ddl(
            "ALTER TABLE batches_receipt RENAME TO elsewhere",
            "CREATE VIEW batches_receipt AS SELECT * FROM elsewhere",
        )
    )
    assert any("a view stands in its place" in f.text for f in found if f.model == "batches.Receipt")


# --- What only reads the same ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "model"),
    [
        ("UPDATE ledger_entry SET id = upper(id), actor_name = 'Nobody' WHERE stream = 'B-0001' AND seq = 1", Entry),
        ("UPDATE ledger_entry SET once = upper(once) WHERE once IS NOT NULL", Entry),
        ("UPDATE ledger_entry SET is_refused = 2 WHERE stream = 'B-0001' AND seq = 1", Entry),
        ("UPDATE ledger_entry SET at = replace(at, ' ', 'T') WHERE stream = 'B-0001' AND seq = 1", Entry),
        ("UPDATE signatures_signature SET entry_id = upper(entry_id)", Signature),
        ("UPDATE batches_receipt SET act_id = upper(act_id)", Receipt),
        (
            "UPDATE batches_receipt SET done_at = strftime('%Y-%m-%d %H:%M:%S', done_at, '+14 hours') || '+14:00'",
            Receipt,
        ),
        ("UPDATE batches_historicalreceipt SET act_id = upper(act_id)", version_model(Receipt)),
    ],
)
def test_a_value_that_reads_the_same_and_is_stored_otherwise_is_named(
    covered: Story, statement: str, model: type[Any]
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has one form for each value")
    statement = statement.replace("B-0001", covered.batch.stream).replace("%", "%%")

    def run() -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement, [])
            assert cursor.rowcount > 0

    whole, _since, *others = everywhere(covered.batch.stream)
    # The once-token here is that of the checkpoints' key, whose act is not in the batch's stream.
    for look in (whole, *(others if "once" not in statement else ())):
        found = found_by(run, look)
        assert model._meta.label in {f.model for f in found}, found


@pytest.mark.parametrize("column", ["done_at", "history_date"])
def test_what_hides_behind_a_nul_is_named(covered: Story, column: str) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL keeps no NUL in text, and a moment as a number")
    found = found_by(sql(f"UPDATE batches_historicalreceipt SET {column} = {column} || char(0) || 'z'"))
    assert version_model(Receipt)._meta.label in {f.model for f in found}


def test_an_altered_row_is_named_while_more_entries_wait_to_be_read(
    covered: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PIECE", 2)
    whole, _since, *others = everywhere(covered.batch.stream)
    for look in (whole, *others):
        found = found_by(sql("UPDATE batches_historicalharvest SET operator = 'Somebody'"), look)
        assert ("version altered", "batches.HistoricalHarvest") in {(f.kind, f.model) for f in found}, found
        assert not [f for f in found if f.kind == "can't be read"]


@pytest.mark.parametrize("where", [("live",), ("kept",), ("live", "kept")], ids=" and ".join)
def test_a_number_in_json_that_became_text_is_named(covered: Story, where: tuple[str, ...]) -> None:
    process = covered.batch.mbr
    kept: Any = version_model(type(process))
    versions = {"live": process, "kept": kept._base_manager.get(**{process._meta.pk.attname: process.pk})}
    content = json.loads(json.dumps(process.content))
    holder, name = next(_numbers_of(content))
    holder[name] = str(holder[name])

    def made_text() -> None:
        for each in where:
            change(versions[each], versions[each]._meta.get_field("content"), content)

    expected = [versions[each]._meta.label for each in where][-1]
    for look in (lambda: verify().findings, lambda: verify([SITE_STREAM]).findings):
        assert expected in {f.model for f in found_by(made_text, look)}


@pytest.mark.parametrize("written", ["' ' || content", "'{\"%s\": 1,' || substr(content, 2)"], ids=["blank", "twice"])
@pytest.mark.parametrize("model", [MasterBatchRecord, version_model(MasterBatchRecord)])
def test_json_that_reads_the_same_and_is_written_otherwise_is_named(covered: Story, model: Any, written: str) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL keeps JSON in one form")
    before = covered.batch.mbr.content
    anew = written % next(iter(before)) if "%" in written else written

    def run() -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE {model._meta.db_table} SET content = {anew}")
        assert model._base_manager.first().content == before

    for look in (lambda: verify().findings, lambda: verify([SITE_STREAM]).findings):
        assert model._meta.label in {f.model for f in found_by(run, look)}


def _numbers_of(value: Any) -> Iterator[tuple[Any, Any]]:
    """Where a JSON value holds a number: in what, under which name or place."""
    for name, each in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(each, dict | list):
            yield from _numbers_of(each)
        elif isinstance(each, int) and not isinstance(each, bool):
            yield value, name


def test_text_in_an_empty_date_is_named(covered: Story) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL refuses it")
    found = found_by(sql("UPDATE batches_consent SET withdrawn_on = 'x'"))
    assert [(f.kind, f.model) for f in found if "withdrawn_on" in f.text]


def test_a_signature_copied_under_the_same_key_in_capitals_is_named(covered: Story) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has one form for each value")
    columns = [f.column for f in Signature._meta.concrete_fields if not f.primary_key]
    listed = ", ".join(columns)
    found = found_by(
        sql(
            f"INSERT INTO signatures_signature (id, {listed}) "  # noqa: S608
            f"SELECT upper(id), {listed} FROM signatures_signature WHERE upper(id) <> id LIMIT 1"
        )
    )
    assert ("signature never sealed", "signatures.Signature") in {(f.kind, f.model) for f in found}


# --- Rows of checkpoints ---------------------------------------------------------------------------------------------


def test_a_head_listed_beforehand_neither_passes_unseen_nor_silences_checkpoints(covered: Story) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL refuses a head without its checkpoint")
    head = Head.objects.get(stream=SITE_STREAM)
    insert = sql(
        "INSERT INTO ledger_checkpointhead (leaf, stream, seq, hash, checkpoint_id) "  # noqa: S608
        f"VALUES ('{'a' * 64}', 'site', {head.seq + 1}, '{'0' * 64}', 999)"
    )
    for look in everywhere(covered.batch.stream):
        assert names(found_by(insert, look), CheckpointHead, "a" * 64)

    with unguarded():
        insert()
    record_sign_in(covered.cast.technician)
    assert checkpoints.moved().filter(stream=SITE_STREAM).exists()
    with pytest.raises(checkpoints.OutOfStep, match=f"site {head.seq + 1}"):
        checkpoints.write()
    with unguarded():
        sql("DELETE FROM ledger_checkpointhead WHERE checkpoint_id = 999")()
    assert checkpoints.write() is not None


def test_rows_of_heads_told_anew_or_taken_away_are_found_without_the_folder(covered: Story) -> None:
    stream = covered.batch.stream
    row = CheckpointHead.objects.filter(stream=stream).order_by("seq").last()
    assert row is not None
    forged = chain.head_leaf(stream, row.seq, "f" * 64)
    told_anew = sql(
        f"UPDATE ledger_checkpointhead SET hash = '{'f' * 64}', leaf = '{forged}' WHERE leaf = '{row.leaf}'"
    )  # noqa: S608
    for look in everywhere(stream):
        assert names(found_by(told_anew, look), CheckpointHead, forged)
        assert names(found_by(lambda: remove(row), look), CheckpointHead, row.leaf)


def test_a_checkpoint_taken_out_of_the_rows_is_found_in_every_way(covered: Story) -> None:
    take = sql(
        "DELETE FROM ledger_checkpointhead WHERE checkpoint_id = 2", "DELETE FROM ledger_checkpoint WHERE number = 2"
    )
    for look in everywhere(covered.batch.stream):
        assert names(found_by(take, look), Checkpoint, "2")


def test_all_checkpoints_taken_away_is_a_finding(covered: Story, checkpoint_dir: Path) -> None:
    shutil.rmtree(checkpoint_dir)
    take = sql("DELETE FROM ledger_checkpointhead", "DELETE FROM ledger_checkpoint")
    for look in everywhere(covered.batch.stream):
        assert "checkpoints vanished" in kinds(found_by(take, look))


# --- A key of one's own ----------------------------------------------------------------------------------------------


def test_a_checkpoint_of_a_strangers_key_becomes_no_file_and_is_named(covered: Story, checkpoint_dir: Path) -> None:
    own = Ed25519PrivateKey.generate()
    public = keys.public_bytes(own)
    named = keys.fingerprint(public)
    act = Act(name=keys.ACT, actor=None, at=timezone.now(), once=keys._once(named))
    act.notes = {"public key": public.hex(), "fingerprint": named}
    with sealed(act, SITE_STREAM):
        pass
    head, last = Head.objects.get(stream=SITE_STREAM), Checkpoint.objects.get(number=3)
    at = timezone.now()
    payload = chain.checkpoint_payload(
        number=4, at=at.isoformat(), prev=last.hash, heads=[(head.stream, head.seq, head.hash)]
    )
    made = Checkpoint(
        number=4,
        at=at,
        payload=payload,
        prev=last.hash,
        hash=chain.link(last.hash, payload),
        signature=own.sign(payload).hex(),
        key=named,
    )
    made.save(force_insert=True)
    CheckpointHead(
        leaf=chain.head_leaf(head.stream, head.seq, head.hash),
        checkpoint=made,
        stream=head.stream,
        seq=head.seq,
        hash=head.hash,
    ).save(force_insert=True)
    with pytest.raises(checkpoints.OutOfStep, match="checkpoint 4"):
        checkpoints.write()
    assert checkpoints.numbers_kept() == [1, 2, 3]
    for look in everywhere(covered.batch.stream):
        assert ("checkpoint key unknown", named) in {(f.kind, f.pk) for f in look()}


# --- One batch -------------------------------------------------------------------------------------------------------


def test_a_row_moved_under_an_act_of_the_site_is_found_for_its_batch(covered: Story) -> None:
    elsewhere = Entry.objects.filter(stream=SITE_STREAM).order_by("seq").last()
    receipt = Receipt.objects.get(batch=covered.batch)
    for look in everywhere(covered.batch.stream)[2:]:
        found = found_by(lambda: change(receipt, Receipt._meta.get_field("act"), elsewhere.pk), look)  # type: ignore[union-attr]
        assert names(found, Receipt, receipt.pk)


def test_the_command_finds_a_batch_whose_number_was_changed(covered: Story) -> None:
    number = covered.batch.number
    with unguarded():
        change(covered.batch, covered.batch._meta.get_field("number"), "B-7777")
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("verify_ledger", "--batch", number, stdout=out)
    assert f"number: sealed «{number}», now «B-7777»" in out.getvalue()


# --- What acts on tables, and files -----------------------------------------------------------------------------------


def test_a_trigger_that_is_no_guard_is_named(covered: Story) -> None:
    if connection.vendor == "sqlite":
        make = ["CREATE TRIGGER quiet BEFORE INSERT ON accounts_failurewindow BEGIN SELECT RAISE(IGNORE); END"]
    else:
        make = ["CREATE RULE quiet AS ON INSERT TO accounts_failurewindow DO INSTEAD NOTHING"]
    found = found_by(sql_ddl(*make))
    assert [(f.kind, f.pk) for f in found] == [("trigger unknown", "quiet")]


@pytest.mark.clause("R38")
def test_a_kept_file_changed_or_taken_away_is_named(story: Story) -> None:
    story.harvest()
    story.isolate()
    story.released()
    rows = [row for model in naming_files() for row in model._base_manager.all()]
    row: Any = rows[0]
    place = files.path_of(row.sha256)
    content = place.read_bytes()
    place.chmod(0o600)
    place.write_bytes(content[:-1])
    assert names(verify().findings, type(row), row.pk)
    place.unlink()
    found = [f for f in verify().findings if f.kind == "file altered"]
    assert "is gone" in found[0].text
