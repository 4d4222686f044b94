"""Check codes: what is printed on every page of an issued copy, and typed or scanned to find it again.

Ten characters and one that checks them, of 31 that no one takes for another: no 0, 1, I, L or O. The check is a
weighted sum modulo 31; as 31 is prime, every single wrong character and every two exchanged ones are found. Not here:
drawing the characters by chance, and which code belongs to what.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

CHARACTERS: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LENGTH: Final = 10


def code_of(drawn: Sequence[int]) -> str:
    """The code of numbers drawn from 0 to 30, as it is kept: ten characters and the check character."""
    body = "".join(CHARACTERS[number] for number in drawn)
    return body + _check(body)


def grouped(code: str) -> str:
    """The code as it is printed and read aloud: `7KM4-P2QX-9TA`."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def read(typed: str) -> str | None:
    """The code that was typed or scanned, however it was spaced; None when it can't be one, or a character is wrong."""
    code = "".join(typed.upper().split()).replace("-", "")
    if len(code) != LENGTH + 1 or not set(code) <= set(CHARACTERS):
        return None
    return code if _check(code[:-1]) == code[-1] else None


def _check(body: str) -> str:
    return CHARACTERS[sum((place + 2) * CHARACTERS.index(c) for place, c in enumerate(body)) % len(CHARACTERS)]
