"""Chain of identity: the code that follows a patient's cells, its check character, and the matching of two scans.

Here: making, reading and comparing codes. Not here: who may scan, and what happens on a mismatch. The code is local to
the site; an ISBT 128 identifier is licensed and belongs to registered facilities only.
"""

import re
from typing import NamedTuple

_VALUES = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"
_CODE = re.compile(r"CI([0-9]{2})([0-9]{4})([0-9A-Z*])")
# What a scanner may put before the data to name the symbology: ]C1 (Code 128), ]d1 (Data Matrix), ]Q1 (QR).
_SYMBOLOGY = re.compile(r"^\][A-Z][0-9A-Z]", re.IGNORECASE)
# Hyphens, and what a keyboard or a word processor in between may turn them into, say nothing.
_HYPHENS = dict.fromkeys(map(ord, "-\u2010\u2011\u2012\u2013\u2014\u2212\uff0d"))


class ChainOfIdentity(NamedTuple):
    """The parts of a code: two-digit year and the number within it."""

    year: int
    serial: int


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


def chain_of_identity(*, year: int, serial: int) -> str:
    """The code of a batch, `CI-YYnnnn-K`: year, number within the year, check character.

    2026 and 42 give `CI-260042-K`. Raises `ValueError` for a number below 1 or beyond 9999: the code has four places.
    """
    if not 1 <= serial <= 9999:
        raise ValueError("A year holds the numbers 1 to 9999.")
    digits = f"{year % 100:02d}{serial:04d}"
    return f"CI-{digits}-{check_character('CI' + digits)}"


def normalised(scanned: str) -> str:
    """A scan or a typed code as it is compared: capitals, no blanks, no hyphens, no scanner prefix.

    Scanners and people differ in these. No letter is exchanged for a digit that looks like it: the check character is
    there to catch that.
    """
    visible = "".join(character for character in scanned if character.isprintable() and not character.isspace())
    return _SYMBOLOGY.sub("", visible).translate(_HYPHENS).upper()


def read_code(scanned: str) -> ChainOfIdentity | None:
    """The parts of a chain-of-identity code, or `None` when it is not one or its check character is wrong."""
    found = _CODE.fullmatch(normalised(scanned))
    if found is None:
        return None
    year, serial, check = found.groups()
    if check_character(f"CI{year}{serial}") != check:
        return None
    return ChainOfIdentity(int(year), int(serial))


class LabelCode(NamedTuple):
    """What the symbol on a label of this laboratory holds."""

    coi: str
    batch: str
    container: str
    serial: str


def label_content(label: LabelCode) -> str:
    """The text of a label's symbol: `CI-260042-K/B-0042/P1-01/L-000012`. No blank: scans are separated by them."""
    return "/".join(label)


def read_label(scanned: str) -> LabelCode | None:
    """The parts of a label's symbol, or `None` when the scan is none, or its chain of identity has a wrong check."""
    parts = _SYMBOLOGY.sub("", scanned.strip()).split("/")
    return LabelCode(*parts) if len(parts) == 4 and all(parts) and is_code(parts[0]) else None


def is_code(scanned: str) -> bool:
    """Whether the scan is a whole chain-of-identity code with the right check character."""
    return read_code(scanned) is not None


def matches(scanned: str, expected: str) -> bool:
    """Whether a scanned or typed code is the expected one, whole; of a label's symbol, one of its parts.

    An empty scan matches nothing.
    """
    label = read_label(scanned)
    said = {normalised(part) for part in (label[:3] if label else (scanned,))} - {""}
    return normalised(expected) in said
