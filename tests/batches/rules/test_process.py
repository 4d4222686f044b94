"""The installed process, and definitions that cannot be followed."""

import copy
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batches.rules.process import LIMIT_KEYS, Process, ProcessError
from batches.rules.specification import SamplingPoint
from batches.rules.synthetic_donors import VESSELS_BY_AREA


def problems_of(content) -> tuple[str, ...]:
    """What parsing complains of."""
    with pytest.raises(ProcessError) as caught:
        Process.parse(content)
    return caught.value.problems


def test_the_installed_process_aims_at_the_dose_of_the_study(process: Process):
    assert process.dose_target_cells == 100_000_000
    assert process.cells_needed_at_harvest == 115_000_000
    assert process.dose_range == (90_000_000, 120_000_000)
    assert process.infusion_minutes_planned == 30
    assert process.infusion_minutes_minimum == 20
    assert process.infusion_minutes_maximum == 60


def test_passages_and_doublings_end_where_the_culture_is_too_old(process: Process):
    assert process.passage_limit == 5
    assert process.cpdl_limit == 12


def test_every_limit_that_the_acts_ask_for_is_there(process: Process):
    assert set(LIMIT_KEYS) <= set(process.limits)
    assert all(limit.evidence in {"F", "M", "P"} and limit.source for limit in process.limits.values())


def test_all_eighteen_attributes_are_in_the_specification(process: Process):
    numbers = {row.number.rstrip("abcde") for row in process.specification}
    assert numbers == {str(number) for number in range(1, 19)}
    assert all(row.evidence in {"F", "M", "P"} and row.source for row in process.specification)


def test_only_slow_or_descriptive_tests_may_be_pending_at_conditional_release(process: Process):
    pending = {row.key for row in process.specification if row.pending_allowed}
    assert pending == {
        "sterility_final",
        "mycoplasma_culture",
        "karyotype",
        "potency",
        "trilineage",
        "residuals",
        "cd34",
    }


def test_rheumatoid_arthritis_excludes(process: Process):
    criterion = next(each for each in process.eligibility if each.text == "Rheumatoid arthritis")
    assert criterion.excludes("yes")
    assert not criterion.excludes("no")


def test_the_symptoms_asked_for_are_those_of_the_study_and_of_infusion_reactions(process: Process):
    symptoms = {symptom.code: symptom for symptom in process.symptoms}
    assert list(symptoms) == ["dyspnoea", "palpitations", "chest_pain", "cough", "urticaria", "chills", "headache"]
    assert symptoms["palpitations"].grades == (1, 2)
    assert symptoms["dyspnoea"].grades == (1, 2, 3, 4, 5)
    assert symptoms["dyspnoea"].pauses
    assert symptoms["palpitations"].pauses


def test_vital_signs_are_due_from_baseline_to_an_hour_after(process: Process):
    assert [(time.after, time.minutes) for time in process.vitals_schedule] == [
        ("before", 0),
        ("start", 5),
        ("start", 10),
        ("start", 15),
        ("start", 20),
        ("end", 0),
        ("end", 15),
        ("end", 30),
        ("end", 60),
    ]


@pytest.mark.parametrize(
    ("key", "value", "baseline", "verdict"),
    [
        ("spo2_pct", 98, 98, "within"),
        ("spo2_pct", 95, 98, "alert"),
        ("spo2_pct", 93, None, "alert"),
        ("spo2_pct", 93, 98, "action"),
        ("spo2_pct", 89, 90, "action"),
        ("pulse_per_min", 121, 110, "action"),
        ("pulse_per_min", 102, 72, "action"),
        ("systolic_mmhg", 89, 100, "action"),
        ("systolic_mmhg", 148, 118, "action"),
        ("temperature_c", "38.0", "37.5", "action"),
        ("temperature_c", "37.9", "37.5", "within"),
        ("respiration_per_min", 25, 20, "action"),
        ("diastolic_mmhg", 80, 70, "within"),
    ],
)
def test_a_vital_sign_is_judged_by_itself_and_by_its_change(process: Process, key, value, baseline, verdict):
    vital = next(vital for vital in process.vitals if vital.key == key)
    before = None if baseline is None else Decimal(baseline)
    assert vital.verdict(Decimal(value), before) == verdict


