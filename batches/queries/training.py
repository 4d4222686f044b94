"""Training of people for versions of the process: for the gate of every act, the pages, and the record.

Not here: when a training covers an act (rules/training.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from batches.models import Batch, MasterBatchRecord, TrainingRecord
from batches.queries.involved import took_part
from batches.rules.personal import PersonFacts
from batches.rules.training import Training, expires_soon, in_force, untrained, withdrawn_since
from lims import clock
from lims.accounts.models import User
from lims.accounts.permissions import ROLES, Permission
from lims.refusals import Refusal
from lims.site import zone


def training(row: TrainingRecord) -> Training:
    """A row as the rules read it."""
    return Training(row.trained_on, row.valid_until, row.recorded_at, row.withdrawn_at)


def training_refusals(people: Mapping[User, str | None], mbr: MasterBatchRecord, *, at: datetime) -> list[Refusal]:
    """TRN-01 and TRN-02 for each of the people who is not trained at a time, beside the field that named them."""
    given = _by_person(TrainingRecord.objects.filter(mbr=mbr, person__in=list(people)))
    day = at.astimezone(zone()).date()
    found = [
        untrained(
            [training(row) for row in given[user.pk]],
            name=user.printed_name,
            version=str(mbr),
            at=at,
            day=day,
            field=field,
        )
        for user, field in people.items()
    ]
    return [refusal for refusal in found if refusal is not None]


def person_facts(user: User, batch: Batch) -> PersonFacts:
    """How a person stands to a batch, in two queries."""
    against = training_refusals({user: None}, batch.mbr, at=clock.now())
    return PersonFacts(untrained=against[0] if against else None, is_involved=took_part(user, batch))


def withdrawn(mbr: MasterBatchRecord, worked: Iterable[tuple[int, str, datetime]]) -> Mapping[str, datetime]:
    """Whose training for what they did was withdrawn since, and when last. `worked` as in `trained`."""
    acts = list(worked)
    given = _by_person(TrainingRecord.objects.filter(mbr=mbr, person__in={pk for pk, _, _ in acts}))
    here = zone()
    found: dict[str, datetime] = {}
    for pk, name, at in acts:
        ended = withdrawn_since([training(row) for row in given[pk]], at, at.astimezone(here).date())
        if ended is not None:
            found[name] = max(found.get(name, ended), ended)
    return found


def to_be_trained() -> QuerySet[User]:
    """Everybody with an account who may act in a batch."""
    roles = [role for role, held in ROLES.items() if Permission.RAISE_DEVIATIONS in held]
    return User.objects.filter(is_active=True, role__in=roles).order_by("printed_name")


@dataclass(frozen=True)
class Standing:
    """How a person stands for a version today: `valid`, `soon` (runs out within 30 days), `expired` or `missing`."""

    person: User
    state: str
    row: TrainingRecord | None


def standings(mbr: MasterBatchRecord, *, at: datetime) -> list[Standing]:
    """Everybody who may act in a batch, and how they stand for a version."""
    people = list(to_be_trained())
    rows = TrainingRecord.objects.filter(mbr=mbr, person__in=people, withdrawn_at=None).select_related("trainer")
    given = _by_person(rows)
    day = at.astimezone(zone()).date()
    return [_standing(user, given[user.pk], at, day) for user in people]


@dataclass(frozen=True)
class TrainedPerson:
    """Somebody of a batch's record with a training that covered what they did; None when none did."""

    name: str
    row: TrainingRecord | None


def trained(mbr: MasterBatchRecord, worked: Iterable[tuple[int, str, datetime]]) -> Sequence[TrainedPerson]:
    """The trainings that covered acts, each once. `worked`: who (key and printed name) did something, and when."""
    acts: dict[int, list[tuple[str, datetime]]] = defaultdict(list)
    for pk, name, at in worked:
        acts[pk].append((name, at))
    rows = TrainingRecord.objects.filter(mbr=mbr, person__in=list(acts)).select_related("trainer")
    given = _by_person(rows)
    here = zone()
    found: dict[tuple[str, int | None], TrainedPerson] = {}
    for pk, times in acts.items():
        for name, at in times:
            row = _in_force(given[pk], at, at.astimezone(here).date())
            found.setdefault((name, row.pk if row else None), TrainedPerson(name, row))
    return sorted(found.values(), key=lambda t: (t.name, t.row.pk if t.row else 0))


def _standing(user: User, rows: Collection[TrainingRecord], at: datetime, day: date) -> Standing:
    row = _in_force(rows, at, day)
    if row is not None:
        return Standing(user, "soon" if expires_soon(training(row), day) else "valid", row)
    ended = [r for r in rows if r.valid_until is not None and r.valid_until < day]
    if ended:
        return Standing(user, "expired", max(ended, key=lambda r: r.valid_until or date.min))
    return Standing(user, "missing", None)


def _in_force(rows: Iterable[TrainingRecord], at: datetime, day: date) -> TrainingRecord | None:
    by_facts = {training(row): row for row in rows}
    found = in_force(by_facts, at, day)
    return by_facts[found] if found is not None else None


def _by_person(rows: Iterable[TrainingRecord]) -> dict[int, list[TrainingRecord]]:
    found: dict[int, list[TrainingRecord]] = defaultdict(list)
    for row in rows:
        found[row.person_id].append(row)
    return found
