"""A paper backlog of passages: reading its rows, refusing what can't be true, and computing its totals again.

Here: text in, rows, refusals and recomputed totals out; nothing is stored and no clock is asked. Not here: the act of
importing, and how a disagreement is shown.

A printed cumulative total can't be computed from nothing: the first printed total of a line is taken as it stands, and
each later one is held against it times the fold expansions (harvested over seeded) of the passages since.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

from batches.rules.growth import fold_expansion
from lims.refusals import Refusal

COLUMNS: Final = (
    "batch",
    "passage",
    "seeded_on",
    "harvested_on",
    "days",
    "area_cm2",
    "cells_seeded",
    "cells_harvested",
    "viability_pct",
    "reported_total",
)
REQUIRED: Final = ("batch", "passage", "cells_harvested")
# Printed totals are rounded to two figures; beyond a tenth it is no rounding.
TOLERANCE: Final = Decimal("0.1")
MOST_ROWS: Final = 5000
MOST_BYTES: Final = 2_000_000
HIGHEST_PASSAGE: Final = 60
# What every database gives back exactly.
MOST_DIGITS: Final = 15
_OUR_NUMBER: Final = re.compile(r"B-\d+", re.IGNORECASE)
# The largest figure of a column and its decimal places, as it is kept.
_ROOM: Final = {
    "days": (Decimal(9999), 2),
    "area_cm2": (Decimal(9_999_999), 1),
    "cells_seeded": (Decimal(10) ** 13, 2),
    "cells_harvested": (Decimal(10) ** 13, 2),
    "viability_pct": (Decimal(100), 2),
    "reported_total": (Decimal(10) ** 26, 2),
}


@dataclasses.dataclass(frozen=True)
class PaperRow:
    """One passage as the paper has it. `row` is the line of the file; cells are viable cells."""

    row: int
    line: str
    generation: int
    cells_harvested: Decimal
    cells_seeded: Decimal | None = None
    seeded_on: date | None = None
    harvested_on: date | None = None
    days: Decimal | None = None
    area_cm2: Decimal | None = None
    viability_pct: Decimal | None = None
    reported_total: Decimal | None = None

    @property
    def fold(self) -> Decimal | None:
        """Harvested over seeded; nothing where the paper does not say what was seeded."""
        return fold_expansion(self.cells_seeded, self.cells_harvested)

    @property
    def is_ours(self) -> bool:
        """Whether the row names a batch of this system rather than a line of its own."""
        return _OUR_NUMBER.fullmatch(self.line) is not None


@dataclasses.dataclass(frozen=True)
class CheckedRow:
    """A row with the total it should have. `difference` is printed against computed, as a fraction."""

    row: PaperRow
    computed_total: Decimal | None
    difference: Decimal | None

    @property
    def is_disagreeing(self) -> bool:
        """Whether the printed total is further from the computed one than rounding explains."""
        return self.difference is not None and abs(self.difference) > TOLERANCE


@dataclasses.dataclass(frozen=True)
class Reading:
    """A file as it was read: its rows, or every reason why it can't be."""

    rows: tuple[PaperRow, ...]
    refusals: tuple[Refusal, ...]


def read_file(content: bytes, column_map: Mapping[str, str]) -> Reading:
    """Read a table of passages. `column_map` gives the file's name of a column of ours, where it differs.

    Refusals name the line of the file: PAP-01 columns, PAP-02 figures and dates that can't be read, PAP-10 no row, or
    too many, PAP-12 a blank line name or a passage that is no passage, PAP-15 no text.
    """
    if len(content) > MOST_BYTES:
        return _refused("PAP-10", "The file is larger than 2 MB. Split it.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _refused("PAP-15", "The file is no text in UTF-8. Save it as CSV in UTF-8.")
    if "\0" in text:
        return _refused("PAP-15", "The file is no text in UTF-8. Save it as CSV in UTF-8.")
    unknown = sorted(set(column_map) - set(COLUMNS))
    if unknown:
        return _refused("PAP-01", "There is no column {names} here.", names=", ".join(unknown))
    try:
        table = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True))
    except csv.Error as error:
        return _refused("PAP-15", "The file is no table: {problem}. Save it as CSV.", problem=error)
    lines = [(at, row) for at, row in enumerate(table, 1) if any(cell.strip() for cell in row)]
    if len(lines) < 2:
        return _refused("PAP-10", "The file has no row. Choose the file with the passages.")
    if len(lines) > MOST_ROWS + 1:
        return _refused("PAP-10", "The file has more than {most} rows. Split it.", most=MOST_ROWS)
    header = [cell.strip() for cell in lines[0][1]]
    places, refusals = _places(header, column_map)
    if refusals:
        return Reading((), tuple(refusals))
    rows = []
    for at, cells in lines[1:]:
        row, found = _row(at, cells, len(header), places)
        refusals.extend(found)
        if row is not None:
            rows.append(row)
    return Reading(tuple(rows), tuple(refusals))


