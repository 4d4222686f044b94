"""`python -m lims.pdf.cutting FAMILY NAME WEIGHT FILE`: one weight of a variable font as a font of its own.

Run by `han.py`, which knows which faces there are and where they are kept.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import OverlapMode, instantiateVariableFont

from lims.pdf.han import variable_font

# Tables for vertical setting and for shaping, which the pages do without.
UNUSED: Final = ("BASE", "DSIG", "GDEF", "GPOS", "GSUB", "HVAR", "STAT", "gasp", "prep", "vhea", "vmtx")


def cut(family: str, name: str, weight: int, out: Path) -> None:
    """Write the weight of a family to `out`, under the PostScript name `name`. The same font gives the same bytes."""
    with TTFont(variable_font(family), lazy=True, recalcTimestamp=False) as font:
        for table in UNUSED:
            if table in font:
                del font[table]
        instantiateVariableFont(
            font, {"wght": weight}, inplace=True, optimize=False, overlap=OverlapMode.KEEP_AND_DONT_SET_FLAGS
        )
        # Both weights carry the name of the thinnest, and a reader would take one for the other.
        font["name"].setName(name, 6, 3, 1, 0x409)
        font.save(out)


if __name__ == "__main__":
    cut(sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
