"""A copy issued and a sheet checked in a real browser, at a desk and at a tablet."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from batches.models import IssuedCopy
from batches.rules.check_codes import grouped
from batches.tasks import make_print
from tests.builders import Story
from tests.journeys.person import Person
from tests.journeys.test_people_and_ledger import keep, received

__all__ = ["received"]
pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def made_elsewhere(copy: IssuedCopy) -> None:
    """Make a copy as a worker would: not in the thread the browser is driven from."""

    def make() -> None:
        try:
            make_print(copy.request_id)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as worker:
        worker.submit(make).result()


def test_qa_issues_copies_and_finds_the_first_superseded_by_its_code(
    received: Story, browser: Browser, live_server: LiveServer, width: int
) -> None:
    number = received.batch.number
    qa = Person(browser, live_server.url, received.cast.qa, width=width)
    qa.open(f"/batches/{number}/copies/issue/")
    keep(qa, "issue-copy", width)
    qa.fill(document="shipping", recipient="City Clinic")
    qa.sign("issued")
    qa.press(qa.page.get_by_role("button", name="Issue", exact=True))
    qa.look()
    expect(qa.page.locator(".refused").first).to_contain_text("DOC-04")
    qa.fill(document="record")
    qa.sign("issued")
    qa.send("Issue")
    expect(qa.page.locator("#copies")).to_contain_text("Queued")
    first = IssuedCopy.objects.get()
    made_elsewhere(first)
    # The list asks again by itself while a copy is under way.
    expect(qa.page.locator("#copies").get_by_role("link", name="Batch record, copy 1")).to_be_visible(timeout=15_000)
    qa.open(f"/batches/{number}/copies/issue/")
    qa.fill(document="record", recipient="Archive", reason="The clinic keeps the first one.")
    qa.sign("issued")
    qa.send("Issue")
    made_elsewhere(IssuedCopy.objects.get(number=2))
    qa.open("/records/")
    qa.page.locator("#code").fill(grouped(first.check_code))
    qa.press(qa.page.get_by_role("button", name="Check"))
    qa.look()
    keep(qa, "check-sheet", width)
    expect(qa.page.get_by_role("heading", name="Genuine")).to_be_visible()
    expect(qa.page.get_by_text("Copy 2 for Archive took its place.")).to_be_visible()
    qa.open("/records/check/?code=2345-2345-234")
    expect(qa.page.get_by_role("heading", name="No such code")).to_be_visible()
    assert qa.leave() == []
