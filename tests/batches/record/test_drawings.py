"""Charts show where a count stands; labels keep clear of each other."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from reportlab.graphics.shapes import Circle, Rect, String

from batches.record import drawings
from batches.record.charts import DosePoint, GrowthPoint
from tests.batches.record import sample


def test_the_bar_ends_where_the_count_is_on_a_logarithmic_scale() -> None:
    drawing = drawings.draw(replace(sample.DOSE, last=DosePoint(Decimal(10_000_000), "P1")), drawings.PAPER)
    bar = [shape for shape in drawing.contents if isinstance(shape, Rect)][1]
    assert bar.width == pytest.approx(drawings.GAUGE_WIDTH / 2)  # 10⁷ is half way from 10⁵ to 10⁹


def test_equal_steps_are_equal_doublings() -> None:
    def end(cells: int) -> float:
        drawing = drawings.draw(replace(sample.DOSE, last=DosePoint(Decimal(cells), "P1")), drawings.PAPER)
        return [shape for shape in drawing.contents if isinstance(shape, Rect)][1].width

    assert end(8_000_000) - end(4_000_000) == pytest.approx(end(32_000_000) - end(16_000_000))


def test_no_two_labels_of_the_gauge_overlap_even_at_the_target() -> None:
    near = DosePoint(
        Decimal(99_000_000),
        "P2, 27\u00a0Oct: 9.90×10⁷",
        Decimal(87_000_000),
        Decimal(112_000_000),
        "95\u00a0%: 8.70–11.2×10⁷",
    )
    earlier = tuple(DosePoint(Decimal(n) * 1_000_000, f"P{n}: {n}×10⁶") for n in range(60, 95, 8))
    drawing = drawings.draw(replace(sample.DOSE, last=near, earlier=earlier), drawings.PAPER)
    texts = [shape for shape in drawing.contents if isinstance(shape, String)]
    bounds = [text.getBounds() for text in texts]
    for index, (left, low, right, high) in enumerate(bounds):
        for x1, y1, x2, y2 in bounds[index + 1 :]:
            assert right <= x1 or left >= x2 or high <= y1 + 2 or low >= y2 - 2


def test_no_two_labels_of_many_passages_overlap_and_the_last_says_its_cells() -> None:
    points: list[GrowthPoint] = []
    for number in range(10):
        day, cells = Decimal(8 + 3 * number), Decimal(2_100_000 + 10_000 * number)
        points.append(GrowthPoint(day, cells, "cell_harvest", f"P{number} 2.1{number}×10⁶", short=f"P{number}"))
        points.append(GrowthPoint(day, Decimal(620_000), "reseeded"))
    drawing = drawings.draw(replace(sample.GROWTH, points=tuple(points), now_day=None), drawings.PAPER)
    labels = [shape for shape in drawing.contents if isinstance(shape, String) and shape.text.startswith("P")]
    names = {shape.text for shape in labels}
    assert names >= {*(f"P{number}" for number in range(9)), "P9 2.19×10⁶"}
    bounds = [label.getBounds() for label in labels]
    for index, (left, low, right, high) in enumerate(bounds):
        for x1, y1, x2, y2 in bounds[index + 1 :]:
            assert right <= x1 or left >= x2 or high <= y1 + 2 or low >= y2 - 2


def test_a_count_of_no_cells_can_be_drawn() -> None:
    drawing = drawings.draw(replace(sample.DOSE, last=DosePoint(Decimal(0), "P1: 0"), earlier=()), drawings.PAPER)
    assert len([shape for shape in drawing.contents if isinstance(shape, Rect)]) == 1


def test_a_chart_without_points_shows_its_target() -> None:
    drawing = drawings.draw(replace(sample.GROWTH, points=(), p0_until_day=None), drawings.PAPER)
    assert "Target dose 1.0×10⁸" in [shape.text for shape in drawing.contents if isinstance(shape, String)]


def test_harvests_are_solid_and_reseeded_cells_open() -> None:
    drawing = drawings.draw(sample.GROWTH, drawings.PAPER)
    dots = [shape for shape in drawing.contents if isinstance(shape, Circle)]
    filled = [dot.fillColor == drawings.PAPER.measured for dot in dots]
    assert filled == [point.kind == "cell_harvest" for point in sample.GROWTH.points]


def test_more_cells_are_drawn_higher() -> None:
    drawing = drawings.draw(sample.GROWTH, drawings.PAPER)
    heights = [shape.cy for shape in drawing.contents if isinstance(shape, Circle)]
    cells = [point.cells for point in sample.GROWTH.points]
    assert sorted(range(5), key=lambda i: heights[i]) == sorted(range(5), key=lambda i: cells[i])


@pytest.mark.parametrize("spec", [sample.DOSE, sample.GROWTH], ids=["dose", "growth"])
def test_the_screen_chart_is_sound_and_holds_every_label(spec: drawings.ChartSpec) -> None:
    text = drawings.svg(spec)
    root = ElementTree.fromstring(text)
    assert root.get("aria-label") == spec.description
    assert "style" not in text
    labels = {shape.text for shape in drawings.draw(spec, drawings.SCREEN).contents if isinstance(shape, String)}
    assert {element.text for element in root.iter("{http://www.w3.org/2000/svg}text")} == labels
