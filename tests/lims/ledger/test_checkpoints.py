"""Writing checkpoints: what one says, where it lies, who signed it, and what happens when that can't be."""

from __future__ import annotations

import json
import stat
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.core.management import CommandError, call_command
from pytest_django import Settings

from lims import clock
from lims.accounts.commands import record_sign_in
from lims.celery import app
from lims.ledger import chain, checkpoints, keys
from lims.ledger.models import Checkpoint, CheckpointHead, Entry, Head
from lims.tasks import write_checkpoint
from tests.builders import Story
from tests.cast import Cast


def told(folder: Path, number: int) -> dict[str, Any]:
    """What the file of a checkpoint says."""
    content: dict[str, Any] = json.loads((folder / f"{number:09}.json").read_text(encoding="utf-8"))
    return content


def heads() -> list[list[Any]]:
    return [list(h) for h in Head.objects.order_by("stream").values_list("stream", "seq", "hash")]


def test_the_first_lists_every_head_and_is_signed(story: Story, checkpoint_dir: Path) -> None:
    story.issue()
    made = checkpoints.write()
    assert made is not None
    file = told(checkpoint_dir, 1)
    assert set(file) == {"payload", "hash", "signature", "public_key", "heads"}
    assert sorted(file["heads"]) == sorted(heads())
    assert len(file["heads"]) == 3
    payload = file["payload"].encode()
    content = chain.checkpoint_content(payload, file["hash"])
    assert content["number"] == 1
    assert content["prev"] == chain.GENESIS
    assert content["leaves"] == sorted(chain.head_leaf(*head) for head in file["heads"])
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(file["public_key"]))
    public.verify(bytes.fromhex(file["signature"]), payload)
    assert story.batch.stream not in file["payload"], "a checkpoint handed out would name other people's streams"


def test_a_later_one_lists_only_what_moved_and_is_chained(story: Story, checkpoint_dir: Path) -> None:
    story.issue()
    checkpoints.write()
    record_sign_in(story.cast.technician)
    checkpoints.write()
    site = Head.objects.get(stream="site")
    assert told(checkpoint_dir, 2)["heads"] == [["site", site.seq, site.hash]]
    assert json.loads(told(checkpoint_dir, 2)["payload"])["prev"] == told(checkpoint_dir, 1)["hash"]


def test_nothing_is_written_while_nothing_changes(cast: Cast, checkpoint_dir: Path) -> None:
    assert checkpoints.write() is not None
    assert checkpoints.write() is None
    assert [p.name for p in checkpoint_dir.iterdir()] == ["000000001.json"]


def test_nothing_is_written_before_anything_happened(db: None, checkpoint_dir: Path) -> None:
    assert checkpoints.write() is None
    assert not Entry.objects.exists()
    assert not checkpoint_dir.exists()


def test_a_key_is_made_for_its_owner_only_and_its_first_use_is_an_act(
    cast: Cast, settings: Settings, tmp_path: Path
) -> None:
    settings.CHECKPOINT_KEY = tmp_path / "keys" / "checkpoint.pem"
    for _ in range(2):
        checkpoints.write()
        record_sign_in(cast.technician)
    assert stat.S_IMODE(settings.CHECKPOINT_KEY.stat().st_mode) == 0o600
    act = Entry.objects.get(name="ledger:key")
    made = Checkpoint.objects.earliest("number")
    assert act.stream == "site"
    notes = json.loads(bytes(act.payload))["notes"]
    assert notes["fingerprint"] == made.key == keys.fingerprint(bytes.fromhex(notes["public key"]))
    covered = CheckpointHead.objects.get(checkpoint=made, stream="site")
    assert covered.seq == act.seq, "the first checkpoint does not cover the key that signed it"


def test_another_key_is_another_act_and_the_chain_goes_on(
    cast: Cast, settings: Settings, tmp_path: Path, checkpoint_dir: Path
) -> None:
    checkpoints.write()
    settings.CHECKPOINT_KEY = tmp_path / "another.pem"
    record_sign_in(cast.technician)
    checkpoints.write()
    assert Entry.objects.filter(name="ledger:key").count() == 2
    assert told(checkpoint_dir, 1)["public_key"] != told(checkpoint_dir, 2)["public_key"]
    assert json.loads(told(checkpoint_dir, 2)["payload"])["prev"] == told(checkpoint_dir, 1)["hash"]


