"""The gate: what stops a decision."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest

from batches.rules.release import CriterionFacts, DeviationFacts, DoubtFacts, ReleaseFacts, blockers, entry_refusals
from batches.rules.results import Standing
from batches.rules.specification import Outcome
from batches.rules.states import DeviationState, DispositionState, Stage

CONDITIONAL = DispositionState.RELEASED_CONDITIONALLY
RELEASED = DispositionState.RELEASED
REJECTED = DispositionState.REJECTED


def criterion(key: str = "gram", **changes: object) -> CriterionFacts:
    passed = CriterionFacts(key, key.capitalize(), Standing.FINAL, Outcome.PASS, False, True, "no organisms")
    return dataclasses.replace(passed, **changes)  # type: ignore[arg-type]


WAITING = criterion(
    "sterility", standing=Standing.PENDING, outcome=None, is_pending_allowed=True, text="", limit="no growth"
)
READY = ReleaseFacts(Stage.FILLED, DispositionState.PENDING, is_filled=True, tests=(criterion(), WAITING))
DONE = dataclasses.replace(READY, tests=(criterion(), criterion("sterility")))


def codes(facts: ReleaseFacts, decision: DispositionState) -> list[str]:
    return [r.code for r in blockers(facts, decision)]


def test_nothing_stops_a_conditional_release_while_only_what_may_wait_is_pending() -> None:
    assert codes(READY, CONDITIONAL) == []


def test_final_release_waits_for_what_is_pending() -> None:
    assert codes(READY, RELEASED) == ["REL-02"]
    assert codes(DONE, RELEASED) == []


def test_a_product_with_nothing_pending_is_not_released_conditionally() -> None:
    assert codes(DONE, CONDITIONAL) == ["REL-19"]


@pytest.mark.parametrize("decision", [CONDITIONAL, RELEASED])
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"tests": (criterion(outcome=Outcome.FAIL), WAITING)}, "REL-03"),
        ({"tests": (criterion(outcome=Outcome.NOT_CONCLUSIVE), WAITING)}, "REL-03"),
        ({"tests": (criterion(standing=Standing.NOT_SAMPLED, outcome=None), WAITING)}, "REL-02"),
        ({"tests": (criterion(standing=Standing.INVALID, outcome=None), WAITING)}, "REL-02"),
        ({"tests": (criterion(standing=Standing.PENDING, outcome=None), WAITING)}, "REL-02"),
        ({"deviations": (DeviationFacts("DEV-1", "major", DeviationState.OPEN),)}, "REL-04"),
        ({"deviations": (DeviationFacts("DEV-1", "critical", DeviationState.ASSESSED),)}, "REL-04"),
        ({"deviations": (DeviationFacts("DEV-1", "minor", DeviationState.CLOSED, False),)}, "REL-05"),
        ({"is_filled": False}, "REL-01"),
        ({"is_identity_checked": False}, "REL-06"),
        ({"superseded": ("B-0001 P1",)}, "REL-07"),
        ({"unwitnessed": ("B-0001 P1",)}, "REL-08"),
        ({"is_expired": True}, "REL-09"),
        ({"consents_missing": ("Consent to treatment",)}, "REL-10"),
        ({"is_involved": True}, "REL-11"),
        ({"ledger_findings": 1}, "REL-12"),
        ({"lots_rejected": ("MX-1",)}, "REL-13"),
        ({"lots_quarantined": ("MX-1",)}, "REL-13"),
        ({"equipment_out": (DoubtFacts("INC-01", date(2026, 10, 3)),)}, "REL-24"),
        ({"training_withdrawn": (DoubtFacts("Aoki Ren", date(2026, 10, 3)),)}, "REL-25"),
        ({"equipment_overdue": ("INC-01",)}, "REL-14"),
        ({"forms_open": ("F-000007",)}, "REL-21"),
        ({"labels_open": ("L-000012.2",)}, "REL-22"),
        ({"is_labelled": False}, "REL-23"),
        ({"label_lacks": ("BIOHAZARD",)}, "REL-23"),
        ({"is_trail_reviewed": False}, "REL-20"),
        ({"unreviewed_entries": 1}, "REL-20"),
    ],
)
@pytest.mark.clause("A11-15")
def test_one_thing_that_is_wrong_stops_release(
    changes: dict[str, object], code: str, decision: DispositionState
) -> None:
    facts = dataclasses.replace(READY, **changes)  # type: ignore[arg-type]
    assert code in codes(facts, decision)
    assert set(codes(facts, decision)) <= {code, "REL-02"}


def test_equipment_out_of_service_and_training_withdrawn_wait_for_qa_to_assess_them() -> None:
    doubt = DoubtFacts("INC-01", date(2026, 10, 3), is_assessed=True)
    facts = dataclasses.replace(READY, equipment_out=(doubt,), training_withdrawn=(doubt,))
    assert codes(facts, CONDITIONAL) == []


def test_every_blocker_is_told_at_once() -> None:
    facts = dataclasses.replace(READY, is_expired=True, superseded=("B-0001 P1", "Fill"), is_involved=True)
    assert codes(facts, CONDITIONAL) == ["REL-09", "REL-07", "REL-07", "REL-11"]


def test_a_major_deviation_that_is_assessed_lets_a_conditional_release_pass_and_no_final_one() -> None:
    facts = dataclasses.replace(READY, deviations=(DeviationFacts("DEV-1", "major", DeviationState.ASSESSED),))
    assert codes(facts, CONDITIONAL) == []
    done = dataclasses.replace(facts, tests=DONE.tests)
    assert codes(done, RELEASED) == ["REL-04"]


def test_a_test_that_may_wait_is_still_to_be_sampled() -> None:
    never = dataclasses.replace(WAITING, standing=Standing.NOT_SAMPLED)
    assert codes(dataclasses.replace(READY, tests=(criterion(), never, WAITING)), CONDITIONAL) == ["REL-02"]


def test_a_rejected_batch_is_never_released() -> None:
    facts = dataclasses.replace(DONE, disposition=REJECTED)
    assert "REL-17" in codes(facts, RELEASED)
    assert "REL-17" in codes(dataclasses.replace(READY, disposition=REJECTED), CONDITIONAL)


def test_a_rejection_needs_no_product_but_comes_before_the_infusion() -> None:
    assert codes(dataclasses.replace(READY, is_filled=False, stage=Stage.CULTURE), REJECTED) == []
    infused = dataclasses.replace(READY, disposition=CONDITIONAL, stage=Stage.INFUSED, is_infused=True)
    assert codes(infused, REJECTED) == ["REL-18"]


def test_an_infused_product_is_certified_after_its_expiry() -> None:
    infused = dataclasses.replace(DONE, disposition=CONDITIONAL, stage=Stage.INFUSED, is_infused=True, is_expired=True)
    assert codes(infused, RELEASED) == []


def test_a_label_is_no_matter_any_more_once_the_product_is_infused_but_each_copy_is_still_accounted_for() -> None:
    infused = dataclasses.replace(DONE, disposition=CONDITIONAL, stage=Stage.INFUSED, is_infused=True)
    assert codes(dataclasses.replace(infused, is_labelled=False), RELEASED) == []
    assert codes(dataclasses.replace(infused, labels_open=("L-000012",)), RELEASED) == ["REL-22"]


def test_the_physician_knows_what_is_pending_before_a_conditional_release() -> None:
    found = entry_refusals(READY, CONDITIONAL, grounds="Whole record reviewed", physician_informed=" ")
    assert [(r.code, r.field) for r in found] == [("REL-15", "physician_informed")]


def test_a_decision_has_grounds() -> None:
    found = entry_refusals(READY, REJECTED, grounds="no", physician_informed="")
    assert [(r.code, r.field) for r in found] == [("REL-16", "grounds")]
