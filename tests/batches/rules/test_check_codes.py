"""Check codes: read however they are typed, and no slip of the finger leads to another one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from batches.rules.check_codes import CHARACTERS, LENGTH, code_of, grouped, read

drawn = st.lists(st.integers(0, 30), min_size=LENGTH, max_size=LENGTH)


@given(drawn)
def test_a_code_is_read_as_it_is_printed_and_as_people_type_it(numbers: list[int]) -> None:
    code = code_of(numbers)
    for typed in (code, grouped(code), grouped(code).lower(), " " + grouped(code).replace("-", " ") + "\n"):
        assert read(typed) == code


@given(drawn, st.integers(0, LENGTH), st.sampled_from(CHARACTERS))
def test_one_wrong_character_is_no_code(numbers: list[int], place: int, other: str) -> None:
    code = code_of(numbers)
    wrong = code[:place] + other + code[place + 1 :]
    assert read(wrong) == (code if other == code[place] else None)


@given(drawn, st.integers(0, LENGTH), st.integers(0, LENGTH))
def test_two_exchanged_characters_are_no_code(numbers: list[int], one: int, two: int) -> None:
    typed = list(code_of(numbers))
    typed[one], typed[two] = typed[two], typed[one]
    assert read("".join(typed)) == (code_of(numbers) if "".join(typed) == code_of(numbers) else None)


def test_what_can_be_no_code_is_none() -> None:
    code = code_of([0] * LENGTH)
    for typed in ("", "O" + code[1:], code + "2", code[:-1], "B-0042 COI-1 12 0af3", "é" * 11, "\x00" * 11):
        assert read(typed) is None


def test_no_two_characters_look_alike() -> None:
    assert len(set(CHARACTERS)) == 31
    assert not set("01ILO") & set(CHARACTERS)