def test_four_months_is_the_window_that_counts(process: Process):
    primary = [window for window in process.follow_up if window.is_primary]
    assert [window.key for window in primary] == ["month4"]
    assert primary[0].contains(123)
    assert not primary[0].contains(101)


def test_every_vessel_of_the_synthetic_donors_exists_with_its_area(process: Process):
    for area, codes in VESSELS_BY_AREA.items():
        assert sum(process.vessel_kind(code).area_cm2 for code in codes) == area


def test_lookups_of_what_is_not_there(process: Process):
    with pytest.raises(KeyError):
        process.row("taste")
    with pytest.raises(KeyError):
        process.vessel_kind("bucket")
    assert process.meanings("no:act") == ()


def test_samples_and_signatures_are_found_by_point_and_act(process: Process):
    assert {kind.key for kind in process.samples_at(SamplingPoint.SPENT_MEDIUM)} == {"spent_medium_final"}
    assert process.meanings("passage:log") == ("performed", "witnessed")


def test_the_samples_of_the_final_harvest_fit_in_the_overage(process: Process):
    taken = sum(kind.cells for kind in process.samples_at(SamplingPoint.CELL_HARVEST))
    assert taken < process.cells_needed_at_harvest - process.dose_target_cells


def test_every_problem_is_named_at_once(content):
    content["dose"]["overage"] = 0.15
    content["dose"]["target_cells"] = 0
    del content["limits"]["viability_pct"]
    content["limits"]["seeding_density_per_cm2"]["alert_below"] = "9000"
    content["specification"][0]["comparison"] = "roughly"
    content["sampling_plan"][0]["rows"] = ["horoscope"]
    content["vessel_kinds"][1]["code"] = content["vessel_kinds"][0]["code"]
    found = "\n".join(problems_of(content))
    for expected in (
        'dose.overage must be written as text, "0.15"',
        "dose.target_cells must be above zero",
        "limits.viability_pct is missing",
        "limits.seeding_density_per_cm2 alert_below (9,000) is above target_low (3,000)",
        "specification[identity].comparison must be one of",
        "names the row horoscope",
        "vessel_kinds[T25].code is used twice",
        "specification[infectious_status] is answered by no sample",
    ):
        assert expected in found


@pytest.mark.parametrize(
    ("place", "key", "value", "problem"),
    [
        ("dose", "overage", "much", "is not a number"),
        ("dose", "overage", "Infinity", "is not a finite number"),
        ("dose", "overage", True, "needs a number"),
        ("infusion", "mix_every_minutes", "5", "needs a whole number"),
        ("product", "name", " ", "needs text"),
        ("product", "statements", "one", "needs a list of texts"),
    ],
)
def test_a_value_of_the_wrong_kind_is_named_with_its_place(content, place, key, value, problem):
    content[place][key] = value
    assert any(each.startswith(f"{place}.{key} {problem}") for each in problems_of(content))


def test_an_empty_definition_is_refused_and_not_crashed_on():
    assert problems_of({})


@pytest.mark.parametrize(
    ("key", "edge"),
    [("passage_number", "action_above"), ("cumulative_pdl", "action_above"), ("infusion_minutes", "action_below")],
)
def test_a_process_without_the_limits_that_stop_it_is_refused(content, key, edge):
    del content["limits"][key][edge]
    assert f"limits.{key} needs {edge}" in problems_of(content)


JUNK = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.lists(st.integers(), max_size=2))


@settings(max_examples=60)
@given(data=st.data())
def test_no_damaged_definition_ever_crashes_the_reader(content_once, data):
    content = copy.deepcopy(content_once)
    key = data.draw(st.sampled_from(sorted(content)))
    value = content[key]
    if isinstance(value, list):
        value[data.draw(st.integers(0, len(value) - 1))] = data.draw(JUNK)
    elif isinstance(value, dict):
        value[data.draw(st.sampled_from(sorted(value)))] = data.draw(JUNK)
    else:
        content[key] = data.draw(JUNK)
    try:
        Process.parse(content)
    except ProcessError as error:
        assert error.problems  # either outcome is right, a crash is not