def test_production_makes_no_key_by_itself(cast: Cast, settings: Settings, tmp_path: Path) -> None:
    settings.PRODUCTION, settings.CHECKPOINT_KEY = True, tmp_path / "not-mounted.pem"
    with pytest.raises(keys.NoKey, match="not-mounted"):
        checkpoints.write()
    assert not settings.CHECKPOINT_KEY.exists()
    assert not Checkpoint.objects.exists()


def test_a_file_that_holds_another_kind_of_key_is_refused(cast: Cast, settings: Settings, tmp_path: Path) -> None:
    settings.CHECKPOINT_KEY = tmp_path / "key.pem"
    other = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for content in (b"no key", other):
        settings.CHECKPOINT_KEY.write_bytes(content)
        with pytest.raises(keys.NoKey):
            checkpoints.write()


def test_what_could_not_be_written_is_written_by_the_next_run(cast: Cast, checkpoint_dir: Path) -> None:
    """A file stands where the folder should be, as when a share is not mounted."""
    checkpoint_dir.write_text("not a folder")
    with pytest.raises(OSError):
        checkpoints.write()
    record_sign_in(cast.technician)
    with pytest.raises(OSError):
        checkpoints.write()
    assert Checkpoint.objects.count() == 1, "checkpoints pile up in the database while none reaches the folder"
    checkpoint_dir.unlink()
    assert checkpoints.write() is not None
    assert checkpoints.numbers_kept() == [1, 2]
    assert told(checkpoint_dir, 1)["hash"] == Checkpoint.objects.get(number=1).hash


def test_a_file_that_was_taken_away_is_not_quietly_put_back(cast: Cast, checkpoint_dir: Path) -> None:
    for _ in range(3):
        checkpoints.write()
        record_sign_in(cast.technician)
    (checkpoint_dir / "000000002.json").unlink()
    checkpoints.write()
    assert checkpoints.numbers_kept() == [1, 3, 4]


def test_a_folder_ahead_of_the_database_is_never_written_over(cast: Cast, checkpoint_dir: Path) -> None:
    checkpoints.write()
    ahead = checkpoint_dir / "000000007.json"
    ahead.write_text("from before the database was put back")
    record_sign_in(cast.technician)
    with pytest.raises(checkpoints.OutOfStep, match="checkpoint 7; the database knows 1"):
        checkpoints.write()
    assert ahead.read_text() == "from before the database was put back"
    assert Checkpoint.objects.count() == 1


def test_it_is_late_when_an_act_waited_too_long(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    assert checkpoints.state() == "none"
    checkpoints.write()
    assert checkpoints.state() == "ok"
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + 2 * checkpoints.LATE_AFTER)
    assert checkpoints.state() == "ok", "nothing happened since, so nothing waits"
    record_sign_in(story.cast.technician)
    assert checkpoints.state() == "ok", "the act has only just happened"
    monkeypatch.setattr(clock, "now", lambda: now + 3 * checkpoints.LATE_AFTER + timedelta(seconds=1))
    assert checkpoints.state() == "late"
    checkpoints.write()
    assert checkpoints.state() == "ok"


def test_the_command_says_what_it_wrote(cast: Cast, checkpoint_dir: Path) -> None:
    out = StringIO()
    call_command("write_checkpoint", stdout=out)
    made = Checkpoint.objects.get()
    assert out.getvalue().strip() == f"{checkpoint_dir}/000000001.json: 1 streams, signed with {made.key}."
    call_command("write_checkpoint", stdout=out)
    assert out.getvalue().splitlines()[1:] == ["Nothing changed since the last checkpoint."]


def test_the_command_says_why_it_can_not(cast: Cast, checkpoint_dir: Path) -> None:
    checkpoint_dir.write_text("not a folder")
    with pytest.raises(CommandError, match="checkpoints"):
        call_command("write_checkpoint")


def test_the_timetable_asks_for_one_each_minute(cast: Cast) -> None:
    timed = [t for t in app.conf.beat_schedule.values() if t["task"] == write_checkpoint.name]
    assert [t["schedule"] for t in timed] == [60.0]
    assert write_checkpoint() == 1
    assert write_checkpoint() is None
