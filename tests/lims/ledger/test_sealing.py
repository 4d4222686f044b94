"""The key that entries are sealed with: nobody without it writes an act, and nothing goes on without it."""

from __future__ import annotations

import hashlib
import secrets
import stat
import uuid
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from lims import clock
from lims.accounts.commands import record_sign_in
from lims.ledger import chain, checkpoints, sealing
from lims.ledger.models import SITE_STREAM, Entry, Head
from lims.ledger.reading import told
from lims.ledger.sealing import NoSealingKey, seal, sealing_key
from lims.ledger.values import row_digest
from lims.ledger.verify import verify
from lims.signatures.models import Signature
from lims.signatures.standing import standings
from tests.builders import Story
from tests.cast import Cast


def forge(like: Signature) -> Signature:
    """Append an act to the site's stream with a copy of a signature in it, as somebody with the database can."""
    act = uuid.uuid4()
    head = Head.objects.get(stream=SITE_STREAM)
    signer = like.signer
    copy = Signature(**{f.attname: getattr(like, f.attname) for f in Signature._meta.concrete_fields})
    copy.pk, copy.entry_id, copy.at = uuid.uuid4(), act, clock.now()
    actor = {"id": str(signer.pk), "username": signer.username, "name": signer.printed_name, "role": signer.role}
    content = {
        "v": 1, "stream": SITE_STREAM, "seq": head.seq + 1, "id": str(act), "act": "lot:decide", "actor": actor,
        "at": copy.at.astimezone(UTC).isoformat(), "reason": "", "refused": False, "once": None, "notes": {},
        "rows": [], "signatures": [{"id": str(copy.pk), "digest": row_digest(copy)}], "prev": head.hash,
    }  # fmt: skip
    payload = chain.canonical(content)
    hash = chain.link(head.hash, payload)
    copy.save(force_insert=True)
    Entry(
        id=act, stream=SITE_STREAM, seq=head.seq + 1, name="lot:decide", actor=signer, actor_name=signer.printed_name,
        at=copy.at, payload=payload, prev=head.hash, hash=hash, seal=seal(secrets.token_bytes(32), hash),
    ).save(force_insert=True)  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ledger_head SET seq = %s, hash = %s WHERE stream = %s", [head.seq + 1, hash, SITE_STREAM]
        )
    return copy


@pytest.mark.clause("11.10(e)", "11.70")
@pytest.mark.django_db(transaction=True)
def test_an_act_written_without_the_key_is_found_and_signs_nothing(story: Story) -> None:
    """Every guard is up: a well-formed act is what the database must take, from the program and from anybody."""
    story.receive()
    with transaction.atomic():
        forged = forge(Signature.objects.latest("at", "position"))
    assert [(f.kind, f.pk) for f in verify().findings] == [("seal broken", str(forged.entry_id))]
    assert not standings([forged])[0].is_sealed
    assert not told(Entry.objects.get(pk=forged.entry_id)).is_linked
    # A checkpoint that covers it afterwards changes nothing.
    checkpoints.write()
    assert [f.kind for f in verify().findings] == ["seal broken"]


def test_a_seal_is_the_published_function_of_the_hash() -> None:
    """RFC 4231, test case 2: the key «Jefe» over «what do ya want for nothing?»."""
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert seal(b"Jefe", "what do ya want for nothing?") == expected


@pytest.mark.django_db
def test_every_act_is_sealed_with_the_key_of_its_file(cast: Cast, settings: Any) -> None:
    key = bytes.fromhex(Path(settings.LEDGER_KEY).read_text())
    assert (len(key), stat.S_IMODE(Path(settings.LEDGER_KEY).stat().st_mode)) == (32, 0o600)
    assert key == sealing_key()
    assert {e.seal == seal(key, e.hash) for e in Entry.objects.all()} == {True}
    assert sealing.fingerprint() == hashlib.sha256(key).hexdigest()


@pytest.mark.django_db
def test_without_its_key_the_ledger_neither_goes_on_nor_passes_for_verified(
    cast: Cast, settings: Any, tmp_path: Path
) -> None:
    settings.LEDGER_KEY = tmp_path / "gone.key"
    before = Entry.objects.count()
    with pytest.raises(NoSealingKey, match="Put it back"):
        record_sign_in(cast.technician)
    assert (Entry.objects.count(), settings.LEDGER_KEY.exists()) == (before, False)
    assert [f.kind for f in verify().findings] == ["key missing"]


@pytest.mark.django_db
def test_another_key_is_told_for_every_entry(cast: Cast, settings: Any, tmp_path: Path) -> None:
    settings.LEDGER_KEY = tmp_path / "other.key"
    settings.LEDGER_KEY.write_text(secrets.token_hex(32))
    assert [f.kind for f in verify().findings] == ["seal broken"] * Entry.objects.count()


@pytest.mark.parametrize("content", ["", "not hexadecimal", "ab" * 31])
def test_a_file_that_holds_no_key_is_refused(content: str, settings: Any, tmp_path: Path) -> None:
    settings.LEDGER_KEY = tmp_path / "ledger.key"
    settings.LEDGER_KEY.write_text(content)
    with pytest.raises(NoSealingKey):
        sealing_key()


def test_production_makes_no_key_by_itself(settings: Any, tmp_path: Path) -> None:
    settings.PRODUCTION, settings.LEDGER_KEY = True, tmp_path / "not-mounted.key"
    with pytest.raises(NoSealingKey, match="Put the key"):
        sealing_key()
    assert not settings.LEDGER_KEY.exists()
