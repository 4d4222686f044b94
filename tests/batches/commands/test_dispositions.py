"""The decision about the product, through its commands."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from batches.commands.materials import decide_lot
from batches.commands.patients import withdraw_consent
from batches.models import Consent, Deviation, Disposition, Lot, TestResult
from batches.queries.dispositions import is_valid
from batches.queries.exceptions import concerns
from batches.queries.facts import batch_facts
from batches.rules.sequence import refusals
from batches.rules.states import DispositionState, ResultState
from lims.refusals import Refused
from lims.signatures.models import Signature
from lims.signatures.standing import standings
from tests.builders import LOTS, Story
from tests.builders_quality import MAY_WAIT
from tests.cast import approved, performed


@pytest.fixture
def filled(story: Story) -> Story:
    """A filled product, sampled, with every result in that must be."""
    story.tested()
    return story


def against_infusion(story: Story) -> list[str]:
    """Why the product may not be infused at the time of the story."""
    with story.now():
        return [r.code for r in refusals("infusion:check_identity", batch_facts(story.fresh()))]


def test_a_product_whose_results_may_wait_is_released_conditionally(filled: Story) -> None:
    decision = filled.release_conditionally()
    assert filled.fresh().disposition == DispositionState.RELEASED_CONDITIONALLY
    assert set(decision.pending_tests) == set(MAY_WAIT)
    given = Signature.objects.filter(subject_model="batches.Disposition", subject_pk=str(decision.pk))
    assert [s.is_valid for s in standings(given)] == [True]
    assert is_valid(decision)


def test_final_release_waits_for_every_result(filled: Story) -> None:
    filled.release_conditionally()
    with pytest.raises(Refused) as refused:
        filled.release()
    assert set(refused.value.codes) == {"REL-02"}
    assert filled.fresh().disposition == DispositionState.RELEASED_CONDITIONALLY


def test_a_culture_read_on_the_day_of_sampling_stays_pending(filled: Story) -> None:
    for test in ("sterility_final", "mycoplasma_culture"):
        with pytest.raises(Refused) as refused:
            filled.result(test)
        assert refused.value.codes == ("RES-11",), test
    assert filled.batch.results.filter(state=ResultState.PENDING, test="sterility_final").exists()


def test_a_refused_release_writes_no_decision_and_tells_every_reason(filled: Story) -> None:
    deviation = filled.raise_deviation(severity="critical")
    with pytest.raises(Refused) as refused:
        filled.release_conditionally(grounds="ok", physician_informed="")
    assert set(refused.value.codes) == {"REL-04", "REL-15", "REL-16"}
    assert not Disposition.objects.filter(batch=filled.batch).exists()
    filled.assess(deviation)
    filled.close(deviation)
    filled.release_conditionally()


def test_checking_the_issue_makes_nobody_part_of_the_making(story: Story) -> None:
    story.issue()
    story.reject(by=story.cast.second_qa, grounds="Consent withdrawn.")
    assert story.fresh().disposition == DispositionState.REJECTED


@pytest.mark.clause("11.10(f)", "A11-15")
def test_a_rejected_batch_can_never_be_infused(filled: Story) -> None:
    filled.reject(grounds="Growth in the sterility test of the shelf mate.")
    assert filled.fresh().disposition == DispositionState.REJECTED
    assert against_infusion(filled) == ["INF-03"]
    with pytest.raises(Refused) as refused:
        filled.release_conditionally()
    assert refused.value.codes == ("DIS-01",)


def test_a_result_that_fails_after_release_takes_its_force_from_the_release(filled: Story) -> None:
    decision = filled.release_conditionally()
    filled.result("sterility_final", choice="growth", comment="Turbid on day 3, Gram-positive cocci.")
    assert not is_valid(decision)
    assert against_infusion(filled) == ["INF-04"]
    raised = Deviation.objects.get(batch=filled.batch, source_model="batches.TestResult")
    assert raised.severity == Deviation.Severity.CRITICAL


def test_a_result_declared_invalid_after_release_takes_its_force_from_the_release(filled: Story) -> None:
    decision = filled.release_conditionally()
    filled.invalidate(TestResult.objects.get(batch=filled.batch, test="endotoxin"))
    assert not is_valid(decision)


def test_a_result_outside_the_specification_needs_a_comment_and_stops_release(filled: Story) -> None:
    endotoxin = TestResult.objects.get(batch=filled.batch, test="endotoxin")
    filled.invalidate(endotoxin)
    filled.retest(endotoxin)
    with pytest.raises(Refused) as refused:
        filled.result("endotoxin", number=Decimal("3.2"))
    assert refused.value.codes == ("RES-06",)
    filled.result("endotoxin", number=Decimal("3.2"), comment="Confirmed on the second cartridge.")
    with pytest.raises(Refused) as refused:
        filled.release_conditionally()
    assert set(refused.value.codes) == {"REL-03", "REL-04"}


def test_a_result_that_fails_after_infusion_is_late_and_wants_qa_within_a_day(story: Story) -> None:
    story.infuse()
    story.result("sterility_final", choice="growth", comment="Turbid on day 6, Gram-positive cocci.")
    batch = story.fresh()
    assert batch.disposition == DispositionState.LATE_OOS
    assert (batch.due_act, batch.due_at) == ("deviation:assess", story.at + timedelta(hours=24))
    raised = Deviation.objects.get(batch=batch, source_model="batches.TestResult")
    assert raised.severity == Deviation.Severity.CRITICAL
    with story.now():
        assert concerns(batch)[0].word == "Out of specification after infusion"
    with pytest.raises(Refused) as refused:
        story.release()
    assert refused.value.codes == ("DIS-02",)


def test_an_infused_product_is_certified_when_every_result_is_in(story: Story) -> None:
    story.infuse()
    story.settle_deviations()
    story.wait(days=30)
    story.results()
    story.release()
    assert story.fresh().disposition == DispositionState.RELEASED


def test_an_infused_product_is_not_rejected_any_more(story: Story) -> None:
    story.infuse()
    with pytest.raises(Refused) as refused:
        story.reject(grounds="Growth in the final sterility test.")
    assert refused.value.codes == ("REL-18",)


def test_a_lot_rejected_after_its_use_stops_release(filled: Story) -> None:
    with filled.now():
        lot = Lot.objects.get(code=LOTS["medium"])  # type: ignore[index]
        by = filled.cast.qa
        decide_lot(by, lot=lot, state=Lot.State.REJECTED, reason="Recalled for endotoxin.", signatures=approved(by))
    with pytest.raises(Refused) as refused:
        filled.release_conditionally()
    assert refused.value.codes == ("REL-13",)


def test_a_withdrawn_consent_stops_release(filled: Story) -> None:
    consent = Consent.objects.get(patient=filled.patient, kind=Consent.Kind.TREATMENT)
    with filled.now():
        withdraw_consent(
            filled.cast.clinician,
            patient=filled.patient,
            consent=consent,
            withdrawn_on=filled.at.date(),
            withdrawal_reason="The patient changed her mind.",
            signatures=performed(filled.cast.clinician),
        )
    with pytest.raises(Refused) as refused:
        filled.release_conditionally()
    assert refused.value.codes == ("REL-10",)
