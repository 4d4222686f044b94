"""Pages of quality, through the client: what they show, and that a refusal loses nothing typed."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from batches.models import AuditTrailReview, Correction, Deviation, Disposition, Sample, TestResult
from batches.rules.states import DispositionState
from lims import clock
from lims.accounts.models import User
from tests.builders import Story
from tests.cast import PASSWORD


@pytest.fixture
def story(cast: object) -> Story:
    """A story that ends now, so that pages and commands see the same time."""
    made = Story(cast)  # type: ignore[arg-type]
    made.at = clock.now()
    return made


def signed_in(client: Client, user: User) -> Client:
    """The client with somebody signed in by password."""
    client.post("/sign-in/", {"username": user.username, "password": PASSWORD})
    return client


def page(client: Client, name: str, *args: object) -> str:
    """A page's text."""
    answer = client.get(reverse(name, args=args))
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_sample_is_taken_on_its_page(client: Client, story: Story) -> None:
    story.issue()
    url = reverse("sample", args=[story.batch.number])
    at_bench = signed_in(client, story.cast.technician)
    assert "Donor blood" in at_bench.get(url).content.decode()
    answer = at_bench.post(
        url,
        {
            "kind": "donor_blood",
            "volume_ml": "10",
            "cells_used": "0",
            "done_at": clock.now().isoformat(),
            "performed-username": story.cast.technician.username,
            "performed-password": PASSWORD,
        },
    )
    assert answer.status_code == 302
    assert Sample.objects.get(batch=story.batch).volume_ml == Decimal("10")


def test_a_refused_sample_keeps_what_was_typed(client: Client, story: Story) -> None:
    story.issue()
    answer = signed_in(client, story.cast.technician).post(
        reverse("sample", args=[story.batch.number]),
        {
            "kind": "donor_blood",
            "volume_ml": "0",
            "cells_used": "0",
            "done_at": clock.now().isoformat(),
            "comment": "Drawn <twice>",
            "performed-username": story.cast.technician.username,
            "performed-password": PASSWORD,
        },
    )
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "SAM-05" in text
    assert "Drawn &lt;twice&gt;" in text
    assert not Sample.objects.exists()


def test_a_result_is_recorded_with_its_checker_on_its_page(client: Client, story: Story) -> None:
    story.issue()
    story.sample("donor_blood")
    waiting = TestResult.objects.get(batch=story.batch)
    url = reverse("result", args=[story.batch.number, waiting.pk])
    answer = signed_in(client, story.cast.analyst).post(
        url,
        {
            "choice": "non-reactive",
            "done_at": clock.now().isoformat(),
            "method_version": "QC-12 v3",
            "performed-username": story.cast.analyst.username,
            "performed-password": PASSWORD,
            "checked-username": story.cast.second_analyst.username,
            "checked-password": PASSWORD,
        },
    )
    assert answer.status_code == 302
    shown = page(client, "result", story.batch.number, waiting.pk)
    assert "non-reactive" in shown
    assert story.cast.second_analyst.printed_name in shown


def test_a_technician_sees_results_and_no_form_for_one(client: Client, story: Story) -> None:
    story.issue()
    story.sample("donor_blood")
    waiting = TestResult.objects.get(batch=story.batch)
    at_bench = signed_in(client, story.cast.technician)
    assert "Pending" in page(at_bench, "results", story.batch.number)
    url = reverse("result", args=[story.batch.number, waiting.pk])
    assert 'name="choice"' not in at_bench.get(url).content.decode()
    assert at_bench.post(url, {"choice": "non-reactive"}).status_code == 404


def test_a_result_of_another_batch_is_not_found(client: Client, story: Story) -> None:
    story.issue()
    story.sample("donor_blood")
    waiting = TestResult.objects.get(batch=story.batch)
    other = Story(story.cast, at=story.at)
    other.issue()
    answer = signed_in(client, story.cast.analyst).get(reverse("result", args=[other.batch.number, waiting.pk]))
    assert answer.status_code == 404


