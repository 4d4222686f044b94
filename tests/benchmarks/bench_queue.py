"""Eight queued records on one worker, then on two: `python -m tests.benchmarks.bench_queue [runs]`.

A real broker, real Celery workers of one process each, and PostgreSQL where `initdb` is found (SQLite otherwise). The
copies are issued beforehand and the workers are up and warm: what is timed is from handing all eight messages to the
broker until the last file is sealed and kept. One worker and two take turns, and the median of each is kept. Two can
only be faster where the machine has two cores to give, so the load of the machine is printed too.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from batches.commands.documents import TASK  # noqa: E402
from batches.models import IssuedCopy, PrintedRecord, PrintJob  # noqa: E402
from batches.rules.states import DocumentState  # noqa: E402
from lims import env, heartbeat  # noqa: E402
from lims.celery import app  # noqa: E402
from lims.later import hurry  # noqa: E402
from lims.pdf import keys  # noqa: E402
from tests import run  # noqa: E402
from tests.batches.copies import issued  # noqa: E402
from tests.builders import Story  # noqa: E402
from tests.cast import gather_cast  # noqa: E402
from tests.services import running_broker, running_worker, until  # noqa: E402

RECORDS = 8
OBSERVATIONS = 40
MOST = 0.6


def long_batch() -> Story:
    """A batch with many observations, so that a record takes a while."""
    story = Story(gather_cast())
    story.isolate()
    for _number in range(OBSERVATIONS):
        story.wait(minutes=15)
        story.observe("60")
    story.expand()
    return story


def queued(story: Story, broker: str) -> list[IssuedCopy]:
    """Copies that wait for their files, their messages taken back."""
    copies = [issued(story, reason="One more for the benchmark.") for _number in range(RECORDS)]
    with heartbeat.broker_client(broker) as client:
        client.delete("celery")
    return copies


def seconds(copies: list[IssuedCopy]) -> float:
    """From handing out the messages to the last file."""
    wanted = [copy.request_id for copy in copies]
    began = time.perf_counter()
    for request_id in wanted:
        assert hurry(TASK, request_id)
    ready = PrintJob.objects.filter(request_id__in=wanted, state=DocumentState.READY)
    until(lambda: ready.count() == len(wanted), within_s=600, what="the last file")
    taken = time.perf_counter() - began
    assert PrintedRecord.objects.filter(request_id__in=wanted).count() == len(wanted)
    return taken


@contextlib.contextmanager
def workers(number: int, broker: str, folder: Path) -> Iterator[None]:
    """So many workers of one process each, up and waiting."""
    with contextlib.ExitStack() as stack:
        for _number in range(number):
            stack.enter_context(running_worker(broker, {**connection.settings_dict}, folder))
        yield


def measure(runs: int) -> None:
    """Print both medians and their ratio."""
    call_command("migrate", verbosity=0)
    keys.signer()
    taken: dict[int, list[float]] = {1: [], 2: []}
    with TemporaryDirectory(prefix="lims-queue-") as name:
        folder = Path(name)
        broker = f"redis+socket://{env.socket_path(folder)}"
        app.conf.broker_url = app.conf.broker_write_url = broker
        with running_broker(broker, folder):
            story = long_batch()
            for turn in range(runs):
                for number in (1, 2) if turn % 2 else (2, 1):
                    copies = queued(story, broker)
                    with workers(number, broker, folder):
                        # The first file of a worker reads faces and key; which of two takes it is not known.
                        for warm in [issued(story, reason="To warm up.") for _number in range(2 * number)]:
                            ready = PrintJob.objects.filter(request_id=warm.request_id, state=DocumentState.READY)
                            until(ready.exists, within_s=120, what="a first file")
                        taken[number].append(seconds(copies))
    pages = PrintedRecord.objects.latest("pk").pages
    one, two = (statistics.median(taken[number]) for number in (1, 2))
    sys.stdout.write(
        f"{connection.vendor}, {RECORDS} records of {pages} pages, {runs} runs each, load {os.getloadavg()[0]:.1f} "
        f"on {os.cpu_count()} cores\n"
        f"  one worker   {one:6.2f} s  ({', '.join(f'{t:.2f}' for t in taken[1])})\n"
        f"  two workers  {two:6.2f} s  ({', '.join(f'{t:.2f}' for t in taken[2])})\n"
        f"  ratio        {two / one:6.2f} (at most {MOST})\n"
    )


def main(runs: int) -> None:
    programs = run.postgres_programs()
    if os.environ.get("DATABASE_URL") or programs is None:
        measure(runs)
        return
    with run.postgres(programs) as url:
        again = [sys.executable, "-m", "tests.benchmarks.bench_queue", str(runs)]
        subprocess.run(again, env={**os.environ, "DATABASE_URL": url}, check=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
