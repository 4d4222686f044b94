"""Files that were made to deceive or to hurt: what is kept is what its bytes are, and nothing unfolds in memory."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from PIL import Image

from batches.commands.attachments import checked
from batches.models import Attachment
from batches.rules.attachments import COUNTER_FILES, PHOTOS
from tests.builders import Story


def jpeg() -> bytes:
    out = BytesIO()
    Image.new("RGB", (64, 48), "white").save(out, "JPEG")
    return out.getvalue()


def png(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it has this size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")
    )


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("photo.jpg", b"%PDF-1.7\n1 0 obj"),
        ("photo.svg", SVG),
        ("photo.jpg", b"<?xml version='1.0'?>" + SVG),
        ("photo.jpg", b"GIF89a/*" + b"*/=1;alert(1)//"),
        ("photo.jpg", jpeg()[:200]),
        ("photo.jpg", b"\xff\xd8\xff<script>alert(1)</script>"),
        ("bomb.png", png(10_000, 9_000)),
        ("bomb.png", png(60_000, 60_000)),
        ("bomb.png", png(2**31 - 1, 2**31 - 1)),
    ],
)
def test_it_keeps_no_file_that_is_no_photo(name: str, content: bytes) -> None:
    kept, refusals = checked(ContentFile(content, name), accepted=PHOTOS, field="photo")
    assert kept is None
    assert [(r.code, r.field) for r in refusals] == [("ATT-02", "photo")]


def test_it_keeps_no_photo_of_fifty_megabytes() -> None:
    kept, refusals = checked(ContentFile(jpeg() + b"x" * 50_000_000, "p.jpg"), accepted=PHOTOS, field="photo")
    assert kept is None
    assert [r.code for r in refusals] == ["ATT-01"]


@pytest.mark.parametrize("content", [SVG, b"  <!DOCTYPE html><script>", b"<html>", jpeg()])
def test_it_keeps_no_page_as_a_counters_file(content: bytes) -> None:
    kept, refusals = checked(ContentFile(content, "run.csv"), accepted=COUNTER_FILES, field="file")
    assert kept is None
    assert [r.code for r in refusals] == ["ATT-02"]


def test_a_photo_with_a_page_and_an_archive_behind_it_is_served_as_a_photo_and_can_do_nothing(
    story: Story, client: Client
) -> None:
    """A polyglot is a whole JPEG, so it is kept; no browser may take it for anything else."""
    story.isolate()
    story.culture(1)
    content = jpeg() + b"<html><script>alert(1)</script></html>PK\x03\x04"
    story.observe(photo=ContentFile(content, "p.html"))
    client.force_login(story.cast.qa)
    answer = client.get(f"/attachments/{Attachment.objects.get().pk}/")
    assert b"".join(answer.streaming_content) == content  # type: ignore[arg-type]
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
