"""Issuing by several people at once, and a worker that is killed in the middle of making a copy."""

from __future__ import annotations

import os
import signal
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
from lims import clock
from lims.files import path_of
from lims.pdf.seal import problem
from tests.batches.copies import issued
from tests.builders import Story
from tests.services import PROJECT, database_url

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
