"""The administrator's office and the audit trail in a real browser, at a desk and on a tablet."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from lims.accounts.models import User
from lims.backup.declaring import declare
from lims.ledger.models import Entry, Head
from tests.builders import Story
from tests.cast import gather_cast
from tests.journeys.person import Person

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def received(transactional_db: None) -> Story:
    """A batch as far as tissue received."""
    story = Story(gather_cast())
    story.receive()
    return story


def keep(person: Person, name: str, width: int) -> None:
    """A picture of the page, where PICTURES says."""
    if os.environ.get("PICTURES"):
        person.page.screenshot(path=Path(os.environ["PICTURES"]) / f"{name}-{width}.png", full_page=True)


def test_the_administrator_adds_a_person_who_signs_in_once_with_the_password_shown(
    received: Story, browser: Browser, live_server: LiveServer, width: int
) -> None:
    office = Person(browser, live_server.url, received.cast.administrator, width=width)
    office.open("/people/")
    keep(office, "people", width)
    office.press(office.page.get_by_role("link", name="Add person"))
    office.look()
    keep(office, "add", width)
    office.fill(printed_name="Noda Emi", username="noda.e", role="clinician")
    office.press(office.page.get_by_role("button", name="Add person"))
    expect(office.page.get_by_role("heading", name="One-time password of Noda Emi")).to_be_visible()
    office.look()
    keep(office, "password", width)
    password = office.page.locator(".one-time").inner_text()
    office.press(office.page.get_by_role("link", name="Show this account"))
    office.look()
    keep(office, "person", width)
    office.press(office.page.get_by_role("link", name="Change role"))
    office.look()
    office.fill(role="qa", reason="Moves to QA from November")
    office.press(office.page.get_by_role("button", name="Change role"))
    expect(office.page.get_by_text("QA", exact=True).first).to_be_visible()
    office.look()
    keep(office, "person-changed", width)

    newcomer = browser.new_context(base_url=live_server.url).new_page()
    newcomer.goto("/sign-in/")
    newcomer.locator("[name=username]").fill("noda.e")
    newcomer.locator("[name=password]").fill(password)
    newcomer.get_by_role("button", name="Sign in").click()
    expect(newcomer.get_by_role("heading", name="Change password")).to_be_visible()
    assert User.objects.get(username="noda.e").must_change_password
    assert (office.faults, office.blocked) == ([], [])


def test_qa_finds_an_act_and_reads_what_it_changed(
    received: Story, browser: Browser, live_server: LiveServer, width: int
) -> None:
    qa = Person(browser, live_server.url, received.cast.qa, width=width)
    qa.open("/ledger/")
    keep(qa, "ledger", width)
    qa.fill(stream=received.batch.stream)
    qa.press(qa.page.get_by_role("button", name="Show these"))
    qa.look()
    qa.press(qa.page.get_by_role("link", name="Receive tissue"))
    expect(qa.page.get_by_text("Hash agrees")).to_be_visible()
    qa.look()
    keep(qa, "entry", width)
    for name in ("site:start", "account:sign-in"):
        qa.open(f"/ledger/{Entry.objects.filter(name=name).latest('at').pk}/")
    qa.open("/ledger/exports/?stream=B-0001")
    keep(qa, "exports", width)
    qa.open("/ledger/?act=none+such")
    assert (qa.faults, qa.blocked) == ([], [])


def test_what_a_restore_lost_stands_above_the_audit_trail(
    received: Story, browser: Browser, live_server: LiveServer, width: int
) -> None:
    """The database that was replaced had come four acts further."""
    stood = Head.objects.get(stream=received.batch.stream)
    was = [(stood.stream, stood.seq + 4, "f" * 64)]
    declare(by="Sato Kei", reason="The disk of the database failed.", was=was)
    desk = Person(browser, live_server.url, received.cast.qa, width=width)
    keep(desk, "restore-notice", width)
    desk.open("/ledger/?act=batch:")
    desk.look()
    keep(desk, "restore-trail", width)
    told = desk.page.get_by_role("region", name="Restore")
    expect(told).to_contain_text("Sato Kei: The disk of the database failed.")
    desk.press(told.get_by_role("link", name="The act"))
    desk.look()
    keep(desk, "restore-act", width)
    expect(desk.page.get_by_role("row", name=f"Lost {stood.stream}")).to_contain_text(
        f"{stood.seq + 1} to {stood.seq + 4}"
    )
