"""User name and password at the first signature of a period, the password alone within it, both again after a lapse."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import pytest
import time_machine
from django.test import Client

from batches.models import Consent
from lims import clock
from lims.accounts.administration import reset_password
from lims.ledger.models import Entry
from tests.builders import Story
from tests.cast import PASSWORD

BOTH = {"performed-username": "ishii.a", "performed-password": PASSWORD}
PASSWORD_ALONE = {"performed-password": PASSWORD}
ANOTHER = "another-long-sentence-of-mine"


class Signer:
    """The clinician at a browser, who records consents."""

    def __init__(self, story: Story) -> None:
        self.client = Client()
        self.address = f"/patients/{story.enrol().code}/consents/record/"
        self.sign_in()

    def sign_in(self) -> None:
        self.client.post("/sign-in/", {"username": "ishii.a", "password": PASSWORD})

    def sign(self, given: dict[str, str], **changes: str) -> tuple[int, str]:
        """Send the form; the status, and what the page says."""
        today = clock.now().date().isoformat()
        form = {"kind": "treatment", "form_version": "2.1", "signed_on": today, "once": str(uuid.uuid4())}
        answer = self.client.post(self.address, form | given | changes)
        return answer.status_code, answer.content.decode()

    def is_asked_for_name(self) -> bool:
        """Whether the performer's panel has a field for the user name."""
        return self.asks(self.client.get(self.address).content.decode())

    @staticmethod
    def asks(page: str) -> bool:
        return 'name="performed-username"' in page


@pytest.fixture
def signer(story: Story) -> Signer:
    return Signer(story)


@pytest.mark.clause("R12")
def test_the_first_signature_takes_both_components_and_the_second_the_password(signer: Signer) -> None:
    page = signer.client.get(signer.address).content.decode()
    assert re.search(r'name="performed-username" value=""', page), "the field is there, and empty"
    assert signer.sign(BOTH)[0] == 302
    page = signer.client.get(signer.address).content.decode()
    assert not signer.asks(page)
    assert '<p class="read">ishii.a</p>' in page
    assert signer.sign(PASSWORD_ALONE)[0] == 302


@pytest.mark.clause("R12")
def test_the_password_alone_does_not_sign_first_and_nothing_is_written(signer: Signer) -> None:
    before = Consent.objects.count()
    status, page = signer.sign(PASSWORD_ALONE, form_version="7.7")
    assert status == 422
    assert 'href="#performed-username"' in page
    assert re.search(r'id="performed-username-error".*?SIG-06', page, re.S)
    assert 'value="7.7"' in page, "everything typed is still there"
    assert Consent.objects.count() == before


@pytest.mark.clause("R12")
def test_a_session_that_says_nothing_of_a_password_signs_nothing(signer: Signer) -> None:
    assert signer.sign(BOTH)[0] == 302
    status, page = signer.sign({"performed-username": "ishii.a"})
    assert (status, "SIG-01" in page) == (422, True)


def test_a_first_signature_that_was_refused_begins_nothing(signer: Signer) -> None:
    assert signer.sign(BOTH, signed_on="2099-01-01")[0] == 422
    assert signer.is_asked_for_name()
    assert signer.sign(BOTH | {"performed-password": "guess"})[0] == 422
    assert signer.sign(PASSWORD_ALONE)[0] == 422


def test_a_field_of_the_browser_can_not_claim_that_the_period_has_begun(signer: Signer) -> None:
    assert signer.sign(PASSWORD_ALONE | {"signed_with_both": "1"})[0] == 422


def lock(signer: Signer) -> None:
    signer.client.post("/lock/")
    signer.client.post("/unlock/", {"password": PASSWORD})


def sign_out(signer: Signer) -> None:
    signer.client.post("/sign-out/")
    signer.sign_in()


def sign_in_again(signer: Signer) -> None:
    signer.client.post("/lock/")
    signer.sign_in()


def change_password(signer: Signer) -> None:
    form = {"old_password": PASSWORD, "new_password": ANOTHER, "again_password": ANOTHER}
    assert signer.client.post("/account/password/", form).status_code == 302


