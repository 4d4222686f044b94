"""Pages about a patient and the issue of a batch, as a person meets them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client

from batches.models import Batch, Consent, Eligibility, Patient
from batches.rules.states import Stage
from lims import clock
from lims.accounts.models import User
from lims.ledger.models import Entry
from lims.signatures.models import Signature
from tests.builders import Story
from tests.cast import PASSWORD

As = Callable[[User], Client]


@pytest.fixture
def as_() -> As:
    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return signed_in


def person(**changes: str) -> dict[str, str]:
    return {
        "name": "Synthetic Person",
        "birth_date": "1961-05-04",
        "sex": "female",
        "medical_record_number": "SYN-MRN-77",
        "weight_kg": "62.0",
        "weighed_on": (clock.now().date() - timedelta(days=1)).isoformat(),
        "diagnosis": "Chronic low back pain",
        "pain_site": "Lower back",
        "once": str(uuid.uuid4()),
        **changes,
    }


def answers(story: Story, **changes: str) -> dict[str, str]:
    given = {
        f"criterion_{c.code}": "no" if c.excludes_if == "yes" else "yes" for c in story.cast.mbr.process.eligibility
    }
    return {
        **given,
        "assessed_at": "2026-09-28T09:00",
        "performed-username": "ishii.a",
        "performed-password": PASSWORD,
        "once": str(uuid.uuid4()),
        **changes,
    }


def enrolled(story: Story, as_: As) -> str:
    """The code of a patient without consent and assessment, enrolled on the page."""
    sent = as_(story.cast.clinician).post("/patients/enrol/", person())
    assert sent.status_code == 302
    return sent["Location"].strip("/").rpartition("/")[2]


def test_a_patient_is_enrolled_under_a_code_and_the_list_shows_no_name(story: Story, as_: As) -> None:
    code = enrolled(story, as_)
    assert Patient.objects.get(code=code).weight_kg == Decimal("62.0")
    listed = as_(story.cast.technician).get("/patients/").content.decode()
    assert code in listed
    assert "Synthetic Person" not in listed


def test_a_patient_is_not_enrolled_twice_and_what_was_typed_stays(story: Story, as_: As) -> None:
    code = enrolled(story, as_)
    again = as_(story.cast.clinician).post("/patients/enrol/", person(name="Somebody else"))
    said = again.content.decode()
    assert again.status_code == 422
    assert "PAT-04" in said
    assert code in said
    assert 'value="Somebody else"' in said
    assert Patient.objects.count() == 1


def test_a_scanned_code_opens_the_patient_and_an_unknown_one_says_so(story: Story, as_: As) -> None:
    patient = story.enrol()
    client = as_(story.cast.technician)
    assert client.get("/patients/", {"code": patient.code.lower()})["Location"] == f"/patients/{patient.code}/"
    assert "The code P-999 is not known here" in client.get("/patients/", {"code": "P-999"}).content.decode()


def test_more_patients_than_a_page_holds_are_reached_by_show_more(
    story: Story, as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("batches.views.patients.SHOWN", 2)
    codes = [story.enrol().code for _ in range(3)]
    client = as_(story.cast.technician)
    first = client.get("/patients/")
    assert [r.patient.code for r in first.context["rows"]] == codes[:0:-1]
    second = client.get("/patients/" + first.context["pager"]["next_url"])
    assert [r.patient.code for r in second.context["rows"]] == codes[:1]
    assert second.context["pager"]["next_url"] == ""


def test_no_criterion_is_answered_until_somebody_answers_it(story: Story, as_: As) -> None:
    code = enrolled(story, as_)
    page = as_(story.cast.clinician).get(f"/patients/{code}/eligibility/").content.decode()
    assert page.count('type="radio"') > 2 * len(story.cast.mbr.process.eligibility)
    assert " checked" not in page
    assert page.count('value="not_applicable"') == sum(
        c.not_applicable_allowed for c in story.cast.mbr.process.eligibility
    )


def test_an_unanswered_criterion_is_named_beside_it_and_nothing_is_assessed(story: Story, as_: As) -> None:
    code = enrolled(story, as_)
    sent = answers(story)
    del sent["criterion_EX-03"]
    page = as_(story.cast.clinician).post(f"/patients/{code}/eligibility/", sent)
    assert page.status_code == 422
    assert 'id="id_criterion_EX-03-error"' in page.content.decode()
    assert page.content.decode().count(" checked") == len(story.cast.mbr.process.eligibility) - 1
    assert not Eligibility.objects.exists()


@pytest.mark.parametrize(("answer", "is_eligible"), [("no", True), ("yes", False)])
def test_an_answer_that_excludes_makes_a_patient_not_eligible(
    story: Story, as_: As, answer: str, is_eligible: bool
) -> None:
    code = enrolled(story, as_)
    sent = answers(story, **{"criterion_EX-05": answer})
    assert as_(story.cast.clinician).post(f"/patients/{code}/eligibility/", sent).status_code == 302
    assessed = Eligibility.objects.get()
    assert assessed.is_eligible is is_eligible
    assert assessed.answers.count() == len(story.cast.mbr.process.eligibility)
    assert Signature.objects.filter(subject_model="batches.Eligibility", subject_pk=str(assessed.pk)).count() == 1


def test_consent_is_recorded_under_a_signature_and_withdrawn_with_its_words(story: Story, as_: As) -> None:
    code = enrolled(story, as_)
    client = as_(story.cast.clinician)
    today = clock.now().date().isoformat()
    signing = {"performed-username": "ishii.a", "performed-password": PASSWORD}
    given = {"kind": "treatment", "form_version": "2.1", "signed_on": (clock.now().date() - timedelta(1)).isoformat()}
    sent = client.post(f"/patients/{code}/consents/record/", given | signing | {"once": str(uuid.uuid4())})
    assert sent.status_code == 302
    consent = Consent.objects.get()
    withdrawal = {"withdrawn_on": today, "withdrawal_reason": "No reason given.", "once": str(uuid.uuid4())}
    address = f"/patients/{code}/consents/{consent.pk}/withdraw/"
    assert client.post(address, withdrawal | signing).status_code == 302
    page = client.get(f"/patients/{code}/").content.decode()
    assert "No reason given." in page
    assert Entry.objects.filter(stream=code, is_refused=False).count() == 3


def test_a_consent_of_somebody_else_is_not_withdrawn_through_this_patient(story: Story, as_: As) -> None:
    theirs = story.enrol().consents.first()
    assert theirs is not None
    code = enrolled(story, as_)
    assert as_(story.cast.clinician).get(f"/patients/{code}/consents/{theirs.pk}/withdraw/").status_code == 404


def test_a_weight_older_than_the_one_known_is_refused(story: Story, as_: As) -> None:
    patient = story.enrol()
    older = (patient.weighed_on - timedelta(days=3)).isoformat()
    sign = {"performed-username": "ishii.a", "performed-password": PASSWORD}
    sent = {"weight_kg": "80", "weighed_on": older, "reason": "Light.", "once": str(uuid.uuid4()), **sign}
    page = as_(story.cast.clinician).post(f"/patients/{patient.code}/weight/", sent).content.decode()
    assert "PAT-05" in page
    assert "PAT-06" in page
    patient.refresh_from_db()
    assert patient.weight_kg == Decimal("62.0")


def test_a_newer_weight_is_signed_and_its_reason_stands_on_the_page_of_the_patient(story: Story, as_: As) -> None:
    patient, client = story.enrol(), as_(story.cast.clinician)
    sent = {
        "weight_kg": "58.5",
        "weighed_on": clock.now().date().isoformat(),
        "reason": "Weighed again on admission.",
        "once": str(uuid.uuid4()),
    }
    address = f"/patients/{patient.code}/weight/"
    assert client.post(address, sent).status_code == 422, "unsigned"
    patient.refresh_from_db()
    assert patient.weight_kg == Decimal("62.0")
    sign = {"performed-username": "ishii.a", "performed-password": PASSWORD}
    assert client.post(address, sent | sign).status_code == 302
    page = client.get(f"/patients/{patient.code}/").content.decode()
    assert "Weighed again on admission, Ishii Akari" in page
    assert "58.5" in page


def test_the_page_says_what_the_next_batch_waits_for_to_those_who_may_do_it(story: Story, as_: As) -> None:
    code = enrolled(story, as_)
    clinician = as_(story.cast.clinician).get(f"/patients/{code}/")
    assert [a.name for a in clinician.context["allowed"] if a.is_due] == ["consent:record", "eligibility:assess"]
    qa = as_(story.cast.qa).get(f"/patients/{code}/")
    assert [r.code for a in qa.context["not_yet"] for r in a.refusals] == ["BAT-01", "BAT-01", "BAT-02"]
    technician = as_(story.cast.technician).get(f"/patients/{code}/")
    assert technician.context["allowed"] == []
    assert [a.name for a in technician.context["waits_for_others"]] == ["consent:record", "eligibility:assess"]


@pytest.mark.clause("R28")
def test_an_administrator_sees_no_patient(story: Story, as_: As) -> None:
    patient = story.enrol()
    client = as_(story.cast.administrator)
    assert client.get("/patients/").status_code == 403
    assert client.get(f"/patients/{patient.code}/").status_code == 403


@pytest.mark.clause("R23")
def test_a_technician_can_not_enrol_and_the_attempt_is_in_the_ledger(story: Story, as_: As) -> None:
    assert as_(story.cast.technician).post("/patients/enrol/", person()).status_code == 403
    assert not Patient.objects.exists()
    assert Entry.objects.filter(name="page:refused", is_refused=True).count() == 1


def issue_form(story: Story, **changes: str) -> dict[str, str]:
    return {
        "issued-username": story.cast.qa.username,
        "issued-password": PASSWORD,
        "checked-username": story.cast.second_qa.username,
        "checked-password": PASSWORD,
        "once": str(uuid.uuid4()),
        **changes,
    }


def test_a_batch_is_issued_by_two_people_and_its_page_follows(story: Story, as_: As) -> None:
    patient = story.enrol()
    sent = as_(story.cast.qa).post(f"/patients/{patient.code}/issue/", issue_form(story))
    batch = Batch.objects.get(patient=patient)
    assert sent["Location"] == f"/batches/{batch.number}/"
    signed = Signature.objects.filter(subject_model="batches.Batch", subject_pk=str(batch.pk))
    assert {s.meaning for s in signed} == {"issued", "checked"}


def test_nobody_checks_the_batch_they_issue(story: Story, as_: As) -> None:
    patient = story.enrol()
    alone = issue_form(story, **{"checked-username": story.cast.qa.username})
    page = as_(story.cast.qa).post(f"/patients/{patient.code}/issue/", alone)
    assert page.status_code == 422
    assert not Batch.objects.exists()


def test_a_batch_without_consent_and_assessment_shows_why_it_can_not_be_issued(story: Story, as_: As) -> None:
    code = enrolled(story, as_)
    page = as_(story.cast.qa).get(f"/patients/{code}/issue/")
    assert page.status_code == 409
    assert "BAT-01" in page.content.decode()
    assert 'type="password"' not in page.content.decode().partition("<main")[2].partition("</main>")[0]
    assert as_(story.cast.qa).post(f"/patients/{code}/issue/", issue_form(story)).status_code == 422
    assert not Batch.objects.exists()


def test_a_second_batch_may_be_issued_while_one_is_under_way_and_the_page_says_so(story: Story, as_: As) -> None:
    batch = story.issue()
    page = as_(story.cast.qa).get(f"/patients/{batch.patient.code}/issue/")
    assert page.status_code == 200
    assert "Another batch of this patient is under way" in page.content.decode()


def test_an_infusion_is_booked_and_moved_but_not_into_the_past(story: Story, as_: As) -> None:
    batch = story.issue()
    client = as_(story.cast.clinician)
    soon = (clock.now() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    address = f"/batches/{batch.number}/book/"
    assert client.post(address, {"booked_infusion_at": soon, "once": str(uuid.uuid4())}).status_code == 302
    assert "Move booking" in client.get(address).content.decode()
    past = client.post(address, {"booked_infusion_at": "2020-01-01T09:00", "once": str(uuid.uuid4())})
    assert "BAT-05" in past.content.decode()
    booked = story.fresh().booked_infusion_at
    assert booked is not None
    assert booked > clock.now()


def test_a_batch_ends_with_a_reason_and_nothing_is_booked_in_it_afterwards(story: Story, as_: As) -> None:
    batch = story.issue()
    qa = as_(story.cast.qa)
    address = f"/batches/{batch.number}/end/"
    assert qa.post(address, {"approved-password": PASSWORD, "once": str(uuid.uuid4())}).status_code == 422
    signing = {"approved-username": story.cast.qa.username, "approved-password": PASSWORD}
    ends = {"reason": "The patient moved away.", **signing, "once": str(uuid.uuid4())}
    assert qa.post(address, ends).status_code == 302
    assert story.fresh().stage == Stage.ENDED
    sealed = json.loads(bytes(Entry.objects.get(name="batch:end", is_refused=False).payload))
    assert sealed["reason"] == "The patient moved away."
    page = as_(story.cast.clinician).get(f"/batches/{batch.number}/book/")
    assert page.status_code == 409
    assert "BAT-09" in page.content.decode()


def test_a_birth_date_to_come_is_refused_beside_its_field(story: Story, as_: As) -> None:
    tomorrow = (clock.now().date() + timedelta(days=2)).isoformat()
    page = as_(story.cast.clinician).post("/patients/enrol/", person(birth_date=tomorrow))
    assert page.status_code == 422
    assert "PAT-01" in page.content.decode()
