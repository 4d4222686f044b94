"""The one way in: who may, once, on what one saw; a refusal writes nothing but itself."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from unittest.mock import ANY

import pytest
from django.db import transaction

from lims import clock
from lims.accounts import administration
from lims.accounts.commands import add_user
from lims.accounts.models import User
from lims.accounts.permissions import Permission
from lims.acts import Act, Unsealed
from lims.commands import COMMANDS, Stale, command, head_seq
from lims.ledger.append import AlreadyDone, open_stream, sealed
from lims.ledger.models import SITE_STREAM, Entry, Head
from lims.ledger.reading import content_of
from lims.ledger.verify import verify
from lims.recorded import version_model
from lims.refusals import Refusal, Refused, refuse_if_any
from lims.signatures.meanings import Meaning
from lims.signatures.models import Signature
from tests.cast import PASSWORD, Cast, performed

SAMPLE_STREAM = "S-1"


@command("trial:rename", needs=Permission.MANAGE_ACCOUNTS, stream=SAMPLE_STREAM)
def rename(act: Act, *, user: User, name: str) -> User:
    """Give a person another printed name; two reasons to refuse, told after the row was written."""
    live = User.objects.get(pk=user.pk)
    live.printed_name = name
    act.add(live)
    act.notes["asked"] = name
    reasons = []
    if "!" in name:
        reasons.append(Refusal("SAM-01", "No exclamation mark in {name}. Take it out.", "name", {"name": name}))
    if name.islower():
        reasons.append(Refusal("SAM-02", "A name begins with a capital. Write it so.", "name"))
    refuse_if_any(reasons)
    return live


@command("trial:sign", needs=Permission.RECORD_PRODUCTION, stream=SAMPLE_STREAM, signed=(Meaning.PERFORMED,))
def sign(act: Act, *, user: User) -> User:
    """Sign for oneself."""
    live = User.objects.get(pk=user.pk)
    act.add(live)
    act.sign(live)
    return live


@command("trial:clash", needs=Permission.MANAGE_ACCOUNTS, stream=SAMPLE_STREAM)
def clash(act: Act, *, user: User) -> None:
    """Write a row of its own, then one that the database can't take."""
    live = User.objects.get(pk=user.pk)
    live.printed_name = "Written before the clash"
    act.add(live)
    twin = User(username=user.username, printed_name="A twin", role="qa")
    twin.set_password(PASSWORD)
    act.add(twin)


@command("trial:nest", needs=Permission.MANAGE_ACCOUNTS, stream=SAMPLE_STREAM)
def nest(act: Act, *, user: User) -> None:
    """Call another command from inside."""
    live = User.objects.get(pk=user.pk)
    live.printed_name = "Written outside"
    act.add(live)
    rename(act.actor, user=user, name="Written inside")


@command("trial:wander", needs=Permission.MANAGE_ACCOUNTS, stream=None)
def wander(act: Act, *, streams: list[str]) -> None:
    """Open each stream named."""
    for stream in streams:
        open_stream(act, stream)


@pytest.fixture(scope="module", autouse=True)
def only_here() -> Iterator[None]:
    """The sample commands leave the register with this module."""
    yield
    for name in [n for n in COMMANDS if n.startswith("trial:")]:
        del COMMANDS[name]


def name_of(user: User) -> str:
    return User.objects.get(pk=user.pk).printed_name


def acts(stream: str = SAMPLE_STREAM) -> list[tuple[str, bool]]:
    return list(Entry.objects.filter(stream=stream).order_by("seq").values_list("name", "is_refused"))


def last(stream: str = SAMPLE_STREAM) -> dict[str, Any]:
    return content_of(Entry.objects.filter(stream=stream).latest("seq"))


# --- Done ------------------------------------------------------------------------------------------------------------


