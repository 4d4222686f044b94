"""Pages of labels: the list, printing, printing again, the files."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from batches.models import LabelPrint
from lims.accounts.models import User
from tests.builders import Story
from tests.cast import PASSWORD

DONOR = {"is_screened": "yes", "has_risk_factor": "no"}


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_label_is_printed_once_then_again_with_qa(story: Story) -> None:
    story.isolate()
    number, (code,) = story.batch.number, story.vessels()
    client = signed_in(story.cast.technician)
    assert "not printed" in client.get(reverse("labels", args=[number])).content.decode()
    assert client.post(reverse("print-labels", args=[number]), {"chosen": [code], **DONOR}).status_code == 302
    page = client.get(reverse("labels", args=[number])).content.decode()
    assert "L-000001" in page and "copy 1" in page
    file = client.get(reverse("download-labels", args=[number, LabelPrint.objects.get().pk]))
    assert b"".join(file.streaming_content).startswith(b"%PDF-")
    given = {"chosen": [code], **DONOR, "reprint_reason": "Torn, the old one is destroyed."}
    two = {
        "performed-username": story.cast.technician.username,
        "performed-password": PASSWORD,
        "checked-username": story.cast.second_technician.username,
        "checked-password": PASSWORD,
    }
    answer = client.post(reverse("reprint-labels", args=[number]), {**given, **two})
    assert answer.status_code == 422
    assert "LAB-02" in answer.content.decode()
    two["checked-username"] = story.cast.qa.username
    assert client.post(reverse("reprint-labels", args=[number]), {**given, **two}).status_code == 302
    assert "2 labels printed" in client.get(reverse("labels", args=[number])).content.decode()


def test_nothing_is_preset_of_the_donor_the_first_time(story: Story) -> None:
    story.isolate()
    client = signed_in(story.cast.technician)
    answer = client.post(reverse("print-labels", args=[story.batch.number]), {"chosen": story.vessels()})
    assert answer.status_code == 422
    assert not LabelPrint.objects.exists()


def test_a_container_is_labelled_for_the_fill_and_every_label_is_accounted_for_on_the_page(story: Story) -> None:
    story.cell_harvest()
    number = story.batch.number
    client = signed_in(story.cast.technician)
    given = {**DONOR, "container_code": "BAG 1"}
    answer = client.post(reverse("print-fill-label", args=[number]), given)
    assert (answer.status_code, "LAB-07" in answer.content.decode()) == (422, True)
    answer = client.post(reverse("print-fill-label", args=[number]), {**given, "container_code": "BAG-1"})
    assert answer.status_code == 302
    page = client.get(answer["Location"]).content.decode()
    assert "Apply it to the container" in page and "Not accounted for: L-000001" in page
    two = {
        "performed-username": story.cast.technician.username,
        "performed-password": PASSWORD,
        "witnessed-username": story.cast.second_technician.username,
        "witnessed-password": PASSWORD,
    }
    scanned = {"scanned": f"{story.batch.coi}/{number}/BAG-1/L-000001", "fate": "destroyed", **two}
    answer = client.post(reverse("account-labels", args=[number]), scanned)
    assert (answer.status_code, "LAB-13" in answer.content.decode()) == (422, True)
    scanned["note"] = "The bag leaked when it was filled with saline."
    assert client.post(reverse("account-labels", args=[number]), scanned).status_code == 302
    page = client.get(reverse("labels", args=[number])).content.decode()
    assert "Not accounted for" not in page and "The bag leaked" in page
    told = client.get(reverse("record", args=[number])).content.decode()
    assert "Reconciliation" in told and "The bag leaked" in told


def test_a_test_label_is_downloaded_and_one_of_no_kind_is_not_found(story: Story) -> None:
    client = signed_in(story.cast.technician)
    assert client.get(reverse("test-label", args=["bag"])).status_code == 200
    assert client.get(reverse("test-label", args=["wall"])).status_code == 404
