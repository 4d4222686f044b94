"""Verifying a long ledger: how fast the chain is linked again, how long everything takes, and how much memory.

Run with `python -m tests.benchmarks.bench_verify [--entries 1000000]`; SQLite in a temporary folder, or the server
DATABASE_URL names, on which two scratch databases are made and dropped.

The floor is what linking costs when nothing has to be read: entries that lie in memory as Python objects are written
as canonical JSON by the standard library's fastest way and hashed. Verifying reads stored bytes instead and never
writes JSON, so it has to beat that. SQLite works in this process, so these two times are the processor's, and a busy
machine doesn't blur them; with PostgreSQL they are the clock's. Each size is verified in a process of its own, whose
peak of memory is its own.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import django
import psycopg

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, models, transaction  # noqa: E402

from batches.models import Lot  # noqa: E402
from lims.accounts.commands import start_site  # noqa: E402
from lims.accounts.models import User  # noqa: E402
from lims.ledger import chain, checkpoints, guards  # noqa: E402
from lims.ledger.models import Entry, Head  # noqa: E402
from lims.ledger.values import row_digest  # noqa: E402
from lims.ledger.verify import Report, verify  # noqa: E402
from lims.ledger.verify.links import check_links, every_entry  # noqa: E402
from lims.recorded import tracked_fields, version_model  # noqa: E402
from lims.signatures.models import Signature  # noqa: E402
from tests.superuser.lifting import take_guards_down  # noqa: E402

LEAST = 1.5
RUNS = 3
STREAM = 200  # acts of a batch from issue to follow-up
VERSIONS = 5  # versions of a row
SAMPLE = 20_000
REASON = "Typed from the label of the bottle; the first entry named the shelf instead of the lot. "


def fill(entries: int) -> None:
    """Entries as acts leave them, each with a version of a row and a signature, without the acts."""
    call_command("migrate", verbosity=0)
    start_site(
        name="Bench", time_zone="UTC", administrator=("admin", "Sato Kei"), password="x" * 12, is_demonstration=True
    )
    user = User.objects.get()
    # The guards refuse entries that no act wrote; they stand again before anything is verified.
    take_guards_down()
    began = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
    lot = Lot()
    for first in range(0, entries, STREAM):
        stream = f"B-{first // STREAM:06}"
        prev = chain.GENESIS
        made: dict[type[models.Model], list[models.Model]] = {
            m: [] for m in (Entry, version_model(Lot), Lot, Signature)
        }
        size = min(STREAM, entries - first)
        for place in range(size):
            number = first + place
            key, at = uuid.uuid4(), began + timedelta(seconds=40 * number)
            is_new = place % VERSIONS == 0
            if is_new:
                lot = Lot(
                    pk=number // VERSIONS + 1, code=f"LOT-{number:08}", name="Synthetic medium", kind=Lot.Kind.MEDIUM,
                    expires_on=date(2027, 1, 1), state=Lot.State.QUARANTINE,
                )  # fmt: skip
                made[Lot].append(lot)
            lot.name, lot.act_id = f"Synthetic medium {place}", key
            version: Any = version_model(Lot)(
                history_id=number + 1, history_date=at, history_type="+" if is_new else "~", history_user_id=user.pk,
                history_change_reason=REASON, **{f.attname: getattr(lot, f.attname) for f in tracked_fields(Lot)},
            )  # fmt: skip
            signature = Signature(
                entry_id=key, signer=user, username=user.username, printed_name=user.printed_name, role=user.role,
                meaning="performed", at=at, position=0, subject_model="batches.Lot", subject_pk=str(lot.pk),
                digest=hashlib.sha256(str(number).encode()).hexdigest(),
            )  # fmt: skip
            content = {
                "v": 1, "stream": stream, "seq": place + 1, "id": str(key), "act": "lot:correct",
                "actor": {"id": str(user.pk), "username": user.username, "name": user.printed_name, "role": user.role},
                "at": at.isoformat(), "reason": REASON, "refused": False, "once": str(uuid.uuid4()), "notes": {},
                "rows": [
                    {
                        "model": "batches.Lot", "pk": str(lot.pk), "version": str(version.pk),
                        "type": version.history_type, "digest": row_digest(version),
                    }
                ],
                "signatures": [{"id": str(signature.pk), "digest": row_digest(signature)}],
                "prev": prev,
            }  # fmt: skip
            payload = chain.canonical(content)
            made[Entry].append(
                Entry(
                    id=key, stream=stream, seq=place + 1, name="lot:correct", actor=user,
                    actor_name=user.printed_name, at=at, once=uuid.UUID(cast(str, content["once"])),
                    has_reason=True, payload=payload, prev=prev, hash=chain.link(prev, payload),
                )
            )  # fmt: skip
            made[version_model(Lot)].append(version)
            made[Signature].append(signature)
            prev = chain.link(prev, payload)
        with transaction.atomic():
            for model, rows in made.items():
                cast(Any, models.QuerySet(model)).bulk_create(rows)
            Head.objects.create(stream=stream, seq=size, hash=prev)
    guards.put_up()
    checkpoints.write()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def quickest(work: Callable[[], Any]) -> float:
    """The shortest of several runs: what else the machine does only ever adds time."""
    clock = time.process_time if connection.vendor == "sqlite" else time.perf_counter
    times = []
    for _run in range(RUNS):
        gc.collect()
        began = clock()
        work()
        times.append(clock() - began)
    return min(times)


def floor() -> float:
    """Seconds an entry takes when it lies in memory: written as canonical JSON, hashed and linked."""
    told = Entry.objects.order_by("stream", "seq").values_list("prev", "payload")[:SAMPLE]
    contents = [(prev, json.loads(bytes(payload))) for prev, payload in told]
    write = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode

    def work() -> None:
        for prev, content in contents:
            chain.link(prev, write(content).encode())

    return quickest(work) / len(contents)


def links() -> float:
    """Seconds an entry takes when it is read from the database and linked."""
    heads = {h.stream: h for h in Head.objects.all()}
    read = Report()

    def work() -> None:
        nonlocal read
        read = Report()
        check_links(every_entry(None), heads, read)

    taken = quickest(work)
    assert read.ok
    return taken / read.entries


def measure(only: str) -> dict[str, float]:
    """In a process of its own: fill, the chain against its floor, or everything with the peak of memory."""
    if only == "links":
        return {"floor": floor(), "links": links()}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report = verify()
    assert report.ok, report.findings[:3]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"seconds": report.seconds, "entries": report.entries, "peak": peak / 1024, "before": before / 1024}


def scratch(folder: Path, name: str) -> Iterator[str]:
    """An empty database of its own; yields its URL."""
    server = os.environ.get("DATABASE_URL", "")
    if not server.startswith("postgres"):
        yield f"sqlite:///{folder / name}.sqlite3"
        return
    made = f"bench_verify_{name}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {made}")
        admin.execute(f"CREATE DATABASE {made}")
        yield server.replace("/postgres?", f"/{made}?")
        admin.execute(f"DROP DATABASE {made}")


def main(entries: int) -> None:
    def child(url: str, checkpoint_dir: Path, *argv: str) -> dict[str, float]:
        environment = {**os.environ, "DATABASE_URL": url, "CHECKPOINT_DIR": str(checkpoint_dir)}
        argv = (sys.executable, "-m", "tests.benchmarks.bench_verify", *argv)
        done = subprocess.run(argv, check=True, stdout=subprocess.PIPE, env=environment)
        told: dict[str, float] = json.loads(done.stdout or b"{}")
        return told

    whole: dict[int, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for size in (entries // 10, entries):
            for url in scratch(Path(folder), str(size)):
                kept = Path(folder) / f"checkpoints-{size}"
                child(url, kept, "--only", "fill", "--entries", str(size))
                whole[size] = child(url, kept, "--only", "everything")
                if size == entries:
                    speed = child(url, kept, "--only", "links")
    ratio = speed["floor"] / speed["links"]
    say = sys.stdout.write
    say(f"in memory, canonical JSON and SHA-256  {1 / speed['floor']:9,.0f} entries/s\n")
    say(f"read from the database and linked      {1 / speed['links']:9,.0f} entries/s\n")
    say(f"ratio                                  {ratio:9.2f} (at least {LEAST})\n")
    for size, told in whole.items():
        say(
            f"everything, {size:>9,} entries         {told['seconds']:9.1f} s, "
            f"{told['entries'] / told['seconds']:,.0f} entries/s, "
            f"peak {told['peak']:.0f} MB, {told['before']:.0f} MB before\n"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--only", choices=["fill", "links", "everything"], help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.only == "fill":
        fill(asked.entries)
    elif asked.only:
        sys.stdout.write(json.dumps(measure(asked.only)))
    else:
        main(asked.entries)