@pytest.mark.clause("11.10(e)", "A11-9", "R01")
def test_an_act_leaves_the_row_its_version_and_its_entry(cast: Cast) -> None:
    rename(cast.administrator, user=cast.analyst, name="Kato Naoko", reason="Married")
    row = User.objects.get(pk=cast.analyst.pk)
    entry = Entry.objects.get(stream=SAMPLE_STREAM)
    assert row.printed_name == "Kato Naoko"
    assert row.act_id == entry.pk
    version = version_model(User)._base_manager.filter(id=row.pk).latest("pk")
    assert (version.printed_name, version.history_type, version.act_id) == (  # type: ignore[attr-defined]
        "Kato Naoko",
        "~",
        entry.pk,
    )
    assert content_of(entry) == {
        "v": 1,
        "stream": SAMPLE_STREAM,
        "seq": 1,
        "id": str(entry.pk),
        "act": "trial:rename",
        "actor": {"id": str(cast.administrator.pk), "username": "admin", "name": "Sato Kei", "role": "administrator"},
        "at": entry.at.isoformat(),
        "reason": "Married",
        "refused": False,
        "once": None,
        "notes": {"asked": "Kato Naoko"},
        "rows": [{"model": "accounts.User", "pk": str(row.pk), "version": str(version.pk), "type": "~", "digest": ANY}],
        "signatures": [],
        "prev": "0" * 64,
    }
    assert verify().ok


@pytest.mark.clause("11.10(e)", "R07")
def test_the_time_of_an_act_is_the_servers_and_taken_once(cast: Cast) -> None:
    before = clock.now()
    rename(cast.administrator, user=cast.analyst, name="Kato Naoko")
    entry = Entry.objects.get(stream=SAMPLE_STREAM)
    assert before <= entry.at <= clock.now()
    version = version_model(User)._base_manager.filter(id=cast.analyst.pk).latest("pk")
    assert version.history_date == entry.at  # type: ignore[attr-defined]


def test_a_time_given_in_another_zone_is_sealed_as_it_is_read_back(cast: Cast) -> None:
    with clock.replaying(datetime(2026, 10, 1, 9, 0, tzinfo=timezone(timedelta(hours=9)))):
        rename(cast.administrator, user=cast.analyst, name="Kato Naoko")
    assert last()["at"] == "2026-10-01T00:00:00+00:00"
    assert verify().ok


def test_a_replayed_act_says_when_it_was_really_written(cast: Cast) -> None:
    before = clock.now()
    with clock.replaying(datetime(2026, 10, 1, tzinfo=UTC)):
        rename(cast.administrator, user=cast.analyst, name="Kato Naoko")
    assert before <= datetime.fromisoformat(last()["notes"]["replayed, written at"]) <= clock.now()


# --- Refused ---------------------------------------------------------------------------------------------------------


@pytest.mark.clause("11.10(g)", "A11-12", "R23")
def test_who_may_not_is_refused_and_that_is_in_the_ledger(cast: Cast) -> None:
    before = name_of(cast.analyst)
    with pytest.raises(Refused) as raised:
        rename(cast.qa, user=cast.analyst, name="Kato Naoko")
    assert raised.value.codes == ("PERM-01",)
    assert name_of(cast.analyst) == before
    told = last()
    assert (told["act"], told["refused"], told["notes"]["refused"]) == ("trial:rename", True, "PERM-01")
    assert told["actor"]["username"] == cast.qa.username
    assert told["rows"] == []


def test_who_may_not_is_refused_before_a_password_is_looked_at(cast: Cast) -> None:
    with pytest.raises(Refused) as raised:
        sign(cast.qa, user=cast.qa, signatures=performed(cast.technician))
    assert raised.value.codes == ("PERM-01",)


def test_a_disabled_person_is_refused(cast: Cast) -> None:
    administration.disable(cast.administrator, user=cast.technician, reason="Left")
    gone = User.objects.get(pk=cast.technician.pk)
    with pytest.raises(Refused) as raised:
        sign(gone, user=gone, signatures=performed(gone))
    assert raised.value.codes == ("PERM-01",)


def test_a_refusal_tells_every_reason_and_writes_nothing_else(cast: Cast) -> None:
    before = name_of(cast.analyst)
    versions = version_model(User)._base_manager.count()
    with pytest.raises(Refused) as raised:
        rename(cast.administrator, user=cast.analyst, name="kato!")
    assert [(r.code, r.field) for r in raised.value.refusals] == [("SAM-01", "name"), ("SAM-02", "name")]
    assert name_of(cast.analyst) == before
    assert version_model(User)._base_manager.count() == versions
    told = last()
    assert told["notes"] == {
        "refused": "SAM-01 SAM-02",
        "reason 1": "No exclamation mark in kato!. Take it out.",
        "reason 2": "A name begins with a capital. Write it so.",
    }
    assert told["rows"] == []
    assert verify().ok


