"""What a file may be before it is kept: its size, and what its first bytes say it is. The name proves nothing.

Not here: whether a picture, a PDF or a workbook opens (that needs libraries, and stands where files are kept), and the
keeping.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import PurePath
from typing import Final

from lims.refusals import Refusal

# A photo of a modern tablet takes 3 to 8 MB, the export of a counter far less.
LARGEST_BYTES: Final = 15 * 1000 * 1000
# More picture elements than any camera at a microscope has; a small file can unfold to more than a server holds.
MOST_PIXELS: Final = 80_000_000
HEAD_BYTES: Final = 4096


class FileKind(StrEnum):
    """What a file is by its content, as the type it is served with."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    PDF = "application/pdf"
    CSV = "text/csv"
    SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


PHOTOS: Final = frozenset({FileKind.JPEG, FileKind.PNG})
COUNTER_FILES: Final = frozenset({FileKind.CSV, FileKind.PDF, FileKind.SPREADSHEET})

# What every workbook holds (ECMA-376, part 2).
WORKBOOK_PARTS: Final = ("[Content_Types].xml", "xl/workbook.xml")
_UTF_16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")

_WORDS: Final = {
    FileKind.JPEG: "JPEG",
    FileKind.PNG: "PNG",
    FileKind.PDF: "PDF",
    FileKind.CSV: "CSV",
    FileKind.SPREADSHEET: "XLSX",
}


def kind_of(head: bytes) -> FileKind | None:
    """What the first bytes of a file say it is; nothing if they fit no kind that is kept here."""
    if head.startswith(b"\xff\xd8\xff"):
        return FileKind.JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return FileKind.PNG
    if head.startswith(b"%PDF-"):
        return FileKind.PDF
    if head.startswith(b"PK\x03\x04"):
        return FileKind.SPREADSHEET
    return FileKind.CSV if _is_text(head) else None


def _is_text(head: bytes) -> bool:
    """Whether these bytes can be a table as a counter writes it: no control characters but tabs and line ends."""
    if head.startswith(_UTF_16_MARKS):  # as some instruments write; looked at as a whole later
        return True
    if head.lstrip().lower().startswith((b"<!doctype", b"<html", b"<svg", b"<?xml", b"<script")):
        return False
    return bool(head.strip()) and not any(byte < 32 and byte not in b"\t\r\n\f" or byte == 127 for byte in head)


def is_whole_text(content: bytes) -> bool:
    """Whether a table with a mark of UTF-16 at its beginning is UTF-16 to its end; one without may be any code page."""
    if not content.startswith(_UTF_16_MARKS):
        return True
    try:
        text = content.decode("utf-16")
    except UnicodeDecodeError:
        return False
    return bool(text.strip()) and not any(ord(c) < 32 and c not in "\t\r\n\f" for c in text)


def unopened(name: str, kind: FileKind, *, field: str) -> Refusal:
    """ATT-02: it begins as what it should be, and can't be opened."""
    about: dict[str, object] = {"name": PurePath(name).name, "kind": _WORDS[kind]}
    return Refusal("ATT-02", "{name} can't be opened as {kind}. Save it again, then choose it again.", field, about)


def file_refusals(name: str, size: int, head: bytes, *, accepted: frozenset[FileKind], field: str) -> Iterator[Refusal]:
    """ATT-01 too large, ATT-02 not what it should be or not what its name says, ATT-03 empty."""
    if size > LARGEST_BYTES:
        yield Refusal(
            "ATT-01",
            "This file has {size} MB, {most} MB are kept at most. Take a smaller one.",
            field,
            {"size": f"{size / 1_000_000:.1f}", "most": LARGEST_BYTES // 1_000_000},
        )
        return
    if size == 0:
        yield Refusal("ATT-03", "This file is empty. Choose it again.", field)
        return
    kind = kind_of(head)
    if kind is None or kind not in accepted:
        yield Refusal(
            "ATT-02",
            "{name} holds {kind}. Choose a {accepted} file.",
            field,
            {
                "name": PurePath(name).name,
                "kind": _WORDS[kind] if kind else "nothing that is kept here",
                "accepted": " or ".join(sorted(_WORDS[k] for k in accepted)),
            },
        )
