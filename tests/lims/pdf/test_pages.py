"""Pages are filled so that what belongs together stays together."""

from __future__ import annotations

import hashlib
import tracemalloc
from io import BytesIO
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from lims.pdf import strips, styles, tables
from lims.pdf.marks import draw_code, draw_shape
from lims.pdf.pages import Furniture, Pages, Properties
from lims.pdf.strips import Strip

FURNITURE = Furniture("Record", "Product", (("Batch", "B-1"),), ("Draft",), (), "B-1")
PROPERTIES = Properties("Record B-1", "Laboratory", "Record", "en")


def new_pages() -> Pages:
    return Pages(BytesIO(), FURNITURE, PROPERTIES, number_pages=lambda page, pages: f"{page}/{pages}")


def tall(height: float, *, keep: bool = False) -> Strip:
    strip = Strip(height, keep=keep)
    strip.rule(0, 1, 0, 1)
    return strip


def test_a_heading_goes_with_what_it_heads() -> None:
    pages = new_pages()
    pages.place([tall(600)])
    pages.place([*strips.heading("Signatures", measure=400), tall(80)])
    assert pages.page == 2
    assert pages.finish() == 2


def test_a_group_higher_than_a_page_is_cut_and_not_lost() -> None:
    pages = new_pages()
    pages.place([*(tall(100, keep=True) for _ in range(20)), tall(100)])
    assert pages.finish() == 4


def test_of_a_long_document_only_the_places_are_held(tmp_path: Path) -> None:
    def most_held(pages: int) -> int:
        with (tmp_path / "long.pdf").open("wb") as out:
            made = Pages(out, FURNITURE, PROPERTIES, number_pages=lambda page, of: f"{page}/{of}")
            tracemalloc.start()
            for number in range(pages):
                digests = (hashlib.sha256(f"{number} {line}".encode()).hexdigest() for line in range(40))
                made.place(strip for digest in digests for strip in strips.paragraph(digest, measure=400))
                made.start_page()
            assert made.finish() == pages
            held = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        return held

    few, many = most_held(20), most_held(120)
    assert (tmp_path / "long.pdf").stat().st_size > 120 * 1500
    # A page of these takes 12 kB as it is drawn, and 2 kB compressed.
    assert (many - few) / 100 < 1500


def test_a_row_higher_than_a_page_goes_on_over_the_next() -> None:
    column = tables.Column("Reason", 60)
    rows = list(tables.table([column], [["shelf label misread at loading " * 200]], count=1))
    assert max(row.height for row in rows) < styles.A4.height / 2
    pages = new_pages()
    pages.place(rows)
    assert pages.finish() > 2


def test_a_short_table_is_not_cut() -> None:
    rows = tables.table([tables.Column("Test", 60)], [["a"], ["b"], ["c"]], count=3)
    assert [row.keep for row in rows] == [True, True, True, False]


def test_no_row_of_a_long_table_stands_alone_at_the_foot_or_the_head_of_a_page() -> None:
    cells = [[str(number)] for number in range(20)]
    rows = list(tables.table([tables.Column("Test", 60)], cells, count=20))[1:]
    assert [index for index, row in enumerate(rows) if row.keep] == [0, 18]


def test_the_code_of_the_page_can_be_read_back() -> None:
    drawn = _Rectangles()
    draw_code(drawn, "7QK4-M2ZT", 0, 100, 100)
    image = Image.new("L", (600, 600), 255)
    for x, y, width, height in drawn.made:
        left, top = 100 + x * 4, 100 + (100 - y - height) * 4
        image.paste(0, (round(left), round(top), round(left + width * 4), round(top + height * 4)))
    (found,) = zxingcpp.read_barcodes(image)
    assert found.text == "7QK4-M2ZT"


class _Rectangles(Canvas):
    """A canvas that remembers its rectangles."""

    def __init__(self) -> None:
        super().__init__(BytesIO())
        self.made: list[tuple[float, float, float, float]] = []

    def rect(self, x: float, y: float, width: float, height: float, stroke: int = 1, fill: int = 0) -> None:
        self.made.append((x, y, width, height))
        super().rect(x, y, width, height, stroke=stroke, fill=fill)


def test_an_unknown_mark_is_refused() -> None:
    with pytest.raises(ValueError, match="star"):
        draw_shape(Canvas(BytesIO()), "star", 0, 0, 6)
