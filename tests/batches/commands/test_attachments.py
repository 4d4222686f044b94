"""Files that were made to deceive or to hurt: what is kept is what its bytes are, and nothing unfolds in memory."""

from __future__ import annotations

import struct
import tracemalloc
import zipfile
import zlib
from io import BytesIO

import pikepdf
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


def pdf() -> bytes:
    out = BytesIO()
    with pikepdf.new() as made:
        made.add_blank_page()
        made.save(out)
    return out.getvalue()


def archive(**parts: str) -> bytes:
    """A ZIP with these parts."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr({"types": "[Content_Types].xml", "workbook": "xl/workbook.xml"}.get(name, name), content)
    return out.getvalue()


XLSX = archive(types="<?xml version='1.0'?><Types/>", workbook="<?xml version='1.0'?><workbook/>")
TABLE = "Probe;Lebend\r\nB-0042;µ 94,1\r\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("run.xlsx", XLSX),
        ("run.csv", TABLE.encode("utf-16")),
        ("run.csv", b"\xfe\xff" + TABLE.encode("utf-16-be")),
        ("run.csv", TABLE.encode("latin-1")),
        ("run.pdf", pdf()),
    ],
)
@pytest.mark.clause("R38")
def test_it_keeps_a_counters_file_that_opens(name: str, content: bytes) -> None:
    kept, refusals = checked(ContentFile(content, name), accepted=COUNTER_FILES, field="file")
    assert refusals == []
    assert kept is not None
    assert kept.upload.read() == content, "looking at it moved nothing"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("run.xlsx", b"PK\x03\x04 no archive"),
        ("run.xlsx", XLSX[:-30]),
        ("run.xlsx", archive(document="<w/>", types="<Types/>")),
        ("run.xlsx", archive(workbook="<workbook/>")),
        ("run.xlsx", archive(types="MZ", workbook="<workbook/>")),
        ("run.csv", b"\xff\xfea"),
        ("run.csv", b"\xff\xfe" + b"\x00\xd8" + "a".encode("utf-16-le")),
        ("run.csv", b"\xff\xfe" + "MZ\x01\x02".encode("utf-16-le")),
        ("run.csv", b"\xff\xfe"),
        ("run.pdf", b"%PDF-1.7\n%%EOF\n"),
        ("run.pdf", pdf()[:-200]),
        ("run.pdf", b"%PDF-1.7\n" + b"<script>alert(1)</script>" * 20),
    ],
)
def test_it_keeps_nothing_that_only_begins_as_what_it_should_be_and_says_so_beside_the_field(
    name: str, content: bytes
) -> None:
    kept, refusals = checked(ContentFile(content, name), accepted=COUNTER_FILES, field="file")
    assert kept is None
    assert [(r.code, r.field) for r in refusals] == [("ATT-02", "file")]
    assert f"{name} can't be opened as" in refusals[0].text


def test_a_workbook_under_a_password_or_a_pdf_under_one_is_refused() -> None:
    """What nobody can read proves nothing."""
    out = BytesIO()
    with pikepdf.new() as made:
        made.add_blank_page()
        made.save(out, encryption=pikepdf.Encryption(owner="owner", user="secret"))
    locked = bytearray(XLSX)
    for sign, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = 0
        while (found := locked.find(sign, start)) >= 0:
            locked[found + at] |= 1
            start = found + 4
    for name, content in (("run.pdf", out.getvalue()), ("run.xlsx", bytes(locked))):
        _kept, refusals = checked(ContentFile(content, name), accepted=COUNTER_FILES, field="file")
        assert [r.code for r in refusals] == ["ATT-02"], name


def test_a_workbook_that_unfolds_to_gigabytes_costs_nothing() -> None:
    bomb = archive(types="<" + "x" * 300_000_000, workbook="<workbook/>")
    assert len(bomb) < 1_000_000
    tracemalloc.start()
    checked(ContentFile(bomb, "run.xlsx"), accepted=COUNTER_FILES, field="file")
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 20_000_000


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
