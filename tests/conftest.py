"""Fixtures for every test: a real broker and a real worker, for those that ask. The people are in cast.py."""

from collections.abc import Iterator
from pathlib import Path
from subprocess import Popen

import pytest
from django.conf import settings
from django.db import connection
from hypothesis import settings as hypothesis_settings

from tests import services

# The same examples at every run, and no verdict by the clock: a busy machine is not a finding.
hypothesis_settings.register_profile("ours", deadline=None, derandomize=True, print_blob=True)
hypothesis_settings.load_profile("ours")


@pytest.fixture(scope="session")
def broker() -> Iterator[str]:
    """The URL of a running broker: the one TEST_BROKER names, else the embedded one."""
    with services.running_broker(settings.BROKER_URL, Path(settings.DATA_DIR)):
        yield settings.BROKER_URL


@pytest.fixture(scope="session")
def worker(broker: str, django_db_setup: None) -> Iterator[Popen[bytes]]:
    """A running worker on the test database. The test itself needs `django_db(transaction=True)`."""
    database = {**connection.settings_dict}
    with services.running_worker(broker, database, Path(settings.DATA_DIR)) as running:
        yield running
