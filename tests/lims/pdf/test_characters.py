"""What may be typed is what can be printed: the tables of characters against the faces and the lines themselves."""

from __future__ import annotations

import subprocess
import sys

import pytest
from django.conf import settings

from lims.pdf import styles
from lims.pdf.characters import missing, printable
from lims.pdf.fonts import MissingGlyph, face
from lims.pdf.text import wrap

_MEASURED = """
import resource
from lims.pdf import characters, fonts, han
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert characters.missing("山田 \U0001f600") == ["\U0001f600"]
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.parametrize("weight", ["regular", "bold"])
def test_the_tables_have_exactly_the_characters_of_the_faces(weight: str) -> None:
    faces = [face(weight), face(f"{weight} jp"), face(f"{weight} sc")]
    printed = {ord(c) for each in faces for c in each.advances}
    every = [chr(code) for code in range(0x20, 0x110000) if printable(chr(code)) == chr(code)]
    refused = {ord(c) for c in missing("".join(every))}
    wrong = [f"U+{ord(c):04X}" for c in every if (ord(c) in printed) is (ord(c) in refused) and c != "\u207b"]
    assert wrong == []


@pytest.mark.parametrize(
    "text",
    [
        "Lot 12, 5\u00a0µm\u2009±\u20091, 10\u207b\u00b3",
        "soft\u00adhyphen, zero\u200bwidth, \ufeffmark, tab\there, no\u2011break",
        "two\nlines",
        "two\r\nlines of a browser",
        "山田太郎 (随访), デ\u3099",
    ],
)
def test_what_printing_handles_is_accepted(text: str) -> None:
    assert missing(text) == []
    assert wrap(text, styles.CELL, 200)


@pytest.mark.parametrize("character", ["\U0001f600", "\u0639", "\ud55c", "\u200d", "\ufe0f", "\x1d", "\x7f", "\u2028"])
def test_what_printing_refuses_is_named(character: str) -> None:
    text = f"before {character} after {character}"
    assert missing(text) == [character]
    with pytest.raises(MissingGlyph) as refused:
        wrap(text, styles.CELL, 200)
    assert refused.value.character == character


def test_the_lines_that_are_typed_in_a_browser_are_printed_one_below_the_other() -> None:
    assert ["".join(p.text for p in line) for line in wrap("first\r\nsecond\rthird", styles.CELL, 200)] == [
        "first",
        "second",
        "third",
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="kilobytes on Linux alone")
def test_asking_loads_no_font() -> None:
    told = subprocess.run(
        [sys.executable, "-c", _MEASURED], cwd=settings.BASE_DIR, check=True, capture_output=True, text=True
    )
    assert int(told.stdout) < 5_000, "kilobytes; a face for Chinese takes some ten megabytes"
