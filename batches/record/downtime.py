"""A downtime form as a file: the blanks of a step under the same head and foot as every printed page.

Here: what stands around the blanks, and the drawing of them. Not here: what a step asks (rules/downtime_sheets.py).
The same sheet gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from zoneinfo import ZoneInfo

import pikepdf
from django.utils.translation import gettext as _

from batches.record.words import to_minute
from batches.rules.downtime import TITLES, FormStep
from batches.rules.downtime_sheets import Blank, Part, meanings, parts
from batches.rules.process import Process
from lims.pdf import blanks, strips, styles
from lims.pdf.archive import Properties
from lims.pdf.pages import Furniture, Pages
from lims.pdf.strips import Strip
from lims.pdf.styles import Paper
from lims.pdf.text import Run
from lims.signatures.meanings import Meaning

BY_HAND = "_" * 20  # a line to write on


@dataclass(frozen=True)
class Sheet:
    """What one form is printed from. Without a batch its identity is written in by hand."""

    number: str
    step: FormStep
    process: Process
    version: str
    issued_to: str
    issued_by: str
    issued_at: datetime
    site_name: str
    zone: ZoneInfo
    is_synthetic: bool
    batch: str = ""
    coi: str = ""
    patient: str = ""


def write(sheet: Sheet, *, paper: Paper = styles.A4) -> tuple[bytes, int]:
    """The form as PDF, and its number of pages. Raises MissingGlyph."""
    out = BytesIO()
    title = _("Downtime form")
    pages = Pages(
        out,
        _furniture(sheet, title),
        Properties(f"{title} {sheet.number}", sheet.site_name, _(TITLES[sheet.step]), "en"),
        number_pages=lambda page, count: _("Form {number}, page {page} of {pages}").format(
            number=sheet.number, page=page, pages=count
        ),
        paper=paper,
    )
    measure = paper.measure
    rule = _("Write in ink. Strike an error through once, so that it stays legible, with initials and date beside it.")
    pages.place(strips.paragraph(rule, measure=measure, keep=True))
    if not sheet.batch:
        by_hand = _(
            "Write batch, chain of identity and patient code on every page, and have a second person compare them."
        )
        pages.place(strips.paragraph(by_hand, measure=measure, style=styles.TEXT_BOLD, keep=True))
    for part in parts(sheet.step, sheet.process):
        pages.place(_drawn(part, measure))
    pages.place(_signing(sheet, measure))
    count = pages.finish()
    return out.getvalue(), count


def together(files: Iterable[bytes]) -> bytes:
    """Several forms one after another in one file, to be printed at once; each is kept as a file of its own."""
    out = BytesIO()
    with pikepdf.new() as pad:
        for file in files:
            with pikepdf.open(BytesIO(file)) as one:
                pad.pages.extend(one.pages)
        pad.save(out, deterministic_id=True)
    return out.getvalue()


def _furniture(sheet: Sheet, title: str) -> Furniture:
    held = [
        (_("Batch"), sheet.batch or BY_HAND),
        (_("Chain of identity"), sheet.coi or BY_HAND),
        (_("Patient code"), sheet.patient or BY_HAND),
    ]
    lines = (
        _("Form {number}, issued {when} by {by} to {to}.").format(
            number=sheet.number, when=to_minute(sheet.issued_at, sheet.zone), by=sheet.issued_by, to=sheet.issued_to
        ),
        _("{site}. To be transcribed, or returned and voided: no form is left without an account.").format(
            site=sheet.site_name
        ),
    )
    return Furniture(
        title=title,
        product=_(TITLES[sheet.step]),
        identity=(
            (_("Form"), sheet.number),
            *held,
            (_("Master batch record"), sheet.version),
        ),
        standing=[sheet.number, *([_("Synthetic data")] if sheet.is_synthetic else [])],
        foot=[(Run(line, styles.FOOT),) for line in lines],
        code=f"{sheet.number} {sheet.batch} {sheet.coi}".strip(),
    )


def _drawn(part: Part, measure: float) -> Iterator[Strip]:
    yield strips.space(8 if part.title else 2)
    if part.title:
        yield from strips.heading(_(part.title), measure=measure)
    if part.note:
        yield strips.space(2)
        yield from strips.paragraph(_(part.note), measure=measure, style=styles.HEAD, keep=True)
    for blank in part.blanks:
        yield _blank(blank, measure)
    if part.grid:
        yield strips.space(3)
        heads = [_(head) if head else "" for head in part.grid.heads]
        rows = [[_(cell) if cell else "" for cell in row] for row in part.grid.rows]
        yield from blanks.ruled(heads, rows, part.grid.shares, measure=measure)


def _blank(blank: Blank, measure: float) -> Strip:
    label = _(blank.label)
    match blank.kind:
        case "words":
            return blanks.words(label, measure=measure)
        case "choice":
            return blanks.ticks(label, [_(choice) for choice in blank.choices], measure=measure)
        case "time":
            return blanks.blank(label, unit=_("date, time"), limit=blank.limit, boxes=2, measure=measure)
        case _:
            return blanks.blank(label, unit=blank.unit, limit=blank.limit, boxes=1, measure=measure)


def _signing(sheet: Sheet, measure: float) -> Iterator[Strip]:
    yield strips.space(8)
    yield from strips.heading(_("Signatures on this sheet"), measure=measure)
    yield strips.space(3)
    heads = [_("Meaning"), _("Printed name"), _("Signature"), _("Date and time")]
    rows = [[str(Meaning(meaning).label), "", "", ""] for meaning in meanings(sheet.step, sheet.process)]
    yield from blanks.ruled(heads, rows, (1, 2, 2, 1.6), measure=measure, height=28.0)
