"""What red, green and blue of a printed page mean: an ICC profile of sRGB, made here so that nobody's file is copied.

Version 2 of the format, a matrix and one curve, after IEC 61966-2-1 adapted to D50. The same bytes at every call.
"""

from __future__ import annotations

import struct
from functools import cache

CURVE_POINTS = 1024
D50 = (0.9642, 1.0, 0.82491)
COLORANTS = {
    b"rXYZ": (0.43607, 0.22249, 0.01392),
    b"gXYZ": (0.38515, 0.71687, 0.09708),
    b"bXYZ": (0.14307, 0.06061, 0.7141),
}
NAME = "sRGB IEC61966-2.1"


@cache
def srgb() -> bytes:
    """The profile."""
    curve = _curve()
    parts = {
        b"desc": _description(NAME),
        b"cprt": b"text\0\0\0\0No rights reserved\0",
        b"wtpt": _xyz(D50),
        **{name: _xyz(value) for name, value in COLORANTS.items()},
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    table, body, places = b"", b"", dict[bytes, int]()
    begins = 128 + 4 + 12 * len(parts)
    for name, content in parts.items():
        if content not in places:
            places[content] = begins + len(body)
            body += content + bytes(-len(content) % 4)
        table += struct.pack(">4sII", name, places[content], len(content))
    size = begins + len(body)
    return _header(size) + struct.pack(">I", len(parts)) + table + body


def _header(size: int) -> bytes:
    made = (2026, 1, 1, 0, 0, 0)
    return struct.pack(
        ">I4sI4s4s4s6H4s4sI4s4sQI3i4s44x",
        *(size, b"", 0x02100000, b"mntr", b"RGB ", b"XYZ ", *made, b"acsp", b"", 0, b"", b"", 0, 0),
        *map(_fixed, D50),
        b"",
    )


def _fixed(value: float) -> int:
    return round(value * 65536)


def _xyz(value: tuple[float, float, float]) -> bytes:
    return struct.pack(">4s4x3i", b"XYZ ", *map(_fixed, value))


def _description(text: str) -> bytes:
    """The text in ASCII; the format's fields for Unicode and for old Macintosh scripts are there and empty."""
    return struct.pack(f">4s4xI{len(text) + 1}s4xI2xB67x", b"desc", len(text) + 1, text.encode(), 0, 0)


def _curve() -> bytes:
    def linear(share: float) -> float:
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    points = [round(linear(index / (CURVE_POINTS - 1)) * 65535) for index in range(CURVE_POINTS)]
    return struct.pack(f">4s4xI{CURVE_POINTS}H", b"curv", CURVE_POINTS, *points)
