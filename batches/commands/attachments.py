"""Files that belong to a record: checked by their bytes, kept under their digest, named by an `Attachment`.

Not here: what is allowed (rules/attachments.py) and the keeping itself (lims/files.py).
"""

from __future__ import annotations

import dataclasses
import warnings
import zipfile
import zlib
from io import BytesIO

import pikepdf
from django.core.files.base import File
from PIL import Image

from batches.models import Attachment, Batch, Count, FormTranscription, Observation, TestResult
from batches.rules.attachments import (
    HEAD_BYTES,
    MOST_PIXELS,
    PHOTOS,
    WORKBOOK_PARTS,
    FileKind,
    file_refusals,
    is_whole_text,
    kind_of,
    unopened,
)
from lims.acts import Act
from lims.files import keep
from lims.refusals import Refusal

Upload = File


@dataclasses.dataclass(frozen=True)
class Checked:
    """A file whose content was looked at and may be kept."""

    upload: Upload
    name: str
    kind: FileKind


def checked(
    upload: Upload | None, *, accepted: frozenset[FileKind], field: str
) -> tuple[Checked | None, list[Refusal]]:
    """The file, if it may be kept, and every reason why not: ATT-01 to ATT-03. No file is no reason."""
    if upload is None:
        return None, []
    name = (upload.name or "file")[-200:]
    upload.seek(0)
    head = upload.read(HEAD_BYTES)
    upload.seek(0)
    found = list(file_refusals(name, upload.size, head, accepted=accepted, field=field))
    kind = kind_of(head)
    if not found and kind in PHOTOS and not _is_whole_picture(upload):
        found.append(
            Refusal("ATT-02", "{name} is no picture that can be opened. Take it again.", field, {"name": name})
        )
    elif not found and kind is not None and kind not in PHOTOS and not _opens(upload, kind):
        found.append(unopened(name, kind, field=field))
    upload.seek(0)
    if found or kind is None:
        return None, found
    return Checked(upload, name, kind), []


def attach(
    act: Act,
    file: Checked,
    *,
    batch: Batch,
    observation: Observation | None = None,
    count: Count | None = None,
    result: TestResult | None = None,
    transcription: FormTranscription | None = None,
) -> Attachment:
    """Keep a checked file and name it in the record of what it belongs to."""
    file.upload.seek(0)
    sha256, size = keep(file.upload.chunks())
    row = Attachment(
        batch=batch,
        observation=observation,
        count=count,
        result=result,
        transcription=transcription,
        name=file.name,
        content_type=file.kind.value,
        size=size,
        sha256=sha256,
    )
    act.add(row)
    return row


def _opens(upload: Upload, kind: FileKind) -> bool:
    """Whether a file that is no picture opens as what its first bytes say it is. It is small: it is read whole."""
    upload.seek(0)
    content = upload.read()
    if kind is FileKind.PDF:
        return _is_whole_pdf(content)
    if kind is FileKind.SPREADSHEET:
        return _is_workbook(content)
    return is_whole_text(content)


def _is_whole_pdf(content: bytes) -> bool:
    """Whether every page is reached. One cut short is not mended: what is missing would be missed by nobody."""
    try:
        with pikepdf.open(BytesIO(content), attempt_recovery=False, suppress_warnings=True) as pdf:
            return len(pdf.pages) > 0
    except (pikepdf.PdfError, pikepdf.PasswordError, ValueError, RuntimeError):
        return False


def _is_workbook(content: bytes) -> bool:
    """Whether it is a ZIP with the parts every workbook has, and they can be read. Nothing else is unfolded."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as parts:
            for name in WORKBOOK_PARTS:
                with parts.open(name) as part:
                    if not part.read(HEAD_BYTES).lstrip(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
                        return False
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, OSError, RuntimeError, ValueError):
        return False  # RuntimeError: under a password
    return True


def _is_whole_picture(upload: Upload) -> bool:
    """Whether the picture opens, has a size a server can hold, and is not cut short."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            upload.seek(0)
            with Image.open(upload, formats=("JPEG", "PNG")) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    return False
                # A JPEG is decoded at an eighth of its size: enough to meet its end, at little cost.
                picture.draft("RGB", (picture.width // 8 or 1, picture.height // 8 or 1))
                picture.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return False
    return True
