"""Act: a paper backlog of passages becomes history, transcribed by one person and checked by another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Context, Decimal

from batches.models import Batch, PaperImport, PaperPassage
from batches.rules import paper as rules
from lims import clock
from lims.accounts.permissions import Permission
from lims.acts import Act
from lims.commands import command
from lims.files import keep
from lims.recorded import add_all
from lims.refusals import Refusal, refuse_if_any
from lims.signatures.meanings import Meaning
from lims.site import zone
from lims.texts import text_refusals


def look_at(content: bytes, column_map: Mapping[str, str]) -> tuple[list[rules.CheckedRow], list[Refusal]]:
    """What a file holds, its totals recomputed, and every reason why it can't be imported. Nothing is written."""
    reading = rules.read_file(content, column_map)
    today = clock.now().astimezone(zone()).date()
    refusals = [*reading.refusals, *_impossible(reading.rows, today), *_unprintable(reading.rows)]
    return rules.recompute(reading.rows), sorted(refusals, key=_line)


def _line(refusal: Refusal) -> int:
    return int(str(refusal.params.get("row", 0)))


def _impossible(rows: Sequence[rules.PaperRow], today: date) -> list[Refusal]:
    lines = {row.line for row in rows}
    numbers = set(Batch.objects.filter(number__in=lines).values_list("number", flat=True))
    imported = set(PaperPassage.objects.filter(line__in=lines).values_list("line", "generation"))
    return list(rules.row_refusals(rows, today=today, numbers=numbers, imported=imported))


def _unprintable(rows: Sequence[rules.PaperRow]) -> Iterator[Refusal]:
    """The rule of typed texts, asked of those a file holds: its name alone is among the inputs as a text."""
    for row in rows:
        for found in text_refusals({"line": row.line}):
            yield Refusal(found.code, "Line {row}: " + found.message, "file", {**found.params, "row": row.row})


@command(
    "paper:import",
    needs=Permission.IMPORT_RECORDS,
    signed=(Meaning.TRANSCRIBED, Meaning.CHECKED),
)
def import_passages(
    act: Act, *, content: bytes, file_name: str, column_map: Mapping[str, str] | None = None
) -> PaperImport:
    """Keep the passages of a file, marked as transcribed, with every total computed again.

    Either the whole file is kept or nothing of it. The file itself is kept under its SHA-256.

    Raises:
        Refused: PAP-01 to PAP-15 and TXT-01, each reason with its line; PAP-11 the same file again.
    """
    mapped = dict(column_map or {})
    checked, refusals = look_at(content, mapped)
    refuse_if_any(refusals)
    sha256, _size = keep([content])
    earlier = PaperImport.objects.filter(sha256=sha256).first()
    if earlier is not None:
        refuse_if_any(
            [Refusal("PAP-11", "This file was imported before, as {name}.", "file", {"name": earlier.file_name})]
        )
    paper = PaperImport(file_name=file_name[-200:], sha256=sha256, column_map=mapped, done_at=act.at)
    act.add(paper)
    batches = {b.number: b for b in Batch.objects.filter(number__in={c.row.line for c in checked})}
    add_all(_passage(paper, c, batches.get(c.row.line)) for c in checked)
    act.notes |= {"file": file_name[:200], "sha256": sha256, "passages": str(len(checked))}
    wrong = rules.disagreements(checked)
    if wrong:
        act.notes["totals that disagree"] = ", ".join(f"{c.row.line} P{c.row.generation}" for c in wrong)[:2000]
    act.sign(paper)
    return paper


def _passage(paper: PaperImport, checked: rules.CheckedRow, batch: Batch | None) -> PaperPassage:
    row = checked.row
    total = checked.computed_total
    return PaperPassage(
        paper=paper,
        batch=batch,
        line=row.line,
        row=row.row,
        generation=row.generation,
        seeded_on=row.seeded_on,
        harvested_on=row.harvested_on,
        days=row.days,
        area_cm2=row.area_cm2,
        cells_seeded=row.cells_seeded,
        cells_harvested=row.cells_harvested,
        viability_pct=row.viability_pct,
        reported_total=row.reported_total,
        computed_total=_kept(total) if total is not None else None,
        is_disagreeing=checked.is_disagreeing,
    )


def _kept(total: Decimal) -> Decimal:
    """A computed total as it is kept: twelve figures and two decimals, more than any count can mean."""
    return Context(prec=12).create_decimal(total).quantize(Decimal("0.01"))
