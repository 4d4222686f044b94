"""The page of a version of the master batch record."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from batches.rules.documents import Document
from tests.batches.copies import issued
from tests.builders import Story
from tests.cast import Cast


def page_of(cast: Cast, version: int) -> tuple[int, str]:
    client = Client()
    client.force_login(cast.technician)
    answer = client.get(reverse("master", args=[cast.mbr.code, version]))
    return answer.status_code, answer.content.decode()


def test_everybody_reads_the_version_they_work_by_steps_limits_and_specification(story: Story) -> None:
    story.issue()
    status, page = page_of(story.cast, story.cast.mbr.version)
    assert status == 200
    process = story.cast.mbr.process
    for words in (
        *(step.name for step in process.steps),
        *(limit.label for limit in process.limits.values()),
        *(row.method for row in process.specification),
        *(kind.name for kind in process.sampling_plan),
        story.cast.mbr.digest,
    ):
        assert escaped(words) in page, words
    assert story.batch.number not in page, "a version names no batch"
    assert page_of(story.cast, 99)[0] == 404


def test_a_batch_leads_to_its_version_and_the_version_to_the_copies_issued_of_it(story: Story) -> None:
    story.issue()
    client = Client()
    client.force_login(story.cast.technician)
    address = reverse("master", args=[story.cast.mbr.code, story.cast.mbr.version])
    assert address in client.get(reverse("batch", args=[story.batch.number])).content.decode()
    issued(story, Document.MASTER)
    assert "for City Clinic, ward 4" in page_of(story.cast, story.cast.mbr.version)[1]


def escaped(words: str) -> str:
    """Text as it stands in a page."""
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
