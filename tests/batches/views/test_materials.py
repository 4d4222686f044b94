"""Pages of lots and equipment, as those who manage materials and those who scan them meet them."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest
from django.test import Client

from batches.models import Equipment, Lot
from lims import clock
from lims.accounts.models import User
from lims.ledger.models import Entry
from tests.builders import EQUIPMENT, LOTS, Story


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def supervisor(story: Story) -> Client:
    return signed_in(story.cast.supervisor)


def in_days(days: int) -> str:
    return (clock.now().date() + timedelta(days=days)).isoformat()


def once() -> dict[str, str]:
    return {"once": str(uuid.uuid4())}


def a_lot(**changes: str) -> dict[str, str]:
    given = {"kind": "enzyme", "name": "Synthetic enzyme", "code": "E-77", "expires_on": in_days(100)}
    return given | once() | changes


def an_incubator(**changes: str) -> dict[str, str]:
    given = {"kind": "incubator", "code": "INC-9", "name": "Incubator 9", "calibration_due_on": in_days(100)}
    return given | once() | changes


def test_a_lot_waits_in_quarantine_until_it_is_released(story: Story, supervisor: Client) -> None:
    assert supervisor.post("/lots/register/", a_lot()).status_code == 302
    lot = Lot.objects.get(code="E-77")
    assert lot.state == "quarantine"
    assert supervisor.post(f"/lots/{lot.pk}/decide/", {"state": "released", **once()}).status_code == 302
    lot.refresh_from_db()
    assert lot.state == "released"
    page = supervisor.get(f"/lots/{lot.pk}/")
    assert [c.row.state for c in page.context["changes"]] == ["released", "quarantine"]
    assert {c.who for c in page.context["changes"]} == {story.cast.supervisor.printed_name}


def test_the_same_lot_is_not_registered_twice_in_any_case_of_letters(story: Story, supervisor: Client) -> None:
    supervisor.post("/lots/register/", a_lot())
    page = supervisor.post("/lots/register/", a_lot(code="e-77 ", name="Another"))
    assert page.status_code == 422
    assert "LOT-06" in page.content.decode()
    assert 'value="Another"' in page.content.decode()
    assert Lot.objects.count() == 1


def test_no_lot_is_registered_for_a_patient_nobody_knows(story: Story, supervisor: Client) -> None:
    page = supervisor.post("/lots/register/", a_lot(patient="P-404"))
    assert page.status_code == 422
    assert not Lot.objects.exists()


def test_a_lot_reserved_for_a_patient_says_so(story: Story, supervisor: Client) -> None:
    patient = story.enrol()
    supervisor.post("/lots/register/", a_lot(patient=patient.code.lower()))
    assert Lot.objects.get().patient == patient
    assert patient.code in supervisor.get("/lots/").content.decode()


def test_rejecting_a_lot_needs_a_reason_and_is_final(story: Story, supervisor: Client) -> None:
    supervisor.post("/lots/register/", a_lot())
    address = f"/lots/{Lot.objects.get().pk}/decide/"
    page = supervisor.post(address, {"state": "rejected", **once()})
    assert "LOT-08" in page.content.decode()
    told = {"state": "rejected", "reason": "The seal was broken."}
    assert supervisor.post(address, told | once()).status_code == 302
    again = supervisor.post(address, {"state": "released", "reason": "Changed my mind."} | once())
    assert "LOT-07" in again.content.decode()
    assert Lot.objects.get().state == "rejected"


def test_an_expired_lot_is_not_released(story: Story, supervisor: Client) -> None:
    supervisor.post("/lots/register/", a_lot(expires_on=in_days(-3)))
    lot = Lot.objects.get()
    page = supervisor.post(f"/lots/{lot.pk}/decide/", {"state": "released", **once()})
    assert "LOT-09" in page.content.decode()
    assert Lot.objects.get().state == "quarantine"


def test_nothing_is_preset_where_a_lot_is_decided_on(story: Story, supervisor: Client) -> None:
    supervisor.post("/lots/register/", a_lot())
    page = supervisor.get(f"/lots/{Lot.objects.get().pk}/decide/").content.decode()
    assert " checked" not in page
    assert 'value="quarantine"' not in page


@pytest.mark.parametrize(
    ("days", "words"), [(-3, "Expired"), (3, "Expires soon"), (100, "In quarantine")], ids=["past", "soon", "later"]
)
def test_the_list_says_whether_a_lot_may_be_used_today(story: Story, supervisor: Client, days: int, words: str) -> None:
    supervisor.post("/lots/register/", a_lot(expires_on=in_days(days)))
    if words == "Expires soon":
        supervisor.post(f"/lots/{Lot.objects.get().pk}/decide/", {"state": "released", **once()})
    line = supervisor.get("/lots/").context["lines"][0]
    assert line["fitness"].words == words


def test_a_scanned_code_opens_its_lot_and_an_unknown_one_says_so(story: Story, supervisor: Client) -> None:
    story.stock()
    code = LOTS[Lot.Kind.MEDIUM]
    found = supervisor.get("/lots/", {"code": code.lower()})
    assert found["Location"] == f"/lots/{Lot.objects.get(code=code).pk}/"
    assert "NOT-A-LOT" in supervisor.get("/lots/", {"code": "NOT-A-LOT"}).content.decode()


def test_lots_are_shown_by_kind_and_a_page_at_a_time(
    story: Story, supervisor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    story.stock()
    medium = supervisor.get("/lots/", {"kind": "medium"})
    assert [line["lot"].code for line in medium.context["lines"]] == [LOTS[Lot.Kind.MEDIUM]]
    monkeypatch.setattr("batches.views.materials.SHOWN", 3)
    seen: list[str] = []
    address = "/lots/"
    while address:
        page = supervisor.get(address)
        seen += [line["lot"].code for line in page.context["lines"]]
        address = page.context["pager"]["next_url"]
    assert sorted(seen) == sorted(LOTS.values())


def test_a_lot_tells_every_batch_and_step_it_was_used_in(story: Story, supervisor: Client) -> None:
    story.isolate()
    story.wait(days=2)
    story.feed()
    medium = Lot.objects.get(code=LOTS[Lot.Kind.MEDIUM])
    used = supervisor.get(f"/lots/{medium.pk}/").context["uses"]
    assert [use.batch.number for use in used] == [story.batch.number]
    assert set(used[0].steps) == {"Isolation, medium", "Medium change"}
    dye = Lot.objects.get(code=LOTS[Lot.Kind.VEHICLE])
    assert supervisor.get(f"/lots/{dye.pk}/").context["uses"] == []


def test_equipment_tells_the_batches_it_was_used_in(story: Story, supervisor: Client) -> None:
    story.isolate()
    cabinet = Equipment.objects.get(code=EQUIPMENT[Equipment.Kind.BSC])
    used = supervisor.get(f"/equipment/{cabinet.pk}/").context["uses"]
    assert [(use.batch.number, use.steps) for use in used] == [(story.batch.number, ["Isolation"])]


def test_a_calibration_moves_the_day_the_next_is_due_and_keeps_the_certificate(
    story: Story, supervisor: Client
) -> None:
    supervisor.post("/equipment/register/", an_incubator(calibration_due_on=in_days(-2)))
    item = Equipment.objects.get()
    assert supervisor.get("/equipment/").context["lines"][0]["fitness"].words == "Calibration overdue"
    address = f"/equipment/{item.pk}/calibrate/"
    past = supervisor.post(address, {"calibration_due_on": in_days(-2), **once()})
    assert "EQP-06" in past.content.decode()
    done = {"calibration_due_on": in_days(365), "reason": "Certificate 4711"}
    assert supervisor.post(address, done | once()).status_code == 302
    page = supervisor.get(f"/equipment/{item.pk}/")
    assert page.context["fitness"].words == "May be used"
    assert "Certificate 4711" in page.content.decode()
    item.refresh_from_db()
    assert item.calibration_due_on == date.fromisoformat(in_days(365))


def test_equipment_goes_out_of_service_with_a_reason_and_comes_back_with_one(story: Story, supervisor: Client) -> None:
    supervisor.post("/equipment/register/", an_incubator())
    item = Equipment.objects.get()
    address = f"/equipment/{item.pk}/service/"
    assert "Take out of service" in supervisor.get(address).content.decode()
    assert supervisor.post(address, {"to": "out", "reason": "", **once()}).status_code == 422
    assert supervisor.post(address, {"to": "out", "reason": "The fan is loud.", **once()}).status_code == 302
    assert supervisor.get("/equipment/").context["lines"][0]["fitness"].words == "Out of service"
    assert "Put back into service" in supervisor.get(address).content.decode()
    assert supervisor.post(address, {"to": "in", "reason": "Fan replaced.", **once()}).status_code == 302
    assert Equipment.objects.get().is_in_service


def test_a_page_opened_before_somebody_else_took_it_out_does_not_put_it_back(story: Story, supervisor: Client) -> None:
    supervisor.post("/equipment/register/", an_incubator())
    address = f"/equipment/{Equipment.objects.get().pk}/service/"
    supervisor.post(address, {"to": "out", "reason": "The fan is loud.", **once()})
    page = supervisor.post(address, {"to": "out", "reason": "It rattles.", **once()})
    assert "EQP-08" in page.content.decode()
    assert not Equipment.objects.get().is_in_service


def test_the_same_equipment_is_not_registered_twice(story: Story, supervisor: Client) -> None:
    supervisor.post("/equipment/register/", an_incubator())
    page = supervisor.post("/equipment/register/", an_incubator(code="inc-9"))
    assert "EQP-05" in page.content.decode()
    assert Equipment.objects.count() == 1


def test_a_technician_looks_but_does_not_decide(story: Story) -> None:
    story.stock()
    technician = signed_in(story.cast.technician)
    lot = Lot.objects.get(code=LOTS[Lot.Kind.ENZYME])
    page = technician.get(f"/lots/{lot.pk}/")
    assert page.status_code == 200
    assert "Decide on lot" not in page.content.decode()
    rejected = technician.post(f"/lots/{lot.pk}/decide/", {"state": "rejected", "reason": "Wrong.", **once()})
    assert rejected.status_code == 403
    assert Entry.objects.filter(name="page:refused", is_refused=True).count() == 1
    lot.refresh_from_db()
    assert lot.state == "released"
