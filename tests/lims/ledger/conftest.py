"""The cast and the stage of the ledger's tests: evidence is made by real acts on a real batch."""

from tests.batches.conftest import cast, story

__all__ = ["cast", "story"]
