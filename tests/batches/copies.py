"""Issued copies for tests: issued by QA, made by the task, read back with poppler."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from batches.commands.issued import issue_document
from batches.models import IssuedCopy, PrintedRecord, PrintJob
from batches.rules.documents import Document
from batches.rules.states import DocumentState
from batches.tasks import make_print
from lims.files import path_of
from lims.signatures.meanings import Meaning
from tests.builders import Story
from tests.cast import signed


def issued(story: Story, document: Document = Document.BATCH_RECORD, **changes: Any) -> IssuedCopy:
    """A copy issued by QA, not made yet."""
    given = {"recipient": "City Clinic, ward 4", **changes}
    copy: IssuedCopy = issue_document(
        story.cast.qa,
        batch=story.batch,
        document=document,
        signatures=signed((Meaning.ISSUED, story.cast.qa)),
        **given,
    )
    return copy


def made(copy: IssuedCopy) -> Path:
    """The file of a copy, made by the task."""
    make_print(copy.request_id)
    job = PrintJob.objects.get(request=copy.request_id)
    assert job.state == DocumentState.READY, job.error
    return path_of(PrintedRecord.objects.get(request=copy.request_id).sha256)


def text_of(path: Path, *options: str) -> str:
    """The text of a PDF as poppler reads it."""
    return subprocess.run(
        ["pdftotext", "-layout", *options, str(path), "-"], check=True, capture_output=True, text=True
    ).stdout
