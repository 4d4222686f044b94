"""The people of a demonstration laboratory. Their password is public; a real laboratory has none of them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from batches.commands.process import install_master_batch_record, installed_content
from batches.commands.training import record_training
from batches.models import MasterBatchRecord, TrainingRecord
from lims import clock
from lims.accounts import access_review
from lims.accounts.access_review import Given
from lims.accounts.authentication import Credential
from lims.accounts.commands import add_user, start_site
from lims.accounts.models import AccessReview, AccessReviewLine, User
from lims.accounts.permissions import Role
from lims.ledger.models import SITE_STREAM, Entry
from lims.models import Site
from lims.signatures.meanings import Meaning

NAME: Final = "Demonstration laboratory"
TIME_ZONE: Final = "Asia/Tokyo"
PASSWORD: Final = "synthetic-cells"  # noqa: S105 - shown to everybody who starts a demonstration
# The laboratory opened this long before the demonstration was made, and its history runs until then.
OPENED_BEFORE: Final = timedelta(days=470)
_RUNS_OUT_IN: Final = timedelta(days=20)
REPLAYED: Final = "replayed, written at"


@dataclasses.dataclass(frozen=True)
class Person:
    """One account of the demonstration."""

    username: str
    printed_name: str
    role: Role


PEOPLE: Final = (
    Person("aoki.r", "Aoki Ren", Role.TECHNICIAN),
    Person("tanabe.m", "Tanabe Mio", Role.TECHNICIAN),
    Person("mori.y", "Mori Yuto", Role.SUPERVISOR),
    Person("kato.n", "Kato Nao", Role.ANALYST),
    Person("ueda.h", "Ueda Haru", Role.ANALYST),
    Person("hayashi.s", "Hayashi Sora", Role.QA),
    Person("ono.t", "Ono Tsubasa", Role.QA),
    Person("ishii.a", "Ishii Akari", Role.CLINICIAN),
    Person("endo.k", "Endo Kaito", Role.CLINICIAN),
    Person("nakai.f", "Nakai Fumi", Role.AUDITOR),
)
ADMINISTRATOR: Final = Person("admin", "Sato Kei", Role.ADMINISTRATOR)
MBR_CODE: Final = "MBR-01"


def begin() -> None:
    """Open the demonstration laboratory with its people and process; what is there already is left as it is.

    Raises:
        Refused: SITE-01 when another laboratory was started here.
    """
    opened = clock.now() - OPENED_BEFORE
    with clock.replaying(opened):
        if not Site.objects.filter(is_demonstration=True).exists():
            start_site(
                name=NAME,
                time_zone=TIME_ZONE,
                administrator=(ADMINISTRATOR.username, ADMINISTRATOR.printed_name),
                password=PASSWORD,
                is_demonstration=True,
            )
        administrator = User.objects.get(username=ADMINISTRATOR.username)
        for person in PEOPLE:
            if not User.objects.filter(username=person.username).exists():
                add_user(
                    administrator,
                    username=person.username,
                    printed_name=person.printed_name,
                    role=person.role,
                    password=PASSWORD,
                )
        if not MasterBatchRecord.objects.exists():
            install_master_batch_record(None, content=installed_content(), code=MBR_CODE, version=1)
        if not TrainingRecord.objects.exists():
            _train()


def _train() -> None:
    """Everybody trained on the first day; nobody approves their own training, and one training soon runs out."""
    people, opened = staff(), clock.now().date()
    mbr = MasterBatchRecord.objects.get(code=MBR_CODE)
    for approver, trainer, trained, until in (
        ("hayashi.s", "mori.y", ("aoki.r", "kato.n", "ueda.h", "ono.t", "ishii.a", "endo.k"), None),
        ("hayashi.s", "aoki.r", ("tanabe.m",), opened + OPENED_BEFORE + _RUNS_OUT_IN),
        ("ono.t", "hayashi.s", ("mori.y",), None),
        ("mori.y", "ono.t", ("hayashi.s",), None),
    ):
        record_training(
            people[approver],
            people=[people[name] for name in trained],
            mbr=mbr,
            trained_on=opened,
            valid_until=until,
            trainer=people[trainer],
            note="Read, shown at the bench, examined by questions.",
            signatures=signed((Meaning.APPROVED, people[approver])),
        )


def review_access(*, at: datetime) -> None:
    """QA reviews every account and keeps them all, unless a review was made already."""
    if AccessReview.objects.exists():
        return
    reviewer = User.objects.get(username="hayashi.s")
    with clock.replaying(at):
        given = {
            account.user.username: Given(AccessReviewLine.Answer.KEEP, "", account.standing)
            for account in access_review.accounts(at)
        }
        access_review.review(reviewer, given=given, signatures=signed((Meaning.REVIEWED, reviewer)))


def made_at() -> datetime:
    """When this demonstration was made, which is where its history ends. The same at every later start."""
    first = Entry.objects.get(stream=SITE_STREAM, name="site:start")
    notes = json.loads(bytes(first.payload))["notes"]
    return datetime.fromisoformat(notes[REPLAYED])


def staff() -> Mapping[str, User]:
    """Every account by its user name."""
    return {user.username: user for user in User.objects.all()}


def signed(*signers: tuple[Meaning, User]) -> dict[Meaning, Credential]:
    """Credentials as the people would type them."""
    return {meaning: Credential(user.username, PASSWORD) for meaning, user in signers}


def table() -> str:
    """The accounts as a table for the console."""
    rows = [(p.username, p.printed_name, str(p.role.label)) for p in (*PEOPLE, ADMINISTRATOR)]
    wide = [max(len(row[i]) for row in rows) for i in range(3)]
    lines = [f"  {a:<{wide[0]}}  {b:<{wide[1]}}  {c}" for a, b, c in rows]
    return "\n".join([f"Demonstration accounts, password «{PASSWORD}» for all:", *lines])
