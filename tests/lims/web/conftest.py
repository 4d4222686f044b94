"""A laboratory with two people in it, and the sample pages served to a client or to a browser."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
from django.test import Client

from lims.accounts.commands import add_user, start_site
from lims.accounts.models import User

PASSWORD = "a long sentence about pipettes"


@pytest.fixture
def administrator(db: None) -> User:
    """The first account of a laboratory in Tokyo."""
    start_site(
        name="Laboratory of the tests",
        time_zone="Asia/Tokyo",
        administrator=("admin.a", "Arai Admin"),
        password=PASSWORD,
        is_demonstration=True,
    )
    return User.objects.get(username="admin.a")


@pytest.fixture
def aoki(administrator: User) -> User:
    """A technician, past the first steps."""
    return add_user(administrator, username="aoki.r", printed_name="Aoki Ren", role="technician", password=PASSWORD)


@pytest.fixture
def tanabe(administrator: User) -> User:
    """A second technician."""
    return add_user(administrator, username="tanabe.m", printed_name="Tanabe Mio", role="technician", password=PASSWORD)


@pytest.fixture
def sample_pages(settings: object) -> None:
    """Serve the sample pages beside those of the site."""
    settings.ROOT_URLCONF = "tests.lims.web.sample_pages"  # type: ignore[attr-defined]
    templates = copy.deepcopy(settings.TEMPLATES)  # type: ignore[attr-defined]
    templates[0]["DIRS"].append(Path(__file__).parent / "templates")
    settings.TEMPLATES = templates  # type: ignore[attr-defined]


@pytest.fixture
def at_act(client: Client, aoki: User, sample_pages: None) -> Client:
    """Aoki, signed in by typing the password."""
    answer = client.post("/sign-in/", {"username": "aoki.r", "password": PASSWORD})
    assert answer.status_code == 302
    return client
