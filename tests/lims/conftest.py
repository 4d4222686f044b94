"""What the tests of the ledger and of backups begin with: a batch with checkpoints."""

from __future__ import annotations

import pytest

from lims.accounts.commands import record_sign_in
from lims.ledger import checkpoints
from tests.builders import Story


@pytest.fixture
def covered(story: Story) -> Story:
    """A batch as far as tissue received, with a checkpoint before and two after."""
    story.issue()
    checkpoints.write()
    story.receive()
    checkpoints.write()
    record_sign_in(story.cast.technician)
    checkpoints.write()
    return story
