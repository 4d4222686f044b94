"""Lines are never wider than their column, and lose nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lims.pdf import styles
from lims.pdf.fonts import MissingGlyph, face
from lims.pdf.han import form_for, prefer
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
        wrap("lot 🧬 12", styles.CELL, 100)
    assert refused.value.character == "🧬"
    assert refused.value.where == "lot 🧬 12"
    assert "U+1F9EC" in str(refused.value)


@pytest.mark.parametrize("character", "≥≤×µ±−²³⁰¹⁴⁵⁶⁷⁸⁹₂₁₀°–«»’✓→α√")
def test_every_sign_of_a_batch_record_has_a_glyph(character: str) -> None:
    assert face("regular").width(character, 8) > 0
    assert face("bold").width(character, 8) > 0


JAPANESE = (
    "投与後、血圧は安定し（収縮期128\u00a0mmHg）、発熱は認められなかった。「経過観察」とした。ショット後も変化なし。"
)


@given(
    texts=st.lists(st.sampled_from([JAPANESE, "患者，随访。", "lot MX-5602", "膝", "ー"]), max_size=5),
    width=st.floats(40, 400),
)
def test_chinese_and_japanese_break_between_ideographs_and_lose_nothing(texts: list[str], width: float) -> None:
    text = " ".join(texts)
    lines = wrap(text, styles.CELL, width)
    assert words(lines) == text.replace(" ", "")
    for line in lines:
        assert not line or line[-1].x + line[-1].width <= width + 0.02


def test_no_closing_sign_begins_a_line_and_no_opening_one_ends_it() -> None:
    for width in range(60, 300, 7):
        lines = ["".join(piece.text for piece in line) for line in wrap(JAPANESE, styles.CELL, width)]
        assert len(lines) > 1
        assert not [line for line in lines[1:] if line[0] in "、。）」ョッー\u00a0"]
        assert not [line for line in lines[:-1] if line[-1] in "（「\u00a0"]


def test_only_what_the_latin_face_lacks_is_set_in_another() -> None:
    (line,) = wrap("膝 (knee) 5 × 10⁻⁴", styles.CELL_BOLD, 400)
    assert [(piece.style.weight, piece.text) for piece in line] == [
        ("bold jp", "膝"),
        ("bold", " (knee) 5 × 10"),
        ("bold", "−"),
        ("bold", "⁴"),
    ]


def test_a_character_takes_the_form_of_the_document_and_what_one_form_lacks_comes_from_the_other() -> None:
    def faces(text: str) -> list[str]:
        (line,) = wrap(text, styles.CELL, 400)
        return [piece.style.weight for piece in line]

    with prefer("sc"):
        assert faces("直") == ["regular sc"]
    with prefer("jp"):
        assert faces("直") == ["regular jp"]
        assert faces("随访") == ["regular jp", "regular sc"]


@pytest.mark.parametrize(
    ("language", "zone", "form"),
    [
        ("en", "Asia/Tokyo", "jp"),
        ("en", "Europe/Vienna", "sc"),
        ("ja", "Europe/Vienna", "jp"),
        ("zh-hans", "Asia/Tokyo", "sc"),
    ],
)
def test_the_language_decides_the_form_and_the_place_where_it_says_nothing(language: str, zone: str, form: str) -> None:
    assert form_for(language, zone) == form
