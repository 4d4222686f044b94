"""Vital signs and symptoms at the bedside, through their command."""

from __future__ import annotations

from decimal import Decimal

import pytest

from batches.models import Deviation, InfusionEvent, SymptomAnswer, Vitals
from batches.rules.states import InfusionState
from lims.refusals import Refused
from lims.signatures.models import Signature
from lims.signatures.standing import standings
from tests.builders import Story


def codes(raised: pytest.ExceptionInfo[Refused]) -> set[str]:
    return set(raised.value.codes)


@pytest.fixture
def running(released: Story) -> Story:
    """An infusion ten minutes on, with its first reading."""
    released.start()
    released.wait(minutes=5)
    released.vitals("m5")
    released.wait(minutes=5)
    return released


def state(story: Story) -> str:
    return story.fresh().infusion.state


def test_every_symptom_is_kept_as_answered_and_the_signature_covers_it(running: Story) -> None:
    row = running.vitals("m10")
    assert row.symptoms.count() == len(running.batch.mbr.process.symptoms)
    given = Signature.objects.filter(subject_model="batches.Vitals", subject_pk=str(row.pk))
    assert [s.is_valid for s in standings(given)] == [True]
    assert not SymptomAnswer.objects.filter(vitals=row, is_present=True).exists()


@pytest.mark.clause("R41")
def test_dyspnoea_at_ten_minutes_pauses_in_the_same_act_and_raises_a_deviation(running: Story) -> None:
    row = running.vitals("m10", present={"dyspnoea": 1})
    assert state(running) == InfusionState.PAUSED
    pause = InfusionEvent.objects.get(infusion__batch=running.batch, kind="pause")
    assert pause.act_id == row.act_id
    assert "Dyspnoea, grade 1" in pause.reason
    assert Signature.objects.filter(subject_model="batches.InfusionEvent", subject_pk=str(pause.pk)).exists()
    assert Deviation.objects.get(limit="symptom_dyspnoea").severity == "major"


def test_a_forced_pause_ends_only_with_the_physicians_reason(running: Story) -> None:
    running.vitals("m10", present={"palpitations": 1})
    with pytest.raises(Refused) as refused:
        running.resume()
    assert codes(refused) == {"INF-34"}
    running.resume("Gone after two minutes of rest; ECG in sinus rhythm. Ishii Akari.")
    assert state(running) == InfusionState.RUNNING


@pytest.mark.parametrize(
    ("changes", "limit"),
    [
        ({"present": {"dyspnoea": 2}}, "symptom_dyspnoea"),
        ({"spo2_pct": Decimal("89")}, "spo2_pct"),
        ({"spo2_pct": Decimal("93")}, "spo2_pct"),  # five points below the baseline of 98
        ({"heart_rate": 102}, "pulse_per_min"),  # thirty above the baseline of 72
        ({"systolic": 88}, "systolic_mmhg"),
    ],
)
def test_what_ends_an_infusion_pauses_it_and_lets_nobody_resume(
    running: Story, changes: dict[str, object], limit: str
) -> None:
    running.vitals("m10", **changes)
    assert state(running) == InfusionState.PAUSED
    assert Deviation.objects.filter(batch=running.batch, limit=limit).exists()
    running.wait(minutes=2)
    running.vitals("extra")
    with pytest.raises(Refused) as refused:
        running.resume("It looks better now.")
    assert codes(refused) == {"INF-33"}
    running.stop("33", "Alarm. 64 mL destroyed.")
    assert state(running) == InfusionState.STOPPED


def test_an_alert_is_recorded_and_stops_nothing(running: Story) -> None:
    running.vitals("m10", spo2_pct=Decimal("95"))
    assert state(running) == InfusionState.RUNNING
    assert not Deviation.objects.filter(limit="spo2_pct").exists()


def test_an_alarm_that_goes_on_raises_one_deviation_and_a_graver_one_another(running: Story) -> None:
    running.vitals("m10", present={"dyspnoea": 1})
    running.wait(minutes=2)
    running.vitals("extra", present={"dyspnoea": 1})
    assert Deviation.objects.filter(limit="symptom_dyspnoea").count() == 1
    running.wait(minutes=2)
    running.vitals("extra", present={"dyspnoea": 3})
    assert set(Deviation.objects.filter(limit="symptom_dyspnoea").values_list("severity", flat=True)) == {
        "major",
        "critical",
    }


def test_blank_is_not_no_and_a_grade_is_one_that_ctcae_knows(running: Story) -> None:
    symptoms = [s.code for s in running.batch.mbr.process.symptoms]
    answers: dict[str, bool | None] = dict.fromkeys(symptoms, False)
    grades: dict[str, int | None] = dict.fromkeys(symptoms)
    answers |= {"cough": None, "palpitations": True, "headache": True, "chills": False}
    grades |= {"palpitations": 3, "chills": 1}
    with pytest.raises(Refused) as refused:
        running.vitals("m10", answers=answers, grades=grades)
    assert {(r.code, r.field) for r in refused.value.refusals} == {
        ("VIT-06", "symptom_cough"),
        ("VIT-08", "grade_palpitations"),
        ("VIT-07", "grade_headache"),
        ("VIT-09", "grade_chills"),
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [("spo2_pct", Decimal("101")), ("heart_rate", 0), ("diastolic", 130), ("temperature_c", Decimal("366"))],
)
@pytest.mark.clause("R26")
def test_a_number_that_cannot_be_true_is_refused_beside_its_field(running: Story, field: str, value: object) -> None:
    with pytest.raises(Refused) as refused:
        running.vitals("m10", **{field: value})
    assert [(r.code, r.field) for r in refused.value.refusals] == [("VIT-05", field)]


def test_a_reading_has_its_time_once_and_not_before_it(running: Story) -> None:
    with pytest.raises(Refused) as refused:
        running.vitals("m5")
    assert codes(refused) == {"VIT-02"}
    for scheduled in ("m20", "end", "baseline"):
        with pytest.raises(Refused) as refused:
            running.vitals(scheduled)
        assert codes(refused) == {"VIT-03"}
    with pytest.raises(Refused) as refused:
        running.vitals("noon")
    assert codes(refused) == {"VIT-01"}


def test_the_temperature_is_asked_for_where_it_is_due(running: Story) -> None:
    running.vitals("m10", temperature_c=None)
    running.wait(minutes=20)
    running.stop()
    with pytest.raises(Refused) as refused:
        running.vitals("end", temperature_c=None)
    assert [(r.code, r.field) for r in refused.value.refusals] == [("VIT-04", "temperature_c")]


def test_no_reading_comes_before_the_identity_check(released: Story) -> None:
    with pytest.raises(Refused) as refused:
        released.vitals("baseline")
    assert codes(refused) == {"INF-08"}
    assert not Vitals.objects.exists()
