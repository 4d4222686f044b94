"""The bedside, through its commands: nothing of another patient, nothing rejected or out of date, nothing unwatched."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from batches.commands.batches import end_batch
from batches.commands.infusions import start_infusion
from batches.commands.patients import withdraw_consent
from batches.models import Consent, Deviation, InfusionEvent
from batches.queries.infusions import figures_of, given_of
from batches.rules.figures import figure
from batches.rules.limits import Verdict
from batches.rules.states import DispositionState, InfusionState, Stage
from lims.ledger.models import Entry
from lims.refusals import Refused
from lims.signatures.meanings import Meaning
from lims.signatures.models import Signature
from lims.signatures.standing import standings
from tests.builders import Story
from tests.cast import performed, signed


def codes(raised: pytest.ExceptionInfo[Refused]) -> set[str]:
    return set(raised.value.codes)


def raised_in(story: Story) -> set[str]:
    return set(Deviation.objects.filter(batch=story.batch).values_list("limit", flat=True))


@pytest.fixture
def running(released: Story) -> Story:
    """An infusion five minutes on."""
    released.start()
    released.wait(minutes=5)
    return released


def test_two_clinicians_check_identity_and_both_signatures_hold(released: Story) -> None:
    infusion = released.check()
    given = Signature.objects.filter(subject_model="batches.Infusion", subject_pk=str(infusion.pk))
    assert {s.meaning for s in given} == {Meaning.PERFORMED, Meaning.WITNESSED}
    assert len({s.signer_id for s in given}) == 2
    assert all(s.is_valid for s in standings(given))


@pytest.mark.parametrize("field", ["scanned_patient", "scanned_coi"])
def test_a_code_of_somebody_else_stops_everything_and_leaves_a_critical_deviation(released: Story, field: str) -> None:
    with pytest.raises(Refused) as refused:
        released.check(**{field: "P-999"})
    assert codes(refused) == {"INF-20"}
    deviation = Deviation.objects.get(batch=released.batch, limit="identity")
    assert deviation.severity == "critical"
    assert "P-999" in deviation.description
    entry = Entry.objects.get(pk=deviation.act_id)
    assert (entry.name, entry.actor) == ("deviation:identity", None)


def test_after_a_mismatch_nobody_goes_on_before_qa_has_assessed_it(released: Story) -> None:
    with pytest.raises(Refused):
        released.check(scanned_coi="CI-260099-X")
    with pytest.raises(Refused) as refused:
        released.check()
    assert codes(refused) == {"INF-14"}
    released.assess(Deviation.objects.get(batch=released.batch, limit="identity"))
    assert released.check().state == InfusionState.CHECKED


@pytest.mark.clause("R24")
def test_a_product_that_is_not_released_or_rejected_is_not_infused(released: Story) -> None:
    story = Story(released.cast, at=released.at)
    story.fill()
    with pytest.raises(Refused) as refused:
        story.check()
    assert codes(refused) == {"INF-01"}
    story.reject()
    with pytest.raises(Refused) as refused:
        story.check()
    assert codes(refused) == {"INF-03"}
    assert story.fresh().disposition == DispositionState.REJECTED


def test_a_bag_that_expires_before_the_planned_end_is_not_checked(released: Story) -> None:
    left = released.batch.fill.expires_at - released.at
    released.wait(seconds=(left - timedelta(minutes=25)).total_seconds())
    with pytest.raises(Refused) as refused:
        released.check()
    assert codes(refused) == {"INF-24"}


def test_expiry_five_minutes_before_the_planned_end_refuses_the_start(released: Story) -> None:
    left = released.batch.fill.expires_at - released.at
    released.wait(seconds=(left - timedelta(minutes=32)).total_seconds())
    released.check()
    released.vitals("baseline")
    released.wait(minutes=7)
    with pytest.raises(Refused) as refused:
        released.start()
    assert codes(refused) == {"INF-24"}
    assert released.fresh().stage == Stage.FILLED


def test_a_consent_withdrawn_since_stops_check_and_start(released: Story) -> None:
    released.check()
    released.vitals("baseline")
    consent = Consent.objects.get(patient=released.patient, kind="treatment")
    with released.now():
        withdraw_consent(
            released.cast.clinician,
            patient=released.patient,
            consent=consent,
            withdrawn_on=released.at.date(),
            withdrawal_reason="The patient changed her mind.",
            signatures=performed(released.cast.clinician),
        )
    with pytest.raises(Refused) as refused:
        released.start()
    assert codes(refused) == {"INF-25"}


def test_what_is_not_in_order_at_the_bedside_is_told_all_at_once(released: Story) -> None:
    with pytest.raises(Refused) as refused:
        released.check(is_name_confirmed=False, is_bag_good=False, weight_kg=Decimal("6.2"), pump_code="EQ-BSC")
    assert codes(refused) >= {"INF-21", "INF-22", "INF-23"}
    assert not hasattr(released.fresh(), "infusion")


def test_a_batch_is_infused_once(released: Story) -> None:
    released.check()
    with pytest.raises(Refused) as refused:
        released.check()
    assert codes(refused) == {"INF-02"}


def test_it_does_not_start_without_fresh_baseline_vital_signs(released: Story) -> None:
    released.check()
    with released.now(), pytest.raises(Refused) as refused:
        start_infusion(released.cast.clinician, batch=released.batch, signatures=performed(released.cast.clinician))
    assert codes(refused) == {"INF-07"}
    released.vitals("baseline")
    released.wait(minutes=16)
    with pytest.raises(Refused) as refused:
        released.start()
    assert codes(refused) == {"INF-26"}
    released.vitals("baseline")
    assert released.start().kind == "start"


def test_it_does_not_start_on_a_baseline_beyond_an_action_limit(released: Story) -> None:
    released.check()
    released.vitals("baseline", spo2_pct=Decimal("88"))
    with pytest.raises(Refused) as refused:
        released.start()
    assert codes(refused) == {"INF-27"}


def test_start_pause_resume_and_stop_move_state_and_stage(running: Story) -> None:
    assert running.fresh().stage == Stage.INFUSING
    running.pause()
    assert running.fresh().infusion.state == InfusionState.PAUSED
    running.wait(minutes=4)
    running.resume()
    running.wait(minutes=25)
    event = running.stop()
    batch = running.fresh()
    assert (batch.stage, batch.infusion.state) == (Stage.INFUSED, InfusionState.STOPPED)
    given = given_of(batch.infusion, running.at)
    assert (given.course.flow_minutes, given.course.total_minutes) == (30, 34)
    assert given.viable_cells == given.bag.viable_per_ml * 97
    assert not raised_in(running) & {"infusion_minutes", "formulation_to_infusion_h", "cells_per_minute"}
    assert event.infused_ml == 97


@pytest.mark.clause("R24")
def test_each_turn_is_refused_out_of_its_state(running: Story) -> None:
    with pytest.raises(Refused) as refused:
        running.resume()
    assert codes(refused) == {"INF-11"}
    running.pause()
    with pytest.raises(Refused) as refused:
        running.pause()
    assert codes(refused) == {"INF-10"}
    running.stop("50", "The patient asked to end it. 47 mL destroyed, witnessed by the ward.")
    with pytest.raises(Refused) as refused:
        running.stop()
    assert codes(refused) == {"INF-12"}
    with pytest.raises(Refused) as refused:
        running.start()
    assert codes(refused) == {"INF-06"}


@pytest.mark.parametrize(("infused", "code"), [("97.001", "INF-30"), ("-1", "INF-30"), ("60", "INF-31")])
def test_the_volume_infused_is_held_against_the_bag(running: Story, infused: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        running.stop(infused)
    assert codes(refused) == {code}


def test_an_infusion_shorter_than_the_minimum_raises_a_deviation_by_its_time_of_flow(running: Story) -> None:
    running.pause()
    running.wait(minutes=20)
    running.resume()
    running.wait(minutes=12)
    event = running.stop()
    found = Deviation.objects.get(batch=running.batch, limit="infusion_minutes")
    assert found.act_id == event.act_id
    figures = figures_of(running.fresh().infusion, running.at)
    assert figure(figures, "flow_minutes").verdict is Verdict.ACTION
    assert figure(figures, "infusion_minutes").verdict is Verdict.WITHIN


def test_an_infusion_longer_than_the_maximum_raises_a_deviation_pauses_included(running: Story) -> None:
    running.pause()
    running.wait(minutes=40)
    running.resume()
    running.wait(minutes=20)
    running.stop()
    assert "infusion_minutes" in raised_in(running)


def test_more_cells_a_minute_than_allowed_raises_a_deviation(running: Story) -> None:
    running.wait(minutes=15.5)
    running.stop()
    assert "cells_per_minute" in raised_in(running)


def test_a_typed_minute_never_lies_before_the_event_it_follows(running: Story) -> None:
    running.wait(seconds=40)
    paused = running.pause()
    resumed = running.resume(done_at=running.at.replace(second=0, microsecond=0))
    assert resumed.done_at == paused.done_at
    with pytest.raises(Refused) as refused:
        running.pause(done_at=running.at - timedelta(minutes=3))
    assert codes(refused) == {"TIM-02"}


def test_the_list_shows_what_is_due_at_the_bedside(running: Story) -> None:
    batch = running.fresh()
    assert (batch.due_act, batch.due_at) == ("infusion:observe", running.at)
    running.vitals("m5")
    assert running.fresh().due_at == running.at + timedelta(minutes=5)


def test_a_whole_infusion_is_in_order_and_waits_for_its_follow_up(released: Story) -> None:
    before = raised_in(released)
    released.infuse()
    assert raised_in(released) == before
    assert released.fresh().due_act == "follow_up:record"
    with released.now(), pytest.raises(Refused) as refused:
        end_batch(
            released.cast.qa,
            batch=released.batch,
            reason="Done.",
            signatures=signed((Meaning.APPROVED, released.cast.qa)),
        )
    assert codes(refused) == {"BAT-08"}
    assert InfusionEvent.objects.filter(infusion__batch=released.batch).count() == 2
