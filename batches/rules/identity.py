"""Chain of identity: the code that follows a patient's cells, its check character, and the matching of two scans.

Here: making, reading and comparing codes. Not here: who may scan, and what happens on a mismatch. The code is local to
the site; an ISBT 128 identifier is licensed and belongs to registered facilities only.
"""

import re
from typing import NamedTuple

_VALUES = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"
_CODE = re.compile(r"CI-?([0-9]{2})([0-9]{4})-?([0-9A-Z*])")
# What a scanner may put before the data to name the symbology: ]C1 (Code 128), ]d1 (Data Matrix), ]Q1 (QR).
_SYMBOLOGY = re.compile(r"^\][A-Z][0-9A-Z]", re.IGNORECASE)
# A keyboard, or a word processor in between, may turn the hyphen into one of these.
_HYPHENS = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212\uff0d"), "-")


class ChainOfIdentity(NamedTuple):
    """The parts of a code: two-digit year and the number within it."""

    year: int
    number: int


def check_character(text: str) -> str:
    """Check character over letters and digits by ISO 7064 mod 37-2: `G123498654321` gives `H`.

    Raises `ValueError` for any other character.
    """
    total = 0
    for character in text:
        value = _VALUES.find(character)
        if value < 0 or character == "*":
            raise ValueError("A check character is computed over digits and capital letters.")
        total = (total + value) * 2 % 37
    return _VALUES[(38 - total) % 37]


def make_code(year: int, number: int) -> str:
    """The chain-of-identity code `CI-YYnnnn-K`: year, number within the year, check character.

    2026 and 42 give `CI-260042-K`. Raises `ValueError` for a number below 1 or beyond 9999: the code has four places.
    """
    if not 1 <= number <= 9999:
        raise ValueError("A year holds the numbers 1 to 9999.")
    digits = f"{year % 100:02d}{number:04d}"
    return f"CI-{digits}-{check_character('CI' + digits)}"


def normalised(scan: str) -> str:
    """A scan or a typed code as it is compared: capitals, no spaces, no scanner prefix, plain hyphens.

    No letter is exchanged for a digit that looks like it: the check character is there to catch that.
    """
    visible = "".join(character for character in scan if character.isprintable() and not character.isspace())
    return _SYMBOLOGY.sub("", visible).translate(_HYPHENS).upper()


def read_code(scan: str) -> ChainOfIdentity | None:
    """The parts of a chain-of-identity code, or `None` when it is not one or its check character is wrong.

    Hyphens may be left out.
    """
    found = _CODE.fullmatch(normalised(scan))
    if found is None:
        return None
    year, number, check = found.groups()
    if check_character(f"CI{year}{number}") != check:
        return None
    return ChainOfIdentity(int(year), int(number))


def is_code(scan: str) -> bool:
    """Whether the scan is a whole chain-of-identity code with the right check character."""
    return read_code(scan) is not None


def matches(scan: str, expected: str) -> bool:
    """Whether a scan is the code expected. A broken or empty code on either side never matches."""
    found = read_code(scan)
    return found is not None and found == read_code(expected)
