"""A person at a browser: signs in, opens pages, fills forms by the names of their fields, signs."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser, Locator, Page, expect

from lims.accounts.models import User
from tests.browser import overflows, violations, watch
from tests.cast import PASSWORD

ZONE = ZoneInfo("Asia/Tokyo")  # where the laboratory of the cast stands


class Person:
    """Somebody signed in, whose every page is looked at for faults."""

    def __init__(self, browser: Browser, base_url: str, user: User, *, width: int = 1280) -> None:
        self.user = user
        self.context = browser.new_context(viewport={"width": width, "height": 900}, base_url=base_url)
        self.page: Page = self.context.new_page()
        self.blocked = watch(self.page)
        self.faults: list[str] = []
        self.page.goto("/sign-in/")
        self.look()
        self.page.locator("[name=username]").fill(user.username)
        self.page.locator("[name=password]").fill(PASSWORD)
        self.press(self.page.get_by_role("button", name="Sign in"))
        expect(self.page.get_by_text(user.printed_name).first).to_be_visible()

    def press(self, target: Locator) -> None:
        """Click what leads to another page, and wait until that page stands: a click alone returns before it."""
        with self.page.expect_navigation():
            target.click()

    def look(self) -> None:
        """Note what is wrong with the page as it stands."""
        self.faults += violations(self.page)
        if overflows(self.page):
            self.faults.append(f"{self.page.url} scrolls sideways")

    def open(self, path: str) -> Page:
        """Go to a page and look at it."""
        answer = self.page.goto(path)
        assert answer is not None
        assert answer.status == 200, f"{path} answered {answer.status}"
        self.look()
        return self.page

    def fill(self, **values: str | int | bool | datetime | Path) -> None:
        """Fill fields by name: text is typed or chosen, True and False tick or answer."""
        for name, value in values.items():
            field = self.page.locator(f"[name='{name}']")
            kind = field.first.evaluate("e => e.type")
            if kind == "checkbox":
                field.first.set_checked(bool(value))
            elif kind == "radio":
                self.page.locator(f"[name='{name}'][value='{value}']").check(force=True)
            elif kind == "select-one":
                field.first.select_option(str(value))
            elif isinstance(value, Path):
                field.first.set_input_files(value)
            elif isinstance(value, datetime):
                field.first.fill(value.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M"))
            else:
                field.first.fill(str(value))

    def sign(self, meaning: str = "performed", *, within: str = "", second: tuple[str, User] | None = None) -> None:
        """Type one's own password in a part of the page, and both components of the second person beside it.

        The user name is typed where it is asked: at the first signature, and after a lapse.
        """
        self._type(f"{within} [name='{meaning}-username']", f"{within} [name='{meaning}-password']")
        if second is not None:
            as_what, who = second
            self.page.locator(f"[name='{as_what}-username']").fill(who.username)
            self.page.locator(f"[name='{as_what}-password']").fill(PASSWORD)

    def sign_bar(self) -> None:
        """Sign in the bar of the decision."""
        self._type("#id_username", "#id_password")

    def _type(self, name: str, password: str) -> None:
        asked = self.page.locator(name)
        if asked.count():
            asked.fill(self.user.username)
        self.page.locator(password).fill(PASSWORD)

    def send(self, button: str) -> None:
        """Press the button of the act, and see it accepted."""
        before = self.page.url
        self.press(self.page.get_by_role("button", name=button, exact=True).last)
        refused = self.page.locator(".refused")
        told = refused.first.inner_text() if refused.count() and self.page.url == before else ""
        assert not told, f"{before}: {told}"

    def leave(self) -> list[str]:
        """Close the browser; what was wrong on any page."""
        self.context.close()
        return self.faults + self.blocked
