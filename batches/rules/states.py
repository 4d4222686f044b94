"""States: one literal transition table for each thing that has one. What is not in a table can't happen."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeVar


class Stage(StrEnum):
    """Where a batch stands on its way."""

    ISSUED = "issued"
    HARVESTED = "harvested"
    RECEIVED = "received"
    CULTURE = "culture"
    CELL_HARVEST = "cell_harvest"
    FILLED = "filled"
    INFUSING = "infusing"
    INFUSED = "infused"
    ENDED = "ended"


class DispositionState(StrEnum):
    """What QA decided about the product."""

    PENDING = "pending"
    RELEASED_CONDITIONALLY = "released_conditionally"
    RELEASED = "released"
    REJECTED = "rejected"
    LATE_OOS = "late_oos"


class VesselState(StrEnum):
    """What became of a vessel. Only one in culture can be detached."""

    IN_CULTURE = "in_culture"
    DETACHED = "detached"
    DISCARDED = "discarded"
    CONTAMINATED = "contaminated"


class ResultState(StrEnum):
    """Where a test result stands: pending is a state, not an absence."""

    PENDING = "pending"
    FINAL = "final"
    INVALID = "invalid"


class DeviationState(StrEnum):
    """Where a deviation stands."""

    OPEN = "open"
    ASSESSED = "assessed"
    CLOSED = "closed"


class InfusionState(StrEnum):
    """Where an infusion stands."""

    CHECKED = "checked"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"


class DocumentState(StrEnum):
    """Where a requested print stands."""

    QUEUED = "queued"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"


class FormState(StrEnum):
    """Where a downtime form stands: issued on paper until it is transcribed or voided."""

    ISSUED = "issued"
    TRANSCRIBED = "transcribed"
    VOIDED = "voided"


class LabelState(StrEnum):
    """Where one copy of a label stands: issued, or void once a newer one takes its place, until it is accounted for."""

    ISSUED = "issued"
    VOIDED = "voided"
    APPLIED = "applied"
    DESTROYED = "destroyed"
    ATTACHED = "attached"
    RETURNED = "returned"


S = TypeVar("S", bound=StrEnum)

# A batch may end early at any stage before the infusion; after it, it ends with the follow-up.
STAGES: Final[Mapping[Stage, frozenset[Stage]]] = {
    Stage.ISSUED: frozenset({Stage.HARVESTED, Stage.ENDED}),
    Stage.HARVESTED: frozenset({Stage.RECEIVED, Stage.ENDED}),
    Stage.RECEIVED: frozenset({Stage.CULTURE, Stage.ENDED}),
    Stage.CULTURE: frozenset({Stage.CULTURE, Stage.CELL_HARVEST, Stage.ENDED}),
    Stage.CELL_HARVEST: frozenset({Stage.CELL_HARVEST, Stage.FILLED, Stage.ENDED}),
    Stage.FILLED: frozenset({Stage.INFUSING, Stage.ENDED}),
    Stage.INFUSING: frozenset({Stage.INFUSED}),
    Stage.INFUSED: frozenset({Stage.ENDED}),
    Stage.ENDED: frozenset(),
}

# Rejected is terminal. A product that is infused can't be rejected any more: it becomes out of specification, late.
DISPOSITIONS: Final[Mapping[DispositionState, frozenset[DispositionState]]] = {
    DispositionState.PENDING: frozenset(
        {DispositionState.RELEASED_CONDITIONALLY, DispositionState.RELEASED, DispositionState.REJECTED}
    ),
    DispositionState.RELEASED_CONDITIONALLY: frozenset(
        {
            DispositionState.RELEASED_CONDITIONALLY,
            DispositionState.RELEASED,
            DispositionState.REJECTED,
            DispositionState.LATE_OOS,
        }
    ),
    DispositionState.RELEASED: frozenset(
        {DispositionState.RELEASED, DispositionState.REJECTED, DispositionState.LATE_OOS}
    ),
    DispositionState.REJECTED: frozenset(),
    DispositionState.LATE_OOS: frozenset(),
}

VESSELS: Final[Mapping[VesselState, frozenset[VesselState]]] = {
    VesselState.IN_CULTURE: frozenset({VesselState.DETACHED, VesselState.DISCARDED, VesselState.CONTAMINATED}),
    VesselState.DETACHED: frozenset(),
    VesselState.DISCARDED: frozenset(),
    VesselState.CONTAMINATED: frozenset(),
}

RESULTS: Final[Mapping[ResultState, frozenset[ResultState]]] = {
    ResultState.PENDING: frozenset({ResultState.FINAL, ResultState.INVALID}),
    ResultState.FINAL: frozenset({ResultState.INVALID}),
    ResultState.INVALID: frozenset(),
}

DEVIATIONS: Final[Mapping[DeviationState, frozenset[DeviationState]]] = {
    DeviationState.OPEN: frozenset({DeviationState.ASSESSED}),
    DeviationState.ASSESSED: frozenset({DeviationState.CLOSED}),
    DeviationState.CLOSED: frozenset(),
}

INFUSIONS: Final[Mapping[InfusionState, frozenset[InfusionState]]] = {
    InfusionState.CHECKED: frozenset({InfusionState.RUNNING}),
    InfusionState.RUNNING: frozenset({InfusionState.PAUSED, InfusionState.STOPPED}),
    InfusionState.PAUSED: frozenset({InfusionState.RUNNING, InfusionState.STOPPED}),
    InfusionState.STOPPED: frozenset(),
}

FORMS: Final[Mapping[FormState, frozenset[FormState]]] = {
    FormState.ISSUED: frozenset({FormState.TRANSCRIBED, FormState.VOIDED}),
    FormState.TRANSCRIBED: frozenset(),
    FormState.VOIDED: frozenset(),
}

# A label on its container can still turn out wrong: it is voided by the next one, and taken off or made unreadable.
LABELS: Final[Mapping[LabelState, frozenset[LabelState]]] = {
    LabelState.ISSUED: frozenset(
        {LabelState.VOIDED, LabelState.APPLIED, LabelState.DESTROYED, LabelState.ATTACHED, LabelState.RETURNED}
    ),
    LabelState.VOIDED: frozenset({LabelState.DESTROYED, LabelState.ATTACHED}),
    LabelState.APPLIED: frozenset({LabelState.VOIDED}),
    LabelState.DESTROYED: frozenset(),
    LabelState.ATTACHED: frozenset(),
    LabelState.RETURNED: frozenset(),
}


class ImpossibleMove(ValueError):
    """A state change that is in no table: a fault of the program, after every rule let the act pass."""


def move(table: Mapping[S, frozenset[S]], now: S, to: S) -> S:
    """The new state; raises `ImpossibleMove` when the table does not hold the move."""
    if to not in table[now]:
        raise ImpossibleMove(f"{now.value} can't become {to.value}.")
    return to
