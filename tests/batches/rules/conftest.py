"""What the tests of the rules share: the installed process and the published worked examples."""

import json
from pathlib import Path
from typing import Any

import pytest

from batches.rules.process import Process

DATA = Path(__file__).resolve().parents[3] / "batches" / "data"
MASTER_BATCH_RECORD = DATA / "mbr_ad_msc_v1.json"


@pytest.fixture
def content() -> dict[str, Any]:
    """The installed master batch record as a fresh mapping, free to be broken."""
    return json.loads(MASTER_BATCH_RECORD.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def process() -> Process:
    """The installed process."""
    return Process.parse(json.loads(MASTER_BATCH_RECORD.read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def worked() -> dict[str, Any]:
    """Expected values computed apart from this program, from the textbook formulas."""
    return json.loads((Path(__file__).parent / "worked_examples.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def content_once() -> dict[str, Any]:
    """The installed master batch record, for tests that copy it before they break it."""
    return json.loads(MASTER_BATCH_RECORD.read_text(encoding="utf-8"))
