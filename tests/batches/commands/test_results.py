"""Test results through their commands."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from batches.commands.results import record_result
from batches.models import Deviation, TestResult
from batches.queries.specification import matrix
from batches.rules.results import Standing
from batches.rules.specification import Outcome
from batches.rules.states import ResultState
from lims.refusals import Refused
from lims.signatures.meanings import Meaning
from lims.signatures.models import Signature
from lims.signatures.standing import standings
from tests.builders import Story
from tests.cast import signed
from tests.superuser.lifting import unguarded


@pytest.fixture
def sampled(story: Story) -> Story:
    """A batch whose donor blood waits for its result."""
    story.issue()
    story.sample("donor_blood")
    return story


@pytest.mark.clause("R26")
def test_a_result_is_signed_by_its_analyst_and_a_second_one(sampled: Story) -> None:
    result = sampled.result("infectious_status")
    assert result.state == ResultState.FINAL
    given = Signature.objects.filter(subject_model="batches.TestResult", subject_pk=str(result.pk))
    assert {s.meaning for s in given} == {Meaning.PERFORMED, Meaning.CHECKED}
    assert all(s.is_valid for s in standings(given))


def test_an_analyst_does_not_check_the_own_result(sampled: Story) -> None:
    waiting = TestResult.objects.get(batch=sampled.batch)
    analyst = sampled.cast.analyst
    with sampled.now(), pytest.raises(Refused) as refused:
        record_result(
            analyst,
            batch=sampled.batch,
            result=waiting,
            choice="non-reactive",
            done_at=sampled.at,
            method_version="QC-1 v1",
            signatures=signed((Meaning.PERFORMED, analyst), (Meaning.CHECKED, analyst)),
        )
    assert refused.value.codes == ("SIG-03",)


@pytest.mark.clause("R40")
def test_a_final_result_is_never_overwritten(sampled: Story) -> None:
    result = sampled.result("infectious_status")
    with pytest.raises(Refused) as refused:
        sampled.result("infectious_status", result=result, choice="reactive")
    assert refused.value.codes == ("RES-01",)
    assert TestResult.objects.get(pk=result.pk).choice == "non-reactive"


@pytest.mark.clause("R40")
def test_the_database_refuses_a_second_result_without_a_link(sampled: Story) -> None:
    first = TestResult.objects.get(batch=sampled.batch)
    columns = {f.attname: getattr(first, f.attname) for f in TestResult._meta.concrete_fields if f.attname != "id"}
    with unguarded(), pytest.raises(IntegrityError, match="result_once_without_link|UNIQUE"), transaction.atomic():
        TestResult._base_manager.db_manager("default")._insert(  # type: ignore[attr-defined]
            [TestResult(**columns)],
            [f for f in TestResult._meta.concrete_fields if f.attname != "id"],
            using="default",
        )


@pytest.mark.clause("R40")
def test_an_invalid_result_stays_and_its_repeat_is_linked_to_it(sampled: Story) -> None:
    result = sampled.result("infectious_status")
    with pytest.raises(Refused) as refused:
        sampled.retest(result)
    assert refused.value.codes == ("RES-09",)
    sampled.invalidate(result)
    again = sampled.retest(result)
    assert again.retest_of_id == result.pk
    assert TestResult.objects.get(pk=result.pk).choice == "non-reactive"
    with pytest.raises(Refused) as refused:
        sampled.retest(result)
    assert refused.value.codes == ("RES-10",)


@pytest.mark.clause("R05")
def test_a_result_is_not_declared_invalid_without_a_reason(sampled: Story) -> None:
    result = sampled.result("infectious_status")
    with pytest.raises(Refused) as refused:
        sampled.invalidate(result, reason="bad")
    assert refused.value.codes == ("RES-08",)


def test_a_choice_that_the_test_does_not_have_is_refused(sampled: Story) -> None:
    with pytest.raises(Refused) as refused:
        sampled.result("infectious_status", choice="fine")
    assert "RES-04" in refused.value.codes


def test_the_matrix_tells_what_is_sampled_pending_and_final(sampled: Story) -> None:
    lines = {line.row.key: line for line in matrix(sampled.fresh())}
    assert lines["infectious_status"].standing is Standing.PENDING
    assert lines["sterility_final"].standing is Standing.NOT_SAMPLED
    assert lines["dose"].outcome is None
    sampled.result("infectious_status", choice="non-reactive")
    line = next(line for line in matrix(sampled.fresh()) if line.row.key == "infectious_status")
    assert (line.standing, line.outcome, line.text) == (Standing.FINAL, Outcome.REPORT_ONLY, "non-reactive")
    assert line.analyst == sampled.cast.analyst.printed_name
    assert line.checker == sampled.cast.second_analyst.printed_name


def test_the_endotoxin_limit_is_that_of_the_patient(story: Story) -> None:
    story.enrol(weight_kg=Decimal("50.0"))
    story.issue()
    line = next(line for line in matrix(story.fresh()) if line.row.key == "endotoxin")
    # 5 EU/kg/h × 50 kg / 100 mL, all of it within the hour
    assert line.limit == "≤\u00a02.50\u00a0EU/mL for 50.0\u00a0kg, weighed 28\u00a0Sep\u00a02026"


def test_a_newer_weight_moves_the_limit_the_result_is_held_against_and_says_so(sampled: Story) -> None:
    """Acceptance scenario 9."""
    sampled.wait(days=3).weigh("24.0")
    line = next(line for line in matrix(sampled.fresh()) if line.row.key == "endotoxin")
    date = f"{sampled.at:%-d %b %Y}".replace(" ", "\u00a0")
    assert line.limit == f"≤\u00a01.20\u00a0EU/mL for 24.0\u00a0kg, weighed {date}"


def test_no_deviation_is_raised_by_a_result_within_its_limits(sampled: Story) -> None:
    sampled.result("infectious_status")
    assert not Deviation.objects.filter(batch=sampled.batch).exists()
