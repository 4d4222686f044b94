"""What stands in an address or a hidden field where a whole number is expected."""

from __future__ import annotations

# Digits of a number that every database's largest integer holds.
_LONGEST = 18


def whole(text: str) -> int | None:
    """The whole number that was typed; None for anything else, or one that no row has."""
    return int(text) if text.isdecimal() and len(text) <= _LONGEST else None
