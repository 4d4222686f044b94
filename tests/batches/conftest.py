"""The cast and the stage of domain tests."""

from __future__ import annotations

import pytest

from tests.builders import Story
from tests.cast import Cast, gather_cast


@pytest.fixture
def cast(db: None) -> Cast:
    """One laboratory with its people and process."""
    return gather_cast()


@pytest.fixture
def story(cast: Cast) -> Story:
    """A way through the laboratory that has not begun."""
    return Story(cast)
