"""Lots and equipment, through their commands."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from batches.commands.materials import (
    calibrate_equipment,
    decide_lot,
    register_equipment,
    register_lot,
    set_service,
)
from batches.models import Equipment, Lot
from batches.queries.materials import changes_of, uses_of
from lims.ledger.models import SITE_STREAM, Entry
from lims.refusals import Refused
from tests.builders import EQUIPMENT, LOTS, Story


def a_lot(story: Story, **changes: object) -> Lot:
    given: dict[str, object] = {
        "kind": Lot.Kind.MEDIUM,
        "name": "Medium",
        "code": "MX-7",
        "expires_on": story.at.date() + timedelta(days=30),
    }
    with story.now():
        made: Lot = register_lot(story.cast.supervisor, **(given | changes))
    return made


def test_a_lot_waits_in_quarantine_and_is_no_use_until_it_is_released(story: Story) -> None:
    story.stock()
    lot = a_lot(story)
    assert lot.state == Lot.State.QUARANTINE
    with pytest.raises(Refused) as refused:
        story.isolate(medium_lot="MX-7")
    assert refused.value.codes == ("LOT-03",)
    assert refused.value.refusals[0].field == "medium_lot"
    with story.now():
        decide_lot(story.cast.qa, lot=lot, state=Lot.State.RELEASED)
    assert story.isolate(medium_lot="mx-7 ").medium_lot == lot


def test_a_lot_code_is_taken_once_whatever_its_case(story: Story) -> None:
    a_lot(story)
    with pytest.raises(Refused) as refused:
        a_lot(story, code=" mx-7")
    assert refused.value.codes == ("LOT-06",)
    assert Lot.objects.count() == 1


def test_a_lot_reserved_for_one_patient_is_not_used_for_another(story: Story) -> None:
    story.stock()
    stranger = Story(story.cast).enrol()
    lot = a_lot(story, patient=stranger)
    with story.now():
        decide_lot(story.cast.qa, lot=lot, state=Lot.State.RELEASED)
    with pytest.raises(Refused) as refused:
        story.isolate(medium_lot="MX-7")
    assert refused.value.codes == ("LOT-04",)


def test_a_technician_registers_no_lot_and_the_attempt_is_told(story: Story) -> None:
    with pytest.raises(Refused) as refused:
        register_lot(story.cast.technician, kind="medium", name="Medium", code="MX-8", expires_on=date(2030, 1, 1))
    assert refused.value.codes == ("PERM-01",)
    assert not Lot.objects.exists()
    assert Entry.objects.filter(stream=SITE_STREAM, name="lot:register", is_refused=True).count() == 1


def test_every_decision_about_a_lot_stays_with_its_reason(story: Story) -> None:
    lot = a_lot(story)
    with story.now():
        decide_lot(story.cast.qa, lot=lot, state=Lot.State.RELEASED)
        decide_lot(story.cast.second_qa, lot=lot, state=Lot.State.REJECTED, reason="Recalled by the supplier.")
    told = [(c.row.state, c.who, c.reason) for c in changes_of(lot)]
    assert told == [
        ("rejected", "Ono Tsubasa", "Recalled by the supplier."),
        ("released", "Hayashi Sora", ""),
        ("quarantine", "Mori Yuto", ""),
    ]


def test_a_recall_finds_every_batch_that_used_a_lot_and_no_other(story: Story) -> None:
    story.isolate()
    other = Story(story.cast)
    other.receive()
    medium = Lot.objects.get(code=LOTS[Lot.Kind.MEDIUM])
    assert [(u.batch.number, u.steps) for u in uses_of(medium)] == [(story.batch.number, ["Isolation, medium"])]
    assert uses_of(Lot.objects.get(code=LOTS[Lot.Kind.VEHICLE])) == []


def test_the_bag_names_every_step_a_piece_of_equipment_was_used_in(story: Story) -> None:
    story.fill()
    cabinet = Equipment.objects.get(code=EQUIPMENT[Equipment.Kind.BSC])
    assert [(u.batch.number, u.steps) for u in uses_of(cabinet)] == [(story.batch.number, ["Isolation", "Passage"])]


def test_equipment_is_calibrated_to_a_day_to_come(story: Story) -> None:
    with story.now():
        item = register_equipment(
            story.cast.supervisor,
            kind=Equipment.Kind.PUMP,
            code="PU-1",
            name="Pump",
            calibration_due_on=story.at.date(),
        )
        with pytest.raises(Refused) as refused:
            calibrate_equipment(story.cast.supervisor, equipment=item, calibration_due_on=story.at.date())
        assert refused.value.codes == ("EQP-06",)
        later = story.at.date() + timedelta(days=365)
        assert calibrate_equipment(story.cast.supervisor, equipment=item, calibration_due_on=later) == item
    item.refresh_from_db()
    assert item.calibration_due_on == later


def test_equipment_out_of_service_is_not_used_until_it_is_back(story: Story) -> None:
    story.stock()
    cabinet = Equipment.objects.get(code=EQUIPMENT[Equipment.Kind.BSC])
    with story.now():
        set_service(story.cast.supervisor, equipment=cabinet, is_in_service=False, reason="Filter torn.")
    with pytest.raises(Refused) as refused:
        story.isolate()
    assert refused.value.codes == ("EQP-03",)
    with story.now():
        set_service(story.cast.supervisor, equipment=cabinet, is_in_service=True, reason="Filter replaced.")
    story.isolate()
