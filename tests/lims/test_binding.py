"""A signature is bound to its record: it can't be copied, moved or forged, and outlives nothing that it covers."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models, transaction
from PIL import Image

from batches.models import Attachment, MasterBatchRecord, Observation, Passage
from lims.ledger.verify import verify
from lims.signatures.models import Signature
from lims.signatures.standing import Standing, standings
from tests.builders import Story
from tests.lims.ledger.test_verify import change, copy
from tests.superuser.lifting import take_guards_down


def under(row: models.Model) -> list[Standing]:
    """The standing of every signature under a row."""
    return standings(Signature.objects.filter(subject_model=row._meta.label, subject_pk=str(row.pk)))


def value(row: models.Model, name: str, new: object) -> None:
    """Change one value around the program."""
    take_guards_down()
    change(row, row._meta.get_field(name), new)  # type: ignore[arg-type]


def named(row: models.Model) -> bool:
    """Whether verifying names the row."""
    return any((f.model, f.pk) == (row._meta.label, str(row.pk)) for f in verify().findings)


@pytest.fixture
def observed(story: Story) -> tuple[Observation, Observation]:
    """Two observations of one person on one day, alike but for the value."""
    story.isolate()
    story.wait(days=2)
    return story.observe("50"), story.observe("60")


@pytest.mark.clause("11.70", "R11")
def test_a_signature_copied_to_another_record_is_found_and_never_valid(
    observed: tuple[Observation, Observation],
) -> None:
    first, second = observed
    given = Signature.objects.get(subject_model="batches.Observation", subject_pk=str(first.pk))
    take_guards_down()
    key = copy(given)
    forged = Signature.objects.get(pk=key)
    value(forged, "subject_pk", str(second.pk))
    # Even one who computes the digest of the other record anew.
    right = next(s.signature.digest for s in under(second) if s.is_valid)
    value(forged, "digest", right)
    standing = next(s for s in under(second) if s.signature.pk == key)
    assert (standing.is_matching, standing.is_sealed, standing.is_valid) == (True, False, False)
    assert standing.words == "not sealed"
    assert named(forged)


@pytest.mark.clause("11.70")
def test_a_signature_moved_to_another_record_is_found_and_never_valid(
    observed: tuple[Observation, Observation],
) -> None:
    first, second = observed
    given = Signature.objects.get(subject_model="batches.Observation", subject_pk=str(first.pk))
    value(given, "subject_pk", str(second.pk))
    assert [s.is_valid for s in under(second)].count(True) == 1, "its own alone"
    assert not under(first)
    assert named(given)


@pytest.mark.parametrize(
    ("name", "new"),
    [("printed_name", "Tanabe Mio"), ("meaning", "witnessed"), ("role", "qa"), ("username", "tanabe.m")],
)
def test_a_signature_that_says_another_name_or_meaning_is_found_and_never_valid(
    observed: tuple[Observation, Observation], name: str, new: str
) -> None:
    given = Signature.objects.get(subject_model="batches.Observation", subject_pk=str(observed[0].pk))
    value(given, name, new)
    assert [s.is_valid for s in under(observed[0])] == [False]
    assert named(given)


def test_a_signature_dated_back_is_never_valid(observed: tuple[Observation, Observation], story: Story) -> None:
    given = Signature.objects.get(subject_model="batches.Observation", subject_pk=str(observed[0].pk))
    value(given, "at", story.batch.issued_at)
    assert [s.is_valid for s in under(observed[0])] == [False]


@pytest.fixture
def grown(story: Story) -> Passage:
    """A passage, far below its batch."""
    story.isolate()
    story.culture(10)
    return story.passage(205, 9, suspension="4.0", seed=("T175", 2, "3.4"))


def another_content(story: Story) -> None:
    value(MasterBatchRecord.objects.get(), "content", {"limits": {}})


def another_digest(story: Story) -> None:
    value(MasterBatchRecord.objects.get(), "digest", "0" * 64)


def another_pin(story: Story) -> None:
    value(story.batch, "mbr_digest", "0" * 64)


def another_patient(story: Story) -> None:
    value(story.batch, "patient", 999_999)


@pytest.mark.parametrize("tamper", [another_content, another_digest, another_pin, another_patient])
@pytest.mark.clause("11.70", "R11")
def test_the_master_batch_record_is_bound_to_a_step_far_below_the_batch(
    story: Story, grown: Passage, tamper: Callable[[Story], None]
) -> None:
    assert all(s.is_valid for s in under(grown))
    with transaction.atomic():
        tamper(story)
        assert [s.is_valid for s in under(grown)] == [False, False]
        transaction.set_rollback(True)


@pytest.mark.clause("11.10(k)", "A11-10", "R35")
def test_a_newer_version_of_the_process_supersedes_no_signature_of_the_old_one(story: Story, grown: Passage) -> None:
    value(story.cast.mbr, "state", "superseded")
    assert all(s.is_valid for s in under(grown))


@pytest.mark.parametrize(("name", "new"), [("sha256", "0" * 64), ("size", 7), ("name", "other.png")])
@pytest.mark.clause("11.70", "R11", "R38")
def test_an_attachment_is_bound_with_its_digest(story: Story, name: str, new: object) -> None:
    story.isolate()
    story.wait(days=2)
    picture = BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    seen = story.observe(photo=SimpleUploadedFile("p0.png", picture.getvalue()))
    assert [s.is_valid for s in under(seen)] == [True]
    value(Attachment.objects.get(observation=seen), name, new)
    assert [s.is_valid for s in under(seen)] == [False]
