"""The decision about the product, through its commands."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from batches.commands.materials import decide_lot, set_service
from batches.commands.patients import withdraw_consent
from batches.commands.training import withdraw_training
from batches.models import Consent, Deviation, Disposition, Equipment, Lot, TestResult, TrainingRecord
from batches.queries.dispositions import is_valid
from batches.queries.exceptions import concerns
from batches.queries.facts import batch_facts
from batches.rules.sequence import refusals
from batches.rules.states import DispositionState, ResultState
from lims.refusals import Refused
from lims.signatures.models import Signature
from lims.signatures.standing import standings
from tests.builders import EQUIPMENT, LOTS, Story
from tests.builders_quality import MAY_WAIT
from tests.cast import approved, performed


@pytest.fixture
def infused(tested: Story) -> Story:
    """A product infused with its slow results pending."""
    tested.settle_deviations()
    tested.release_conditionally()
    tested.infuse()
    return tested


def against_infusion(story: Story) -> list[str]:
    """Why the product may not be infused at the time of the story."""
    with story.now():
        return [r.code for r in refusals("infusion:check_identity", batch_facts(story.fresh()))]


def test_a_product_whose_results_may_wait_is_released_conditionally(tested: Story) -> None:
    decision = tested.release_conditionally()
    assert tested.fresh().disposition == DispositionState.RELEASED_CONDITIONALLY
    assert set(decision.pending_tests) == set(MAY_WAIT)
    given = Signature.objects.filter(subject_model="batches.Disposition", subject_pk=str(decision.pk))
    assert [s.is_valid for s in standings(given)] == [True]
    assert is_valid(decision)


def test_final_release_waits_for_every_result(tested: Story) -> None:
    tested.release_conditionally()
    with pytest.raises(Refused) as refused:
        tested.release()
    assert set(refused.value.codes) == {"REL-02"}
    assert tested.fresh().disposition == DispositionState.RELEASED_CONDITIONALLY


def test_a_culture_read_on_the_day_of_sampling_stays_pending(tested: Story) -> None:
    for test in ("sterility_final", "mycoplasma_culture"):
        with pytest.raises(Refused) as refused:
            tested.result(test)
        assert refused.value.codes == ("RES-11",), test
    assert tested.batch.results.filter(state=ResultState.PENDING, test="sterility_final").exists()


def test_a_refused_release_writes_no_decision_and_tells_every_reason(tested: Story) -> None:
    deviation = tested.raise_deviation(severity="critical")
    with pytest.raises(Refused) as refused:
        tested.release_conditionally(grounds="ok", physician_informed="")
    assert set(refused.value.codes) == {"REL-04", "REL-15", "REL-16"}
    assert not Disposition.objects.filter(batch=tested.batch).exists()
    tested.assess(deviation)
    tested.close(deviation)
    tested.release_conditionally()


def test_checking_the_issue_makes_nobody_part_of_the_making(tested: Story) -> None:
    story = Story(tested.cast, at=tested.at)
    story.issue()
    story.reject(by=story.cast.second_qa, grounds="Consent withdrawn.")
    assert story.fresh().disposition == DispositionState.REJECTED


@pytest.mark.clause("11.10(f)", "A11-15")
def test_a_rejected_batch_can_never_be_infused(tested: Story) -> None:
    tested.reject(grounds="Growth in the sterility test of the shelf mate.")
    assert tested.fresh().disposition == DispositionState.REJECTED
    assert against_infusion(tested) == ["INF-03"]
    with pytest.raises(Refused) as refused:
        tested.release_conditionally()
    assert refused.value.codes == ("DIS-01",)


def test_a_result_that_fails_after_release_takes_its_force_from_the_release(tested: Story) -> None:
    decision = tested.release_conditionally()
    tested.result("sterility_final", choice="growth", comment="Turbid on day 3, Gram-positive cocci.")
    assert not is_valid(decision)
    assert against_infusion(tested) == ["INF-04"]
    raised = Deviation.objects.get(batch=tested.batch, source_model="batches.TestResult")
    assert raised.severity == Deviation.Severity.CRITICAL


def test_a_result_declared_invalid_after_release_takes_its_force_from_the_release(tested: Story) -> None:
    decision = tested.release_conditionally()
    tested.invalidate(TestResult.objects.get(batch=tested.batch, test="endotoxin"))
    assert not is_valid(decision)


def test_a_result_outside_the_specification_needs_a_comment_and_stops_release(tested: Story) -> None:
    endotoxin = TestResult.objects.get(batch=tested.batch, test="endotoxin")
    tested.invalidate(endotoxin)
    tested.retest(endotoxin)
    with pytest.raises(Refused) as refused:
        tested.result("endotoxin", number=Decimal("3.2"))
    assert refused.value.codes == ("RES-06",)
    tested.result("endotoxin", number=Decimal("3.2"), comment="Confirmed on the second cartridge.")
    with pytest.raises(Refused) as refused:
        tested.release_conditionally()
    assert set(refused.value.codes) == {"REL-03", "REL-04"}


def test_a_result_that_fails_after_infusion_is_late_and_wants_qa_within_a_day(infused: Story) -> None:
    infused.result("sterility_final", choice="growth", comment="Turbid on day 6, Gram-positive cocci.")
    batch = infused.fresh()
    assert batch.disposition == DispositionState.LATE_OOS
    assert (batch.due_act, batch.due_at) == ("deviation:assess", infused.at + timedelta(hours=24))
    raised = Deviation.objects.get(batch=batch, source_model="batches.TestResult")
    assert raised.severity == Deviation.Severity.CRITICAL
    with infused.now():
        assert concerns(batch)[0].word == "Out of specification after infusion"
    with pytest.raises(Refused) as refused:
        infused.release()
    assert refused.value.codes == ("DIS-02",)


def test_an_infused_product_is_certified_when_every_result_is_in(infused: Story) -> None:
    infused.settle_deviations()
    infused.wait(days=30)
    infused.results()
    infused.release()
    assert infused.fresh().disposition == DispositionState.RELEASED


def test_an_infused_product_is_not_rejected_any_more(infused: Story) -> None:
    with pytest.raises(Refused) as refused:
        infused.reject(grounds="Growth in the final sterility test.")
    assert refused.value.codes == ("REL-18",)


def test_a_lot_rejected_after_its_use_stops_release(tested: Story) -> None:
    with tested.now():
        lot = Lot.objects.get(code=LOTS["medium"])  # type: ignore[index]
        by = tested.cast.qa
        decide_lot(by, lot=lot, state=Lot.State.REJECTED, reason="Recalled for endotoxin.", signatures=approved(by))
    with pytest.raises(Refused) as refused:
        tested.release_conditionally()
    assert refused.value.codes == ("REL-13",)


def decide(story: Story, state: Lot.State, reason: str) -> None:
    """A decision about the medium the batch was fed with."""
    qa = story.cast.qa
    with story.now():
        lot = Lot.objects.get(code=LOTS[Lot.Kind.MEDIUM])
        decide_lot(qa, lot=lot, state=state, reason=reason, signatures=approved(qa))


def test_a_lot_put_back_into_quarantine_stops_release_until_it_is_released_again(tested: Story) -> None:
    decide(tested, Lot.State.QUARANTINE, "Complaint about another bag of it.")
    with pytest.raises(Refused) as refused:
        tested.release_conditionally()
    assert refused.value.codes == ("REL-13",)
    assert LOTS[Lot.Kind.MEDIUM] in refused.value.refusals[0].text
    decide(tested, Lot.State.RELEASED, "The complaint was about transport.")
    tested.release_conditionally()


def test_a_lot_recalled_after_the_release_keeps_the_product_from_the_patient(tested: Story) -> None:
    decision = tested.release_conditionally()
    decide(tested, Lot.State.REJECTED, "Recalled for endotoxin.")
    assert not is_valid(decision)
    assert "INF-04" in against_infusion(tested)


@pytest.mark.parametrize("kind", [Equipment.Kind.INCUBATOR, Equipment.Kind.BSC])
def test_equipment_out_of_service_since_its_use_waits_for_a_deviation_that_names_it(
    tested: Story, kind: Equipment.Kind
) -> None:
    item, by = Equipment.objects.get(code=EQUIPMENT[kind]), tested.cast.supervisor
    before = tested.raise_deviation(title=f"{item.code} smelled of burning", severity="minor")
    tested.assess(before)
    tested.close(before)
    tested.wait(minutes=5)
    with tested.now():
        set_service(by, equipment=item, is_in_service=False, reason="Ran 2 °C too warm.", signatures=approved(by))
    with pytest.raises(Refused) as refused:
        tested.release_conditionally()
    assert refused.value.codes == ("REL-24",), "a deviation of before says nothing of what was found since"
    other = tested.raise_deviation(title=f"{item.code}9 was out", severity="minor")
    tested.assess(other)
    tested.close(other)
    with pytest.raises(Refused) as refused:
        tested.release_conditionally()
    assert refused.value.codes == ("REL-24",), "another piece of equipment"
    found = tested.raise_deviation(title=f"{item.code} ran too warm", severity="major")
    with pytest.raises(Refused) as refused:
        tested.release_conditionally()
    assert set(refused.value.codes) == {"REL-04", "REL-24"}
    tested.assess(found)
    tested.close(found)
    tested.release_conditionally()


def test_training_withdrawn_from_a_performer_waits_for_a_deviation_that_names_them(tested: Story) -> None:
    qa, who = tested.cast.qa, tested.cast.technician
    record = TrainingRecord.objects.get(person=who)
    with tested.now():
        withdraw_training(qa, record=record, reason="Examined again and failed.", signatures=approved(qa))
    with pytest.raises(Refused) as refused:
        tested.release_conditionally()
    assert refused.value.codes == ("REL-25",)
    assert who.printed_name in refused.value.refusals[0].text
    found = tested.raise_deviation(title=f"Work of {who.printed_name}", severity="major", by=tested.cast.qa)
    tested.assess(found)
    tested.close(found)
    tested.release_conditionally()


def test_training_withdrawn_from_somebody_who_did_nothing_here_stops_nothing(tested: Story) -> None:
    qa = tested.cast.qa
    record = TrainingRecord.objects.get(person=tested.cast.second_clinician)
    with tested.now():
        withdraw_training(qa, record=record, reason="Left the clinic.", signatures=approved(qa))
    tested.release_conditionally()
    assert tested.fresh().disposition == DispositionState.RELEASED_CONDITIONALLY


def test_a_withdrawn_consent_stops_release(tested: Story) -> None:
    consent = Consent.objects.get(patient=tested.patient, kind=Consent.Kind.TREATMENT)
    with tested.now():
        withdraw_consent(
            tested.cast.clinician,
            patient=tested.patient,
            consent=consent,
            withdrawn_on=tested.at.date(),
            withdrawal_reason="The patient changed her mind.",
            signatures=performed(tested.cast.clinician),
        )
    with pytest.raises(Refused) as refused:
        tested.release_conditionally()
    assert refused.value.codes == ("REL-10",)