def row_refusals(
    rows: Sequence[PaperRow], *, today: date, numbers: Collection[str], imported: Collection[tuple[str, int]]
) -> Iterator[Refusal]:
    """What can't be true: PAP-03 to PAP-09 and PAP-14, each with its line.

    `numbers` are the batches of this system, `imported` the passages that were imported before.
    """
    first_seen: dict[tuple[str, int], int] = {}
    for row in rows:
        yield from _figures(row)
        yield from _dates(row, today)
        key = (row.line, row.generation)
        if key in first_seen:
            yield _at(
                row.row, "PAP-08", "{passage} is in line {first} already", passage=_named(row), first=first_seen[key]
            )
        elif key in imported:
            yield _at(row.row, "PAP-08", "{passage} was imported before", passage=_named(row))
        first_seen.setdefault(key, row.row)
        if row.is_ours and row.line.upper() not in numbers:
            yield _at(row.row, "PAP-09", "there is no batch {number} here", number=row.line)
    yield from _order(rows)


def recompute(rows: Sequence[PaperRow]) -> list[CheckedRow]:
    """Each row with the total it should have, in the order of the file.

    Within a line the passages are taken by number. Where a fold expansion is missing, no later total can be computed.
    """
    totals: dict[int, Decimal | None] = {}
    for line in dict.fromkeys(row.line for row in rows):
        running: Decimal | None = None
        last: int | None = None
        for row in sorted((r for r in rows if r.line == line), key=lambda r: r.generation):
            is_next = last is not None and row.generation == last + 1
            last = row.generation
            if running is None:
                computed = row.reported_total
            else:
                computed = running * row.fold if is_next and row.fold is not None else None
            totals[row.row] = computed
            # Where the chain broke, the printed total of that row begins a new one.
            running = computed if computed is not None else row.reported_total
    return [CheckedRow(row, totals[row.row], _difference(row.reported_total, totals[row.row])) for row in rows]


def disagreements(checked: Sequence[CheckedRow]) -> list[CheckedRow]:
    """The rows whose printed total is wrong."""
    return [row for row in checked if row.is_disagreeing]


def _difference(printed: Decimal | None, computed: Decimal | None) -> Decimal | None:
    if printed is None or computed is None or computed == 0:
        return None
    return (printed - computed) / computed


def _refused(code: str, message: str, **params: object) -> Reading:
    return Reading((), (Refusal(code, message, "file", params),))


def _at(row: int, code: str, problem: str, **params: object) -> Refusal:
    """A refusal of one line of the file."""
    return Refusal(code, "Line {row}: " + problem + ".", "file", {"row": row, **params})


def _named(row: PaperRow) -> str:
    return f"{row.line} P{row.generation}"


def _delimiter(text: str) -> str:
    header = text.lstrip().split("\n", 1)[0]
    return max(",;\t", key=header.count)


def _places(header: Sequence[str], column_map: Mapping[str, str]) -> tuple[dict[str, int], list[Refusal]]:
    """Where each of our columns stands in the file."""
    refusals = []
    places: dict[str, int] = {}
    for ours in COLUMNS:
        theirs = column_map.get(ours, ours)
        if header.count(theirs) > 1:
            refusals.append(
                Refusal("PAP-01", "The file has the column {name} twice. Remove one.", "file", {"name": theirs})
            )
        elif theirs in header:
            places[ours] = header.index(theirs)
        elif ours in column_map or ours in REQUIRED:
            refusals.append(
                Refusal(
                    "PAP-01",
                    "The file has no column {name}. Say which column holds {ours}.",
                    "file",
                    {"name": theirs, "ours": ours},
                )
            )
    return places, refusals


