"""What the person looking may do next in a batch, and what not yet, with the same codes as the commands give.

Here: the acts of `rules.sequence` for one role and one moment, in the order in which they matter. Not here: what the
rules are, and which page an act is done on (its address is the view's).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from batches.models import Batch
from batches.rules.personal import PersonFacts, personal_refusals
from batches.rules.sequence import ACTS, ActRule, BatchFacts, is_spoken_of
from batches.rules.states import DispositionState, Stage
from lims.accounts.models import User
from lims.accounts.permissions import Permission
from lims.refusals import Refusal

# What a page leads with at each stage, when no act is due by the clock.
_LEADS = {
    Stage.ISSUED: ("harvest:log",),
    Stage.HARVESTED: ("harvest:receive",),
    Stage.RECEIVED: ("isolation:log",),
    Stage.CULTURE: ("culture:observe",),
    Stage.CELL_HARVEST: ("fill:log", "label:print_for_fill", "sample:take"),
    Stage.FILLED: (
        "audit_trail:review",
        "disposition:decide",
        "infusion:check_identity",
        "result:record",
        "sample:take",
    ),
    Stage.INFUSING: ("infusion:observe",),
    Stage.INFUSED: ("infusion:observe", "follow_up:record"),
    Stage.ENDED: (),
}
_ALWAYS_LEADS = ("deviation:assess",)
# Final acts: a page leads with one of these only at its stage, never because nothing else is left to do.
_ONLY_AT_ITS_STAGE = frozenset({"audit_trail:review", "disposition:decide", "batch:end"})


@dataclass(frozen=True)
class Offer:
    """An act that may be done now. `due_at` is set when a clock runs for it; `leads` when a page may begin with it."""

    act: ActRule
    title: str
    due_at: datetime | None = None
    leads: bool = True


@dataclass(frozen=True)
class NotYet:
    """An act of this person's role that may not be done now, with every reason."""

    act: ActRule
    title: str
    refusals: tuple[Refusal, ...]


@dataclass(frozen=True)
class Offers:
    """Both lists, the act to begin with first."""

    now: tuple[Offer, ...]
    not_yet: tuple[NotYet, ...]

    def may(self, name: str) -> bool:
        """Whether an act is among those offered."""
        return any(offer.act.name == name for offer in self.now)


def offers_for(user: User, batch: Batch, facts: BatchFacts, person: PersonFacts) -> Offers:
    """What this person may do in this batch as it stands. No query: the facts are given."""
    now: list[Offer] = []
    not_yet: list[NotYet] = []
    leads = _leads(batch, facts)
    for act in ACTS:
        if not user.may(Permission(act.permission)) or not is_spoken_of(act, facts):
            continue
        title = titled(act, facts)
        against = (*act.refusals(facts), *personal_refusals(act.name, person))
        if against:
            not_yet.append(NotYet(act, title, against))
        else:
            due = batch.due_at if batch.due_act == act.name else None
            by_itself = not act.is_always_offered and act.name not in _ONLY_AT_ITS_STAGE
            now.append(Offer(act, title, due, leads=by_itself or act.name in leads))
    # The sort is stable: acts that lead nothing keep the order of the process, those for any time come last.
    now.sort(key=lambda o: (o.act.is_always_offered or o.act.name == "batch:end", _place(o.act.name, leads)))
    return Offers(tuple(now), tuple(not_yet))


def titled(act: ActRule, facts: BatchFacts) -> str:
    """The act with the passage it is about."""
    if act.name in {"passage:log", "cell_harvest:log"} and facts.generation is not None:
        return f"{act.title} P{facts.generation}"
    return act.title


def _leads(batch: Batch, facts: BatchFacts) -> tuple[str, ...]:
    leads = _LEADS[facts.stage]
    if facts.disposition in {DispositionState.RELEASED, DispositionState.RELEASED_CONDITIONALLY}:
        leads = tuple(name for name in leads if name != "disposition:decide")
    # Nothing is decided on before its trail is read.
    first = ("audit_trail:review",) if batch.due_act == "disposition:decide" else ()
    return (*first, batch.due_act, *_ALWAYS_LEADS, *leads)


def _place(name: str, leads: tuple[str, ...]) -> int:
    return leads.index(name) if name in leads else len(leads)
