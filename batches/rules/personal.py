"""What stands in the way of one person, whatever the batch allows.

Pages show it; commands refuse it with the same code.

Not here: what the role allows (the role table), and what the batch allows (sequence.py).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from batches.rules.reviewing import involved_refusal
from batches.rules.training import ALWAYS_ALLOWED
from lims.refusals import Refusal


@dataclasses.dataclass(frozen=True)
class PersonFacts:
    """How a person stands to a batch: why they are not trained for its version, and whether they took part in it."""

    untrained: Refusal | None = None
    is_involved: bool = False


def personal_refusals(name: str, person: PersonFacts) -> Iterator[Refusal]:
    """TRN-01, TRN-02 and AUD-01 against one act."""
    if person.untrained is not None and name not in ALWAYS_ALLOWED:
        yield person.untrained
    if name == "audit_trail:review" and person.is_involved:
        yield involved_refusal()