def test_a_deviation_is_raised_assessed_and_closed_on_its_pages(client: Client, story: Story) -> None:
    story.issue()
    answer = signed_in(client, story.cast.technician).post(
        reverse("raise-deviation", args=[story.batch.number]),
        {
            "title": "Door ajar",
            "description": "INC-01 door found ajar at 08:05.",
            "severity": "minor",
            "done_at": clock.now().isoformat(),
            "performed-username": story.cast.technician.username,
            "performed-password": PASSWORD,
        },
    )
    raised = Deviation.objects.get(batch=story.batch)
    assert answer.url == reverse("deviation", args=[raised.number])  # type: ignore[attr-defined]
    qa = signed_in(Client(), story.cast.qa)
    assert raised.number in page(qa, "deviations")
    assert raised.number in page(qa, "batch-deviations", story.batch.number)
    qa.post(
        reverse("deviation-assess", args=[raised.number]),
        {
            "severity": "minor",
            "root_cause": "The latch was loose.",
            "product_impact": "None, under a minute.",
            "action": "Latch replaced.",
            "reviewed-username": story.cast.qa.username,
            "reviewed-password": PASSWORD,
        },
    )
    assert "DEV-05" in page(qa, "deviation", raised.number)
    second = signed_in(Client(), story.cast.second_qa)
    second.post(
        reverse("deviation-close", args=[raised.number]),
        {
            "conclusion": "No effect found.",
            "is_product_acceptable": "yes",
            "approved-username": story.cast.second_qa.username,
            "approved-password": PASSWORD,
        },
    )
    raised.refresh_from_db()
    assert raised.state == "closed"
    assert raised.number not in page(second, "deviations")
    assert raised.number in second.get(reverse("deviations") + "?state=closed").content.decode()


@pytest.fixture
def tested(cast: object) -> Story:
    """A product at the gate, a little while ago."""
    made = Story(cast)  # type: ignore[arg-type]
    made.tested()
    return made


def test_the_review_shows_every_blocker_and_refuses_with_the_same_codes(client: Client, tested: Story) -> None:
    deviation = tested.raise_deviation(severity="major")
    url = reverse("disposition", args=[tested.batch.number])
    with tested.now():
        qa = signed_in(client, tested.cast.qa)
        text = qa.get(url).content.decode()
        assert "REL-04" in text
        assert deviation.number in text
        assert 'aria-disabled="true"' in text
        answer = qa.post(
            url,
            {
                "decision": "released_conditionally",
                "grounds": "Whole record reviewed.",
                "physician_informed": "Ishii Akari",
                "username": tested.cast.qa.username,
                "password": PASSWORD,
            },
        )
        again = qa.get(url).content.decode()
    assert answer.status_code == 422
    assert "Whole record reviewed." in answer.content.decode()
    assert not Disposition.objects.exists()
    # What was refused is read last, folded away from what is out of order.
    assert again.index(deviation.number) < again.index("1 refused act, for information") < again.index("Refused act:")


def test_qa_releases_conditionally_on_the_page(client: Client, tested: Story) -> None:
    url = reverse("disposition", args=[tested.batch.number])
    tested.review()
    with tested.now():
        qa = signed_in(client, tested.cast.qa)
        assert "Nothing. You may release." in qa.get(url).content.decode()
        answer = qa.post(
            url,
            {
                "decision": "released_conditionally",
                "grounds": "Whole record reviewed.",
                "physician_informed": "Ishii Akari, by telephone",
                "username": tested.cast.qa.username,
                "password": PASSWORD,
            },
        )
    assert answer.status_code == 302
    assert tested.fresh().disposition == DispositionState.RELEASED_CONDITIONALLY


def test_enter_in_the_password_decides_nothing(client: Client, tested: Story) -> None:
    """The first button of the form is what a browser presses for Enter; it names no decision."""
    with tested.now():
        qa = signed_in(client, tested.cast.qa)
        text = qa.get(reverse("disposition", args=[tested.batch.number])).content.decode()
    bar = text[text.index('class="signbar"') :]
    assert bar.index('name="decision" value=""') < bar.index('value="rejected"')


