"""Whether a lot or a piece of equipment may be used on a day, and what may be decided about it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from batches.rules.materials import (
    EquipmentFacts,
    LotFacts,
    decision_refusals,
    equipment_fitness,
    equipment_refusals,
    lot_fitness,
    lot_refusals,
    service_refusals,
)

TODAY = date(2026, 10, 20)


def lot(**changes: object) -> LotFacts:
    given: dict[str, object] = {
        "code": "MX-1",
        "kind": "medium",
        "expires_on": TODAY,
        "state": "released",
        "patient_code": None,
    }
    return LotFacts(**(given | changes))  # type: ignore[arg-type]


def cabinet(**changes: object) -> EquipmentFacts:
    given: dict[str, object] = {"code": "BSC-1", "kind": "bsc", "calibration_due_on": TODAY, "is_in_service": True}
    return EquipmentFacts(**(given | changes))  # type: ignore[arg-type]


def codes(found: LotFacts | None) -> set[str]:
    return {
        r.code
        for r in lot_refusals(
            found, typed="MX-1", kind="medium", kind_words="medium", patient_code="P-001", on=TODAY, field="medium_lot"
        )
    }


def test_a_lot_may_be_used_on_its_last_day_and_not_on_the_next() -> None:
    assert codes(lot()) == set()
    assert codes(lot(expires_on=TODAY - timedelta(days=1))) == {"LOT-02"}


def test_every_fault_of_a_lot_is_told_at_once() -> None:
    wrong = lot(kind="dye", expires_on=date(2026, 1, 1), state="quarantine")
    assert codes(wrong) == {"LOT-02", "LOT-03", "LOT-05"}


def test_a_lot_of_another_patient_says_nothing_else_about_itself() -> None:
    assert codes(lot(patient_code="P-002", state="rejected")) == {"LOT-04"}
    assert codes(lot(patient_code="P-001")) == set()


def test_an_unknown_code_is_refused() -> None:
    assert codes(None) == {"LOT-01"}


@pytest.mark.clause("R25")
def test_equipment_is_used_until_the_day_its_calibration_is_due() -> None:
    def told(item: EquipmentFacts | None) -> set[str]:
        found = equipment_refusals(item, typed="X", kind="bsc", kind_words="cabinet", on=TODAY, field="cabinet")
        return {r.code for r in found}

    assert told(cabinet()) == set()
    assert told(cabinet(calibration_due_on=TODAY - timedelta(days=1), is_in_service=False)) == {"EQP-02", "EQP-03"}
    assert told(cabinet(kind="incubator")) == {"EQP-04"}
    assert told(None) == {"EQP-01"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"state": "rejected", "expires_on": date(2020, 1, 1)}, "Rejected"),
        ({"expires_on": TODAY - timedelta(days=1)}, "Expired"),
        ({"state": "quarantine", "expires_on": TODAY + timedelta(days=400)}, "In quarantine"),
        ({"expires_on": TODAY + timedelta(days=14)}, "Expires soon"),
        ({"expires_on": TODAY + timedelta(days=15)}, "May be used"),
    ],
)
def test_the_gravest_word_about_a_lot_is_said(changes: dict[str, object], words: str) -> None:
    assert lot_fitness(lot(**changes), TODAY).words == words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"is_in_service": False, "calibration_due_on": date(2020, 1, 1)}, "Out of service"),
        ({"calibration_due_on": TODAY - timedelta(days=1)}, "Calibration overdue"),
        ({"calibration_due_on": TODAY + timedelta(days=14)}, "Calibration due soon"),
        ({"calibration_due_on": TODAY + timedelta(days=15)}, "May be used"),
    ],
)
def test_the_gravest_word_about_equipment_is_said(changes: dict[str, object], words: str) -> None:
    assert equipment_fitness(cabinet(**changes), TODAY).words == words


@pytest.mark.parametrize(
    ("state", "to", "reason", "expected"),
    [
        ("quarantine", "released", "", []),
        ("quarantine", "rejected", "", ["LOT-08"]),
        ("released", "quarantine", " ", ["LOT-08"]),
        ("released", "quarantine", "Complaint by another site.", []),
        ("released", "released", "Again.", ["LOT-10"]),
        ("rejected", "released", "A mistake.", ["LOT-07"]),
    ],
)
def test_only_the_first_release_needs_no_reason_and_a_rejection_is_final(
    state: str, to: str, reason: str, expected: list[str]
) -> None:
    found = decision_refusals(lot(state=state), to=to, reason=reason, on=TODAY)
    assert [r.code for r in found] == expected


def test_an_expired_lot_is_not_released_but_may_be_rejected() -> None:
    old = lot(state="quarantine", expires_on=TODAY - timedelta(days=1))
    assert [r.code for r in decision_refusals(old, to="released", reason="", on=TODAY)] == ["LOT-09"]
    assert list(decision_refusals(old, to="rejected", reason="Expired unused.", on=TODAY)) == []


def test_service_changes_with_a_reason_and_only_if_it_changes() -> None:
    assert [r.code for r in service_refusals(cabinet(), to=True, reason="")] == ["EQP-08", "EQP-07"]
    assert list(service_refusals(cabinet(), to=False, reason="Filter torn.")) == []