def test_a_value_its_field_can_not_hold_is_refused_beside_the_field(cast: Cast) -> None:
    with pytest.raises(Refused) as raised:
        rename(cast.administrator, user=cast.analyst, name="N" * 121)
    assert [(r.code, r.field) for r in raised.value.refusals] == [("FLD-01", "printed_name")]
    assert acts() == [("trial:rename", True)]


@pytest.mark.clause("R06")
def test_what_the_database_refuses_is_refused_and_nothing_is_half_written(cast: Cast) -> None:
    before = name_of(cast.analyst)
    with pytest.raises(Refused) as raised:
        clash(cast.administrator, user=cast.analyst)
    assert raised.value.codes == ("DBC-01",)
    assert name_of(cast.analyst) == before
    assert acts() == [("trial:clash", True)]
    assert verify().ok


@pytest.mark.parametrize(("inputs", "field"), [({"name": "Aoki \U0001f600"}, "name"), ({"reason": "\u0639"}, "reason")])
def test_a_text_that_paper_can_not_show_is_refused_beside_its_field(
    cast: Cast, inputs: dict[str, str], field: str
) -> None:
    before = name_of(cast.analyst)
    with pytest.raises(Refused) as raised:
        rename(cast.administrator, user=cast.analyst, **{"name": "Kato Naoko", **inputs})
    assert [(r.code, r.field) for r in raised.value.refusals] == [("TXT-01", field)]
    assert name_of(cast.analyst) == before
    assert acts() == [("trial:rename", True)]
    assert last()["notes"]["refused"] == "TXT-01"


def test_what_the_system_does_is_not_asked_for_its_texts(cast: Cast) -> None:
    rename(None, user=cast.analyst, name="Kept as it was \U0001f600")
    assert acts() == [("trial:rename", False)]


def test_a_text_is_asked_before_a_password(cast: Cast) -> None:
    with pytest.raises(Refused) as raised:
        sign(cast.technician, user=cast.technician, signatures=performed(cast.technician), reason="\U0001f600")
    assert raised.value.codes == ("TXT-01",)


@pytest.mark.clause("11.10(e)", "R06")
def test_a_fault_of_the_program_leaves_nothing_at_all(cast: Cast) -> None:
    with pytest.raises(TypeError):
        rename(cast.administrator, user=cast.analyst)
    assert acts() == []
    assert not Head.objects.filter(stream=SAMPLE_STREAM).exists()


# --- Once, and on what one saw ---------------------------------------------------------------------------------------


def test_a_double_click_is_one_act(cast: Cast) -> None:
    once = uuid.uuid4()
    rename(cast.administrator, user=cast.analyst, name="Kato Naoko", once=once)
    with pytest.raises(AlreadyDone) as raised:
        rename(cast.administrator, user=cast.analyst, name="Kato Naoko", once=once)
    assert raised.value.entry == Entry.objects.get(stream=SAMPLE_STREAM)
    assert acts() == [("trial:rename", False)]


def test_a_second_click_on_a_signed_act_asks_for_no_password(cast: Cast) -> None:
    once = uuid.uuid4()
    sign(cast.technician, user=cast.technician, signatures=performed(cast.technician), once=once)
    with pytest.raises(AlreadyDone):
        sign(cast.technician, user=cast.technician, signatures={}, once=once)
    assert Signature.objects.filter(entry__stream=SAMPLE_STREAM).count() == 1


def test_what_was_refused_may_be_sent_again_with_the_same_token(cast: Cast) -> None:
    once = uuid.uuid4()
    with pytest.raises(Refused):
        rename(cast.administrator, user=cast.analyst, name="kato", once=once)
    rename(cast.administrator, user=cast.analyst, name="Kato Naoko", once=once)
    assert acts() == [("trial:rename", True), ("trial:rename", False)]


