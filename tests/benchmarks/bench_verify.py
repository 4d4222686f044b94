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
from typing import Any

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
from lims.ledger.sealing import seal, sealing_key  # noqa: E402
from lims.ledger.values import columns, plain, values_of  # noqa: E402
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
_WRITE = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
REASON = "Typed from the label of the bottle; the first entry named the shelf instead of the lot. "


def fill(entries: int) -> None:
    """Entries as acts leave them, each with a version of a row and a signature, written straight to the tables."""
    call_command("migrate", verbosity=0)
    start_site(
        name="Bench", time_zone="UTC", administrator=("admin", "Sato Kei"), password="x" * 12, is_demonstration=True
    )
    user, key = User.objects.get(), sealing_key()
    # The guards refuse entries that no act wrote; they stand again before anything is verified.
    take_guards_down()
    began = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
    lot = Lot(
        name="", kind=Lot.Kind.MEDIUM, expires_on=date(2027, 1, 1), state=Lot.State.QUARANTINE, act_id=uuid.uuid4()
    )
    version: Any = version_model(Lot)(
        history_id=1, history_date=began, history_type="+", history_user_id=user.pk, history_change_reason=REASON,
        **{f.attname: getattr(lot, f.attname) for f in tracked_fields(Lot)},
    )  # fmt: skip
    given = Signature(
        entry_id=lot.act_id, signer=user, username=user.username, printed_name=user.printed_name, role=user.role,
        meaning="performed", at=began, position=0, subject_model="batches.Lot", subject_pk="", digest="",
    )  # fmt: skip
    entry = Entry(
        id=lot.act_id, stream="", seq=1, name="lot:correct", actor=user, actor_name=user.printed_name, at=began,
        has_reason=True, payload=b"", prev="", hash="",
    )  # fmt: skip
    lots, versions, signatures, sealed = Rows(lot), Rows(version), Rows(given), Rows(entry)
    actor = {"id": str(user.pk), "username": user.username, "name": user.printed_name, "role": user.role}
    for first in range(0, entries, STREAM):
        stream, prev = f"B-{first // STREAM:06}", chain.GENESIS
        size = min(STREAM, entries - first)
        for place in range(size):
            number = first + place
            pk, at = number // VERSIONS + 1, began + timedelta(seconds=40 * number)
            act, once, signed = some_key(), some_key(), some_key()
            is_new = place % VERSIONS == 0
            name, code, kind = f"Synthetic medium {place}", f"LOT-{pk:08}", "+" if is_new else "~"
            row = {"id": pk, "code": code, "name": name, "act_id": act}
            written = versions.add(row | {"history_id": number + 1, "history_type": kind, "history_date": at})
            if place % VERSIONS == VERSIONS - 1 or place == size - 1:
                lots.add(row)
            given_digest = hashlib.sha256(str(number).encode()).hexdigest()
            bound = signatures.add(
                {"id": signed, "entry_id": act, "at": at, "subject_pk": str(pk), "digest": given_digest}
            )
            payload = chain.canonical({
                "v": 1, "stream": stream, "seq": place + 1, "id": act, "act": "lot:correct", "actor": actor,
                "at": at.isoformat(), "reason": REASON, "refused": False, "once": once, "notes": {},
                "rows": [
                    {
                        "model": "batches.Lot", "pk": str(pk), "version": str(number + 1), "type": kind,
                        "digest": written,
                    }
                ],
                "signatures": [{"id": signed, "digest": bound}],
                "prev": prev,
            })  # fmt: skip
            hash = chain.link(prev, payload)
            told = {"id": act, "stream": stream, "seq": place + 1, "at": at, "once": once, "prev": prev, "hash": hash}
            sealed.add({**told, "payload": payload, "seal": seal(key, hash)}, is_digested=False)
            prev = hash
        Head.objects.create(stream=stream, seq=size, hash=prev)
        if first // STREAM % 50 == 49 or first + STREAM >= entries:
            with transaction.atomic():
                for rows in (sealed, lots, versions, signatures):
                    rows.write()
    guards.put_up()
    checkpoints.write()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def some_key() -> str:
    """A UUID as text, quickly."""
    drawn = os.urandom(16).hex()
    return f"{drawn[:8]}-{drawn[8:12]}-{drawn[12:16]}-{drawn[16:20]}-{drawn[20:]}"


class Rows:
    """Rows like one that is given, with other values in some columns, written many at a time without objects."""

    def __init__(self, like: models.Model) -> None:
        self._model = type(like)
        self._fields = {f.attname: f for f in like._meta.concrete_fields}
        self._stored = {name: f.get_db_prep_save(getattr(like, name), connection) for name, f in self._fields.items()}
        self._values = values_of(like, columns(like._meta.concrete_fields))
        self._rows: list[tuple[Any, ...]] = []

    def add(self, changes: dict[str, Any], *, is_digested: bool = True) -> str:
        """Add a row; gives its digest."""
        stored = {name: self._as_stored(name, value) for name, value in changes.items()}
        self._rows.append(tuple((self._stored | stored).values()))
        if not is_digested:
            return ""
        told = {n: plain(self._fields[n], v) for n, v in changes.items()}
        content = {"model": self._model._meta.label, "values": self._values | told}
        return hashlib.sha256(_WRITE(content).encode()).hexdigest()

    def write(self) -> None:
        """Write what was added."""
        columns = ", ".join(f'"{f.column}"' for f in self._fields.values())
        table = f'"{self._model._meta.db_table}" ({columns})'
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {table} FROM STDIN") as copied:
                    for row in self._rows:
                        copied.write_row([v.obj if hasattr(v, "obj") else v for v in row])
            else:
                places = ", ".join(["%s"] * len(self._fields))
                cursor.executemany(f"INSERT INTO {table} VALUES ({places})", self._rows)
        self._rows = []

    def _as_stored(self, name: str, value: Any) -> Any:
        if isinstance(value, datetime) and connection.vendor == "sqlite":
            return value.strftime("%Y-%m-%d %H:%M:%S")
        if connection.vendor == "sqlite" and isinstance(value, str) and len(value) == 36:
            return value.replace("-", "")
        return value


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
