"""Issuing by several people at once, and workers that are killed in the middle of making a copy."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection, connections

from batches.models import IssuedCopy, PrintedRecord, PrintJob
from batches.queries.issued import copies_of
from batches.rules.documents import LOST_AFTER
from batches.rules.states import DocumentState
from batches.tasks import make_print, sweep_print_requests
from lims import clock, env
from lims.celery import app
from lims.files import path_of
from lims.pdf.seal import problem
from tests.batches.copies import issued
from tests.builders import Story
from tests.services import PROJECT, database_url, end_with_group, running_broker, running_worker, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _own_files(settings: LazySettings) -> Iterator[None]:
    with TemporaryDirectory() as folder:
        settings.MEDIA_ROOT = Path(folder)
        yield


def test_copies_issued_at_the_same_time_draw_different_numbers(story: Story) -> None:
    story.harvest()

    def issue(_place: int) -> int:
        try:
            return issued(story, reason="Asked for by several people at once.").number
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as people:
        numbers = list(people.map(issue, range(6)))
    assert sorted(numbers) == [1, 2, 3, 4, 5, 6]
    assert len(set(IssuedCopy.objects.values_list("check_code", flat=True))) == 6


# The file is written, then the process dies before it is sealed and kept.
MAKES_HALF = """
import os, signal
import django
django.setup()
from batches import tasks
from batches.record import printing
real = printing.seal
def killed(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)
printing.seal = killed
tasks.make_print({pk})
"""


def test_a_worker_killed_in_the_middle_leaves_one_copy_with_one_number(story: Story, settings: Any) -> None:
    story.harvest()
    copy = issued(story)
    killed = subprocess.run(
        [sys.executable, "-c", MAKES_HALF.format(pk=copy.request_id)],
        cwd=PROJECT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "DATABASE_URL": database_url({**connection.settings_dict}),
            "CHECKPOINT_DIR": str(settings.CHECKPOINT_DIR),
        },
        check=False,
        capture_output=True,
        text=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    job = PrintJob.objects.get(request=copy.request)
    assert job.state == DocumentState.RUNNING
    make_print(copy.request_id)
    assert not PrintedRecord.objects.exists(), "another worker may still be at it"
    PrintJob.objects.filter(pk=job.pk).update(touched_at=clock.now() - LOST_AFTER - timedelta(seconds=1))
    assert sweep_print_requests() == 1
    make_print(copy.request_id)
    make_print(copy.request_id)
    printed = PrintedRecord.objects.get()
    assert PrintJob.objects.get(pk=job.pk).state == DocumentState.READY
    assert problem(path_of(printed.sha256)) == ""
    (standing,) = copies_of(story.batch)
    assert standing.copy.number == 1
    assert standing.is_current


@pytest.fixture
def own_broker() -> Iterator[str]:
    """A broker that only the workers of this test know: nobody else's worker takes its messages."""
    kept = app.conf.broker_url
    with TemporaryDirectory(prefix="lims-kill-") as name:
        url = f"redis+socket://{env.socket_path(Path(name))}"
        with running_broker(url, Path(name)):
            app.conf.broker_url = app.conf.broker_write_url = url
            yield url
    app.conf.broker_url = app.conf.broker_write_url = kept


@pytest.mark.broker
def test_kill_9_of_a_real_worker_leaves_the_record_ready_once_under_one_number(
    story: Story, settings: Any, own_broker: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = settings.DATA_DIR / "files"  # where a worker of its own keeps them
    monkeypatch.setenv("CHECKPOINT_DIR", str(settings.CHECKPOINT_DIR))
    story.harvest()
    database = {**connection.settings_dict}
    # An authority that takes the question and never answers: the pages are made, the seal is not.
    with socket.create_server(("127.0.0.1", 0)) as authority, monkeypatch.context() as patch:
        authority.settimeout(60)
        patch.setenv("TIMESTAMP_URL", f"http://127.0.0.1:{authority.getsockname()[1]}/")
        with running_worker(own_broker, database, tmp_path) as worker:
            copy = issued(story)
            asked, _who = authority.accept()
            end_with_group(worker)
            asked.close()
    job = PrintJob.objects.get(request=copy.request)
    assert job.state == DocumentState.RUNNING
    assert not PrintedRecord.objects.exists()
    with running_worker(own_broker, database, tmp_path):
        PrintJob.objects.filter(pk=job.pk).update(touched_at=clock.now() - LOST_AFTER - timedelta(seconds=1))
        assert sweep_print_requests() == 1
        ready = PrintJob.objects.filter(pk=job.pk, state=DocumentState.READY)
        until(ready.exists, within_s=90, what="the file")
    printed = PrintedRecord.objects.get()
    assert problem(path_of(printed.sha256)) == ""
    (standing,) = copies_of(story.batch)
    assert (standing.copy.number, standing.is_current) == (1, True)
    assert PrintJob.objects.get(pk=job.pk).attempts == 2
