"""Pages of downtime forms: from issuing one to its transcription, as people click it."""

from __future__ import annotations

from datetime import timedelta

from django.test import Client
from django.urls import reverse

from batches.models import DowntimeForm
from batches.rules.downtime import FormStep
from batches.rules.states import FormState
from lims import clock
from lims.accounts.models import User
from tests.builders import Story
from tests.builders_downtime import entered, issued, sheet, voided
from tests.cast import PASSWORD


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_supervisor_issues_a_pad_and_downloads_it_in_one_file(story: Story) -> None:
    story.issue()
    client = signed_in(story.cast.supervisor)
    given = {"step": "passage", "batch": story.batch.number, "number": "2", "issued_to": story.cast.technician.pk}
    answer = client.post(reverse("issue-forms"), given)
    assert answer.status_code == 302
    assert answer["Location"] == reverse("downtime-form", args=["F-000001"])
    page = client.get(answer["Location"]).content.decode()
    assert "F-000001 to F-000002 in one file" in page
    for name in ("download-form", "download-pad"):
        file = client.get(reverse(name, args=["F-000001"]))
        assert b"".join(file.streaming_content).startswith(b"%PDF-")


def test_the_page_of_an_act_opened_from_a_form_begins_its_reason_with_the_number(story: Story) -> None:
    story.isolate()
    (form,) = issued(story)
    client = signed_in(story.cast.technician)
    from_form = client.get(reverse("transcribe-form", args=[form.number])).content.decode()
    address = f"{reverse('observation', args=[story.batch.number])}?form={form.number}"
    assert address in from_form
    assert "Entered from downtime form F-000001" in client.get(address).content.decode()
    assert "downtime form" not in client.get(address.replace("F-000001", "F-999999")).content.decode()


def test_a_late_entry_from_a_form_still_needs_its_reason(story: Story) -> None:
    story.isolate()
    (form,) = issued(story)
    with clock.replaying(story.at + timedelta(hours=3)):
        done = (story.at + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
        given = {"confluence_pct": "50", "morphology": "spindle", "medium": "clear", "done_at": done}
        sign = {"performed-username": story.cast.technician.username, "performed-password": PASSWORD}
        address = f"{reverse('observation', args=[story.batch.number])}?form={form.number}"
        answer = signed_in(story.cast.technician).post(address, {**given, **sign, "late_reason": ""})
    assert answer.status_code == 422
    assert "TIM-03" in answer.content.decode()


def test_two_people_sign_the_transcription_with_the_sheet(story: Story) -> None:
    story.isolate()
    (form,) = issued(story)
    seen = entered(story)
    client = signed_in(story.cast.technician)
    address = reverse("transcribe-form", args=[form.number])
    page = client.get(address).content.decode()
    assert "Spindle-shaped" in page, "who checks sees what was entered"
    given = {
        "acts": [str(seen.act_id)],
        "transcribed-username": story.cast.technician.username,
        "transcribed-password": PASSWORD,
        "checked-username": story.cast.second_technician.username,
        "checked-password": PASSWORD,
    }
    with story.now():
        assert client.post(address, given).status_code == 422, "the sheet is missing"
        answer = client.post(address, {**given, "scan": sheet()})
    assert answer.status_code == 302
    form.refresh_from_db()
    assert form.state == FormState.TRANSCRIBED
    told = client.get(reverse("downtime-form", args=[form.number])).content.decode()
    assert "sheet.pdf" in told
    assert story.cast.second_technician.printed_name in told


def test_a_blank_form_is_transcribed_into_the_batch_that_is_chosen(story: Story) -> None:
    story.isolate()
    (form,) = issued(story, batch=None)
    client = signed_in(story.cast.technician)
    assert client.get(reverse("transcribe-form", args=[form.number])).status_code == 404
    page = client.get(reverse("transcribe-form", args=[form.number]), {"batch": story.batch.number})
    assert story.batch.coi in page.content.decode()


def test_the_list_tells_which_forms_are_out(story: Story) -> None:
    story.issue()
    first, second = issued(story, FormStep.HARVEST, number=2)
    voided(story, first)
    client = signed_in(story.cast.auditor)
    everything = client.get(reverse("downtime-forms")).content.decode()
    assert first.number in everything
    out = client.get(reverse("downtime-forms"), {"state": "out", "batch": story.batch.number}).content.decode()
    assert first.number not in out
    assert second.number in out


def test_a_form_that_was_voided_says_why_and_is_not_opened_again(story: Story) -> None:
    story.issue()
    (form,) = issued(story, batch=None)
    client = signed_in(story.cast.supervisor)
    address = reverse("void-form", args=[form.number])
    assert client.post(address, {"void_reason": "Torn at the corner, destroyed."}).status_code == 422
    assert client.post(address, {"void_reason": "Torn at the corner, destroyed.", "is_blank": "on"}).status_code == 302
    assert DowntimeForm.objects.get().state == FormState.VOIDED
    assert "Torn at the corner" in client.get(reverse("downtime-form", args=[form.number])).content.decode()
    assert client.get(address).status_code == 302


def test_the_batch_page_tells_of_its_forms_and_leads_to_them(story: Story) -> None:
    story.isolate()
    first, second = issued(story, FormStep.PASSAGE, number=2)
    voided(story, second)
    client = signed_in(story.cast.technician)
    page = client.get(reverse("batch", args=[story.batch.number])).content.decode()
    assert f"{reverse('downtime-forms')}?batch={story.batch.number}" in page
    assert "Issue downtime forms" in page and f"{first.number}, Passage" in page
    assert "Void downtime form" in page and f"{second.number}, Passage" in page
