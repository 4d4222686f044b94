"""A file is what its bytes say, never what its name says."""

from __future__ import annotations

import pytest

from batches.rules.attachments import COUNTER_FILES, LARGEST_BYTES, PHOTOS, FileKind, file_refusals, kind_of

JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 20
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20
PDF = b"%PDF-1.7\n%\xe2\xe3"


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (JPEG, FileKind.JPEG),
        (PNG, FileKind.PNG),
        (PDF, FileKind.PDF),
        (b"PK\x03\x04rest", FileKind.SPREADSHEET),
        (b"Sample ID,Viability (%)\r\nB-0042,94.1\r\n", FileKind.CSV),
        ("Probe;Lebend\nµ;1".encode("utf-16"), FileKind.CSV),
        ("Probe;Viabilität\n".encode("latin-1"), FileKind.CSV),
        (b"<html><script>alert(1)</script>", None),
        (b"  <svg onload=alert(1)>", None),
        (b"MZ\x90\x00\x03", None),
        (b"", None),
    ],
)
def test_a_kind_is_told_from_the_first_bytes(head: bytes, kind: FileKind | None) -> None:
    assert kind_of(head) is kind


def test_a_pdf_named_jpg_is_told_for_what_it_is() -> None:
    (refusal,) = file_refusals("scan.jpg", 900, PDF, accepted=PHOTOS, field="photo")
    assert (refusal.code, refusal.field) == ("ATT-02", "photo")
    assert "scan.jpg holds PDF" in refusal.text


def test_a_file_of_fifty_megabytes_is_refused_by_its_size_alone() -> None:
    (refusal,) = file_refusals("photo.jpg", 50_000_000, b"", accepted=PHOTOS, field="photo")
    assert refusal.code == "ATT-01"
    assert "50.0 MB" in refusal.text
    assert list(file_refusals("photo.jpg", LARGEST_BYTES, JPEG, accepted=PHOTOS, field="photo")) == []


def test_an_empty_file_and_a_photo_for_a_counter_are_refused() -> None:
    assert [r.code for r in file_refusals("a.csv", 0, b"", accepted=COUNTER_FILES, field="f")] == ["ATT-03"]
    assert [r.code for r in file_refusals("a.csv", 24, JPEG, accepted=COUNTER_FILES, field="f")] == ["ATT-02"]
