"""Signing in a real browser: both components first, then the password; an alert acknowledged; an identity confirmed."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from lims import clock
from lims.accounts.administration import reset_password
from lims.accounts.authentication import MAX_FAILURES, Credential, verify
from lims.accounts.commands import accept_statement, change_password
from lims.accounts.models import User
from lims.refusals import Refused
from tests.builders import Story
from tests.cast import PASSWORD
from tests.journeys.person import Person
from tests.journeys.test_people_and_ledger import keep, received

__all__ = ["received"]
pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def alarmed(received: Story) -> Story:
    """A technician locked out, and an analyst with a password an administrator gave and she replaced."""
    for _ in range(MAX_FAILURES):
        with pytest.raises(Refused):
            verify(Credential("tanabe.m", "guess"), purpose="sign-in")
    made = reset_password(received.cast.administrator, user=received.cast.analyst, reason="Forgotten")
    change_password(received.cast.analyst, made.password, "three grey herons on the weir")
    accept_statement(User.objects.get(pk=received.cast.analyst.pk))
    return received


def deviate(person: Person, story: Story, title: str) -> None:
    """Open the form of a deviation and fill all of it but the signature."""
    person.open(f"/batches/{story.batch.number}/raise-deviation/")
    person.fill(title=title, description="The door was found ajar at 08:05.", severity="minor", done_at=clock.now())


def test_the_user_name_is_typed_first_and_after_a_lock_and_not_in_between(
    received: Story, browser: Browser, live_server: LiveServer, width: int
) -> None:
    at_bench = Person(browser, live_server.url, received.cast.technician, width=width)
    asked = at_bench.page.locator("[name='performed-username']")
    deviate(at_bench, received, "Door ajar")
    expect(asked).to_have_value("")
    at_bench.page.locator("[name='performed-password']").fill(PASSWORD)
    at_bench.press(at_bench.page.get_by_role("button", name="Raise deviation"))
    at_bench.look()
    keep(at_bench, "signing-refused", width)
    expect(at_bench.page.locator("#performed-username-error")).to_contain_text("SIG-06")
    at_bench.sign()
    at_bench.send("Raise deviation")
    deviate(at_bench, received, "Door ajar again")
    expect(asked).to_have_count(0)
    keep(at_bench, "signing-second", width)
    at_bench.page.locator(".account summary").click()
    at_bench.page.get_by_role("button", name="Lock the screen").click()
    at_bench.page.locator("#idle-password").fill(PASSWORD)
    at_bench.page.get_by_role("button", name="Unlock").click()
    expect(at_bench.page.locator("#idle-lock")).to_be_hidden()
    # The form underneath was drawn before the lock: it asks for the password alone, and that is not enough any more.
    at_bench.sign()
    at_bench.press(at_bench.page.get_by_role("button", name="Raise deviation"))
    expect(asked).to_have_value("")
    expect(at_bench.page.locator("[name=title]")).to_have_value("Door ajar again")
    at_bench.sign()
    at_bench.send("Raise deviation")
    assert at_bench.leave() == []


def test_qa_acknowledges_an_alert_and_confirms_who_somebody_is(
    alarmed: Story, browser: Browser, live_server: LiveServer, width: int
) -> None:
    qa = Person(browser, live_server.url, alarmed.cast.qa, width=width)
    qa.open("/")
    keep(qa, "notices-home", width)
    expect(qa.page.locator(".notices li")).to_have_count(2)
    qa.press(qa.page.locator(".notices").get_by_role("link", name="Tanabe Mio"))
    qa.look()
    keep(qa, "notice", width)
    qa.fill(comment="Called her; she had mistyped.")
    qa.send("Acknowledge")
    qa.look()
    keep(qa, "notices", width)
    expect(qa.page.locator(".noticed")).to_contain_text("1")
    qa.page.locator(".account summary").click()
    qa.press(qa.page.get_by_role("link", name="Confirm identity"))
    qa.look()
    keep(qa, "identity", width)
    qa.press(qa.page.get_by_role("link", name="Kato Nao"))
    qa.fill(evidence="Passport seen; she signed in before me.")
    qa.sign("approved")
    qa.look()
    keep(qa, "identity-confirm", width)
    qa.send("Confirm identity")
    expect(qa.page.get_by_text("Everybody is confirmed.")).to_be_visible()
    assert qa.leave() == []
    office = Person(browser, live_server.url, alarmed.cast.administrator, width=width)
    office.open("/")
    keep(office, "notices-administrator", width)
    office.open("/people/kato.n/")
    keep(office, "person", width)
    assert office.leave() == []
