"""What a passage costs as a sealed act, against saving the same rows bare. Three ratios, each to be at most 2.0.

Run with `python -m tests.benchmarks.bench_act [batches]`; it does SQLite, then PostgreSQL where `initdb` is found.

- **Writing** is the strict one: everything that writes in the act (checks of values, rows, versions, two signatures
  with what they cover, the entry, the stream's lock and head, the commit) against saving the act's rows alone with
  plain Django, one by one in one transaction: no history, no signature, no ledger, no check of values, and no guards in
  the database. The rules, which are the same on both sides, are in neither.
- **Whole** has the rules on both sides: every scan, limit and sequence asked of the database.
- **Every row** is writing again, where the floor saves what sealing adds too (versions, signatures, an entry and a
  head) as bare rows with plain Django. It says what is left once the rows themselves are paid: digests, lock, guards.

Passwords are timed apart: hashing them is slow on purpose.

Acts meet the guards of the database as in production. The floor's rows name an act of before, which guards refuse, so
they are lifted while it is measured; the first batch after they come or go is not counted, because the database then
plans everything anew. The two take turns, first one ahead, then the other, and the lower quartile of each is kept:
what else the machine does only ever adds time. Neither waits for a disk: waiting would flatter the ratio. SQLite works
in this process, so its time is the processor's; with PostgreSQL it is the clock's.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.contrib.auth.hashers import Argon2PasswordHasher  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, models, transaction  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from batches.commands import passages  # noqa: E402
from lims import acts, clock, commands, recorded  # noqa: E402
from lims.ledger import append  # noqa: E402
from lims.ledger.models import Entry, Head  # noqa: E402
from lims.signatures.meanings import Meaning  # noqa: E402
from lims.signatures.models import Signature  # noqa: E402
from lims.signatures.signing import VerifiedSigner  # noqa: E402
from tests import builders, run  # noqa: E402
from tests.builders import Story  # noqa: E402
from tests.cast import Cast, gather_cast  # noqa: E402
from tests.superuser.lifting import unguarded  # noqa: E402

BATCHES = 20
# Batches of one way that are counted before the other has its turn.
IN_TURN = 2
MOST = 2.0


class Meter:
    """Adds up the time some calls take; a call inside another is counted once."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.spent = 0.0
        self._is_inside = False

    def over(self, work: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, measured."""

        def measured(*args: Any, **kwargs: Any) -> Any:
            if self._is_inside:
                return work(*args, **kwargs)
            self._is_inside = True
            began = self.clock()
            try:
                return work(*args, **kwargs)
            finally:
                self.spent += self.clock() - began
                self._is_inside = False

        return measured


class Bench:
    """Times of the two ways of logging a passage, in seconds, and how many queries each asks."""

    def __init__(self) -> None:
        self.clock = time.process_time if connection.vendor == "sqlite" else time.perf_counter
        self.whole: dict[str, list[float]] = {"floor": [], "act": []}
        self.writing: dict[str, list[float]] = {"floor": [], "act": []}
        self.added: list[float] = []
        self.queries: dict[str, int] = {}
        self.way = "act"
        self.is_counted = False

    def log_passage(self, actor: Any, **inputs: Any) -> Any:
        """Stands for the command in the builders: logs the passage in the way whose turn it is."""
        way = self.way
        work = self._floor if way == "floor" else self._act
        if not self.is_counted:
            with CaptureQueriesContext(connection) as asked:
                passage = work(actor, inputs)
            self.queries[way] = len(asked)
            return passage
        meter = Meter(self.clock)
        with metered(meter):
            began = self.clock()
            passage = work(actor, inputs)
            self.whole[way].append(self.clock() - began)
        self.writing[way].append(meter.spent)
        if way == "floor":
            self.added.append(self._what_sealing_adds(passage))
        return passage

    def _act(self, actor: Any, inputs: dict[str, Any]) -> Any:
        return passages.log_passage(actor, **inputs)

    def _floor(self, actor: Any, inputs: dict[str, Any]) -> Any:
        body = passages.log_passage.__wrapped__.__wrapped__
        given = {k: v for k, v in inputs.items() if k != "signatures"}
        # A key for the column `act` to point at; nothing is written into that entry.
        act = acts.Act(name="passage:log", actor=actor, at=clock.now(), id=SOME_ENTRY[0].pk)
        SAVED.clear()
        with plain_saves(act), transaction.atomic(durable=True), acts.under_way(act):
            Head.objects.select_for_update().get(stream=inputs["batch"].stream)
            return body(act, **given)

    def _what_sealing_adds(self, passage: models.Model) -> float:
        """Save a version of each row the floor saved, two signatures, an entry and a head, bare; the seconds taken."""
        entry, signer = SOME_ENTRY[0], CAST[0].technician
        head = Head.objects.get_or_create(stream="bare", defaults={"hash": entry.hash})[0]
        with transaction.atomic():
            began = self.clock()
            for row in SAVED:
                model = recorded.version_model(type(row))
                values = {f.attname: getattr(row, f.attname) for f in recorded.tracked_fields(type(row))}
                _save(model(history_date=entry.at, history_type="+", history_user_id=signer.pk, **values))
            for position, meaning in enumerate((Meaning.PERFORMED, Meaning.WITNESSED)):
                _save(
                    Signature(
                        entry=entry, signer=signer, username=signer.username, printed_name=signer.printed_name,
                        role=signer.role, meaning=meaning, at=entry.at, position=position,
                        subject_model=passage._meta.label, subject_pk=str(passage.pk), digest=entry.hash,
                    )
                )  # fmt: skip
            head.seq += 1
            same = ("name", "actor", "actor_name", "at", "payload", "prev", "hash")
            _save(Entry(stream="bare", seq=head.seq, **{name: getattr(entry, name) for name in same}))
            head.save()
            return self.clock() - began


def _save(row: models.Model) -> None:
    models.Model.save_base(row, force_insert=True)


@contextlib.contextmanager
def metered(meter: Meter) -> Iterator[None]:
    """Measure everything that writes: rows saved one by one or together, the whole of the sealing, and the commit."""
    writers: list[tuple[Any, str]] = [
        (recorded.Recorded, "save_base"),
        (recorded.Recorded, "prepare"),
        (recorded, "_insert"),
        (recorded, "_update"),
        (models.Model, "save_base"),
        (append, "open_stream"),
        (append, "_seal"),
        (transaction.Atomic, "__exit__"),
    ]
    with contextlib.ExitStack() as patches:
        for where, name in writers:
            patches.enter_context(mock.patch.object(where, name, meter.over(getattr(where, name))))
        yield


SOME_ENTRY: list[Any] = []
SAVED: list[models.Model] = []


@contextlib.contextmanager
def plain_saves(act: acts.Act) -> Iterator[None]:
    """Recorded rows saved as any Django model is, one by one."""
    # Looked up here, so that it is measured if it is.
    bare = models.Model.save_base

    def save(row: Any, *args: Any, **kwargs: Any) -> None:
        row.act_id = act.id
        bare(row, *args, **kwargs)
        SAVED.append(row)

    def each(rows: Any) -> None:
        for row in rows:
            row.save()

    with (
        mock.patch.object(recorded, "_insert", each),
        mock.patch.object(recorded.Recorded, "save_base", save),
        mock.patch.object(recorded.Recorded, "prepare", lambda row, act: None),
        mock.patch.object(recorded, "collect", lambda row, kind: None),
    ):
        yield


def passage_pairs(cast: Cast, bench: Bench, batches: int) -> None:
    """Batches of each way in turn, as far as two passages each."""
    for turn in range(max(batches // (2 * IN_TURN), 1)):
        for way in ("act", "floor") if turn % 2 else ("floor", "act"):
            bench.way = way
            with unguarded() if way == "floor" else contextlib.nullcontext():
                for number in range(1 + IN_TURN):
                    bench.is_counted = number > 0
                    two_passages(Story(cast))


def two_passages(story: Story) -> None:
    """A batch as far as two passages."""
    story.isolate()
    SOME_ENTRY[:] = [Entry.objects.filter(stream=story.batch.stream).latest("seq")]
    for days, grown in ((10, (205, 9)), (4, (323, 20))):
        story.culture(days)
        is_first = days == 10
        story.passage(
            *grown,
            suspension="4.0" if is_first else "15.0",
            seed=("T175", 2, "3.4") if is_first else ("CS5", 1, "14.8"),
        )


def verified(actor: Any, meanings: Any, given: Any, *, needs: Any) -> tuple[VerifiedSigner, ...]:
    """The signers, their passwords taken as checked."""
    people = {Meaning.PERFORMED: CAST[0].technician, Meaning.WITNESSED: CAST[0].second_technician}
    return tuple(VerifiedSigner(people.get(m, actor), m) for m in meanings)


CAST: list[Cast] = []


def quick(times: list[float]) -> float:
    """The lower quartile."""
    return statistics.quantiles(times, n=4)[0]


def measure(batches: int) -> None:
    """Print what one database says."""
    call_command("migrate", verbosity=0)
    CAST.append(gather_cast())
    bench = Bench()
    with (
        mock.patch.object(builders, "log_passage", bench.log_passage),
        mock.patch.object(commands, "verify_signers", verified),
        # Replaying past times costs the seal a question that real acts do not ask.
        mock.patch.object(clock, "is_replaying", lambda: False),
    ):
        passage_pairs(CAST[0], bench, batches)
    hasher = Argon2PasswordHasher()
    password = hasher.encode("correct-horse-battery", hasher.salt())
    began = bench.clock()
    hasher.verify("correct-horse-battery", password)
    hashing = bench.clock() - began
    floor, act = (quick(bench.whole[way]) * 1000 for way in ("floor", "act"))
    saving, sealing = (quick(bench.writing[way]) * 1000 for way in ("floor", "act"))
    every = saving + quick(bench.added) * 1000
    sys.stdout.write(
        f"{connection.vendor}, {len(bench.whole['act'])} passages each way; ratios are to be at most {MOST}\n"
        f"  writing    {saving:6.1f} ms for the rows bare, {sealing:6.1f} ms sealed: {sealing / saving:.2f}\n"
        f"  whole      {floor:6.1f} ms with bare rows,     {act:6.1f} ms sealed: {act / floor:.2f}\n"
        f"  every row  {every:6.1f} ms for the rows, versions, signatures and entry bare: {sealing / every:.2f}\n"
        f"  queries    {bench.queries['floor']} with bare rows, {bench.queries['act']} sealed\n"
        f"  checking one password {hashing * 1000:.1f} ms, not counted above\n"
    )


def main(batches: int) -> None:
    """One process for each database, so that neither warms the other."""
    programs = run.postgres_programs()
    again = [sys.executable, "-m", "tests.benchmarks.bench_act", str(batches), "--here"]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(again, check=True, env={**os.environ, "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3"})
    if programs is not None:
        with run.postgres(programs) as url:
            subprocess.run(again, check=True, env={**os.environ, "DATABASE_URL": url})


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else BATCHES
    (measure if "--here" in sys.argv else main)(wanted)
