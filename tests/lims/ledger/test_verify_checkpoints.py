"""Verifying against checkpoints: what the chain alone can't show, and what was done to the checkpoints themselves."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import call_command
from django.db import connection, models
from pytest_django import Settings

from batches.models import Batch
from lims.accounts.commands import record_sign_in
from lims.ledger import chain, checkpoints, keys
from lims.ledger.models import Checkpoint, CheckpointHead, Entry, Head
from lims.ledger.verify import Finding, verify, verify_since_checkpoint
from lims.recorded import recorded_models, version_model
from lims.signatures.models import Signature
from tests.builders import Story
from tests.lims.ledger.test_verify import attack, change, names, other, remove
from tests.superuser.lifting import unguarded

Told = list[tuple[str, str, int | None]]


def told(findings: list[Finding] | None) -> Told:
    """Kind, stream and number of each finding."""
    assert findings is not None, "the database refused the attack"
    return [(f.kind, f.stream, f.seq) for f in findings]


def kinds(findings: list[Finding]) -> set[str]:
    return {f.kind for f in findings}


def erase_acts_of(stream: str, seq: int) -> None:
    """Take an act and those after it out of a stream with everything they wrote, as if they had never been.

    Rows go back to the versions before. This is what an administrator of the database can do, and the chain is whole.
    """
    gone = list(Entry.objects.filter(stream=stream, seq__gte=seq).values_list("pk", flat=True))
    quoted = connection.ops.quote_name
    ids = [Entry._meta.pk.get_db_prep_save(pk, connection) for pk in gone]
    places = ", ".join(["%s"] * len(ids))

    def run(sql: str, values: list[Any]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql, values)

    run(f"DELETE FROM {quoted(Signature._meta.db_table)} WHERE entry_id IN ({places})", ids)  # noqa: S608
    for model in reversed(list(recorded_models())):
        _back(model, gone)
        run(f"DELETE FROM {quoted(version_model(model)._meta.db_table)} WHERE act_id IN ({places})", ids)  # noqa: S608
    run(f"DELETE FROM {quoted(Entry._meta.db_table)} WHERE id IN ({places})", ids)  # noqa: S608
    before = Entry.objects.filter(stream=stream).order_by("seq").last()
    head = Head.objects.get(stream=stream)
    if before is None:
        remove(head)
    else:
        change(head, Head._meta.get_field("seq"), before.seq)
        change(head, Head._meta.get_field("hash"), before.hash)


def _back(model: type[models.Model], gone: list[Any]) -> None:
    versions: Any = version_model(model)._base_manager
    key = model._meta.pk.attname
    for row in model._base_manager.filter(act_id__in=gone):
        before = versions.filter(**{key: row.pk}).exclude(act_id__in=gone).order_by("pk").last()
        if before is None:
            remove(row)
            continue
        for field in model._meta.concrete_fields:
            if not field.primary_key and hasattr(before, field.attname):
                change(row, field, getattr(before, field.attname))


def unconstrained(do: Callable[[], None]) -> Callable[[], None]:
    """As an administrator would: with foreign keys not looked at until the end."""

    def run() -> None:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        do()

    return run


def test_a_record_that_is_whole_agrees_with_its_checkpoints(covered: Story) -> None:
    report = verify()
    assert report.findings == []
    assert (report.checkpoints, report.newest_checkpoint, report.note) == (3, 3, "")


def test_acts_after_the_newest_checkpoint_are_no_finding(covered: Story) -> None:
    covered.isolate()
    assert verify().ok


def test_without_a_checkpoint_it_says_so_and_finds_nothing(story: Story) -> None:
    report = verify()
    assert report.ok
    assert "No checkpoint covers" in report.note
    out = StringIO()
    call_command("verify_ledger", stdout=out)
    assert "No checkpoint covers" in out.getvalue()
    out = StringIO()
    call_command("verify_ledger", "--json", stdout=out)
    answer = json.loads(out.getvalue())
    assert (answer["ok"], answer["checkpoints"], answer["newest_checkpoint"]) == (True, 0, None)
    assert answer["note"] == report.note


@pytest.mark.clause("11.10(a)", "A11-7", "R03")
def test_a_tail_cut_off_with_everything_it_wrote_is_seen_only_by_a_checkpoint(covered: Story) -> None:
    stream = covered.batch.stream
    last = Head.objects.get(stream=stream).seq
    found = attack(unconstrained(lambda: erase_acts_of(stream, last)))
    assert told(found) == [("head behind a checkpoint", stream, last)]
    found = attack(unconstrained(lambda: erase_acts_of(stream, last - 1)))
    assert told(found) == [("head behind a checkpoint", stream, last)]


def test_the_same_cut_is_seen_since_a_checkpoint_and_for_one_batch(covered: Story) -> None:
    stream = covered.batch.stream
    last = Head.objects.get(stream=stream).seq
    for look in (
        lambda: verify_since_checkpoint().findings,
        lambda: verify([stream]).findings,
        lambda: verify([stream], files=False).findings,
    ):
        found = attack(unconstrained(lambda: erase_acts_of(stream, last)), look)
        assert told(found) == [("head behind a checkpoint", stream, last)]


@pytest.mark.clause("11.10(a)")
def test_a_stream_that_vanished_with_everything_in_it_is_named(covered: Story) -> None:
    """A second batch of which nothing is left: no entry, no head, no row."""
    another = Story(covered.cast, at=covered.at)
    another.issue()
    checkpoints.write()
    stream = another.batch.stream
    number = Head.objects.get(stream=stream).seq

    def vanish() -> None:
        erase_acts_of(stream, 1)

    assert told(attack(unconstrained(vanish))) == [("stream vanished", stream, number)]
    assert told(attack(unconstrained(vanish), lambda: verify_since_checkpoint().findings)) == [
        ("stream vanished", stream, number)
    ]


def compute_anew(stream: str, seq: int) -> None:
    """Change the reason of an act and link everything after it again: a chain that is whole, and another."""
    before = chain.GENESIS
    entries = list(Entry.objects.filter(stream=stream).order_by("seq"))
    for entry in entries:
        content = json.loads(bytes(entry.payload))
        if entry.seq >= seq:
            content["reason"] = "it was always so" if entry.seq == seq else content["reason"]
            content["prev"] = before
            payload = chain.canonical(content)
            entry.payload, entry.prev, entry.hash = payload, before, chain.link(before, payload)
            entry.has_reason = bool(content["reason"])
            for name in ("payload", "prev", "hash", "has_reason"):
                change(entry, Entry._meta.get_field(name), getattr(entry, name))
        before = entry.hash
    change(Head.objects.get(stream=stream), Head._meta.get_field("hash"), before)


@pytest.mark.parametrize("seq", [1, 2])
def test_a_chain_computed_anew_is_seen_by_a_checkpoint_and_by_every_seal(covered: Story, seq: int) -> None:
    stream = covered.batch.stream
    last = Head.objects.get(stream=stream).seq
    first = min(CheckpointHead.objects.filter(stream=stream, seq__gte=seq).values_list("seq", flat=True), default=None)
    assert told(attack(lambda: compute_anew(stream, seq))) == [
        *(("seal broken", stream, number) for number in range(seq, last + 1)),
        ("entry differs from a checkpoint", stream, first),
    ]
    found = attack(lambda: compute_anew(stream, seq), lambda: verify_since_checkpoint().findings)
    assert ("entry differs from a checkpoint", stream, Head.objects.get(stream=stream).seq) in told(found)


def test_a_file_taken_away_is_named(covered: Story, checkpoint_dir: Path) -> None:
    (checkpoint_dir / "000000002.json").unlink()
    assert [(f.kind, f.pk) for f in verify().findings] == [("checkpoint file missing", "2")]


def test_a_folder_taken_away_is_one_finding(covered: Story, checkpoint_dir: Path) -> None:
    shutil.rmtree(checkpoint_dir)
    assert [f.kind for f in verify().findings] == ["checkpoint file missing"]
    checkpoint_dir.mkdir()
    assert [f.kind for f in verify().findings] == ["checkpoint file missing"]


@pytest.mark.clause("R03")
def test_a_file_altered_in_any_part_is_named(covered: Story, checkpoint_dir: Path) -> None:
    place = checkpoint_dir / "000000002.json"
    whole = json.loads(place.read_text())
    first = json.loads((checkpoint_dir / "000000001.json").read_text())
    altered: list[Any] = [
        *({**whole, name: first[name]} for name in ("payload", "hash", "signature", "heads")),
        {**whole, "public_key": Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex()},
        {**whole, "heads": whole["heads"][:-1]},
        {**whole, "heads": [[s, n + 1, h] for s, n, h in whole["heads"]]},
        {**whole, "payload": whole["payload"].replace('"number":2', '"number":5')},
        first,
        *({k: v for k, v in whole.items() if k != name} for name in whole),
        [],
        None,
        {**whole, "payload": 5, "heads": "none"},
    ]
    for content in altered:
        place.write_text(json.dumps(content))
        assert [(f.kind, f.pk) for f in verify().findings] == [("checkpoint file altered", "2")], content
    for raw in (b"", b"\xff\xfe", place.read_bytes()[:-3]):
        place.write_bytes(raw)
        assert [(f.kind, f.pk) for f in verify().findings] == [("checkpoint file altered", "2")]


def forged(statement: dict[str, Any], key: Ed25519PrivateKey, **changes: Any) -> dict[str, Any]:
    """A checkpoint with other content, signed with another key: everything in it agrees."""
    content = {**json.loads(statement["payload"]), **changes}
    payload = chain.canonical(content)
    return {
        **statement,
        "payload": payload.decode(),
        "hash": chain.link(content["prev"], payload),
        "signature": key.sign(payload).hex(),
        "public_key": keys.public_bytes(key).hex(),
    }


def test_a_checkpoint_signed_with_a_key_that_was_never_sealed_is_named(covered: Story, checkpoint_dir: Path) -> None:
    place = checkpoint_dir / "000000003.json"
    place.write_text(json.dumps(forged(json.loads(place.read_text()), Ed25519PrivateKey.generate())))
    found = [f for f in verify().findings if f.pk == "3"]
    assert kinds(found) == {"checkpoint key unknown"}


def test_checkpoints_of_two_sealed_keys_are_both_good(covered: Story, settings: Settings, tmp_path: Path) -> None:
    shutil.copy(settings.CHECKPOINT_KEY, tmp_path / "another.pem.before")
    settings.CHECKPOINT_KEY = tmp_path / "another.pem"
    record_sign_in(covered.cast.technician)
    made = checkpoints.write()
    report = verify()
    assert report.ok
    assert report.newest_checkpoint == 4
    assert made is not None
    assert made.key != Checkpoint.objects.get(number=1).key


def test_a_checkpoint_that_is_not_chained_to_the_one_before_is_named(covered: Story, checkpoint_dir: Path) -> None:
    """Whoever holds the key can sign another second checkpoint; the third is then chained to one that is not there."""
    key = keys.signing_key()
    place = checkpoint_dir / "000000002.json"
    place.write_text(json.dumps(forged(json.loads(place.read_text()), key, at="2020-01-01T00:00:00+00:00")))
    found = {(f.kind, f.pk) for f in verify().findings}
    assert found == {("checkpoint chain broken", "3"), ("checkpoint row altered", "2")}


def test_checkpoints_taken_out_of_database_and_folder_are_named(covered: Story, checkpoint_dir: Path) -> None:
    (checkpoint_dir / "000000002.json").unlink()

    def drop() -> None:
        for head in CheckpointHead.objects.filter(checkpoint=2):
            remove(head)
        remove(Checkpoint.objects.get(number=2))

    found = attack(drop)
    assert found is not None
    assert [(f.kind, f.pk) for f in found] == [("checkpoint missing", "2")]


def test_a_database_put_back_is_behind_its_files(covered: Story, checkpoint_dir: Path) -> None:
    def drop() -> None:
        for head in CheckpointHead.objects.filter(checkpoint=3):
            remove(head)
        remove(Checkpoint.objects.get(number=3))

    found = attack(drop)
    assert found is not None
    assert [(f.kind, f.pk) for f in found] == [("checkpoint row missing", "3")]


@pytest.mark.parametrize("model", [Checkpoint, CheckpointHead], ids=lambda m: m.__name__)
def test_any_value_of_any_row_of_a_checkpoint_is_watched(covered: Story, model: type[models.Model]) -> None:
    watched = set()
    for row in model._base_manager.all():
        for field in model._meta.concrete_fields:
            value = other(field, getattr(row, field.attname))
            found = attack(lambda row=row, field=field, value=value: change(row, field, value))  # type: ignore[misc]
            if found is not None:
                assert names(found, model, row.pk, value), f"{row}: {field.name} was changed and not found"
                watched.add(field.name)
        found = attack(lambda row=row: remove(row))  # type: ignore[misc]
        assert found is None or names(found, model, row.pk), f"{row} was deleted and not found"
    # PostgreSQL refuses at once what breaks a foreign key.
    assert watched >= {f.name for f in model._meta.concrete_fields if not f.primary_key and not f.is_relation}


def test_one_batch_is_held_against_checkpoints_and_nobody_elses(covered: Story) -> None:
    another = Story(covered.cast, at=covered.at)
    theirs = another.issue()
    checkpoints.write()
    mine = Batch.objects.get(pk=covered.batch.pk)
    last = Head.objects.get(stream=theirs.stream)
    with unguarded():
        change(last, Head._meta.get_field("seq"), 0)
    assert verify([mine.stream, mine.patient.stream]).ok
    assert not verify([theirs.stream]).ok
