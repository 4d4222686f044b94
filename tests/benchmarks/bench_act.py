"""One passage as a sealed act, against a bare save of the same rows after the same rules.

Run with `python -m tests.benchmarks.bench_act [batches]`; it does SQLite, then PostgreSQL where `initdb` is found.

The floor runs the same body of rules (every scan, limit and sequence asked of the database) in the same kind of
transaction and saves the same rows with plain Django, one by one: no history, no signature, no ledger, no check of
values before saving. What is above it is the price of the record: versions, two signatures, the entry, the stream's
lock and its head. A second ratio leaves the rules out of both: what writing costs in the act, all of the sealing
included, against saving the rows. Passwords are timed apart: hashing them is slow on purpose.

The two take turns on one batch after another, first one ahead, then the other, and the median of each is kept. Neither
waits for a disk: waiting would flatter the ratio. SQLite works in this process, so its time is the processor's and a
busy machine doesn't blur it; with PostgreSQL it is the clock's.
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
from lims.signatures.signing import VerifiedSigner  # noqa: E402
from tests import builders, run  # noqa: E402
from tests.builders import Story  # noqa: E402
from tests.cast import Cast, gather_cast  # noqa: E402
from tests.superuser.lifting import unguarded  # noqa: E402

BATCHES = 20
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
        self.queries: dict[str, int] = {}
        self.next = "act"
        self.is_metered = False

    def log_passage(self, actor: Any, **inputs: Any) -> Any:
        """Stands for the command in the builders: logs the passage in the way whose turn it is."""
        # The floor's rows name an act of before, which the guards refuse; lifting them is not timed.
        with unguarded() if self.next == "floor" else contextlib.nullcontext():
            return self._log(actor, inputs)

    def _log(self, actor: Any, inputs: dict[str, Any]) -> Any:
        way = self.next
        work = self._floor if way == "floor" else self._act
        if way not in self.queries:
            # The first of each warms up.
            with CaptureQueriesContext(connection) as asked:
                passage = work(actor, inputs)
            self.queries[way] = len(asked)
            return passage
        meter = Meter(self.clock)
        with metered(meter) if self.is_metered else contextlib.nullcontext():
            began = self.clock()
            passage = work(actor, inputs)
            taken = self.clock() - began
        if self.is_metered:
            self.writing[way].append(meter.spent)
        else:
            self.whole[way].append(taken)
        return passage

    def _act(self, actor: Any, inputs: dict[str, Any]) -> Any:
        return passages.log_passage(actor, **inputs)

    def _floor(self, actor: Any, inputs: dict[str, Any]) -> Any:
        body = passages.log_passage.__wrapped__.__wrapped__
        given = {k: v for k, v in inputs.items() if k != "signatures"}
        # A key for the column `act` to point at; nothing is written into that entry.
        act = acts.Act(name="passage:log", actor=actor, at=clock.now(), id=SOME_ENTRY[0])
        with plain_saves(act), transaction.atomic(durable=True), acts.under_way(act):
            Head.objects.select_for_update().get(stream=inputs["batch"].stream)
            return body(act, **given)


@contextlib.contextmanager
def metered(meter: Meter) -> Iterator[None]:
    """Measure everything that writes: rows saved one by one or together, and the whole of the sealing."""
    writers = [
        (recorded.Recorded, "save_base"),
        (recorded.Recorded, "prepare"),
        (recorded, "collect"),
        (models.QuerySet, "bulk_create"),
        (models.Model, "save_base"),
        (append, "open_stream"),
        (append, "_seal"),
    ]
    with contextlib.ExitStack() as patches:
        for where, name in writers:
            patches.enter_context(mock.patch.object(where, name, meter.over(getattr(where, name))))
        yield


SOME_ENTRY: list[Any] = []


@contextlib.contextmanager
def plain_saves(act: acts.Act) -> Iterator[None]:
    """Recorded rows saved as any Django model is, one by one."""

    def save(row: Any, *args: Any, **kwargs: Any) -> None:
        row.act_id = act.id
        models.Model.save_base(row, *args, **kwargs)

    def each(rows: Any, new: list[Any]) -> list[Any]:
        for row in new:
            row.save()
        return new

    with (
        mock.patch.object(models.QuerySet, "bulk_create", each),
        mock.patch.object(recorded.Recorded, "save_base", save),
        mock.patch.object(recorded.Recorded, "prepare", lambda row, act: setattr(row, "act_id", act.id)),
        mock.patch.object(recorded, "collect", lambda row, kind: None),
    ):
        yield


def passage_pairs(cast: Cast, bench: Bench, batches: int) -> None:
    """Batch after batch as far as two passages; each way has the first of every second batch."""
    for number in range(batches):
        story = Story(cast)
        story.isolate()
        first, second = ("act", "floor") if number % 2 else ("floor", "act")
        bench.is_metered = number % 4 > 1
        SOME_ENTRY[:] = [Entry.objects.filter(stream=story.batch.stream).latest("seq").pk]
        for way, days, grown in ((first, 10, (205, 9)), (second, 4, (323, 20))):
            story.culture(days)
            bench.next = way
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
    floor, act = (statistics.median(bench.whole[way]) * 1000 for way in ("floor", "act"))
    saving, sealing = (statistics.median(bench.writing[way]) * 1000 for way in ("floor", "act"))
    sys.stdout.write(
        f"{connection.vendor}, {len(bench.whole['act'])} passages each way\n"
        f"  same rules, bare saves   {floor:6.1f} ms, {bench.queries['floor']} queries\n"
        f"  sealed act               {act:6.1f} ms, {bench.queries['act']} queries\n"
        f"  ratio                    {act / floor:6.2f} (at most {MOST})\n"
        f"  writing alone            {saving:6.1f} ms bare, {sealing:.1f} ms with versions, signatures and entry\n"
        f"  ratio of writing         {sealing / saving:6.2f}\n"
        f"  checking one password    {hashing * 1000:6.1f} ms, not counted above\n"
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
