"""Chain-of-identity codes, with the published vectors of ISO 7064 mod 37-2."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batches.rules.identity import (
    ChainOfIdentity,
    chain_of_identity,
    check_character,
    is_code,
    matches,
    normalised,
    read_code,
)


@pytest.mark.parametrize(("text", "check"), [("G123498654321", "H"), ("A999926000001", "8"), ("A999926000002", "6")])
def test_check_characters_are_those_of_the_published_vectors(text, check):
    assert check_character(text) == check


def test_a_check_character_needs_capitals_and_digits():
    with pytest.raises(ValueError, match="capital letters"):
        check_character("ci26")


def test_the_forty_second_batch_of_2026():
    assert chain_of_identity(year=2026, serial=42) == "CI-260042-K"
    assert read_code("CI-260042-K") == ChainOfIdentity(26, 42)


@pytest.mark.parametrize("serial", [0, -1, 10_000])
def test_a_number_with_no_place_in_the_code_is_refused(serial):
    with pytest.raises(ValueError, match="1 to 9999"):
        chain_of_identity(year=2026, serial=serial)


@given(st.integers(2000, 2099), st.integers(1, 9999))
def test_a_code_is_read_back_as_it_was_made(year, serial):
    assert read_code(chain_of_identity(year=year, serial=serial)) == ChainOfIdentity(year % 100, serial)


@pytest.mark.parametrize(
    "scan", ["CI-260042-K", " ci260042k\r\n", "]d1CI-260042-K", "]C1CI260042K", "CI–260042–K", "CI 26 0042 K"]
)
def test_scanners_and_people_may_write_it_differently(scan):
    assert matches(scan, "CI-260042-K")


@pytest.mark.parametrize("scan", ["", " ", "-", "CI-260043-K", "CI-260042-L", "CI-26OO42-K", "CI-260042-KK", "260042"])
def test_anything_else_is_a_mismatch(scan):
    assert not matches(scan, "CI-260042-K")


def test_an_empty_code_matches_nothing_not_even_itself():
    assert not matches("", "")
    assert not matches("--", "-")


def test_other_codes_are_held_against_each_other_too():
    assert matches("p-017", "P-017")
    assert not matches("P-018", "P-017")


@given(st.integers(1, 9999), st.integers(0, 5), st.integers(1, 9))
def test_one_wrong_digit_is_always_caught(serial, place, change):
    code = list(normalised(chain_of_identity(year=2026, serial=serial)))
    code[2 + place] = str((int(code[2 + place]) + change) % 10)
    assert not is_code("".join(code))


@given(st.integers(1, 9999), st.integers(0, 4))
def test_two_digits_changed_over_are_always_caught(serial, place):
    code = list(normalised(chain_of_identity(year=2026, serial=serial)))
    one, other = code[2 + place], code[3 + place]
    code[2 + place], code[3 + place] = other, one
    assert is_code("".join(code)) is (one == other)


@given(st.text(max_size=30))
def test_no_scan_crashes_the_reader(scan):
    assert read_code(scan) is None or is_code(scan)
