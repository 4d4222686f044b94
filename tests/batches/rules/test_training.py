"""Whether somebody is trained for a version at the time of an act."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from batches.rules.personal import PersonFacts, personal_refusals
from batches.rules.training import Training, expires_soon, in_force, record_refusals, untrained, withdrawal_refusals
from lims.refusals import Refusal

NOW = datetime(2026, 10, 1, 9, 0, tzinfo=UTC)
TODAY = NOW.date()
RECORDED = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
ENDLESS = Training(date(2026, 1, 5), None, RECORDED)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ([], "TRN-01"),
        ([ENDLESS], None),
        ([Training(date(2026, 1, 5), date(2026, 10, 1), RECORDED)], None),
        ([Training(date(2026, 1, 5), date(2026, 9, 30), RECORDED)], "TRN-02"),
        ([Training(date(2026, 1, 5), date(2026, 9, 30), RECORDED), ENDLESS], None),
        ([Training(date(2026, 10, 2), None, RECORDED)], "TRN-01"),
        ([Training(date(2026, 1, 5), None, datetime(2026, 10, 1, 9, 1, tzinfo=UTC))], "TRN-01"),
        ([Training(date(2026, 1, 5), None, RECORDED, withdrawn_at=NOW)], "TRN-01"),
        ([Training(date(2026, 1, 5), None, RECORDED, withdrawn_at=datetime(2026, 10, 2, tzinfo=UTC))], None),
    ],
)
def test_a_training_covers_an_act_while_it_is_recorded_and_runs(given: list[Training], code: str | None) -> None:
    refusal = untrained(given, name="Aoki Ren", version="MBR-01 v1", at=NOW, day=TODAY)
    assert (refusal.code if refusal else None) == code


def test_the_reason_names_person_and_version_and_the_day_it_ran_out() -> None:
    ended = Training(date(2026, 1, 5), date(2026, 9, 30), RECORDED)
    refusal = untrained([ended], name="Aoki Ren", version="MBR-01 v1", at=NOW, day=TODAY, field="witnessed-username")
    assert refusal is not None
    assert refusal.text.startswith("The training of Aoki Ren for MBR-01 v1 ran out on 2026-09-30.")
    assert refusal.field == "witnessed-username"


def test_of_several_trainings_the_one_that_lasts_longest_is_in_force() -> None:
    short = Training(date(2026, 2, 1), date(2026, 12, 31), RECORDED)
    assert in_force([short, ENDLESS], NOW, TODAY) == ENDLESS
    assert in_force([short], NOW, TODAY) == short


@pytest.mark.parametrize(("until", "is_soon"), [("2026-10-31", True), ("2026-11-01", False)])
def test_a_training_runs_out_soon_within_thirty_days(until: str, is_soon: bool) -> None:
    assert expires_soon(Training(date(2026, 1, 5), date.fromisoformat(until), RECORDED), TODAY) is is_soon


GOOD = {
    "people": ["aoki"],
    "approver": "hayashi",
    "trainer": "mori",
    "trained_on": TODAY,
    "valid_until": None,
    "today": TODAY,
}


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, []),
        ({"trainer": "hayashi"}, []),
        ({"people": []}, ["TRN-07"]),
        ({"people": ["aoki", "hayashi"]}, ["TRN-03"]),
        ({"trainer": "aoki"}, ["TRN-06"]),
        ({"trained_on": date(2026, 10, 2)}, ["TRN-04"]),
        ({"valid_until": date(2026, 9, 30)}, ["TRN-05"]),
    ],
)
def test_a_training_record_is_refused_for_what_is_wrong_with_it(changes: dict[str, object], codes: list[str]) -> None:
    assert [r.code for r in record_refusals(**(GOOD | changes))] == codes  # type: ignore[arg-type]


def test_a_withdrawal_has_a_reason_and_comes_once() -> None:
    assert [r.code for r in withdrawal_refusals(is_withdrawn=True, reason=" ")] == ["TRN-09", "TRN-08"]
    assert not list(withdrawal_refusals(is_withdrawn=False, reason="Examined again, failed."))


def test_want_of_training_never_keeps_anybody_from_what_protects_the_patient() -> None:
    person = PersonFacts(untrained=Refusal("TRN-01", "Not trained."), is_involved=True)
    for name in ("infusion:pause", "infusion:stop", "adverse_event:record", "deviation:raise"):
        assert not list(personal_refusals(name, person))
    assert [r.code for r in personal_refusals("passage:log", person)] == ["TRN-01"]
    assert [r.code for r in personal_refusals("audit_trail:review", person)] == ["TRN-01", "AUD-01"]
