"""The people of the tests: one laboratory, one person of each role and a second technician and QA."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

from batches.commands.process import install_master_batch_record, installed_content
from batches.commands.training import record_training
from batches.models import MasterBatchRecord
from lims import clock
from lims.accounts.authentication import Credential
from lims.accounts.commands import add_user, start_site
from lims.accounts.models import User
from lims.signatures.meanings import Meaning

# Before every story.
TRAINED = datetime(2020, 1, 6, 3, 0, tzinfo=UTC)
PASSWORD = "correct-horse-battery"  # noqa: S105


@dataclasses.dataclass(frozen=True)
class Cast:
    """Everybody, and the effective master batch record."""

    administrator: User
    technician: User
    second_technician: User
    supervisor: User
    analyst: User
    second_analyst: User
    qa: User
    second_qa: User
    clinician: User
    second_clinician: User
    auditor: User
    mbr: MasterBatchRecord


def gather_cast() -> Cast:
    """Start a demonstration site, whose passwords are cheap to check, with its people and process."""
    start_site(
        name="Test laboratory",
        time_zone="Asia/Tokyo",
        administrator=("admin", "Sato Kei"),
        password=PASSWORD,
        is_demonstration=True,
    )
    admin = User.objects.get(username="admin")
    mbr = install_master_batch_record(None, content=installed_content(), code="MBR-01", version=1)

    def add(username: str, name: str, role: str) -> User:
        user: User = add_user(admin, username=username, printed_name=name, role=role, password=PASSWORD)
        return user

    cast = Cast(
        administrator=admin,
        technician=add("aoki.r", "Aoki Ren", "technician"),
        second_technician=add("tanabe.m", "Tanabe Mio", "technician"),
        supervisor=add("mori.y", "Mori Yuto", "supervisor"),
        analyst=add("kato.n", "Kato Nao", "analyst"),
        second_analyst=add("ueda.h", "Ueda Haru", "analyst"),
        qa=add("hayashi.s", "Hayashi Sora", "qa"),
        second_qa=add("ono.t", "Ono Tsubasa", "qa"),
        clinician=add("ishii.a", "Ishii Akari", "clinician"),
        second_clinician=add("endo.k", "Endo Kaito", "clinician"),
        auditor=add("nakai.f", "Nakai Fumi", "auditor"),
        mbr=mbr,
    )
    train(cast, mbr)
    return cast


def train(cast: Cast, mbr: MasterBatchRecord, **changes: Any) -> None:
    """Everybody trained for a version, long ago and without an end; nobody approves their own training."""
    rest = User.objects.exclude(pk__in=[cast.administrator.pk, cast.auditor.pk, cast.qa.pk, cast.second_qa.pk])
    given: dict[str, Any] = {"mbr": mbr, "trained_on": TRAINED.date()}
    for approver, people, trainer in (
        (cast.qa, list(rest), cast.second_qa),
        (cast.supervisor, [cast.qa, cast.second_qa], cast.supervisor),
    ):
        with clock.replaying(TRAINED):
            record_training(
                approver,
                people=people,
                trainer=trainer,
                signatures=signed((Meaning.APPROVED, approver)),
                **(given | changes),
            )


def signed(*signers: tuple[Meaning, User], password: str = PASSWORD) -> dict[Meaning, Credential]:
    """Credentials as typed into the signature panels."""
    return {meaning: Credential(user.username, password) for meaning, user in signers}


def performed(by: User, witness: User | None = None) -> dict[Meaning, Credential]:
    """A performer's signature, with a witness's beside it when given."""
    given = [(Meaning.PERFORMED, by)]
    if witness is not None:
        given.append((Meaning.WITNESSED, witness))
    return signed(*given)


def approved(by: User) -> dict[Meaning, Credential]:
    """One person's approval, of a lot or a piece of equipment."""
    return signed((Meaning.APPROVED, by))
