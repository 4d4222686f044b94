"""A finished file says what it is, carries its faces and its data, and is the same file every time."""

from __future__ import annotations

import re
import subprocess
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from PIL import Image, ImageCms

from lims.pdf import icc, strips
from lims.pdf.archive import Attachment, Properties
from lims.pdf.pages import Furniture, Pages
from tests.preflight import preflight

FURNITURE = Furniture("Record", "Product", (("Batch", "B-1"),), ("Draft",), (), "B-1")


def made(*attachments: Attachment, title: str = "Record <B-1> & more", text: str = "one line") -> bytes:
    out = BytesIO()
    properties = Properties(title, "Laboratory", "Subject", "en")
    pages = Pages(out, FURNITURE, properties, number_pages=lambda page, pages: f"{page}/{pages}")
    pages.place(strips.section_title("1", "Cover", measure=400, key="section-1", level=0))
    pages.place(strips.paragraph(text, measure=400))
    pages.finish(attachments)
    return out.getvalue()


def data(*, name: str = "record.json", pieces: tuple[bytes, ...] = (b'{"a":', b" 1}")) -> Attachment:
    return Attachment(name, "application/json", "Data", "The record", pieces)


def test_the_same_pages_and_attachments_give_the_same_bytes() -> None:
    assert made(data()) == made(data())
    assert made(data()) != made(data(pieces=(b"other",)))


def test_the_end_of_a_stream_stands_on_a_line_of_its_own_whatever_its_last_byte() -> None:
    """ISO 19005-3, 6.1.7.1. A line's end that is the last byte of the data is no line's end before the word."""
    last_bytes = set()
    # Compressed data ends with the lowest byte of one and the sum of the data (RFC 1950): here 266 and 269.
    for number in (99700, 99910, 1):
        whole = made(data(pieces=(b"%d" % number,)))
        for found in re.finditer(rb"/Length (\d+)[^\0]{0,200}?\nstream\n", whole):
            end = found.end() + int(found[1])
            assert whole[end : end + 11] == b"\nendstream\n", number
            last_bytes.add(whole[end - 1])
    assert {10, 13} <= last_bytes


def test_attachments_come_out_as_they_went_in_with_their_relation() -> None:
    with pikepdf.open(BytesIO(made(data(name="z.json"), data(name="a.json", pieces=(b"x" * 70000,))))) as pdf:
        assert {name: spec.get_file().read_bytes() for name, spec in pdf.attachments.items()} == {
            "a.json": b"x" * 70000,
            "z.json": b'{"a": 1}',
        }
        assert [str(spec.AFRelationship) for spec in pdf.Root.AF] == ["/Data", "/Data"]
        assert [str(spec.EF.F.Subtype) for spec in pdf.Root.AF] == ["/application/json", "/application/json"]
        assert int(pdf.Root.AF[0].EF.F.Params.Size) == 70000


def test_the_file_says_what_it_is() -> None:
    with pikepdf.open(BytesIO(made())) as pdf:
        with pdf.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "B")
            assert metadata["dc:title"] == str(pdf.docinfo.Title) == "Record <B-1> & more"
            assert metadata["pdf:Producer"] == str(pdf.docinfo.Producer)
        assert str(pdf.Root.Lang) == "en"
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
        assert str(pdf.Root.PageMode) == "/UseOutlines"
        assert "/CreationDate" not in pdf.docinfo
        with pdf.open_outline() as outline:
            assert [item.title for item in outline.root] == ["1  Cover"]


def test_every_face_is_in_the_file() -> None:
    with pikepdf.open(BytesIO(made())) as pdf:
        fonts = [
            thing for thing in pdf.objects if isinstance(thing, pikepdf.Dictionary) and thing.get("/Type") == "/Font"
        ]
        assert len(fonts) == 2
        assert all("/FontFile2" in font.FontDescriptor and "/ToUnicode" in font for font in fonts)


def test_the_profile_of_colours_is_srgb_in_version_2() -> None:
    profile = ImageCms.ImageCmsProfile(BytesIO(icc.srgb()))
    assert profile.profile.version == 2.1
    image = Image.new("RGB", (256, 1))
    for level in range(256):
        image.putpixel((level, 0), (level, 255 - level, level // 2))
    through = ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"))
    furthest = max(abs(a - b) for a, b in zip(image.tobytes(), through.tobytes(), strict=True))
    assert furthest <= 1


@pytest.mark.preflight
def test_an_independent_judge_of_the_archival_core_finds_only_the_newer_part(tmp_path: Path) -> None:
    """PDFBox knows part 1 of the standard: that this is part 3 is all it may say of a file without attachments."""
    path = tmp_path / "made.pdf"
    path.write_bytes(made(text="製造記録 batch record 膝关节"))
    assert preflight(path) == ["7.11.2 : Error on MetaData, part must be 1"]


@pytest.mark.poppler
def test_attachments_are_found_by_other_programs(tmp_path: Path) -> None:
    path = tmp_path / "made.pdf"
    path.write_bytes(made(data()))
    listed = subprocess.run(["qpdf", "--list-attachments", str(path)], capture_output=True, text=True, check=True)
    assert listed.stdout.startswith("record.json -> ")
    check = subprocess.run(["qpdf", "--check", str(path)], capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stdout + check.stderr
