"""The furniture in a real browser: nothing an accessibility check finds, nothing typed lost, one click one act."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from lims.accounts.models import User
from tests.lims.web.conftest import PASSWORD

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

QUIET = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. Playwright's event loop runs in this thread; the database is still used by one at a time."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(params=[1280, 768])
def screen(
    request: pytest.FixtureRequest,
    browser: Browser,
    sample_pages: None,
    aoki: User,
    live_server: LiveServer,
) -> Iterator[Page]:
    """Aoki at the page of the act, on a desktop and on a tablet."""
    context = browser.new_context(viewport={"width": request.param, "height": 900}, base_url=live_server.url)
    page = context.new_page()
    blocked: list[str] = []
    page.on("console", lambda said: blocked.append(said.text) if "Content Security Policy" in said.text else None)
    page.on("pageerror", lambda error: blocked.append(str(error)))
    page.goto("/sign-in/?next=/act/")
    page.get_by_label("User").fill("aoki.r")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Log passage P1")).to_be_visible()
    yield page
    context.close()
    assert blocked == []


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {node['html'][:120]}" for rule in found for node in rule["nodes"]]


def overflows(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


@pytest.mark.parametrize(
    "address",
    ["/act/", "/act/?changed", "/parts/", "/account/password/", "/account/statement/", "/nowhere/", "/broken/"],
)
def test_no_page_has_a_fault_an_accessibility_check_finds(screen: Page, address: str) -> None:
    screen.goto(address)
    assert violations(screen) == []
    assert not overflows(screen)


def test_a_refused_act_is_read_first_and_leads_to_its_field(screen: Page) -> None:
    screen.get_by_label("Medium lot").fill("MX-5518")
    screen.get_by_label("Your password").fill("secret of Aoki")
    screen.get_by_role("button", name="Log passage P1").click()
    summary = screen.get_by_role("alert")
    expect(summary).to_be_focused()
    assert violations(screen) == []
    expect(screen.get_by_label("Medium lot")).to_have_value("MX-5518")
    expect(screen.get_by_label("Your password")).to_have_value("")
    summary.get_by_role("link", name="Expired on").click()
    expect(screen.get_by_label("Medium lot")).to_be_focused()


def test_the_figures_come_as_one_types(screen: Page) -> None:
    expect(screen.get_by_text("No figures yet")).to_be_visible()
    screen.get_by_label("Your password").fill("secret of Aoki")
    screen.get_by_label("Suspension volume").press_sequentially("15.0")
    expect(screen.get_by_text("323 of 361 cells")).to_be_visible()


def test_enter_of_a_scanner_moves_on_and_sends_nothing(screen: Page) -> None:
    sent: list[str] = []
    screen.on("request", lambda request: sent.append(request.url) if request.is_navigation_request() else None)
    screen.get_by_label("Medium lot").fill("MX-5518")
    screen.keyboard.press("Enter")
    expect(screen.get_by_label("Suspension to seed")).to_be_focused()
    assert sent == []


def test_a_double_click_sends_an_act_once(screen: Page) -> None:
    sent: list[str] = []
    screen.on(
        "request",
        lambda request: (
            sent.append(request.url) if request.method == "POST" and request.url.endswith("/act/") else None
        ),
    )
    screen.get_by_role("button", name="Log passage P1").dblclick()
    expect(screen.get_by_role("alert")).to_be_visible()
    assert len(sent) == 1


def test_a_locked_screen_opens_over_the_same_form_with_the_password_only(screen: Page) -> None:
    screen.get_by_label("Medium lot").fill("MX-5602")
    screen.locator("summary", has_text="Aoki Ren").click()
    screen.get_by_role("button", name="Lock the screen").click()
    dialog = screen.get_by_role("dialog", name="Sign in again to go on")
    expect(dialog).to_be_visible()
    screen.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    dialog.get_by_label("Password").fill("guess")
    dialog.get_by_role("button", name="Unlock").click()
    expect(dialog.get_by_text("User name or password is wrong. Try again.")).to_be_visible()
    assert violations(screen) == []
    dialog.get_by_label("Password").fill(PASSWORD)
    dialog.get_by_role("button", name="Unlock").click()
    expect(dialog).to_be_hidden()
    expect(screen.get_by_label("Medium lot")).to_have_value("MX-5602")


def test_a_screen_left_alone_warns_and_then_locks(screen: Page) -> None:
    screen.clock.install()
    screen.reload()
    screen.get_by_label("Medium lot").fill("MX-5602")
    screen.clock.run_for(14 * 60_000 + 5_000)
    expect(screen.get_by_text("The screen locks in")).to_be_visible()
    screen.clock.run_for(60_000)
    expect(screen.get_by_role("dialog", name="Sign in again to go on")).to_be_visible()
    expect(screen.locator("#id_medium_lot")).to_have_value("MX-5602")
