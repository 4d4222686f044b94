"""The harvest and its receipt, through their commands."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from batches.commands.patients import record_consent, withdraw_consent
from batches.models import Deviation
from batches.rules.states import Stage
from lims.ledger.models import Entry
from lims.refusals import Refused
from lims.signatures.models import Signature
from lims.signatures.standing import standings
from tests.builders import Story
from tests.cast import performed


def test_a_harvest_is_signed_sealed_and_moves_the_batch_on(story: Story) -> None:
    harvest = story.harvest()
    assert story.fresh().stage == Stage.HARVESTED
    signatures = Signature.objects.filter(subject_model="batches.Harvest", subject_pk=str(harvest.pk))
    assert [s.is_valid for s in standings(signatures)] == [True]
    assert Entry.objects.filter(stream=story.batch.number, name="harvest:log", is_refused=False).count() == 1


def test_too_little_fat_raises_a_deviation_in_the_same_act(story: Story) -> None:
    harvest = story.harvest(volume_ml=Decimal("0.4"))
    raised = Deviation.objects.get(batch=story.batch)
    assert raised.limit == "harvest_volume_ml"
    assert raised.act_id == harvest.act_id


@pytest.mark.clause("R24")
def test_a_second_harvest_is_refused_and_told_in_the_ledger(story: Story) -> None:
    story.harvest()
    with pytest.raises(Refused) as refused:
        story.harvest()
    assert refused.value.codes == ("HAR-01",)
    assert Entry.objects.filter(stream=story.batch.number, name="harvest:log", is_refused=True).count() == 1


def test_a_patient_who_withdrew_consent_is_not_harvested(story: Story) -> None:
    story.issue()
    with story.now():
        withdraw_consent(
            story.cast.clinician,
            patient=story.patient,
            consent=story.patient.consents.get(kind="tissue_donation"),
            withdrawn_on=story.at.date(),
            withdrawal_reason="Changed their mind.",
            signatures=performed(story.cast.clinician),
        )
    with pytest.raises(Refused) as refused:
        story.harvest()
    assert refused.value.codes == ("HAR-03",)
    assert story.fresh().stage == Stage.ISSUED


def test_tissue_is_not_taken_the_day_before_its_consent_was_signed(story: Story) -> None:
    story.issue()
    before = story.at - timedelta(hours=11)
    with pytest.raises(Refused) as refused:
        story.harvest(started_at=before, done_at=before, late_reason="Noted on paper.")
    assert refused.value.codes == ("HAR-04", "HAR-04")
    assert "was signed on 28 Sep 2026" in refused.value.refusals[0].text
    assert story.fresh().stage == Stage.ISSUED


def test_a_newer_form_signed_after_the_harvest_does_not_hide_the_one_signed_before(story: Story) -> None:
    story.issue()
    harvested = story.at
    story.wait(days=1)
    with story.now():
        record_consent(
            story.cast.clinician,
            patient=story.patient,
            kind="tissue_donation",
            form_version="2.2",
            signed_on=story.at.date(),
            signatures=performed(story.cast.clinician),
        )
    assert story.harvest(started_at=harvested, done_at=harvested, late_reason="Noted on paper.").pk


def test_a_harvest_in_the_future_and_one_that_ends_before_it_began_are_refused_together(story: Story) -> None:
    story.issue()
    with pytest.raises(Refused) as refused:
        story.harvest(
            started_at=story.at + timedelta(hours=5), done_at=story.at + timedelta(hours=4), volume_ml=Decimal(0)
        )
    assert {"HAR-02", "TIM-01", "TIM-02"} <= set(refused.value.codes)
    assert story.fresh().stage == Stage.ISSUED


@pytest.mark.parametrize(
    ("field", "code"), [("scanned_coi", "REC-02"), ("scanned_patient", "REC-03"), ("scanned_container", "REC-04")]
)
def test_tissue_of_somebody_else_is_not_received(story: Story, field: str, code: str) -> None:
    story.harvest()
    with pytest.raises(Refused) as refused:
        story.receive(**{field: "P-999"})
    assert code in refused.value.codes
    assert story.fresh().stage == Stage.HARVESTED


def test_warm_transport_needs_a_comment_and_raises_a_deviation(story: Story) -> None:
    story.harvest()
    with pytest.raises(Refused) as refused:
        story.receive(temperature_max_c=Decimal("31.0"))
    assert refused.value.codes == ("ALR-01",)
    story.receive(temperature_max_c=Decimal("31.0"), comment="Cool box failed in the car.")
    assert "transport_temp_c" in set(Deviation.objects.filter(batch=story.batch).values_list("limit", flat=True))