@pytest.mark.clause("R39")
def test_who_saw_an_older_record_is_told_what_changed_and_nothing_is_written(cast: Cast) -> None:
    seen = head_seq(SAMPLE_STREAM)
    rename(cast.administrator, user=cast.analyst, name="Kato Naoko")
    with pytest.raises(Stale) as raised:
        rename(cast.administrator, user=cast.analyst, name="Kato Naomi", seen=seen)
    assert [(e.actor_name, e.name) for e in raised.value.entries] == [("Sato Kei", "trial:rename")]
    assert raised.value.codes == ("STALE-01",)
    assert name_of(cast.analyst) == "Kato Naoko"
    assert acts() == [("trial:rename", False)]
    rename(cast.administrator, user=cast.analyst, name="Kato Naomi", seen=head_seq(SAMPLE_STREAM))
    assert name_of(cast.analyst) == "Kato Naomi"


def test_an_attempt_that_was_refused_makes_no_page_stale(cast: Cast) -> None:
    rename(cast.administrator, user=cast.analyst, name="Kato Naoko")
    seen = head_seq(SAMPLE_STREAM)
    with pytest.raises(Refused):
        rename(cast.administrator, user=cast.analyst, name="kato")
    rename(cast.administrator, user=cast.analyst, name="Kato Naomi", seen=seen)
    assert name_of(cast.analyst) == "Kato Naomi"


# --- Acts and streams ------------------------------------------------------------------------------------------------


def test_an_act_never_happens_inside_another(cast: Cast) -> None:
    before = name_of(cast.analyst)
    with pytest.raises((Unsealed, RuntimeError)):  # Django's durable transaction may say so first
        nest(cast.administrator, user=cast.analyst)
    assert name_of(cast.analyst) == before
    assert acts() == []


def test_an_act_never_happens_inside_somebody_elses_transaction(cast: Cast) -> None:
    """Whoever wraps an act in a transaction of their own could take a sealed act back."""
    with pytest.raises(RuntimeError), transaction.atomic():
        rename(cast.administrator, user=cast.analyst, name="Kato Naoko")
    assert acts() == []


def test_an_act_belongs_to_exactly_one_stream(cast: Cast) -> None:
    for streams in ([], ["S-1", "S-2"]):
        with pytest.raises(Unsealed):
            wander(cast.administrator, streams=streams)
    assert acts("S-1") == acts("S-2") == []
    wander(cast.administrator, streams=["S-2"])
    assert acts("S-2") == [("trial:wander", False)]


def test_each_stream_counts_and_links_on_its_own(cast: Cast) -> None:
    site = head_seq(SITE_STREAM)
    for name in ("Kato Naoko", "Kato Naomi"):
        rename(cast.administrator, user=cast.analyst, name=name)
    first, second = Entry.objects.filter(stream=SAMPLE_STREAM).order_by("seq")
    assert (first.seq, second.seq) == (1, 2)
    assert second.prev == first.hash
    assert head_seq(SITE_STREAM) == site
    head = Head.objects.get(stream=SAMPLE_STREAM)
    assert (head.seq, head.hash) == (2, second.hash)


def test_only_a_demonstration_replays_past_times(db: None) -> None:
    act = Act(name="trial:replay", actor=None, at=clock.now())
    with (
        clock.replaying(datetime(2026, 10, 1, tzinfo=UTC)),
        pytest.raises(Unsealed),
        sealed(act, SAMPLE_STREAM),
    ):
        pass
    assert acts() == []


def test_the_system_acts_without_a_person(cast: Cast) -> None:
    rename(None, user=cast.analyst, name="Kato Naoko")
    entry = Entry.objects.get(stream=SAMPLE_STREAM)
    assert (entry.actor, entry.actor_name) == (None, "System")
    assert verify().ok


def test_a_user_name_is_one_whatever_is_tried(cast: Cast) -> None:
    with pytest.raises(Refused) as raised:
        add_user(cast.administrator, username="aoki.r", printed_name="Twin", role="qa", password=PASSWORD)
    assert raised.value.codes == ("ACC-04",)
