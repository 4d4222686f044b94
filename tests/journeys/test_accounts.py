"""The second factor and the access review in a real browser, at a desk and on a tablet."""

from __future__ import annotations

from base64 import b32decode
from io import BytesIO

import pytest
import zxingcpp
from django_otp.oath import totp
from PIL import Image
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from lims.accounts.models import AccessReview, User
from tests.cast import PASSWORD, Cast, gather_cast
from tests.journeys.person import Person

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def staff(transactional_db: None) -> Cast:
    """The people of a laboratory."""
    return gather_cast()


def test_a_person_scans_the_code_on_the_screen_and_signs_in_with_it(
    staff: Cast, browser: Browser, live_server: LiveServer, width: int
) -> None:
    kato = Person(browser, live_server.url, staff.analyst, width=width)
    page = kato.open("/account/second-factor/")
    seen = zxingcpp.read_barcode(Image.open(BytesIO(page.locator("svg.qr").screenshot())))
    secret = page.locator(".secret").inner_text().replace(" ", "")
    assert f"secret={secret}&" in seen.text, "no telephone could read it"
    kato.fill(one_time_code=f"{totp(b32decode(secret)):06d}", password=PASSWORD)
    kato.press(page.get_by_role("button", name="Enrol second factor"))
    kato.look()
    recovery = page.locator("ul.secret li").first.inner_text()
    kato.context.clear_cookies()
    kato.open("/sign-in/")
    kato.fill(username=staff.analyst.username, password=PASSWORD)
    kato.press(page.get_by_role("button", name="Sign in"))
    kato.look()
    kato.fill(one_time_code="000000")
    kato.press(page.get_by_role("button", name="Sign in"))
    expect(page.get_by_text("MFA-01")).to_be_visible()
    kato.look()
    kato.fill(one_time_code=recovery)
    kato.press(page.get_by_role("button", name="Sign in"))
    expect(page.get_by_role("heading", name="Your work today")).to_be_visible()
    assert kato.leave() == []


def test_qa_reviews_every_account_and_an_administrator_sees_what_to_do(
    staff: Cast, browser: Browser, live_server: LiveServer, width: int
) -> None:
    hayashi = Person(browser, live_server.url, staff.qa, width=width)
    page = hayashi.open("/access-reviews/")
    hayashi.press(page.get_by_role("link", name="Review access"))
    hayashi.look()
    for label in page.locator("label", has_text="Keep").all():
        label.click()
    hayashi.fill(**{"answer-tanabe.m": "disable", "comment-tanabe.m": "Left in May"})
    hayashi.sign("reviewed")
    hayashi.send("Sign access review")
    hayashi.look()
    expect(page.get_by_text("Left in May")).to_be_visible()
    assert AccessReview.objects.get().lines.count() == User.objects.count()
    assert hayashi.leave() == []
    office = Person(browser, live_server.url, staff.administrator, width=width)
    page = office.open("/people/")
    expect(page.get_by_text("Disable: Left in May")).to_be_visible()
    assert office.leave() == []


def test_a_flood_is_told_to_wait_in_plain_words(
    staff: Cast, browser: Browser, live_server: LiveServer, width: int
) -> None:
    guest = Person(browser, live_server.url, staff.clinician, width=width)
    guest.context.clear_cookies()
    page = guest.open("/sign-in/")
    for _ in range(11):
        guest.fill(username="nobody", password="guess")
        guest.press(page.get_by_role("button", name="Sign in"))
    expect(page.get_by_role("heading", name="Too many wrong passwords or codes.")).to_be_visible()
    guest.look()
    guest.press(page.get_by_role("button", name="Back to what you typed"))
    assert page.locator("[name=username]").input_value() == "nobody"
    assert guest.leave() == []
