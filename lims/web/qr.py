"""A QR code as the path of an inline drawing: no image, no style, no script, so that the strict policy holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import zxingcpp


@dataclass(frozen=True)
class Drawing:
    """A square of `size` modules, the quiet zone included, and the path of its dark ones."""

    size: int
    path: str


def drawn(text: str) -> Drawing:
    """The QR code of a text; neighbouring dark modules of a row are one bar."""
    symbol = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode)
    # The image speaks the buffer protocol, which its type stubs do not say.
    image: Any = symbol.to_image(scale=1, add_quiet_zones=True)
    modules = cast("list[list[int]]", memoryview(image).tolist())
    bars = []
    for y, row in enumerate(modules):
        start = None
        for x, level in enumerate([*row, 255]):
            if level == 0 and start is None:
                start = x
            elif level != 0 and start is not None:
                bars.append(f"M{start} {y}h{x - start}v1h-{x - start}z")
                start = None
    return Drawing(len(modules), "".join(bars))
