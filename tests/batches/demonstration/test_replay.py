"""The demonstration: it begins quickly, replays donors at their own times, and goes on where it was stopped."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from random import Random

import pytest
from django.core.management import CommandError, call_command

from batches.demonstration import people
from batches.demonstration.counts import AREA, seeding, suspension
from batches.demonstration.donors import read
from batches.demonstration.replay import calendar_of, fill
from batches.demonstration.screening import CANDIDATES
from batches.models import Batch, IssuedCopy, Patient
from batches.queries.lineage import lineage
from batches.queries.worklist import to_issue
from batches.rules.documents import Document
from batches.rules.states import DispositionState, DocumentState, Stage
from batches.rules.synthetic_donors import VESSELS_BY_AREA
from lims.accounts.commands import start_site
from lims.accounts.models import User
from lims.accounts.permissions import Role
from lims.ledger import checkpoints
from lims.ledger.models import Entry
from lims.ledger.verify import verify

MADE = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


@pytest.fixture
def laboratory(db: None) -> Iterator[None]:
    """A demonstration laboratory with nobody's cells in it yet."""
    people.begin()
    yield


def test_it_begins_with_people_of_every_role_and_a_process(laboratory: None) -> None:
    roles = list(User.objects.values_list("role", flat=True))
    assert set(roles) == set(Role.values)
    assert roles.count(Role.TECHNICIAN) == roles.count(Role.QA) == roles.count(Role.CLINICIAN) == 2


def test_beginning_again_changes_nothing(laboratory: None) -> None:
    before = Entry.objects.count()
    people.begin()
    assert Entry.objects.count() == before


def test_its_history_ends_when_it_was_made_not_when_it_opened(laboratory: None) -> None:
    assert abs(people.made_at() - datetime.now(UTC)) < timedelta(minutes=5)
    assert Entry.objects.get(name="site:start").at < people.made_at() - timedelta(days=400)


def test_a_real_laboratory_is_never_filled(db: None) -> None:
    start_site(name="Real", time_zone="UTC", administrator=("admin", "Admin One"), password="correct-horse-battery")
    for what in ("--people", "--fill", "--accounts"):
        with pytest.raises(CommandError):
            call_command("seed_demo", what, stdout=StringIO())
    assert not Patient.objects.exists()


def test_the_accounts_are_printed_with_their_password(laboratory: None) -> None:
    out = StringIO()
    call_command("seed_demo", "--accounts", stdout=out)
    for user in User.objects.all():
        assert user.username in out.getvalue()
        assert user.check_password(people.PASSWORD)
    assert people.PASSWORD in out.getvalue()


def test_every_donor_of_the_file_is_planned_in_the_past(laboratory: None) -> None:
    for donor in read():
        calendar = calendar_of(donor, MADE)
        times = [calendar.begins(g) for g in donor.generations] + [calendar.ends(donor.last)]
        assert times == sorted(times), donor.name
        assert calendar.isolation < MADE, donor.name


def test_counts_give_back_the_cells_they_were_made_for() -> None:
    chance = Random(1)
    for cells in ("70000", "430000", "2700000", "35600000", "164000000"):
        made = suspension(Decimal(cells), Decimal("94.0"), chance)
        assert abs(made.viable_per_ml * made.volume_ml / Decimal(cells) - 1) < Decimal("0.02")
        assert sum(square.live or 0 for square in made.count.squares) == made.live
        assert abs(Decimal(made.live) / (made.live + made.dead) * 100 - 94) < 2


def test_vessels_share_the_whole_suspension() -> None:
    for area in VESSELS_BY_AREA:
        lines = seeding(area, Decimal("14.321"), "LOT")
        assert sum(line.suspension_ml for line in lines) == Decimal("14.321")
        assert sum(AREA[line.kind] * line.number for line in lines) == area


def test_it_replays_donors_to_the_end_with_every_act_sealed(laboratory: None) -> None:
    told = fill(lambda line: None, number=2)
    assert told.left == []
    batches = list(Batch.objects.order_by("number"))
    assert [b.disposition for b in batches] == [DispositionState.RELEASED] * 2
    assert all(b.stage in (Stage.INFUSED, Stage.ENDED) for b in batches)
    assert all(p.name.startswith("Synthetic") for p in Patient.objects.all())
    assert not Entry.objects.filter(at__gt=people.made_at()).exists()
    assert verify().findings == []
    copies = IssuedCopy.objects.filter(document=Document.BATCH_RECORD, number=1)
    assert {c.batch for c in copies} == set(batches), "the archive's copy of each, for the worker to make"
    assert all(c.request.job.state == DocumentState.QUEUED for c in copies)


def test_it_ends_with_a_checkpoint_over_everything(laboratory: None) -> None:
    call_command("seed_demo", "--fill", "--donors", "0", stdout=StringIO())
    assert checkpoints.numbers_kept() == [1]
    assert not checkpoints.moved().exists()


def test_one_candidate_waits_for_a_batch_and_one_is_kept_out(laboratory: None) -> None:
    fill(lambda line: None, number=0)
    assert [p.name for p in to_issue()] == ["Synthetic Candidate 29"]
    kept_out = Patient.objects.get(name="Synthetic Candidate 30").assessments_of_eligibility.get()
    assert not kept_out.is_eligible


def test_the_figures_are_those_of_the_file(laboratory: None) -> None:
    fill(lambda line: None, number=1)
    donor = read()[0]
    grown = lineage(Batch.objects.select_related("mbr").get()).passages
    assert len(grown) == len(donor.generations)
    for each, generation in zip(grown, donor.generations, strict=True):
        assert generation.harvested is not None
        assert each.count.total_viable is not None
        # Ten per cent is what a count is good for.
        assert abs(each.count.total_viable / generation.harvested - 1) < Decimal("0.1")
        if generation.seeded is not None:
            assert each.growth.seeded is not None
            assert abs(each.growth.seeded / generation.seeded - 1) < Decimal("0.1")


def test_a_replay_that_was_stopped_goes_on_where_it_stopped(laboratory: None, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stopped(Exception):
        """Somebody pressed a key."""

    def stop(line: str) -> None:
        if Batch.objects.exists():
            raise Stopped

    with pytest.raises(Stopped):
        fill(stop, number=1)
    half = Entry.objects.count()
    assert Batch.objects.get().stage != Stage.ENDED
    fill(lambda line: None, number=1)
    whole = Entry.objects.count()
    assert whole > half
    assert Batch.objects.count() == 1
    assert Patient.objects.count() == 1 + len(CANDIDATES)
    fill(lambda line: None, number=1)
    assert Entry.objects.count() == whole
