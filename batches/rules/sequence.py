"""Which act may come now: one list of a batch's acts, and what stands in the way of each.

Commands ask here before they look at any value, and the batch page shows the same answers with the same codes. Not
here: what is typed (each noun's own rules), who may do it (the role table), and the release gate (release.py).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Final

from batches.rules.passages import old_refusal
from batches.rules.release import DECIDED
from batches.rules.states import DispositionState, InfusionState, Stage
from lims.refusals import Refusal


@dataclasses.dataclass(frozen=True)
class BatchFacts:
    """What the sequence of acts depends on, gathered once under the batch's lock.

    `generation` is the passage in culture (the lowest, if several), `passage_limit` the highest that may be started.
    `cumulative_doublings` are those of the youngest vessel in culture, as it was seeded.
    """

    stage: Stage
    disposition: DispositionState
    vessels_in_culture: int = 0
    generation: int | None = None
    passage_limit: int = 0
    cumulative_doublings: Decimal | None = None
    doublings_limit: Decimal | None = None
    open_samples: int = 0
    pending_results: int = 0
    open_deviations: int = 0
    assessed_deviations: int = 0
    infusion: InfusionState | None = None
    has_baseline_vitals: bool = False
    is_release_valid: bool = True
    is_expired: bool = False
    has_baseline_pain: bool = False
    has_open_mismatch: bool = False
    waits_for_follow_up: bool = False
    unreviewed_entries: int = 0
    has_fill_label: bool = True
    labels_open: int = 0


@dataclasses.dataclass(frozen=True)
class ActRule:
    """One act of a batch: its command's name, the words of its button, the page it is done on.

    `until` is the last stage the act belongs to: after it, a page does not speak of it any more. `from_infusion` acts
    are not spoken of before the identity check.
    """

    name: str
    title: str
    url_name: str
    permission: str
    refusals: Callable[[BatchFacts], Iterator[Refusal]]
    is_always_offered: bool = False
    until: Stage | None = None
    from_infusion: bool = False


_IN_CULTURE = frozenset({Stage.CULTURE})
_WITH_CELLS = frozenset({Stage.CULTURE, Stage.CELL_HARVEST, Stage.FILLED})
_AFTER_INFUSION = frozenset({Stage.INFUSED, Stage.ENDED})


def _at(*stages: Stage, code: str, message: str) -> Callable[[BatchFacts], Iterator[Refusal]]:
    def check(facts: BatchFacts) -> Iterator[Refusal]:
        yield from _not_ended(facts)
        if facts.stage not in stages and facts.stage is not Stage.ENDED:
            yield Refusal(code, message)

    return check


def _not_ended(facts: BatchFacts) -> Iterator[Refusal]:
    if facts.stage is Stage.ENDED:
        yield Refusal("BAT-09", "This batch has ended. Nothing more can be recorded in it.")


def _culture(facts: BatchFacts) -> Iterator[Refusal]:
    yield from _not_ended(facts)
    if facts.stage is not Stage.ENDED and (facts.stage not in _IN_CULTURE or not facts.vessels_in_culture):
        yield Refusal("CUL-01", "Nothing of this batch is in culture.")


def _passage(facts: BatchFacts) -> Iterator[Refusal]:
    yield from _culture(facts)
    if facts.generation is not None and facts.generation + 1 > facts.passage_limit:
        yield Refusal(
            "PAS-03",
            "Passage {next} is past the limit of P{limit}. Harvest the cells, or ask QA.",
            None,
            {"next": f"P{facts.generation + 1}", "limit": facts.passage_limit},
        )
    doublings, limit = facts.cumulative_doublings, facts.doublings_limit
    if doublings is not None and limit is not None and doublings >= limit:
        yield old_refusal(doublings, limit)


_cells_harvested = _at(Stage.CELL_HARVEST, code="FIL-01", message="The final cells are not harvested and counted.")


def _fill(facts: BatchFacts) -> Iterator[Refusal]:
    yield from _cells_harvested(facts)
    if facts.stage is Stage.CELL_HARVEST and not facts.has_fill_label:
        yield Refusal("FIL-08", "No label is printed for the container. Print it and apply it first.")


def _sample(facts: BatchFacts) -> Iterator[Refusal]:
    yield from _not_ended(facts)
    if facts.stage in {Stage.INFUSING, Stage.INFUSED}:
        yield Refusal("SAM-01", "The product is infused. No sample of it can be taken.")


def _result(facts: BatchFacts) -> Iterator[Refusal]:
    if not facts.pending_results:
        yield Refusal("RES-01", "No result is pending. Take a sample first.")


def _disposition(facts: BatchFacts) -> Iterator[Refusal]:
    if facts.disposition is DispositionState.REJECTED:
        yield Refusal("DIS-01", "This batch is rejected. A rejection is final.")
    elif facts.disposition is DispositionState.LATE_OOS:
        yield Refusal("DIS-02", "This product is out of specification after infusion. That is final.")


def _review(facts: BatchFacts) -> Iterator[Refusal]:
    if not facts.unreviewed_entries:
        yield Refusal("AUD-04", "The audit trail is reviewed, and nothing has come since.")


def _deviation_assess(facts: BatchFacts) -> Iterator[Refusal]:
    if not facts.open_deviations:
        yield Refusal("DEV-01", "No deviation waits to be assessed.")


def _deviation_close(facts: BatchFacts) -> Iterator[Refusal]:
    if not facts.assessed_deviations:
        yield Refusal("DEV-06", "No assessed deviation waits to be closed.")


def _identify(facts: BatchFacts) -> Iterator[Refusal]:
    yield from _not_ended(facts)
    yield from _released(facts)
    if facts.infusion is not None:
        yield Refusal("INF-02", "The identity check of this batch is done. One batch is infused once.")
    yield from _no_mismatch(facts)


def _no_mismatch(facts: BatchFacts) -> Iterator[Refusal]:
    if facts.has_open_mismatch:
        yield Refusal("INF-14", "An identity mismatch of this batch is open. QA has to assess it first.")


def _released(facts: BatchFacts) -> Iterator[Refusal]:
    if facts.disposition is DispositionState.REJECTED:
        yield Refusal("INF-03", "This batch is rejected. It must never be infused.")
    elif facts.disposition not in {DispositionState.RELEASED, DispositionState.RELEASED_CONDITIONALLY}:
        yield Refusal("INF-01", "The product is not released. Ask QA.")
    elif not facts.is_release_valid:
        yield Refusal("INF-04", "The record, or a lot it used, changed after release. QA has to decide again.")
    if facts.is_expired and facts.stage is Stage.FILLED:
        yield Refusal("INF-05", "The product has expired. It must not be infused.")


def _infusion(*states: InfusionState, code: str, message: str) -> Callable[[BatchFacts], Iterator[Refusal]]:
    def check(facts: BatchFacts) -> Iterator[Refusal]:
        if facts.infusion not in states:
            yield Refusal(code, message)

    return check


def _start(facts: BatchFacts) -> Iterator[Refusal]:
    if facts.infusion is not InfusionState.CHECKED:
        yield Refusal("INF-06", "The infusion starts once, after the identity check.")
        return
    yield from _released(facts)
    yield from _no_mismatch(facts)
    if not facts.has_baseline_vitals:
        yield Refusal("INF-07", "Baseline vital signs are missing. Record them first.")


def _observe(facts: BatchFacts) -> Iterator[Refusal]:
    yield from _not_ended(facts)
    if facts.infusion is None:
        yield Refusal("INF-08", "Identity is not checked. Check it at the bedside first.")


def _adverse(facts: BatchFacts) -> Iterator[Refusal]:
    if facts.infusion in {None, InfusionState.CHECKED}:
        yield Refusal("INF-09", "Nothing has been infused.")


def _adverse_assessed(facts: BatchFacts) -> Iterator[Refusal]:
    if facts.infusion in {InfusionState.RUNNING, InfusionState.PAUSED}:
        yield Refusal("INF-15", "The infusion has not ended. «None» can't be said before it has.")
    else:
        yield from _adverse(facts)


def _follow_up(facts: BatchFacts) -> Iterator[Refusal]:
    if facts.stage not in _AFTER_INFUSION or facts.infusion is not InfusionState.STOPPED:
        yield Refusal("FUP-01", "The infusion has not taken place.")


def _baseline(facts: BatchFacts) -> Iterator[Refusal]:
    yield from _not_ended(facts)
    if facts.infusion not in {None, InfusionState.CHECKED}:
        yield Refusal("FUP-02", "The infusion has begun. Baseline scores come before it.")


def _anytime(facts: BatchFacts) -> Iterator[Refusal]:
    yield from ()


def _booking(facts: BatchFacts) -> Iterator[Refusal]:
    yield from _not_ended(facts)
    if facts.infusion is not None:
        yield Refusal("BAT-10", "The infusion has begun. There is nothing to book.")
    elif facts.disposition is DispositionState.REJECTED:
        yield Refusal("BAT-10", "This product is rejected. There is no infusion to book.")


def _end(facts: BatchFacts) -> Iterator[Refusal]:
    yield from _not_ended(facts)
    if facts.stage is Stage.INFUSING:
        yield Refusal("BAT-06", "The infusion has not been stopped. Stop it first.")
    if facts.waits_for_follow_up:
        yield Refusal("BAT-08", "The follow-up is missing, and its time is not over. Record it first.")
    if facts.labels_open:
        yield Refusal(
            "BAT-11",
            "{number} labels are not accounted for. Scan them in, or destroy them with a witness.",
            None,
            {"number": facts.labels_open},
        )


ACTS: Final = (
    ActRule(
        "harvest:log",
        "Record harvest",
        "harvest",
        "record_harvest",
        _at(Stage.ISSUED, code="HAR-01", message="The harvest of this batch is recorded already."),
        until=Stage.ISSUED,
    ),
    ActRule(
        "harvest:receive",
        "Receive tissue",
        "receipt",
        "record_production",
        _at(Stage.HARVESTED, code="REC-01", message="No tissue is on its way for this batch."),
        until=Stage.HARVESTED,
    ),
    ActRule(
        "isolation:log",
        "Log isolation",
        "isolation",
        "record_production",
        _at(Stage.RECEIVED, code="ISO-01", message="No received tissue waits for isolation."),
        until=Stage.RECEIVED,
    ),
    ActRule("culture:observe", "Record observation", "observation", "record_production", _culture, until=Stage.CULTURE),
    ActRule(
        "culture:change_medium", "Change medium", "medium-change", "record_production", _culture, until=Stage.CULTURE
    ),
    ActRule("passage:log", "Log passage", "passage", "record_production", _passage, until=Stage.CULTURE),
    ActRule(
        "cell_harvest:log", "Log final cell harvest", "cell-harvest", "record_production", _culture, until=Stage.CULTURE
    ),
    ActRule("vessel:lose", "Discard vessel", "vessel-loss", "record_production", _culture, until=Stage.CULTURE),
    ActRule(
        "label:print_for_fill",
        "Print label for the fill",
        "print-fill-label",
        "print_labels",
        _at(Stage.CELL_HARVEST, code="LAB-08", message="The final cells are not harvested and counted."),
        until=Stage.CELL_HARVEST,
    ),
    ActRule("fill:log", "Log fill", "fill", "record_production", _fill, until=Stage.CELL_HARVEST),
    ActRule("sample:take", "Take sample", "sample", "take_samples", _sample, until=Stage.FILLED),
    ActRule("result:record", "Record result", "results", "enter_results", _result),
    ActRule("deviation:assess", "Assess deviation", "batch-deviations", "decide_deviations", _deviation_assess),
    ActRule("deviation:close", "Close deviation", "batch-deviations", "decide_deviations", _deviation_close),
    ActRule("audit_trail:review", "Review audit trail", "audit-trail-review", "review_audit_trail", _review),
    ActRule("disposition:decide", "Decide disposition", "disposition", "decide_disposition", _disposition),
    ActRule(
        "baseline:record", "Record pain before infusion", "baseline", "record_outcomes", _baseline, until=Stage.FILLED
    ),
    ActRule(
        "infusion:check_identity",
        "Check identity at bedside",
        "infusion-check",
        "infuse",
        _identify,
        until=Stage.FILLED,
    ),
    ActRule(
        "infusion:observe", "Record vital signs", "vitals", "infuse", _observe, until=Stage.INFUSED, from_infusion=True
    ),
    ActRule("infusion:start", "Start infusion", "bedside", "infuse", _start, until=Stage.FILLED, from_infusion=True),
    ActRule(
        "infusion:pause",
        "Pause infusion",
        "bedside",
        "infuse",
        _infusion(InfusionState.RUNNING, code="INF-10", message="The infusion is not running."),
        until=Stage.INFUSING,
        from_infusion=True,
    ),
    ActRule(
        "infusion:resume",
        "Resume infusion",
        "bedside",
        "infuse",
        _infusion(InfusionState.PAUSED, code="INF-11", message="The infusion is not paused."),
        until=Stage.INFUSING,
        from_infusion=True,
    ),
    ActRule(
        "infusion:stop",
        "Stop infusion",
        "bedside",
        "infuse",
        _infusion(InfusionState.RUNNING, InfusionState.PAUSED, code="INF-12", message="The infusion is not running."),
        until=Stage.INFUSING,
        from_infusion=True,
    ),
    ActRule("adverse_event:record", "Record adverse event", "adverse-event", "infuse", _adverse, from_infusion=True),
    ActRule(
        "adverse_event:assess",
        "Assess adverse events",
        "adverse-event-check",
        "infuse",
        _adverse_assessed,
        from_infusion=True,
    ),
    ActRule("follow_up:record", "Record follow-up", "follow-up", "record_outcomes", _follow_up),
    ActRule("batch:book", "Book infusion", "book", "infuse", _booking, True, until=Stage.FILLED),
    ActRule("deviation:raise", "Raise deviation", "raise-deviation", "raise_deviations", _anytime, True),
    ActRule("record:correct", "Correct a value", "corrections", "correct_records", _anytime, True),
    ActRule("batch:end", "End batch", "end-batch", "decide_disposition", _end, until=Stage.INFUSED),
)

BY_NAME: Final = {act.name: act for act in ACTS}

_ORDER: Final = tuple(Stage)


def is_spoken_of(act: ActRule, facts: BatchFacts) -> bool:
    """Whether a page names this act at all, allowed or not: not once its time is over, nor long before it comes."""
    if act.from_infusion and facts.infusion is None:
        return False
    if act.name == "infusion:check_identity" and facts.infusion is not None:
        return False
    if act.name == "audit_trail:review" and facts.disposition in DECIDED and facts.is_release_valid:
        return False
    return act.until is None or _ORDER.index(facts.stage) <= _ORDER.index(act.until)


def refusals(name: str, facts: BatchFacts) -> list[Refusal]:
    """What stands in the way of an act now; empty when it may be done."""
    return list(BY_NAME[name].refusals(facts))
