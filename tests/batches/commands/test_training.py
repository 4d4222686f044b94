"""Training, through its commands, and that every act in a batch asks for it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from batches.commands.process import install_master_batch_record, installed_content
from batches.commands.training import record_training, withdraw_training
from batches.models import MasterBatchRecord, Observation, TrainingRecord
from batches.record.contents import compose
from batches.record.facts import gather
from batches.record.writers.json import dumps
from lims import clock
from lims.accounts.models import User
from lims.ledger.models import Entry
from lims.refusals import Refused
from lims.signatures.meanings import Meaning
from tests.builders import Story
from tests.cast import PASSWORD, Cast, signed, train


def withdraw(story: Story, person: User) -> TrainingRecord:
    """A person's training withdrawn, at the time of the story."""
    record = TrainingRecord.objects.get(person=person, withdrawn_at=None)
    approver = story.cast.qa if person != story.cast.qa else story.cast.supervisor
    with story.now():
        return withdraw_training(
            approver, record=record, reason="Failed the yearly test.", signatures=signed((Meaning.APPROVED, approver))
        )


def retrain(story: Story, person: User, **changes: Any) -> None:
    """A person trained at the time of the story."""
    given: dict[str, Any] = {"mbr": story.cast.mbr, "trained_on": story.at.date(), "trainer": story.cast.supervisor}
    with story.now():
        record_training(
            story.cast.qa,
            people=[person],
            signatures=signed((Meaning.APPROVED, story.cast.qa)),
            **(given | changes),
        )


@pytest.mark.clause("11.10(i)", "A11-2", "R27")
def test_nobody_acts_in_a_batch_without_training_for_its_version(story: Story) -> None:
    story.isolate()
    story.wait(hours=1)
    withdraw(story, story.cast.technician)
    with pytest.raises(Refused) as refused:
        story.observe()
    assert refused.value.codes == ("TRN-01",)
    assert "Aoki Ren is not trained for MBR-01 v1." in str(refused.value)
    assert not Observation.objects.exists()
    assert Entry.objects.filter(stream=story.batch.stream, is_refused=True, name="culture:observe").count() == 1
    retrain(story, story.cast.technician)
    story.observe()


@pytest.mark.clause("11.10(i)", "R27")
def test_a_second_person_is_trained_too_and_told_beside_their_name(story: Story) -> None:
    story.harvest()
    withdraw(story, story.cast.second_technician)
    with pytest.raises(Refused) as refused:
        story.receive()
    assert [(r.code, r.field) for r in refused.value.refusals] == [("TRN-01", "witnessed-username")]


def test_everybody_who_lacks_training_is_told_at_once(story: Story) -> None:
    story.harvest()
    withdraw(story, story.cast.technician)
    withdraw(story, story.cast.second_technician)
    with pytest.raises(Refused) as refused:
        story.receive()
    assert refused.value.codes == ("TRN-01", "TRN-01")


@pytest.mark.clause("R27")
def test_a_training_that_ran_out_covers_its_last_day_and_no_other(story: Story) -> None:
    story.isolate()
    withdraw(story, story.cast.technician)
    retrain(story, story.cast.technician, valid_until=story.at.date() + timedelta(days=2))
    story.wait(days=2)
    story.observe()
    story.wait(days=1)
    with pytest.raises(Refused) as refused:
        story.observe()
    assert refused.value.codes == ("TRN-02",)


@pytest.mark.clause("R27", "R36")
def test_issuing_a_batch_asks_for_training_for_the_version_it_is_pinned_to(story: Story) -> None:
    story.enrol()
    v2 = install_master_batch_record(None, content=installed_content(), code="MBR-01", version=2)
    with pytest.raises(Refused) as refused:
        story.issue()
    assert refused.value.codes == ("TRN-01", "TRN-01")
    train(story.cast, v2)
    assert story.issue().mbr == v2


@pytest.mark.clause("11.10(k)")
def test_training_for_one_version_says_nothing_about_another(story: Story) -> None:
    story.harvest()
    install_master_batch_record(None, content=installed_content(), code="MBR-01", version=2)
    assert story.receive()


def test_what_the_system_does_needs_no_training_and_a_deviation_is_raised_without(story: Story) -> None:
    story.issue()
    withdraw(story, story.cast.technician)
    assert story.raise_deviation()