@pytest.mark.parametrize("lapse", [lock, sign_out, sign_in_again, change_password])
@pytest.mark.clause("R12")
def test_after_a_lapse_both_components_are_asked_again(signer: Signer, lapse: Callable[[Signer], None]) -> None:
    assert signer.sign(BOTH)[0] == 302
    lapse(signer)
    password = ANOTHER if lapse is change_password else PASSWORD
    assert signer.is_asked_for_name()
    status, page = signer.sign({"performed-password": password})
    assert (status, "SIG-06" in page) == (422, True)
    assert signer.sign(BOTH | {"performed-password": password})[0] == 302


@pytest.mark.clause("11.200(a)(1)")
def test_after_a_screen_was_left_alone_both_components_are_asked_again(signer: Signer) -> None:
    assert signer.sign(BOTH)[0] == 302
    with time_machine.travel(clock.now().timestamp() + 16 * 60, tick=True):
        assert signer.sign(PASSWORD_ALONE)[0] == 409
        signer.client.post("/unlock/", {"password": PASSWORD})
        assert signer.is_asked_for_name()
        assert signer.sign(PASSWORD_ALONE)[0] == 422
        assert signer.sign(BOTH)[0] == 302


def test_a_password_given_by_an_administrator_ends_the_period_with_the_session(signer: Signer, story: Story) -> None:
    assert signer.sign(BOTH)[0] == 302
    reset_password(story.cast.administrator, user=story.cast.clinician, reason="Forgotten")
    status, page = signer.sign(PASSWORD_ALONE)
    assert (status, page) == (302, ""), "the way to sign in"
    assert signer.client.get(signer.address)["Location"].startswith("/sign-in/")


@pytest.mark.clause("11.200(a)(1)", "R13")
def test_a_second_person_types_both_components_within_the_period_too(story: Story) -> None:
    patient = story.enrol()
    client = Client()
    client.post("/sign-in/", {"username": "hayashi.s", "password": PASSWORD})
    address = f"/patients/{patient.code}/issue/"
    own = {"issued-username": "hayashi.s", "issued-password": PASSWORD}
    beside = {"checked-username": "ono.t", "checked-password": PASSWORD}
    assert client.post(address, own | beside | {"once": str(uuid.uuid4())}).status_code == 302
    page = client.get(address).content.decode()
    assert 'name="issued-username"' not in page
    assert re.search(r'name="checked-username" value=""', page)
    alone = {"issued-password": PASSWORD, "checked-password": PASSWORD, "once": str(uuid.uuid4())}
    assert client.post(address, alone).status_code == 422


def test_a_verifier_signs_in_the_performers_session_and_the_performer_stays_signed_in(story: Story) -> None:
    """Acceptance scenario 2."""
    patient = story.enrol()
    client = Client()
    client.post("/sign-in/", {"username": "hayashi.s", "password": PASSWORD})
    both = {"issued-username": "hayashi.s", "issued-password": PASSWORD}
    both |= {"checked-username": "ono.t", "checked-password": PASSWORD}
    sent = client.post(f"/patients/{patient.code}/issue/", both | {"once": str(uuid.uuid4())})
    page = client.get(sent["Location"])
    assert page.context["page"].username == "hayashi.s"
    assert "Ono Tsubasa" in page.content.decode()


def test_a_performer_who_verifies_their_own_step_is_refused_and_it_is_logged(story: Story) -> None:
    """Acceptance scenario 1."""
    patient = story.enrol()
    client = Client()
    client.post("/sign-in/", {"username": "hayashi.s", "password": PASSWORD})
    own = {"issued-username": "hayashi.s", "issued-password": PASSWORD}
    alone = own | {"checked-username": "Hayashi.S", "checked-password": PASSWORD, "once": str(uuid.uuid4())}
    page = client.post(f"/patients/{patient.code}/issue/", alone)
    assert (page.status_code, "SIG-03" in page.content.decode()) == (422, True)
    assert not patient.batches.exists()
    logged = Entry.objects.get(name="batch:issue", is_refused=True)
    assert logged.actor == story.cast.qa
    assert b"SIG-03" in bytes(logged.payload)
