"""Lines are never wider than their column, and lose nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lims.pdf import styles
from lims.pdf.fonts import MissingGlyph, face
from lims.pdf.text import Line, Run, wrap, wrap_runs

PRINTABLE = st.text(st.sampled_from("abcdefgMW 0123456789-/_.,×⁷⁻\u00a0"), max_size=200)


def words(lines: list[Line]) -> str:
    return "".join(piece.text for line in lines for piece in line).replace(" ", "")


@given(text=PRINTABLE, width=st.floats(20, 400))
def test_no_line_is_wider_than_its_column_and_nothing_is_lost(text: str, width: float) -> None:
    lines = wrap(text, styles.CELL, width)
    assert words(lines) == text.replace(" ", "").replace("⁻", "−")
    for line in lines:
        assert not line or line[-1].x + line[-1].width <= width + 0.02


@given(texts=st.lists(PRINTABLE, min_size=1, max_size=4), width=st.floats(20, 400))
def test_runs_of_several_styles_wrap_like_one(texts: list[str], width: float) -> None:
    runs = [Run(text, styles.CELL_BOLD if index % 2 else styles.CELL) for index, text in enumerate(texts)]
    lines = wrap_runs(runs, width)
    assert words(lines) == "".join(texts).replace(" ", "").replace("⁻", "−")
    for line in lines:
        assert not line or line[-1].x + line[-1].width <= width + 0.02


def test_a_line_never_breaks_between_a_number_and_its_unit() -> None:
    lines = wrap("exposure 15\u00a0min", styles.CELL, face("regular").width("exposure 15", styles.CELL.size) + 1)
    assert [piece.text for line in lines for piece in line] == ["exposure", "15\u00a0min"]


def test_a_long_word_is_broken_after_a_hyphen_where_there_is_one() -> None:
    width = face("regular").width("CI-260042-K-", styles.CELL.size)
    lines = wrap("CI-260042-KXYZABC", styles.CELL, width)
    assert [piece.text for line in lines for piece in line] == ["CI-260042-", "KXYZABC"]


def test_a_superscript_minus_is_set_small_and_raised() -> None:
    (line,) = wrap("10⁻⁴", styles.CELL, 100)
    minus = line[1]
    assert minus.text == "−"
    assert minus.rise > 0
    assert minus.style.size < styles.CELL.size


def test_a_missing_glyph_is_named_with_its_text() -> None:
    with pytest.raises(MissingGlyph) as refused:
        wrap("lot □ 12", styles.CELL, 100)
    assert refused.value.character == "□"
    assert refused.value.where == "lot □ 12"
    assert "U+25A1" in str(refused.value)


@pytest.mark.parametrize("character", "≥≤×µ±−²³⁰¹⁴⁵⁶⁷⁸⁹₂₁₀°–«»’✓→α√")
def test_every_sign_of_a_batch_record_has_a_glyph(character: str) -> None:
    assert face("regular").width(character, 8) > 0
    assert face("bold").width(character, 8) > 0
