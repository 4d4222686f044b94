"""Beginning a real laboratory from the console."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from batches.models import MasterBatchRecord
from lims.accounts.authentication import Credential, verify
from lims.accounts.models import User
from lims.ledger.models import Entry
from lims.ledger.verify import verify as verify_ledger
from lims.models import Site

PASSWORD = "seven quiet centrifuges"
GIVEN = {
    "name": "Cell processing unit 4",
    "time_zone": "Europe/Berlin",
    "administrator": "weber.l",
    "printed_name": "Weber Lena",
}


def start(**changes: str) -> str:
    out = StringIO()
    call_command("start_site", stdout=out, **(GIVEN | changes))
    return out.getvalue()


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    """The password as given in the environment."""
    monkeypatch.setenv("START_PASSWORD", PASSWORD)


def test_it_begins_a_laboratory_that_is_no_demonstration() -> None:
    assert "Cell processing unit 4 has begun" in start()
    here = Site.objects.get()
    assert (here.name, here.time_zone, here.is_demonstration) == ("Cell processing unit 4", "Europe/Berlin", False)
    administrator = verify(Credential("weber.l", PASSWORD), purpose="sign in")
    assert (administrator.role, administrator.must_change_password) == ("administrator", True)
    assert MasterBatchRecord.objects.get().state == "effective"
    assert User.objects.count() == 1
    assert [e.name for e in Entry.objects.order_by("seq")] == ["site:start", "mbr:install"]
    assert verify_ledger().ok


def test_it_begins_once() -> None:
    start()
    with pytest.raises(CommandError, match="SITE-01"):
        start(name="Another one")
    assert Site.objects.get().name == "Cell processing unit 4"


@pytest.mark.parametrize(
    ("changes", "given", "reason"),
    [
        ({"time_zone": "Mars/Olympus"}, PASSWORD, "SITE-02"),
        ({}, "short", "ACC-05"),
        ({"printed_name": "Lena von der Weberhausen"}, "Lena von der Weberhausen", "too similar to the printed name"),
        ({}, "", "ACC-05"),
        ({"administrator": "Weber L"}, PASSWORD, "username: Use small letters"),
        ({"printed_name": ""}, PASSWORD, "printed name: "),
        ({"name": ""}, PASSWORD, "name: "),
    ],
)
def test_it_refuses_and_says_why(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], given: str, reason: str
) -> None:
    monkeypatch.setenv("START_PASSWORD", given)
    with pytest.raises(CommandError, match=reason):
        start(**changes)
    assert not Site.objects.exists()
    assert not Entry.objects.exists()


def test_it_does_not_wait_for_a_password_where_nobody_can_type_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("START_PASSWORD")
    with pytest.raises(CommandError, match="START_PASSWORD"):
        start()
    assert not Site.objects.exists()
