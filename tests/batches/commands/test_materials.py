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
from batches.queries.involved import signatures_under
from batches.queries.materials import changes_of, uses_of
from lims.ledger.models import SITE_STREAM, Entry
from lims.ledger.verify import verify
from lims.refusals import Refused
from lims.signatures.meanings import Meaning
from tests.builders import EQUIPMENT, LOTS, Story
from tests.cast import approved, signed


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
        decide_lot(story.cast.qa, lot=lot, state=Lot.State.RELEASED, signatures=approved(story.cast.qa))
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
        decide_lot(story.cast.qa, lot=lot, state=Lot.State.RELEASED, signatures=approved(story.cast.qa))
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
        decide_lot(story.cast.qa, lot=lot, state=Lot.State.RELEASED, signatures=approved(story.cast.qa))
        second, why = story.cast.second_qa, "Recalled by the supplier."
        decide_lot(second, lot=lot, state=Lot.State.REJECTED, reason=why, signatures=approved(second))
    told = [(c.row.state, c.who, c.reason) for c in changes_of(lot)]
    assert told == [
        ("rejected", "Ono Tsubasa", "Recalled by the supplier."),
        ("released", "Hayashi Sora", ""),
        ("quarantine", "Mori Yuto", ""),
    ]


@pytest.mark.clause("11.10(g)", "11.70")
@pytest.mark.parametrize("to", [Lot.State.RELEASED, Lot.State.REJECTED])
def test_who_registered_a_lot_does_not_decide_on_it(story: Story, to: Lot.State) -> None:
    lot, by = a_lot(story), story.cast.supervisor
    with story.now(), pytest.raises(Refused) as refused:
        decide_lot(by, lot=lot, state=to, reason="It looks right.", signatures=approved(by))
    assert refused.value.codes == ("LOT-11",)
    lot.refresh_from_db()
    assert lot.state == Lot.State.QUARANTINE
    assert signatures_under(lot) == []


def test_who_registered_a_lot_may_stop_its_use(story: Story) -> None:
    lot, by = a_lot(story), story.cast.supervisor
    with story.now():
        decide_lot(story.cast.qa, lot=lot, state=Lot.State.RELEASED, signatures=approved(story.cast.qa))
        decide_lot(by, lot=lot, state=Lot.State.QUARANTINE, reason="A bag leaked.", signatures=approved(by))
    lot.refresh_from_db()
    assert lot.state == Lot.State.QUARANTINE


@pytest.mark.clause("11.50(a)", "11.70")
def test_a_later_decision_supersedes_the_signature_before_and_nothing_looks_tampered_with(story: Story) -> None:
    lot = a_lot(story)
    for by, to in ((story.cast.qa, Lot.State.RELEASED), (story.cast.second_qa, Lot.State.REJECTED)):
        with story.wait(hours=1).now():
            decide_lot(by, lot=lot, state=to, reason="As the certificate says.", signatures=approved(by))
    given = [(s.printed_name, s.valid, s.note) for s in signatures_under(lot)]
    assert given == [("Hayashi Sora", False, ""), ("Ono Tsubasa", True, "")]
    assert verify([SITE_STREAM], files=False).ok


@pytest.mark.parametrize("password", ["", "wrong-horse-battery"])
def test_nothing_about_lots_and_equipment_is_decided_unsigned(story: Story, password: str) -> None:
    story.stock()
    lot, item, by = Lot.objects.get(code="LOT-DYE"), Equipment.objects.get(code="EQ-BSC"), story.cast.qa
    bad = signed((Meaning.APPROVED, by), password=password) if password else {}
    later = story.at.date() + timedelta(days=500)
    for run in (
        lambda: decide_lot(by, lot=lot, state=Lot.State.REJECTED, reason="Cloudy.", signatures=bad),
        lambda: calibrate_equipment(by, equipment=item, calibration_due_on=later, signatures=bad),
        lambda: set_service(by, equipment=item, is_in_service=False, reason="Filter torn.", signatures=bad),
    ):
        with story.now(), pytest.raises(Refused) as refused:
            run()
        assert all(code.startswith(("SIG-", "ACC-")) for code in refused.value.codes)
    assert (Lot.objects.get(pk=lot.pk).state, Equipment.objects.get(pk=item.pk).is_in_service) == ("released", True)
    assert Equipment.objects.get(pk=item.pk).calibration_due_on == item.calibration_due_on


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
    by = story.cast.supervisor
    with story.now():
        item = register_equipment(
            story.cast.supervisor,
            kind=Equipment.Kind.PUMP,
            code="PU-1",
            name="Pump",
            calibration_due_on=story.at.date(),
        )
        with pytest.raises(Refused) as refused:
            calibrate_equipment(by, equipment=item, calibration_due_on=story.at.date(), signatures=approved(by))
        assert refused.value.codes == ("EQP-06",)
        later = story.at.date() + timedelta(days=365)
        assert calibrate_equipment(by, equipment=item, calibration_due_on=later, signatures=approved(by)) == item
    item.refresh_from_db()
    assert item.calibration_due_on == later


@pytest.mark.clause("R25")
def test_equipment_out_of_service_is_not_used_until_it_is_back(story: Story) -> None:
    story.stock()
    by = story.cast.supervisor
    cabinet = Equipment.objects.get(code=EQUIPMENT[Equipment.Kind.BSC])
    with story.now():
        set_service(by, equipment=cabinet, is_in_service=False, reason="Filter torn.", signatures=approved(by))
    with pytest.raises(Refused) as refused:
        story.isolate()
    assert refused.value.codes == ("EQP-03",)
    with story.now():
        set_service(by, equipment=cabinet, is_in_service=True, reason="Filter replaced.", signatures=approved(by))
    story.isolate()
