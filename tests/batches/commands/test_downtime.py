"""Downtime forms through their commands: issued, transcribed, voided, and none forgotten at release."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from batches.models import DowntimeForm
from batches.queries.release import release_facts
from batches.record.downtime import together
from batches.rules.downtime import FormStep
from batches.rules.release import blockers
from batches.rules.states import DispositionState, FormState
from lims.commands import head_seq
from lims.files import path_of
from lims.ledger.models import SITE_STREAM, Entry
from lims.ledger.verify import verify
from lims.refusals import Refused
from lims.signatures.meanings import Meaning
from tests.builders import Story
from tests.builders_downtime import LATE, entered, issued, transcribed, voided
from tests.cast import signed


def refused(story: Story, form: DowntimeForm, **changes: object) -> tuple[str, ...]:
    with pytest.raises(Refused) as caught:
        transcribed(story, form, **changes)
    return caught.value.codes


def test_each_form_of_a_pad_has_a_number_and_a_file_of_its_own(story: Story) -> None:
    story.issue()
    first, second, third = issued(story, number=3)
    assert [f.number for f in (first, second, third)] == ["F-000001", "F-000002", "F-000003"]
    assert {f.pad for f in (first, second, third)} == {"F-000001"}
    files = [path_of(f.sha256).read_bytes() for f in (first, second, third)]
    assert len(set(files)) == 3
    for form, content in zip((first, second, third), files, strict=True):
        assert hashlib.sha256(content).hexdigest() == form.sha256


def test_a_number_is_not_given_again_after_a_form_is_voided(story: Story) -> None:
    story.issue()
    (form,) = issued(story)
    voided(story, form)
    assert [f.number for f in issued(story)] == ["F-000002"]


def test_a_form_for_a_batch_is_told_in_the_batch_and_a_blank_one_at_the_site(story: Story) -> None:
    story.issue()
    batch_before, site_before = head_seq(story.batch.stream), head_seq(SITE_STREAM)
    issued(story)
    assert (head_seq(story.batch.stream), head_seq(SITE_STREAM)) == (batch_before + 1, site_before)
    issued(story, batch=None)
    assert (head_seq(story.batch.stream), head_seq(SITE_STREAM)) == (batch_before + 1, site_before + 1)


@pytest.mark.parametrize("number", [0, 21])
def test_it_refuses_none_and_more_than_a_pad(story: Story, number: int) -> None:
    story.issue()
    with pytest.raises(Refused) as caught:
        issued(story, number=number)
    assert caught.value.codes == ("FRM-01",)
    assert not DowntimeForm.objects.exists()


def test_a_technician_issues_no_form_and_voids_none(story: Story) -> None:
    story.issue()
    (form,) = issued(story)
    with pytest.raises(Refused) as caught:
        issued(story, by=story.cast.technician)
    assert caught.value.codes == ("PERM-01",)
    with pytest.raises(Refused) as caught:
        voided(story, form, by=story.cast.technician)
    assert caught.value.codes == ("PERM-01",)


@pytest.mark.clause("R42")
def test_a_form_is_transcribed_by_the_act_that_was_entered_from_it(story: Story) -> None:
    story.isolate()
    (form,) = issued(story)
    seen = entered(story)
    made = transcribed(story, form)
    form.refresh_from_db()
    assert form.state == FormState.TRANSCRIBED
    assert [a.recorded_in_id for a in made.acts.all()] == [seen.act_id]
    assert seen.late_reason == LATE
    scan = made.attachments.get()
    assert (scan.content_type, scan.batch) == ("application/pdf", story.batch)
    signed_by = list(made.act.signatures.order_by("position").values_list("meaning", "signer__username"))
    assert sorted(signed_by) == [("checked", "tanabe.m"), ("transcribed", "aoki.r")]


@pytest.mark.clause("R42")
def test_the_person_who_transcribed_does_not_check(story: Story) -> None:
    story.isolate()
    (form,) = issued(story)
    entered(story)
    alone = signed((Meaning.TRANSCRIBED, story.cast.technician), (Meaning.CHECKED, story.cast.technician))
    assert refused(story, form, signatures=alone)
    form.refresh_from_db()
    assert form.state == FormState.ISSUED


def test_it_refuses_a_transcription_without_act_or_sheet(story: Story) -> None:
    story.isolate()
    (form,) = issued(story)
    assert refused(story, form, scan=None) == ("FRM-05", "FRM-07")


def test_it_refuses_an_act_from_before_the_form_and_one_of_another_step(story: Story) -> None:
    story.isolate()
    before = story.observe("40")
    isolation = story.batch.isolation
    story.wait(hours=1)
    (form,) = issued(story)
    assert refused(story, form, acts=[before.act_id]) == ("FRM-06",)
    assert refused(story, form, acts=[isolation.act_id]) == ("FRM-06",)


@pytest.mark.clause("R42")
def test_it_refuses_an_act_that_was_done_before_there_was_the_form(story: Story) -> None:
    story.isolate()
    story.wait(hours=3)
    (form,) = issued(story)
    story.wait(hours=1)
    seen = story.observe("50", done_at=form.issued_at - timedelta(hours=2), late_reason=LATE)
    assert refused(story, form, acts=[seen.act_id]) == ("FRM-11",)
    form.refresh_from_db()
    assert form.state == FormState.ISSUED


def test_an_act_of_the_minute_in_which_the_form_was_issued_is_not_before_it(story: Story) -> None:
    story.isolate()
    story.wait(hours=3)
    story.at = story.at.replace(second=40)
    (form,) = issued(story)
    story.wait(hours=3)
    seen = story.observe("50", done_at=form.issued_at.replace(second=0), late_reason=LATE)
    transcribed(story, form, acts=[seen.act_id])
    form.refresh_from_db()
    assert form.state == FormState.TRANSCRIBED


@pytest.mark.parametrize("blank", ["its own", "another one", "the pad"])
def test_the_file_of_an_empty_form_is_no_scanned_sheet(story: Story, blank: str) -> None:
    story.isolate()
    form, other = issued(story, number=2)
    entered(story)
    content = {
        "its own": path_of(form.sha256).read_bytes(),
        "another one": path_of(other.sha256).read_bytes(),
        "the pad": together(path_of(each.sha256).read_bytes() for each in (form, other)),
    }[blank]
    with pytest.raises(Refused) as caught:
        transcribed(story, form, scan=SimpleUploadedFile("sheet.pdf", content))
    assert [(r.code, r.field) for r in caught.value.refusals] == [("FRM-12", "scan")]
    form.refresh_from_db()
    assert form.state == FormState.ISSUED


def test_an_act_is_entered_from_one_form_only(story: Story) -> None:
    story.isolate()
    first, second = issued(story, number=2)
    seen = entered(story)
    transcribed(story, first)
    assert refused(story, second, acts=[seen.act_id]) == ("FRM-06",)


def test_it_refuses_a_form_of_another_batch(story: Story) -> None:
    story.isolate()
    (form,) = issued(story)
    other = Story(story.cast, at=story.at)
    other.isolate()
    entered(other)
    assert "FRM-04" in refused(other, form)


def test_a_blank_form_belongs_to_the_batch_it_is_transcribed_into(story: Story) -> None:
    story.isolate()
    (form,) = issued(story, batch=None)
    entered(story)
    made = transcribed(story, form)
    assert (made.batch, made.form.batch) == (story.batch, None)
    assert not verify().findings


def test_what_is_transcribed_is_not_voided_and_what_is_void_is_not_transcribed(story: Story) -> None:
    story.isolate()
    first, second = issued(story, number=2)
    entered(story)
    transcribed(story, first)
    with pytest.raises(Refused) as caught:
        voided(story, first)
    assert caught.value.codes == ("FRM-03",)
    voided(story, second)
    assert "FRM-03" in refused(story, second)


def test_a_form_with_something_on_it_is_not_voided(story: Story) -> None:
    story.issue()
    (form,) = issued(story)
    with pytest.raises(Refused) as caught:
        voided(story, form, is_blank=False, void_reason="lost")
    assert caught.value.codes == ("FRM-08", "FRM-09")


@pytest.mark.clause("R42")
def test_no_batch_is_released_while_a_form_for_it_is_out(story: Story) -> None:
    story.isolate()
    first, second = issued(story, number=2)
    issued(story, FormStep.PASSAGE, batch=None)  # a blank one is of no batch
    assert said(story) == ["F-000001", "F-000002"]
    entered(story)
    transcribed(story, first)
    assert said(story) == ["F-000002"]
    voided(story, second)
    assert said(story) == []


def said(story: Story) -> list[object]:
    facts = release_facts(story.fresh(), story.cast.qa)
    found = blockers(facts, DispositionState.RELEASED_CONDITIONALLY)
    assert "REL-21" not in [r.code for r in blockers(facts, DispositionState.REJECTED)]
    return [r.params["number"] for r in found if r.code == "REL-21"]


def test_the_ledger_names_the_forms_that_were_issued(story: Story) -> None:
    story.issue()
    issued(story, number=2)
    entry = Entry.objects.filter(name="form:issue").get()
    assert b"F-000001 to F-000002" in bytes(entry.payload)