def test_nobody_approves_their_own_training_and_a_refusal_writes_nothing(cast: Cast) -> None:
    before = TrainingRecord.objects.count()
    with pytest.raises(Refused) as refused:
        record_training(
            cast.qa,
            people=[cast.technician, cast.qa],
            mbr=cast.mbr,
            trained_on=date(2026, 1, 5),
            trainer=cast.technician,
            signatures=signed((Meaning.APPROVED, cast.qa)),
        )
    assert set(refused.value.codes) == {"TRN-03", "TRN-06"}
    assert TrainingRecord.objects.count() == before


def test_a_technician_does_not_record_training(cast: Cast) -> None:
    with pytest.raises(Refused) as refused:
        record_training(
            cast.technician,
            people=[cast.second_technician],
            mbr=cast.mbr,
            trained_on=date(2026, 1, 5),
            trainer=cast.qa,
            signatures=signed((Meaning.APPROVED, cast.technician)),
        )
    assert refused.value.codes == ("PERM-01",)


def test_the_record_tells_the_training_that_covered_each_person_and_no_later_one(story: Story) -> None:
    story.harvest()
    story.receive()
    told = dumps(compose(gather(story.fresh())))
    assert "Training for MBR-01 v1" in told
    assert "2020-01-06" in told
    assert "none recorded" not in told
    story.wait(hours=1)
    retrain(story, story.cast.technician)
    withdraw(story, story.cast.second_technician)
    assert dumps(compose(gather(story.fresh()))) == told


def test_the_batch_page_says_that_a_person_is_not_trained(client: Client, story: Story) -> None:
    story.at = clock.now() - timedelta(hours=3)
    story.harvest()
    withdraw(story, story.cast.technician)
    client.force_login(story.cast.technician)
    text = client.get(reverse("batch", args=[story.batch.number])).content.decode()
    assert "Aoki Ren is not trained for MBR-01 v1." in text
    assert "TRN-01" in text
    assert client.get(reverse("receipt", args=[story.batch.number])).status_code == 409


def test_training_is_recorded_and_withdrawn_on_its_pages(client: Client, cast: Cast) -> None:
    client.force_login(cast.qa)
    address = reverse("record-training")
    sent = {
        "mbr": str(cast.mbr.pk),
        "trained_on": "2026-02-03",
        "valid_until": "2026-02-02",
        "trainer": str(cast.supervisor.pk),
        "people": [str(cast.technician.pk), str(cast.second_technician.pk)],
        "approved-username": cast.qa.username,
        "approved-password": PASSWORD,
    }
    answer = client.post(address, sent)
    assert answer.status_code == 422
    assert "TRN-05" in answer.content.decode()
    assert client.post(address, sent | {"valid_until": "2099-02-02"}).status_code == 302
    made = TrainingRecord.objects.get(person=cast.technician, trained_on="2026-02-03")
    text = client.get(reverse("training-person", args=[cast.technician.username])).content.decode()
    assert "approved by Hayashi Sora" in text
    away = reverse("withdraw-training", args=[made.pk])
    assert client.post(away, {"reason": "Wrong person", "approved-password": PASSWORD}).status_code == 302
    made.refresh_from_db()
    assert made.withdrawn_at is not None
    again = client.post(away, {"reason": "Wrong person", "approved-password": PASSWORD})
    assert "TRN-09" in again.content.decode()


def test_the_page_of_training_tells_who_is_not_trained_and_what_runs_out(client: Client, cast: Cast) -> None:
    for person, until in ((cast.technician, 20), (cast.analyst, -1)):
        record = TrainingRecord.objects.get(person=person)
        withdraw_training(
            cast.qa, record=record, reason="To be renewed.", signatures=signed((Meaning.APPROVED, cast.qa))
        )
        record_training(
            cast.qa,
            people=[person],
            mbr=cast.mbr,
            trained_on=date(2026, 1, 5),
            valid_until=clock.now().date() + timedelta(days=until),
            trainer=cast.supervisor,
            signatures=signed((Meaning.APPROVED, cast.qa)),
        )
    withdrawn = TrainingRecord.objects.get(person=cast.clinician)
    withdraw_training(
        cast.qa, record=withdrawn, reason="Has left the ward.", signatures=signed((Meaning.APPROVED, cast.qa))
    )
    client.force_login(cast.supervisor)
    text = client.get(reverse("training")).content.decode()
    assert "2 people not trained" in text
    assert "1 running out within 30 days" in text
    assert cast.administrator.printed_name not in text
    assert MasterBatchRecord.objects.count() == 1
