"""Pages of lots and equipment, as a person meets them."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.test import Client

from batches.commands.materials import register_lot
from batches.models import Equipment, Lot
from batches.views import materials
from lims import clock
from lims.ledger.models import Entry
from tests.builders import EQUIPMENT, LOTS, Story
from tests.cast import PASSWORD


@pytest.fixture
def supervisor(story: Story, client: Client) -> Client:
    """The supervisor, signed in to a laboratory that has its lots and equipment."""
    story.stock()
    client.force_login(story.cast.supervisor)
    return client


SIGN = {"approved-username": "mori.y", "approved-password": PASSWORD}


def a_lot(**changes: str) -> dict[str, str]:
    return {
        "kind": "medium",
        "name": "Culture medium",
        "code": "MX-7",
        "supplier": "",
        "expires_on": (clock.now().date() + timedelta(days=30)).isoformat(),
        "patient": "",
        "once": str(uuid.uuid4()),
        **changes,
    }


def test_a_lot_is_registered_and_its_page_says_it_waits(supervisor: Client) -> None:
    answer = supervisor.post("/lots/register/", a_lot())
    lot = Lot.objects.get(code="MX-7")
    assert answer["Location"] == f"/lots/{lot.pk}/"
    assert "In quarantine" in supervisor.get(answer["Location"]).content.decode()


def test_a_double_click_registers_one_lot(supervisor: Client) -> None:
    sent = a_lot()
    supervisor.post("/lots/register/", sent)
    assert supervisor.post("/lots/register/", sent).status_code == 302
    assert Lot.objects.filter(code="MX-7").count() == 1


def test_a_lot_reserved_for_nobody_known_is_refused_and_what_was_typed_stays(supervisor: Client) -> None:
    page = supervisor.post("/lots/register/", a_lot(patient="P-999"))
    assert page.status_code == 422
    assert "No patient has this code" in page.content.decode()
    assert 'value="MX-7"' in page.content.decode()
    assert not Lot.objects.filter(code="MX-7").exists()


@pytest.mark.clause("R05")
def test_rejecting_a_lot_asks_for_the_reason_beside_its_field(story: Story, supervisor: Client) -> None:
    supervisor.force_login(story.cast.second_qa)
    sign = SIGN | {"approved-username": "ono.t"}
    lot = Lot.objects.get(code=LOTS[Lot.Kind.MEDIUM])
    page = supervisor.post(f"/lots/{lot.pk}/decide/", {"state": "rejected", "reason": "", **sign})
    assert page.status_code == 422
    assert "LOT-08" in page.content.decode()
    answer = supervisor.post(f"/lots/{lot.pk}/decide/", {"state": "rejected", "reason": "Cloudy.", **sign})
    assert answer.status_code == 302
    told = supervisor.get(f"/lots/{lot.pk}/").content.decode()
    assert "Cloudy." in told
    assert "Decide on lot" not in told
    assert "Approved, Ono Tsubasa" in told
    assert told.index("Valid: matches the record") < told.index("Superseded: decided or recorded anew since")


def test_who_registered_a_lot_is_told_to_ask_another_person(supervisor: Client) -> None:
    lot = Lot.objects.get(code=LOTS[Lot.Kind.MEDIUM])
    page = supervisor.post(f"/lots/{lot.pk}/decide/", {"state": "rejected", "reason": "Cloudy.", **SIGN})
    assert page.status_code == 422
    assert "LOT-11" in page.content.decode()


def test_a_scanned_code_opens_its_lot_and_an_unknown_one_says_so(supervisor: Client) -> None:
    lot = Lot.objects.get(code=LOTS[Lot.Kind.DYE])
    assert supervisor.get("/lots/", {"code": lot.code.lower()})["Location"] == f"/lots/{lot.pk}/"
    assert "<script>" not in supervisor.get("/lots/", {"code": "<script>"}).content.decode()
    assert "is not known here" in supervisor.get("/lots/", {"code": "XX-1"}).content.decode()
    item = Equipment.objects.get(code=EQUIPMENT[Equipment.Kind.PUMP])
    assert supervisor.get("/equipment/", {"code": item.code})["Location"] == f"/equipment/{item.pk}/"


def test_lots_beyond_a_page_are_reached_by_show_more_and_the_kind_is_kept(
    story: Story, supervisor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(materials, "SHOWN", 2)
    for number in range(3):
        register_lot(
            story.cast.supervisor,
            kind="dye",
            name="Dye",
            code=f"DY-{number}",
            expires_on=clock.now().date() + timedelta(days=90),
        )
    first = supervisor.get("/lots/", {"kind": "dye"})
    assert "DY-2" in first.content.decode()
    assert "DY-0" not in first.content.decode()
    second = supervisor.get(first.context["pager"]["next_url"]).content.decode()
    assert "DY-0" in second
    assert LOTS[Lot.Kind.DYE] in second
    assert LOTS[Lot.Kind.MEDIUM] not in second


def test_a_lot_names_the_batch_that_used_it(story: Story, supervisor: Client) -> None:
    story.isolate()
    lot = Lot.objects.get(code=LOTS[Lot.Kind.ENZYME])
    page = supervisor.get(f"/lots/{lot.pk}/").content.decode()
    assert story.batch.number in page
    assert "Isolation, enzyme" in page


def test_equipment_goes_out_of_service_once_and_comes_back(supervisor: Client) -> None:
    item = Equipment.objects.get(code=EQUIPMENT[Equipment.Kind.BSC])
    page = f"/equipment/{item.pk}/service/"
    assert "Take out of service" in supervisor.get(page).content.decode()
    assert supervisor.post(page, {"to": "out", "reason": "Filter torn.", **SIGN}).status_code == 302
    # Somebody else had the same page open: what it offered is done already.
    again = supervisor.post(page, {"to": "out", "reason": "Filter torn.", **SIGN})
    assert again.status_code == 422
    assert "EQP-08" in again.content.decode()
    assert "Out of service" in supervisor.get("/equipment/").content.decode()
    assert supervisor.post(page, {"to": "in", "reason": "Replaced.", **SIGN}).status_code == 302
    item.refresh_from_db()
    assert item.is_in_service


def test_a_calibration_keeps_its_certificate(supervisor: Client) -> None:
    item = Equipment.objects.get(code=EQUIPMENT[Equipment.Kind.COUNTER])
    later = (clock.now().date() + timedelta(days=400)).isoformat()
    sent = {"calibration_due_on": later, "reason": "Certificate 4711, by the maker", **SIGN}
    supervisor.post(f"/equipment/{item.pk}/calibrate/", sent)
    item.refresh_from_db()
    assert item.calibration_due_on.isoformat() == later
    assert "Certificate 4711" in supervisor.get(f"/equipment/{item.pk}/").content.decode()


def test_a_technician_looks_at_lots_and_changes_none(story: Story, client: Client) -> None:
    story.stock()
    client.force_login(story.cast.technician)
    lot = Lot.objects.get(code=LOTS[Lot.Kind.MEDIUM])
    assert "Register lot" not in client.get("/lots/").content.decode()
    assert "Decide on lot" not in client.get(f"/lots/{lot.pk}/").content.decode()
    answer = client.post(f"/lots/{lot.pk}/decide/", {"state": "rejected", "reason": "No."})
    assert answer.status_code == 403
    lot.refresh_from_db()
    assert lot.state == Lot.State.RELEASED
    assert Entry.objects.filter(name="page:refused").count() == 1
