"""Reading a paper backlog of passages: what is read, what is refused, which totals disagree."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batches.rules.paper import Reading, disagreements, read_file, recompute, row_refusals
from lims.refusals import Refusal

COLTER = Path(__file__).parents[2] / "data" / "colter2000_bmmsc_passages.csv"
COLTER_MAP = {
    "batch": "line",
    "cells_harvested": "cells_harvested_per_plate",
    "reported_total": "reported_cumulative_msc",
}
TODAY = date(2026, 10, 21)
HEAD = "batch,passage,seeded_on,harvested_on,days,area_cm2,cells_seeded,cells_harvested,viability_pct,reported_total"


def read(*lines: str, head: str = HEAD) -> Reading:
    return read_file("\n".join([head, *lines]).encode(), {})


def against(
    *lines: str, numbers: set[str] | None = None, imported: set[tuple[str, int]] | None = None
) -> list[Refusal]:
    reading = read(*lines)
    found = row_refusals(reading.rows, today=TODAY, numbers=numbers or set(), imported=imported or set())
    return [*reading.refusals, *found]


def codes(*lines: str, **known: set[str]) -> list[str]:
    return [r.code for r in against(*lines, **known)]  # type: ignore[arg-type]


def test_it_names_exactly_the_two_wrong_totals_of_colter() -> None:
    reading = read_file(COLTER.read_bytes(), COLTER_MAP)
    assert reading.refusals == ()
    wrong = disagreements(recompute(reading.rows))
    assert [(c.row.line, c.row.generation) for c in wrong] == [("58R", 2), ("58L", 2)]


def test_the_total_of_a_line_is_its_first_times_every_fold_since() -> None:
    # 1e6 at P1; P2 grew tenfold, P3 fivefold: 1e7, then 5e7.
    rows = read("L,1,,,,,1e4,1e5,,1e6", "L,2,,,,,1e4,1e5,,1e7", "L,3,,,,,2e4,1e5,,9e7").rows
    checked = recompute(rows)
    assert [c.computed_total for c in checked] == [Decimal(10**6), Decimal(10**7), 5 * Decimal(10**7)]
    assert [c.is_disagreeing for c in checked] == [False, False, True]


def test_rows_in_any_order_give_the_same_totals() -> None:
    forward = ["L,1,,,,,1e4,1e5,,1e6", "L,2,,,,,1e4,2e5,,2e7", "M,1,,,,,1e4,1e5,,5e5"]
    there = {(c.row.line, c.row.generation): c.computed_total for c in recompute(read(*forward).rows)}
    back = {(c.row.line, c.row.generation): c.computed_total for c in recompute(read(*reversed(forward)).rows)}
    assert there == back


def test_a_difference_of_a_tenth_is_rounding_and_a_little_more_is_not() -> None:
    rows = read("L,1,,,,,1e4,1e5,,1e6", "L,2,,,,,1e4,1e5,,1.1e7").rows
    assert not recompute(rows)[1].is_disagreeing
    rows = read("L,1,,,,,1e4,1e5,,1e6", "L,2,,,,,1e4,1e5,,1.11e7").rows
    assert recompute(rows)[1].is_disagreeing


def test_a_missing_passage_breaks_the_chain_and_nothing_is_guessed() -> None:
    rows = read("L,1,,,,,1e4,1e5,,1e6", "L,3,,,,,1e4,1e5,,7e9").rows
    assert recompute(rows)[1].computed_total is None
    assert not recompute(rows)[1].is_disagreeing


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("L,1,,,,,1e4,0,,", "PAP-03"),
        ("L,1,,,,,1e4,-5,,", "PAP-03"),
        ("L,1,,,,,1e4,,,", "PAP-03"),
        ("L,1,,,,,0,1e5,,", "PAP-03"),
        ("L,1,,,,-75,1e4,1e5,,", "PAP-03"),
        ("L,1,,,0,,1e4,1e5,,", "PAP-03"),
        ("L,1,,,,,1e4,1e5,100.5,", "PAP-04"),
        ("L,1,,,,,1e4,1e5,-1,", "PAP-04"),
        ("L,1,2026-10-12,2026-10-05,,,1e4,1e5,,", "PAP-05"),
        ("L,1,2026-10-05,2026-10-12,14,,1e4,1e5,,", "PAP-06"),
        ("L,1,2026-10-05,2026-10-22,,,1e4,1e5,,", "PAP-07"),
        ("B-0042,1,,,,,1e4,1e5,,", "PAP-09"),
        ("L,1,,,,,1e4,many,,", "PAP-02"),
        ("L,1,,,,,nan,1e5,,", "PAP-02"),
        ("L,1,,,,,1e4,Infinity,,", "PAP-02"),
        ("L,1,,,,,1e4,1e500,,", "PAP-02"),
        ("L,1,12/10/2026,,,,1e4,1e5,,", "PAP-02"),
        ("L,one,,,,,1e4,1e5,,", "PAP-12"),
        ("L,-1,,,,,1e4,1e5,,", "PAP-12"),
        (",1,,,,,1e4,1e5,,", "PAP-12"),
        ("L,1,,,,,1e4,1e5,,,,more", "PAP-02"),
    ],
)
def test_it_refuses_a_row_that_cannot_be_true_and_names_its_line(line: str, code: str) -> None:
    found = against("G,1,,,,,1e4,1e5,,", line)
    assert [r.code for r in found] == [code]
    assert found[0].text.startswith("Line 3: ")


def test_every_reason_of_a_row_is_told_at_once() -> None:
    assert set(codes("B-0042,1,2026-10-12,2026-10-05,,,-1,0,120,")) == {"PAP-03", "PAP-04", "PAP-05", "PAP-09"}


def test_a_batch_of_ours_is_taken_when_it_is_known() -> None:
    assert codes("b-0042,1,,,,,1e4,1e5,,", numbers={"B-0042"}) == []


def test_it_refuses_a_passage_twice_in_the_file_or_imported_before() -> None:
    found = against("L,1,,,,,1e4,1e5,,", "L,1,,,,,1e4,2e5,,")
    assert [(r.code, r.params["row"], r.params["first"]) for r in found] == [("PAP-08", 3, 2)]
    assert [r.code for r in against("L,1,,,,,1e4,1e5,,", imported={("L", 1)})] == ["PAP-08"]


def test_it_refuses_a_passage_seeded_before_its_cells_were_harvested() -> None:
    lines = ("L,1,2026-09-01,2026-09-10,,,1e4,1e5,,", "L,2,2026-09-08,2026-09-15,,,1e4,1e5,,")
    assert codes(*lines) == ["PAP-14"]


def test_days_may_differ_from_dates_by_the_hours_of_a_day() -> None:
    assert codes("L,1,2026-10-05,2026-10-12,7.4,,1e4,1e5,,") == []


def test_it_reads_semicolons_and_a_byte_order_mark() -> None:
    reading = read_file("\ufeffbatch;passage;cells_harvested\r\nL;P2;1.5e6\r\n\r\n".encode(), {})
    assert [(r.line, r.generation, r.cells_harvested) for r in reading.rows] == [("L", 2, Decimal(1_500_000))]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "PAP-10"),
        (b"batch,passage,cells_harvested\n", "PAP-10"),
        (b"batch,passage\nL,1\n", "PAP-01"),
        (b"batch,batch,passage,cells_harvested\nL,L,1,5\n", "PAP-01"),
        (b"\xff\xfe\x00b", "PAP-15"),
        (b"batch,passage,cells_harvested\nL,1,\x005\n", "PAP-15"),
        (b'batch,passage,cells_harvested\nL,1,"5\n', "PAP-15"),
    ],
)
def test_it_refuses_what_is_no_table_of_passages(content: bytes, code: str) -> None:
    assert {r.code for r in read_file(content, {}).refusals} == {code}


def test_a_column_that_was_named_must_be_there() -> None:
    refusals = read_file(b"batch,passage,cells_harvested\nL,1,5\n", {"days": "tage"}).refusals
    assert [r.code for r in refusals] == ["PAP-01"]
    assert "tage" in refusals[0].text
    assert [r.code for r in read_file(b"a\n1\n", {"cells": "a"}).refusals] == ["PAP-01"]


@given(st.binary(max_size=300))
def test_no_content_makes_it_fall(content: bytes) -> None:
    reading = read_file(content, {})
    assert reading.rows or reading.refusals


@given(st.lists(st.text(max_size=12), min_size=10, max_size=10))
def test_no_cell_makes_it_fall(cells: list[str]) -> None:
    line = ",".join('"' + cell.replace('"', '""').replace("\0", "") + '"' for cell in cells)
    for refusal in against(line):
        assert refusal.text
