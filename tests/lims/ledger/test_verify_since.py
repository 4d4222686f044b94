"""Verifying what came after the newest good checkpoint: all of that is watched, and nothing else is read."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import models

from lims.ledger.models import Checkpoint, CheckpointHead, Entry, Head
from lims.ledger.verify import Finding, verify, verify_since_checkpoint
from lims.recorded import recorded_models, version_model
from lims.signatures.models import Signature
from tests.builders import Story
from tests.lims.ledger.test_verify import attack, change, names, other
from tests.lims.ledger.test_verify_checkpoints import kinds
from tests.superuser.lifting import unguarded


def rewrite(place: Path, **changes: Any) -> None:
    place.write_text(json.dumps({**json.loads(place.read_text()), **changes}))


def test_since_a_checkpoint_only_what_came_after_is_read(covered: Story) -> None:
    covered.isolate()
    later = sum(
        h.seq - max([0, *CheckpointHead.objects.filter(stream=h.stream).values_list("seq", flat=True)])
        for h in Head.objects.all()
    )
    report = verify_since_checkpoint()
    assert report.ok
    assert report.since_checkpoint == 3
    assert report.streams == Head.objects.count() - 1, "the patient's stream did not move"
    assert 0 < later == report.entries < Entry.objects.count()


def test_since_a_checkpoint_whatever_the_later_acts_wrote_is_watched(covered: Story) -> None:
    covered.isolate()

    def look() -> list[Finding]:
        return verify_since_checkpoint().findings

    stream = covered.batch.stream
    act = Entry.objects.filter(stream=stream).order_by("seq").last()
    assert act is not None
    tried = 0
    tables: list[tuple[type[models.Model], str]] = [(Entry, "pk"), (Signature, "entry_id")]
    tables += [(m, "act_id") for r in recorded_models() for m in (r, version_model(r))]
    for model, column in tables:
        row = model._base_manager.filter(**{column: act.pk}).first()
        for field in model._meta.concrete_fields if row else ():
            value = other(field, getattr(row, field.attname))
            found = attack(lambda row=row, field=field, value=value: change(row, field, value), look)  # type: ignore[misc]
            keys_ = [row.pk, value] if field.primary_key else [row.pk]  # type: ignore[union-attr]
            # An entry moved to another stream is missing in its own.
            is_found = found is None or names(found, model, *keys_) or names(found, Head, stream)
            assert is_found, f"{model._meta.label}.{field.name} was changed and not found"
            tried += found is not None
    assert tried > 60


def test_since_a_checkpoint_what_is_covered_is_trusted(covered: Story) -> None:
    """It is what makes it quick; the whole verification looks at everything."""
    with unguarded():
        change(covered.batch.patient, covered.batch.patient._meta.get_field("name"), "Somebody Else")
    assert verify_since_checkpoint().ok
    assert not verify().ok


def test_since_a_checkpoint_passes_over_one_that_is_not_good(covered: Story, checkpoint_dir: Path) -> None:
    rewrite(checkpoint_dir / "000000003.json", signature="00" * 64)
    report = verify_since_checkpoint()
    assert report.since_checkpoint == 3, "its row is signed and stands in"
    assert [(f.kind, f.pk) for f in report.findings] == [("checkpoint file altered", "3")]
    with unguarded():
        change(Checkpoint.objects.get(number=3), Checkpoint._meta.get_field("signature"), "00" * 64)
    report = verify_since_checkpoint()
    assert report.since_checkpoint == 2
    assert kinds(report.findings) == {"checkpoint file altered", "checkpoint row altered"}


def test_without_a_checkpoint_everything_is_verified(story: Story) -> None:
    story.receive()
    report = verify_since_checkpoint()
    assert report.entries == Entry.objects.count()
    assert report.since_checkpoint is None
    assert "No checkpoint covers" in report.note


def test_the_command_verifies_since_a_checkpoint(covered: Story) -> None:
    out = StringIO()
    call_command("verify_ledger", "--since-checkpoint", stdout=out)
    assert "What checkpoint 3 covers was trusted." in out.getvalue()
    assert "as sealed" in out.getvalue()
    with unguarded():
        change(Head.objects.get(stream="site"), Head._meta.get_field("hash"), "0" * 64)
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("verify_ledger", "--since-checkpoint", "--json", stdout=out)
    answer = json.loads(out.getvalue())
    assert answer["since_checkpoint"] == 3
    assert ("head differs", "site") in {(f["kind"], f["pk"]) for f in answer["findings"]}
