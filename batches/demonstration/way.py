"""One donor's way: the steps planned for it, and the hand that records each of them once.

A step that was recorded before is passed over, so that a replay that was interrupted goes on where it stopped. Not
here: which steps there are (making, testing, bedside).
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property
from random import Random
from typing import Any, Final

from batches.demonstration.calendar import Calendar
from batches.demonstration.donors import Donor
from batches.demonstration.materials import CABINETS, INCUBATORS
from batches.demonstration.people import signed
from batches.models import Batch, MasterBatchRecord, Patient
from batches.rules.process import Process
from lims.accounts.models import User
from lims.ledger.append import AlreadyDone
from lims.refusals import Refused
from lims.signatures.meanings import Meaning

_TOKENS: Final = uuid.UUID("6f2a1c8e-52a5-4d0f-9c55-2f0f1d3f9a60")
_NOTED: Final = "Seen by both of us and discussed with the supervisor. Recorded as measured."


@dataclasses.dataclass(frozen=True)
class Step:
    """One act, or a few that belong together, at a time of the past."""

    at: datetime
    do: Callable[[], None]


@dataclasses.dataclass(frozen=True)
class Crew:
    """Who works on a donor: the two technicians, analysts and clinicians change places from donor to donor."""

    performer: User
    witness: User
    supervisor: User
    analyst: User
    second_analyst: User
    qa: User
    second_qa: User
    clinician: User
    second_clinician: User


def crew_for(staff: Mapping[str, User], index: int) -> Crew:
    """The crew of a donor."""

    def pair(first: str, second: str) -> tuple[User, User]:
        return (staff[first], staff[second]) if index % 2 else (staff[second], staff[first])

    performer, witness = pair("aoki.r", "tanabe.m")
    analyst, second_analyst = pair("kato.n", "ueda.h")
    qa, second_qa = pair("hayashi.s", "ono.t")
    clinician, second_clinician = pair("ishii.a", "endo.k")
    return Crew(
        performer,
        witness,
        staff["mori.y"],
        analyst,
        second_analyst,
        qa,
        second_qa,
        clinician,
        second_clinician,
    )


def record_once(
    key: str,
    done: set[uuid.UUID],
    command: Callable[..., Any],
    actor: User,
    *signers: tuple[Meaning, User],
    **inputs: Any,
) -> None:
    """Call a command unless the act named by `key` is in the ledger; `done` holds the tokens that are."""
    token = uuid.uuid5(_TOKENS, key)
    if token in done:
        return
    signatures = signed(*signers)
    try:
        command(actor, signatures=signatures, once=token, **inputs)
    except AlreadyDone:
        return
    except Refused as refused:
        if set(refused.codes) - {"ALR-01", "RES-06"}:
            raise
        command(actor, signatures=signatures, once=token, **inputs | {"comment": _NOTED})


class Way:
    """What every step of one donor needs. `done` holds the tokens of acts that are in the ledger."""

    def __init__(
        self, donor: Donor, calendar: Calendar, crew: Crew, *, mbr: MasterBatchRecord, done: set[uuid.UUID]
    ) -> None:
        self.donor = donor
        self.calendar = calendar
        self.crew = crew
        self.mbr = mbr
        self.done = done
        # A demonstration is the same every time; nothing secret is made with it.
        self.chance = Random(donor.name)  # noqa: S311

    @property
    def process(self) -> Process:
        """The process of the batch."""
        return self.mbr.process

    @property
    def record_number(self) -> str:
        """The donor's medical record number, which names the patient before there is a code."""
        return f"MRN-{self.donor.name}"

    @property
    def place(self) -> tuple[str, str]:
        """One shelf of one incubator for each donor."""
        return INCUBATORS[self.donor.index % 3], str(1 + self.donor.index // 3)

    @property
    def cabinet(self) -> str:
        """The cabinet the donor's cells are worked on in."""
        return CABINETS[self.donor.index % 2]

    @cached_property
    def patient(self) -> Patient:
        """The patient of this donor, once enrolled."""
        return Patient.objects.get(medical_record_number=self.record_number)

    @cached_property
    def batch(self) -> Batch:
        """The batch of this donor, once issued; commands read it again under their lock."""
        batch = Batch.objects.select_related("patient").get(patient=self.patient)
        batch.mbr = self.mbr
        return batch

    def record(
        self, key: str, command: Callable[..., Any], actor: User, *signers: tuple[Meaning, User], **inputs: Any
    ) -> None:
        """Call a command once. A value beyond a limit is recorded with a comment, as its form asks for."""
        record_once(f"{self.donor.name}:{key}", self.done, command, actor, *signers, **inputs)

    def two(self) -> tuple[tuple[Meaning, User], tuple[Meaning, User]]:
        """Performer and witness of the laboratory."""
        return (Meaning.PERFORMED, self.crew.performer), (Meaning.WITNESSED, self.crew.witness)

    def alone(self, user: User) -> tuple[Meaning, User]:
        """One person's signature as performer."""
        return Meaning.PERFORMED, user
