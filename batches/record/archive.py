"""All records of a year in one ZIP: every issued copy, and the newest kept print of a batch that has none.

A batch belongs to the year it was issued in. Files go in as they are kept, one after the other, so memory does not grow
with the year. Not here: making any of these files (printing.py), the evidence of one batch (export.py).
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import BinaryIO

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from batches.models import Batch, IssuedCopy, PrintedRecord, PrintRequest
from batches.record import words
from batches.record.export import Unexportable
from batches.rules.check_codes import grouped
from batches.rules.documents import Document
from lims.files import is_whole, path_of
from lims.ledger.exporting import add_member
from lims.site import zone

Progress = Callable[[int, int], None]


def years() -> list[int]:
    """The years in which a batch was issued, newest first."""
    return [day.year for day in Batch.objects.datetimes("issued_at", "year", order="DESC", tzinfo=zone())]


def write_year(year: int, out: BinaryIO, *, progress: Progress | None = None) -> int:
    """Write the ZIP of a year, with an index of what is in it; return how many files there are.

    Raises:
        Unexportable: a kept file is missing or damaged.
    """
    batches = _batches_of(year)
    total, files = batches.count(), 0
    index = io.StringIO(newline="")
    lines = csv.writer(index)
    lines.writerow(
        (
            _("File"),
            _("Batch"),
            _("Patient"),
            _("Document"),
            _("Check code"),
            _("Made"),
            _("Pages"),
            _("Draft"),
            "SHA-256",
        )
    )
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for done, batch in enumerate(batches.iterator(), start=1):
            found = list(_files_of(batch))
            for name, printed, title, code in found:
                if not is_whole(printed.sha256):
                    raise Unexportable(_("{name} is missing or damaged. Restore it, and tell QA.").format(name=name))
                add_member(archive, name, path_of(printed.sha256))
                made, draft = words.at(printed.made_at, zone()), words.yes_no(printed.is_draft)
                lines.writerow(
                    (name, batch.number, batch.patient.code, title, code, made, printed.pages, draft, printed.sha256)
                )
            if not found:
                nothing = _("nothing was issued or printed")
                lines.writerow(("", batch.number, batch.patient.code, nothing, "", "", "", "", ""))
            files += len(found)
            if progress:
                progress(done, total)
        add_member(archive, "index.csv", b"\xef\xbb\xbf" + index.getvalue().encode())
    return files


def _batches_of(year: int) -> QuerySet[Batch]:
    start, end = (datetime(y, 1, 1, tzinfo=zone()) for y in (year, year + 1))
    return Batch.objects.filter(issued_at__gte=start, issued_at__lt=end).select_related("patient").order_by("number")


def _files_of(batch: Batch) -> Iterator[tuple[str, PrintedRecord, str, str]]:
    """Name, file, title and check code of what is kept of a batch."""
    copies = list(
        IssuedCopy.objects.filter(batch=batch, request__printed__isnull=False)
        .select_related("request__printed")
        .order_by("id")
    )
    for copy in copies:
        yield f"{batch.number}/{copy.file_name}", copy.request.printed, str(copy), grouped(copy.check_code)
    if any(copy.document == Document.BATCH_RECORD for copy in copies):
        return
    kept = PrintedRecord.objects.filter(request__batch=batch, request__kind=PrintRequest.Kind.RECORD).order_by("id")
    printed = kept.last()
    if printed is not None:
        name = f"{batch.number}/{batch.number}-record-print-{printed.request_id}.pdf"
        yield name, printed, _("Printed record {number}").format(number=batch.number), ""
