"""A long record through the writer, against a low-level canvas that draws the same texts and lines.

Run with `python -m tests.benchmarks.bench_record_pdf [pages]`. Prints both times, their ratio and the peak of memory.
The writer's time is that of the finished archival file with the record as data inside; bench_seal.py tells what
sealing takes.
The two take turns, and the shortest of several runs of each is kept: what else the machine does only ever adds time.
"""

from __future__ import annotations

import gc
import os
import resource
import sys
import time
from collections.abc import Callable
from io import BytesIO
from tempfile import TemporaryFile
from typing import Any

import django
from reportlab.pdfgen.canvas import Canvas

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from batches.record.writers import json, pdf  # noqa: E402
from lims.pdf import pages as filled_pages  # noqa: E402
from lims.pdf import styles  # noqa: E402
from lims.pdf.archive import Attachment  # noqa: E402
from lims.pdf.pen import Pen  # noqa: E402
from lims.pdf.strips import Strip  # noqa: E402
from tests.batches.record import sample  # noqa: E402

RUNS = 5


def low_level(drawn: list[list[tuple[float, Strip]]], furniture: Callable[[Canvas], None]) -> bytes:
    """What a programmer who knew every position would write: one call to a text, one to a line."""
    out = BytesIO()
    canvas = Canvas(out, pagesize=(styles.A4.width, styles.A4.height), invariant=1, pageCompression=1)
    furniture(canvas)
    left = styles.A4.left
    for number, placed in enumerate(drawn, start=1):
        canvas.doForm("furniture")
        canvas.setFont(styles.PAGE_NUMBER.face.name, styles.PAGE_NUMBER.size)
        canvas.drawRightString(553, 62, f"Page {number} of {len(drawn)}")
        for top, strip in placed:
            for x1, y1, x2, y2, width, grey in strip.rules:
                canvas.setLineWidth(width)
                canvas.setStrokeGray(grey)
                canvas.line(left + x1, top - y1, left + x2, top - y2)
            for x, y, style, text in strip.texts:
                canvas.setFont(style.face.name, style.size)
                canvas.drawString(left + x, top - y, text)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def seconds(work: Callable[[], Any]) -> float:
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main(wanted_pages: int) -> None:
    # Two thirds passages, one third audit trail, as in a real record.
    passages = wanted_pages * 2 // 3
    entries = (wanted_pages - passages) * 36

    def write() -> int:
        record = sample.record(entries=entries, passages=passages)
        data = Attachment("record.json", "application/json", "Data", "", json.pieces(record))
        with TemporaryFile() as out:
            return pdf.write(record, out, attachments=[data])

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    count = write()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    drawn: list[list[tuple[float, Strip]]] = []
    original = filled_pages.draw_strips

    def keep(pen: Pen, canvas: Canvas, placed: Any, left: float) -> None:
        drawn.append(list(placed))
        original(pen, canvas, placed, left)

    filled_pages.draw_strips = keep
    write()
    filled_pages.draw_strips = original

    def furniture(canvas: Canvas) -> None:
        canvas.beginForm("furniture", 0, 0, styles.A4.width, styles.A4.height)
        canvas.line(48, 760, 553, 760)
        canvas.endForm()

    floor, ours = [], []
    for _run in range(RUNS):
        floor.append(seconds(lambda: low_level(drawn, furniture)))
        ours.append(seconds(write))
    sys.stdout.write(
        f"pages                {count}\n"
        f"low-level canvas     {min(floor):.3f} s\n"
        f"record writer        {min(ours):.3f} s\n"
        f"ratio                {min(ours) / min(floor):.2f} (at most 1.5)\n"
        f"peak of the process  {peak / 1024:.0f} MB, of which {before / 1024:.0f} MB before the first page\n"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 80)
