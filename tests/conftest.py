"""Fixtures for every test: the cast and their stage; a real broker and a real worker, for those that ask."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from subprocess import Popen

import pytest
from django.conf import settings
from django.db import connection
from hypothesis import settings as hypothesis_settings
from pytest_django import Settings

from tests import services
from tests.builders import Story
from tests.cast import Cast, gather_cast

# The same examples at every run, and no verdict by the clock: a busy machine is not a finding.
hypothesis_settings.register_profile("ours", deadline=None, derandomize=True, print_blob=True)
hypothesis_settings.load_profile("ours")


pytest_plugins = ["tests.held"]

_DATABASE = {"db", "transactional_db", "live_server", "django_db_setup"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what no database has a part in: told on one, it is told on every one."""
    for item in items:
        asked = set(getattr(item, "fixturenames", ()))
        if not asked & _DATABASE and item.get_closest_marker("django_db") is None:
            item.add_marker("once")


@pytest.fixture(autouse=True)
def checkpoint_dir(settings: Settings, tmp_path: Path) -> Path:
    """A folder for the checkpoints of this test alone: its database is taken back, files are not."""
    folder: Path = tmp_path / "checkpoints"
    settings.CHECKPOINT_DIR = folder
    return folder


@pytest.fixture
def cast(db: None) -> Cast:
    """One laboratory with its people and process."""
    return gather_cast()


@pytest.fixture
def story(cast: Cast) -> Story:
    """A way through the laboratory that has not begun."""
    return Story(cast)


@pytest.fixture(scope="session")
def broker() -> Iterator[str]:
    """The URL of a running broker: the one TEST_BROKER names, else the embedded one."""
    with services.running_broker(settings.BROKER_URL, Path(settings.DATA_DIR)):
        yield settings.BROKER_URL


@pytest.fixture(scope="module")
def worker(broker: str, django_db_setup: None) -> Iterator[Popen[bytes]]:
    """A running worker on the test database. The test itself needs `django_db(transaction=True)`.

    It ends with its module: what other tests commit is not its to work on.
    """
    database = {**connection.settings_dict}
    with services.running_worker(broker, database, Path(settings.DATA_DIR)) as running:
        yield running
