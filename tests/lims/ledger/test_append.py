"""Sealing under many writers, each on a connection of its own, as web workers are."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from django.db import connection, models

from batches.commands.materials import decide_lot, register_lot
from batches.models import Lot
from lims import clock
from lims.accounts.permissions import Permission
from lims.acts import Act
from lims.commands import COMMANDS, Stale, command, head_seq
from lims.ledger.append import AlreadyDone
from lims.ledger.models import SITE_STREAM, Entry, Head
from lims.ledger.verify import verify
from lims.recorded import version_model
from lims.refusals import Refused
from tests.cast import Cast, approved, gather_cast

WRITERS = 6


@pytest.fixture
def people(transactional_db: None) -> Cast:
    """The cast in a database that commits, so that other connections see it."""
    return gather_cast()


def at_once(*runs: Callable[[], Any]) -> list[Any]:
    """Let every run begin at one moment; gives what each returned or raised."""
    ready = threading.Barrier(len(runs))

    def run(what: Callable[[], Any]) -> Any:
        try:
            ready.wait(timeout=30)
            return what()
        except (AlreadyDone, Refused) as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(runs)) as pool:
        return list(pool.map(run, runs))


def registering(people: Cast, code: str, **more: Any) -> Callable[[], Any]:
    return lambda: register_lot(
        people.supervisor, kind="dye", name="Trypan blue", code=code, expires_on=date(2031, 1, 31), **more
    )


def count(told: Sequence[Any], kind: type) -> int:
    return sum(isinstance(answer, kind) for answer in told)


def test_acts_of_many_writers_stand_in_one_unbroken_row(people: Cast) -> None:
    before = head_seq(SITE_STREAM)
    told = at_once(*(registering(people, f"L-{n}") for n in range(WRITERS)))
    assert count(told, Lot) == WRITERS
    entries = Entry.objects.filter(stream=SITE_STREAM, seq__gt=before).order_by("seq")
    assert [e.seq for e in entries] == list(range(before + 1, before + 1 + WRITERS))
    assert Head.objects.get(stream=SITE_STREAM).hash == entries[WRITERS - 1].hash
    assert verify().ok


def test_one_form_sent_many_times_at_once_is_one_act(people: Cast) -> None:
    once = uuid.uuid4()
    told = at_once(*(registering(people, "L-1", once=once) for _ in range(WRITERS)))
    assert (count(told, Lot), count(told, AlreadyDone)) == (1, WRITERS - 1)
    assert {answer.entry for answer in told if isinstance(answer, AlreadyDone)} == {Entry.objects.get(once=once)}
    assert Lot.objects.count() == 1
    assert verify().ok


@pytest.mark.clause("R39")
def test_of_many_who_saw_the_same_record_one_changes_it(people: Cast) -> None:
    lot = registering(people, "L-1")()
    seen = head_seq(SITE_STREAM)
    told = at_once(
        *(
            lambda: decide_lot(people.qa, lot=lot, state=Lot.State.RELEASED, seen=seen, signatures=approved(people.qa))
            for _ in range(WRITERS)
        )
    )
    assert (count(told, Lot), count(told, Stale)) == (1, WRITERS - 1)
    assert version_model(Lot)._base_manager.count() == 2
    assert verify().ok


def test_one_of_many_gets_what_only_one_can_have(people: Cast) -> None:
    told = at_once(*(registering(people, "L-1") for _ in range(WRITERS)))
    assert (count(told, Lot), count(told, Refused)) == (1, WRITERS - 1)
    assert {code for answer in told if isinstance(answer, Refused) for code in answer.codes} == {"LOT-06"}
    assert Entry.objects.filter(name="lot:register", is_refused=True).count() == WRITERS - 1
    assert verify().ok


def test_what_the_database_refuses_only_at_the_end_of_a_transaction_is_refused_too(people: Cast) -> None:
    """A reference to nothing is checked when the transaction ends, after everything was sealed."""

    def body(act: Act) -> None:
        lot = Lot(kind="dye", name="X", code="X", expires_on=date(2031, 1, 31), state="released", patient_id=999)
        act.add(lot)

    run = command("test:refer-to-nothing", needs=Permission.MANAGE_MATERIALS)(body)
    try:
        with pytest.raises(Refused) as refused:
            run(people.supervisor)
    finally:
        del COMMANDS["test:refer-to-nothing"]
    assert refused.value.codes == ("DBC-01",)
    assert not Lot.objects.exists()
    assert not version_model(Lot)._base_manager.exists()
    assert [e.is_refused for e in Entry.objects.filter(name="test:refer-to-nothing")] == [True]
    assert verify().ok


@pytest.mark.clause("R06")
def test_a_writer_stopped_before_the_end_leaves_nothing_and_holds_nobody_up(people: Cast) -> None:
    before = Entry.objects.count(), Head.objects.get(stream=SITE_STREAM).hash

    def body(act: Act) -> None:
        act.add(Lot(kind="dye", name="X", code="X", expires_on=date(2031, 1, 31), state="released"))
        raise SystemExit("stopped")

    run = command("test:stop", needs=Permission.MANAGE_MATERIALS)(body)
    try:
        with pytest.raises(SystemExit):
            run(people.supervisor)
    finally:
        del COMMANDS["test:stop"]
    assert (Entry.objects.count(), Head.objects.get(stream=SITE_STREAM).hash) == before
    assert not Lot.objects.exists()
    assert registering(people, "L-1")().pk
    assert verify().ok


@pytest.mark.clause("R07")
def test_the_time_of_an_act_lies_between_the_click_and_the_answer(people: Cast) -> None:
    """However long it waited for others to write."""
    began = clock.now()
    at_once(*(registering(people, f"L-{n}") for n in range(WRITERS)))
    ended = clock.now()
    spans = Entry.objects.filter(name="lot:register").aggregate(models.Min("at"), models.Max("at"))
    assert began <= spans["at__min"] <= spans["at__max"] <= ended
