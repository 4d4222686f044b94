"""May this deviation be raised, assessed, closed, and by whom?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from batches.rules.states import DeviationState
from lims.refusals import Refusal

# Fewer characters tell nobody what happened (a default of this system, not a regulation).
SHORTEST_ACCOUNT: Final = 10
# What stands in place of a limit when an identity did not match, so that the act was refused and nobody signed.
IDENTITY: Final = "identity"


def account_refusals(**texts: str) -> Iterator[Refusal]:
    """DEV-02: an account so short that it tells nothing, beside each field."""
    for field, text in texts.items():
        if len(text.strip()) < SHORTEST_ACCOUNT:
            yield Refusal("DEV-02", "Say it in {least} characters at least.", field, {"least": SHORTEST_ACCOUNT})


def tells_of(name: str, *texts: str) -> bool:
    """Whether an account names something, such as the code of an incubator: as a whole, whatever its case."""
    whole = re.compile(rf"(?<![A-Za-z0-9-]){re.escape(name)}(?![A-Za-z0-9-])", re.IGNORECASE)
    return any(whole.search(text) for text in texts)


def assess_refusals(state: DeviationState) -> Iterator[Refusal]:
    """DEV-03: a deviation is assessed once."""
    if state is not DeviationState.OPEN:
        yield Refusal("DEV-03", "This deviation is assessed already. Close it, or raise another one.")


def close_refusals(
    state: DeviationState, *, closer: str, raiser: str | None, assessor: str | None
) -> Iterator[Refusal]:
    """DEV-04 not assessed or closed already, DEV-05 closed by who raised or assessed it.

    People are told apart by account: who investigates does not conclude.
    """
    if state is DeviationState.OPEN:
        yield Refusal("DEV-04", "This deviation is not assessed. Assess it first.")
    elif state is DeviationState.CLOSED:
        yield Refusal("DEV-04", "This deviation is closed already.")
    if closer == raiser:
        yield Refusal("DEV-05", "You raised this deviation. Ask another person of QA to close it.")
    elif closer == assessor:
        yield Refusal("DEV-05", "You assessed this deviation. Ask another person of QA to close it.")
