"""Culture days: may this observation, this change of medium, this loss of a vessel be recorded, and what is due next?

Not here: passages.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from batches.rules.limits import Limit
from batches.rules.process import Process
from lims.refusals import Refusal

CLEAR_MEDIUM = "clear"


def medium_look_refusals(medium: str, comment: str) -> Iterator[Refusal]:
    """OBS-01: medium that is not clear may be recorded, with a comment; it raises a deviation."""
    if medium != CLEAR_MEDIUM and not comment.strip():
        yield Refusal("OBS-01", "Medium that is not clear needs a comment. Say what you saw and did.", "comment")


def generation_refusals(generation: int, in_culture: Sequence[int]) -> Iterator[Refusal]:
    """OBS-02: what is not in culture can't be observed."""
    if generation not in in_culture:
        yield Refusal(
            "OBS-02", "No vessel of P{generation} is in culture.", "generation", {"generation": str(generation)}
        )


def loss_refusals(*, is_any_named: bool, reason: str) -> Iterator[Refusal]:
    """VES-01 no vessel chosen, VES-02 no reason."""
    if not is_any_named:
        yield Refusal("VES-01", "No vessel is chosen. Scan or tick the vessels you discard.", "vessels")
    if not reason.strip():
        yield Refusal("VES-02", "Say why these vessels are discarded.", "reason_for_loss")


def feeding_limit(process: Process, *, is_first_of_p0: bool) -> Limit:
    """The limit of the time since medium was last changed or cells were seeded; the first change of P0 has its own."""
    usual = process.limits["medium_interval_h"]
    return process.limits.get("p0_first_medium_h", usual) if is_first_of_p0 else usual


def hours_since(fed_at: datetime, at: datetime) -> Decimal:
    """Hours from one time to another, to the second."""
    return Decimal((at - fed_at) // timedelta(seconds=1)) / 3600


def medium_due_at(limit: Limit, fed_at: datetime) -> datetime | None:
    """When the next change is due: the end of its target, or its alert limit."""
    hours = limit.target_high if limit.target_high is not None else limit.alert_above
    return None if hours is None else fed_at + timedelta(hours=float(hours))


def is_ready_to_detach(process: Process, confluence_pct: Decimal | None) -> bool:
    """Whether the cells last seen have reached the target for detachment."""
    low = process.limits["confluence_at_detachment_pct"].target_low
    return low is not None and confluence_pct is not None and confluence_pct >= low