def _row(at: int, cells: Sequence[str], width: int, places: Mapping[str, int]) -> tuple[PaperRow | None, list[Refusal]]:
    if len(cells) > width and any(cell.strip() for cell in cells[width:]):
        return None, [_at(at, "PAP-02", "it has more cells than the head of the table")]
    given = {ours: cells[place].strip() if place < len(cells) else "" for ours, place in places.items()}
    refusals: list[Refusal] = []

    def number(column: str) -> Decimal | None:
        text = given.get(column, "")
        if not text:
            return None
        highest, decimals = _ROOM[column]
        try:
            value = Decimal(text.replace("\u2212", "-"))
        except InvalidOperation:
            value = Decimal("nan")
        if not value.is_finite():
            refusals.append(_at(at, "PAP-02", "{column} «{text}» is no number", column=column, text=text[:40]))
            return None
        if column != "viability_pct" and abs(value) > highest:
            refusals.append(_at(at, "PAP-02", "{column} {text} is more than can be", column=column, text=text[:40]))
            return None
        if len(value.normalize().as_tuple().digits) > MOST_DIGITS:
            refusals.append(_at(at, "PAP-02", "{column} {text} has too many digits", column=column, text=text[:40]))
            return None
        kept = value.quantize(Decimal(1).scaleb(-decimals)) if abs(value) <= highest else value
        if kept != value:
            refusals.append(_at(at, "PAP-02", "{column} {text} has too many decimals", column=column, text=text[:40]))
            return None
        return kept

    def day(column: str) -> date | None:
        text = given.get(column, "")
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            refusals.append(
                _at(at, "PAP-02", "{column} «{text}» is no date such as 2026-10-21", column=column, text=text[:40])
            )
            return None

    line = given.get("batch", "")
    if not line or len(line) > 40:
        refusals.append(_at(at, "PAP-12", "the batch or line is blank or longer than 40 characters"))
    generation = _generation(given.get("passage", ""))
    if generation is None:
        refusals.append(
            _at(
                at,
                "PAP-12",
                "passage «{text}» is no whole number from 0 to {most}",
                text=given.get("passage", "")[:40],
                most=HIGHEST_PASSAGE,
            )
        )
    figures = {column: number(column) for column in _ROOM}
    days = {column: day(column) for column in ("seeded_on", "harvested_on")}
    if figures["cells_harvested"] is None and not given.get("cells_harvested"):
        refusals.append(_at(at, "PAP-03", "cells harvested are blank; blank is not zero"))
    if refusals:
        return None, refusals
    assert generation is not None
    harvested = figures.pop("cells_harvested")
    assert harvested is not None
    name = line.upper() if _OUR_NUMBER.fullmatch(line) else line
    return PaperRow(row=at, line=name, generation=generation, cells_harvested=harvested, **figures, **days), []  # type: ignore[arg-type]


def _generation(text: str) -> int | None:
    text = text.removeprefix("P").removeprefix("p")
    if not text.isascii() or not text.isdigit() or len(text) > 6 or int(text) > HIGHEST_PASSAGE:
        return None
    return int(text)


def _figures(row: PaperRow) -> Iterator[Refusal]:
    if row.cells_harvested <= 0:
        yield _at(row.row, "PAP-03", "{cells} cells can't have been harvested", cells=row.cells_harvested.normalize())
    for words, value in (
        ("cells seeded", row.cells_seeded),
        ("growth area", row.area_cm2),
        ("days", row.days),
        ("printed total", row.reported_total),
    ):
        if value is not None and value <= 0:
            yield _at(row.row, "PAP-03", "{what} of {value} can't be", what=words, value=f"{value.normalize():f}")
    if row.viability_pct is not None and not 0 <= row.viability_pct <= 100:
        yield _at(row.row, "PAP-04", "viability of {value}\u00a0% can't be", value=f"{row.viability_pct.normalize():f}")


def _dates(row: PaperRow, today: date) -> Iterator[Refusal]:
    for words, day in (("seeded", row.seeded_on), ("harvested", row.harvested_on)):
        if day is not None and day > today:
            yield _at(row.row, "PAP-07", "{what} on {day} is in the future", what=words, day=day.isoformat())
    if row.seeded_on is None or row.harvested_on is None:
        return
    between = (row.harvested_on - row.seeded_on).days
    if between < 0:
        yield _at(row.row, "PAP-05", "harvested on {day}, before it was seeded", day=row.harvested_on.isoformat())
    elif row.days is not None and abs(row.days - between) > 1:
        yield _at(
            row.row,
            "PAP-06",
            "the dates are {between} days apart, the paper says {days}",
            between=between,
            days=f"{row.days.normalize():f}",
        )


def _order(rows: Sequence[PaperRow]) -> Iterator[Refusal]:
    """PAP-14: a passage seeded before the one it comes from was harvested."""
    by_key = {(row.line, row.generation): row for row in rows}
    for row in rows:
        before = by_key.get((row.line, row.generation - 1))
        if before is None or before.harvested_on is None or row.seeded_on is None:
            continue
        if row.seeded_on < before.harvested_on:
            yield _at(
                row.row,
                "PAP-14",
                "seeded on {day}, before P{n} was harvested",
                day=row.seeded_on.isoformat(),
                n=before.generation,
            )
