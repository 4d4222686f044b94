"""The chain-of-identity code, and holding a scan against what it should say.

The check character is ISO 7064 mod 37-2, as used by ISBT 128 for donation numbers.
"""

from __future__ import annotations

_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"


def check_character(code: str) -> str:
    """ISO 7064 mod 37-2 check character of letters and digits; `G123498654321` gives `H`.

    Raises:
        ValueError: a character that is neither a letter nor a digit.
    """
    remainder = 0
    for character in code.upper():
        value = _CHARACTERS.find(character)
        if not 0 <= value < 36:
            raise ValueError(f"{character!r} has no place in an identifier.")
        remainder = (remainder + value) * 2 % 37
    return _CHARACTERS[(38 - remainder) % 37]


def chain_of_identity(*, year: int, serial: int) -> str:
    """The code of a batch: `CI-260042-` and its check character."""
    number = f"{year % 100:02d}{serial:04d}"
    return f"CI-{number}-{check_character('CI' + number)}"


def normalised(scanned: str) -> str:
    """A scan without blanks and dashes, in capitals: scanners and people differ in these."""
    return "".join(scanned.upper().split()).replace("-", "")


def matches(scanned: str, expected: str) -> bool:
    """Whether a scanned or typed code is the expected one. An empty scan matches nothing."""
    return bool(scanned.strip()) and normalised(scanned) == normalised(expected)
