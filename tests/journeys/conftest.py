"""One browser for a module, its pages closed after each test: a page left open goes on asking the server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser import chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    with chromium() as running:
        yield running


@pytest.fixture(autouse=True)
def _nobody_stays(transactional_db: None, browser: Browser) -> Iterator[None]:
    """After a test, a failed one too, nobody asks for rows while the database is emptied."""
    yield
    for context in browser.contexts:
        context.close()


@pytest.fixture(params=[1280, pytest.param(768, marks=pytest.mark.once)])
def width(request: pytest.FixtureRequest) -> int:
    """A desk and a tablet."""
    return int(request.param)