def test_a_wrong_password_is_told_beside_the_password_of_the_bar(client: Client, tested: Story) -> None:
    with tested.now():
        answer = signed_in(client, tested.cast.qa).post(
            reverse("disposition", args=[tested.batch.number]),
            {
                "decision": "rejected",
                "grounds": "Growth seen in the flask.",
                "username": "hayashi.s",
                "password": "not this one at all",
            },
        )
    assert answer.status_code == 422
    assert 'href="#id_password"' in answer.content.decode()


@pytest.mark.clause("R08")
def test_a_value_is_corrected_on_its_page_and_struck_through_in_the_list(client: Client, story: Story) -> None:
    story.harvest()
    receipt = story.receive()
    cast = story.cast
    at_bench = signed_in(client, cast.technician)
    url = reverse("correction", args=[story.batch.number, "Receipt", receipt.pk, "temperature_max_c"])
    assert "Lowest temperature" in page(at_bench, "corrections", story.batch.number)
    answer = at_bench.post(
        url,
        {
            "value": "6.5",
            "reason": "Logger read again, 6.5 at the peak.",
            "corrected-username": cast.technician.username,
            "corrected-password": PASSWORD,
            "witnessed-username": cast.second_technician.username,
            "witnessed-password": PASSWORD,
        },
    )
    assert answer.status_code == 302
    assert Correction.objects.get(batch=story.batch).new_text == "6.5\u00a0°C"
    assert "<del>6\u00a0°C</del> <ins>6.5\u00a0°C</ins>" in page(at_bench, "corrections", story.batch.number)


def test_a_value_that_is_in_no_table_has_no_page(client: Client, story: Story) -> None:
    story.harvest()
    receipt = story.receive()
    at_bench = signed_in(client, story.cast.technician)
    for model, field in (("Receipt", "scanned_coi"), ("Batch", "number"), ("User", "role")):
        url = reverse("correction", args=[story.batch.number, model, receipt.pk, field])
        assert at_bench.get(url).status_code == 404


def test_a_correction_of_a_released_batch_says_what_it_does_to_the_release(client: Client, tested: Story) -> None:
    tested.release_conditionally()
    at_bench = signed_in(client, tested.cast.technician)
    assert "no longer stands" in page(at_bench, "corrections", tested.batch.number)


def test_an_audit_trail_is_reviewed_on_its_page_with_nothing_ticked_beforehand(client: Client, story: Story) -> None:
    story.tested()
    deviation = story.raise_deviation()
    at_desk = signed_in(client, story.cast.qa)
    url = reverse("audit-trail-review", args=[story.batch.number])
    text = page(at_desk, "audit-trail-review", story.batch.number)
    assert deviation.number in text
    assert "checked" not in text
    hidden = dict(re.findall(r'name="(batch_seq|patient_seq)" value="(\d+)"', text))
    ticks = re.findall(r'name="(looked_[0-9a-f-]+)"', text)
    signing = {"reviewed-username": story.cast.qa.username, "reviewed-password": PASSWORD}
    sent = hidden | signing | {"conclusion": "One deviation, <assessed>."}
    answer = at_desk.post(url, sent)
    assert answer.status_code == 422
    told = answer.content.decode()
    assert "AUD-02" in told
    assert "One deviation, &lt;assessed&gt;." in told
    answer = at_desk.post(url, sent | dict.fromkeys(ticks, "on"))
    assert answer.status_code == 302
    review = AuditTrailReview.objects.get(batch=story.batch)
    assert review.entries.count() == len(ticks)
    assert at_desk.get(url).status_code == 409


def test_the_review_for_release_leads_to_the_audit_trail(client: Client, story: Story) -> None:
    story.tested()
    at_desk = signed_in(client, story.cast.qa)
    assert reverse("audit-trail-review", args=[story.batch.number]) in page(at_desk, "disposition", story.batch.number)
