"""The course of an infusion, its schedule of readings and its alarms, without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batches.rules.infusions import (
    Course,
    Happening,
    course,
    expiry_refusals,
    findings,
    identity_refusals,
    minutes,
    settled,
)
from batches.rules.limits import Verdict
from batches.rules.process import Process
from batches.rules.vitals import Observed, alarms, asked_now, due_time, new_alarms, schedule

AT = datetime(2026, 10, 28, 1, 0, tzinfo=UTC)
PLANNED = timedelta(minutes=30)


def after(**by: float) -> datetime:
    return AT + timedelta(**by)


def ended(*spans: float) -> Course:
    """An infusion that flowed and paused in turn for so many minutes each, beginning with flow."""
    kinds = ["start", *(["pause", "resume"] * len(spans))[: len(spans) - 1], "stop"]
    times = [AT]
    for span in spans:
        times.append(times[-1] + timedelta(minutes=span))
    return course([Happening(k, t) for k, t in zip(kinds, times, strict=True)], times[-1])


def test_before_the_start_nothing_has_flowed() -> None:
    none = course([], AT)
    assert (none.flow_minutes, none.total_minutes, none.is_flowing) == (0, 0, False)


def test_pauses_count_in_the_time_but_not_in_the_flow() -> None:
    done = ended(12, 4, 18)
    assert (done.flow_minutes, done.total_minutes) == (30, 34)
    assert [(p.began_at, p.ended_at) for p in done.pauses] == [(after(minutes=12), after(minutes=16))]


def test_an_infusion_stopped_in_its_pause_ends_that_pause() -> None:
    done = ended(12, 4)
    assert (done.flow_minutes, done.total_minutes) == (12, 16)
    assert done.pauses[0].ended_at == after(minutes=16)


def test_the_planned_end_moves_while_it_is_paused() -> None:
    events = [Happening("start", AT), Happening("pause", after(minutes=10))]
    assert course(events, after(minutes=15)).planned_end(PLANNED) == after(minutes=35)
    assert course(events, after(minutes=20)).planned_end(PLANNED) == after(minutes=40)


@given(st.lists(st.floats(0, 60), min_size=1, max_size=9))
def test_flow_and_pauses_make_up_the_whole_time(spans: list[float]) -> None:
    done = ended(*spans)
    paused = sum(((p.ended_at or AT) - p.began_at for p in done.pauses), timedelta())
    assert done.flowed + paused == done.lasted
    assert timedelta() <= done.flowed <= done.lasted


def test_minutes_are_exact() -> None:
    assert minutes(timedelta(minutes=19, seconds=59, microseconds=940_000)) == Decimal("19.999")


def test_a_code_matches_however_it_is_scanned_and_no_other_does() -> None:
    codes = {"patient_code": "P-017", "coi": "CI-260042-K"}
    assert not list(identity_refusals(scanned_patient="p017", scanned_coi="]C1CI260042K", **codes))
    swapped = list(identity_refusals(scanned_patient="CI-260042-K", scanned_coi="P-017", **codes))
    assert [(r.code, r.field) for r in swapped] == [("INF-20", "scanned_patient"), ("INF-20", "scanned_coi")]
    assert list(identity_refusals(scanned_patient="", scanned_coi="CI-260042-K", **codes))


def test_expiry_on_the_planned_end_is_in_time_and_a_second_before_is_not() -> None:
    assert not list(expiry_refusals(AT, AT))
    assert [r.code for r in expiry_refusals(AT - timedelta(seconds=1), AT)] == ["INF-24"]


def test_a_typed_minute_that_holds_the_event_before_means_after_it() -> None:
    assert settled(None, after(minutes=1)) == after(minutes=1)
    assert settled(AT, after(minutes=1), after=after(seconds=40)) == after(seconds=40)
    assert settled(AT, after(minutes=5), after=after(seconds=90)) == AT


@pytest.mark.parametrize(
    ("spans", "verdict"),
    [
        ((30,), Verdict.WITHIN),
        ((19,), Verdict.ACTION),
        ((12, 30, 7), Verdict.ACTION),  # 49 minutes in all, but 19 of flow
        ((30, 31), Verdict.ACTION),  # 30 of flow, but 61 in all
        ((20, 40), Verdict.WITHIN),
    ],
)
def test_too_short_is_judged_on_flow_and_too_long_on_the_whole(
    process: Process, spans: tuple[float, ...], verdict: Verdict
) -> None:
    found = findings(
        process, done=ended(*spans), formulated_at=after(hours=-2), infused_ml=Decimal(50), viable_per_ml=Decimal(10**6)
    )
    assert next(f for f in found if f.limit.key == "infusion_minutes").verdict is verdict


def test_readings_are_due_by_the_clock_and_late_after_two_minutes(process: Process) -> None:
    events = [Happening("start", AT)]

    def states(now: datetime, **taken: datetime) -> dict[str, str]:
        return {d.time.key: d.state for d in schedule(process, course(events, now), PLANNED, taken, now)}

    assert states(after(minutes=7))["m5"] == "later"
    assert states(after(minutes=7, seconds=1))["m5"] == "overdue"
    assert states(after(minutes=9), m5=after(minutes=6))["m5"] == "taken"
    assert states(after(minutes=9), m5=after(minutes=8))["m5"] == "late"
    assert states(after(minutes=9))["baseline"] == "left_out"


def test_what_was_due_after_an_early_end_is_left_out_and_the_end_moves(process: Process) -> None:
    done = course([Happening("start", AT), Happening("stop", after(minutes=12))], after(minutes=13))
    dues = {d.time.key: d for d in schedule(process, done, PLANNED, {}, after(minutes=13))}
    assert dues["m15"].state == "left_out"
    assert dues["m10"].state == "overdue"
    assert dues["e15"].due_at == after(minutes=27)
    assert [d.time.key for d in dues.values() if d.is_next] == ["end"]


def test_the_reading_asked_for_is_the_newest_that_is_due(process: Process) -> None:
    running = course([Happening("start", AT)], after(minutes=11))
    dues = schedule(process, running, PLANNED, {"m5": after(minutes=5)}, after(minutes=11))
    asked = asked_now(dues, after(minutes=11))
    assert asked is not None
    assert asked.time.key == "m10"
    early = asked_now(schedule(process, running, PLANNED, {}, after(minutes=1)), after(minutes=1))
    assert early is not None
    assert early.time.key == "m5"


def test_the_end_is_not_due_before_it_is_there(process: Process) -> None:
    running = course([Happening("start", AT)], after(minutes=50))
    end = next(t for t in process.vitals_schedule if t.key == "end")
    assert due_time(end, running, PLANNED) == after(minutes=50)


def seen(**changes: object) -> Observed:
    values = {"systolic_mmhg": 118, "pulse_per_min": 72, "respiration_per_min": 14, "spo2_pct": 98}
    present = changes.pop("present", {})
    at = {key: Decimal(str(value)) for key, value in (values | changes).items()}
    return Observed("m10", AT, at, present)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "stops"),
    [
        ({}, []),
        ({"spo2_pct": 94}, []),
        ({"spo2_pct": 93}, [True]),  # a fall of five points
        ({"pulse_per_min": 101}, []),
        ({"pulse_per_min": 102}, [True]),
        ({"systolic_mmhg": 148}, [True]),
        ({"respiration_per_min": 25}, [True]),
        ({"present": {"dyspnoea": 1}}, [False]),
        ({"present": {"dyspnoea": 2}}, [True]),
        ({"present": {"cough": 2}}, []),
        ({"present": {"headache": 3}}, [True]),
    ],
)
def test_each_value_and_symptom_pauses_or_ends_as_the_process_says(
    process: Process, changes: dict[str, object], stops: list[bool]
) -> None:
    assert [a.stops for a in alarms(process, seen(**changes), seen())] == stops


def test_an_alarm_is_new_once_and_again_when_it_is_graver(process: Process) -> None:
    mild = alarms(process, seen(present={"dyspnoea": 1}), seen())
    grave = alarms(process, seen(present={"dyspnoea": 3}), seen())
    assert new_alarms(mild, []) == mild
    assert new_alarms(mild, mild) == []
    assert new_alarms(grave, mild) == grave
