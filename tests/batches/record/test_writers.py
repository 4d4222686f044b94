"""The writers give the same record: as a file, on paper and on screen."""

from __future__ import annotations

import html as html_text
import json as json_format
import re
import subprocess
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from batches.record import blocks, texts
from batches.record.blocks import Paragraph, Photo, Record, Section
from batches.record.writers import html, json, pdf
from lims.pdf import styles
from lims.pdf.fonts import MissingGlyph
from tests.batches.record import sample


def written(record: Record) -> bytes:
    out = BytesIO()
    pdf.write(record, out)
    return out.getvalue()


def squeezed(text: str) -> str:
    """Without blanks: where a line breaks is the paper's business. The raised minus stands for the superscript one."""
    return re.sub(r"\s", "", text).replace("⁻", "−")


def text_of(content: bytes, tmp_path: Path) -> str:
    path = tmp_path / "record.pdf"
    path.write_bytes(content)
    return subprocess.run(
        ["pdftotext", "-raw", str(path), "-"], check=True, capture_output=True, text=True, timeout=60
    ).stdout


@pytest.mark.poppler
@pytest.mark.clause("11.10(b)", "A11-8.1", "R08", "R10")
def test_every_text_of_the_record_can_be_read_from_the_paper(tmp_path: Path) -> None:
    record = sample.record(extra=(sample.photo(tmp_path),))
    paper = squeezed(text_of(written(record), tmp_path))
    missing = [text for text in texts.texts(record) if squeezed(text) not in paper]
    assert missing == []


@pytest.mark.clause("11.10(b)")
def test_every_text_of_the_record_is_in_the_file() -> None:
    record = sample.record()
    found: set[str] = set()

    def collect(thing: object) -> None:
        if isinstance(thing, str):
            found.add(thing)
        elif isinstance(thing, dict):
            for value in thing.values():
                collect(value)
        elif isinstance(thing, list):
            for value in thing:
                collect(value)

    collect(json_format.loads(json.dumps(record)))
    everything = "\n".join(found)
    assert [
        text for text in texts.texts(record) if text not in everything and "\n" not in text and ", " not in text
    ] == []


def test_every_text_of_the_record_is_on_the_screen(tmp_path: Path) -> None:
    record = sample.record(extra=(sample.photo(tmp_path),))
    screen = squeezed(html_text.unescape(re.sub(r"<[^>]+>", " ", html.render(record))))
    wanted = [text for section in record.sections for block in section.blocks for text in texts.block_texts(block)]
    assert [text for text in wanted if squeezed(text) not in screen] == []


def test_the_screen_carries_no_style_and_no_script() -> None:
    shown = html.render(sample.record())
    assert "style=" not in shown
    assert "<script" not in shown
    assert "<svg" in shown


def test_markup_in_a_name_is_shown_and_not_obeyed() -> None:
    record = replace(
        sample.record(), sections=(Section("1", "<b>Cover</b>", (Paragraph("<script>alert(1)</script>"),)),)
    )
    shown = html.render(record)
    assert "<script" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "<b>Cover" not in shown


def test_the_same_record_gives_the_same_bytes() -> None:
    assert written(sample.record()) == written(sample.record())
    assert json.dumps(sample.record()) == json.dumps(sample.record())


def test_another_figure_gives_other_bytes() -> None:
    record = sample.record()
    other = replace(record, sections=(*record.sections, Section("14", "Remark", (Paragraph("one more"),))))
    assert written(record) != written(other)


@pytest.mark.poppler
def test_a_draft_says_so_on_every_page(tmp_path: Path) -> None:
    pages = text_of(written(sample.record(is_draft=True)), tmp_path).split("\f")[:-1]
    assert len(pages) > 2
    assert all("Draft" in page.replace("\n", "") for page in pages)
    issued = text_of(written(sample.record()), tmp_path)
    assert "Draft" not in issued.replace("\n", "")


@pytest.mark.poppler
def test_every_page_names_the_batch_and_its_own_number(tmp_path: Path) -> None:
    pages = text_of(written(sample.record()), tmp_path).split("\f")[:-1]
    for number, page in enumerate(pages, start=1):
        assert "B-0042" in page
        assert f"Page {number} of {len(pages)}" in page
        assert "P-017" in page
        assert "Synthetic data" in page


@pytest.mark.poppler
def test_the_contents_name_the_page_each_section_begins_on(tmp_path: Path) -> None:
    pages = text_of(written(sample.record()), tmp_path).split("\f")[:-1]
    begins = next(
        number
        for number, page in enumerate(pages, start=1)
        if "13 Audit trail\nEvery entry" in page.replace("\u00a0", " ").replace("  ", " ")
    )
    assert re.search(rf"\n{begins}\n", pages[0])


@pytest.mark.poppler
def test_the_head_of_a_long_table_comes_again_on_every_page(tmp_path: Path) -> None:
    pages = text_of(written(sample.record(entries=200)), tmp_path).split("\f")[:-1]
    with_entries = [page for page in pages if "passage:log" in page]
    assert len(with_entries) > 2
    assert all("Entry When Act Who Reason Seal" in page.replace("\n", " ") for page in with_entries)


@pytest.mark.poppler
def test_a_page_that_begins_inside_a_section_says_of_which(tmp_path: Path) -> None:
    pages = text_of(written(sample.record(entries=200)), tmp_path).replace("\u00a0", " ").split("\f")[:-1]
    with_entries = [page.replace("  ", " ") for page in pages if "passage:log" in page]
    assert len(with_entries) > 2
    assert ["13 Audit trail, continued\n" in page for page in with_entries] == [False] + [True] * (
        len(with_entries) - 1
    )


@pytest.mark.poppler
def test_it_says_under_which_heading_a_page_goes_on(tmp_path: Path) -> None:
    rows = tuple((str(number),) for number in range(100))
    table = blocks.Table(columns=(blocks.Column("Entry"),), rows=rows)
    section = Section("10", "Deviations", (blocks.Heading("DEV-0009: Door ajar"), table))
    pages = text_of(written(replace(sample.record(), sections=(section,))), tmp_path).split("\f")[:-1]
    assert len(pages) > 1
    told = ["10 Deviations, continued: DEV-0009: Door ajar" in page.replace("\u00a0\u00a0", " ") for page in pages]
    assert told == [False] + [True] * (len(pages) - 1)


@pytest.mark.poppler
@pytest.mark.parametrize("lines", range(50, 58))
def test_the_line_under_a_heading_stays_with_the_table_it_leads_to(lines: int, tmp_path: Path) -> None:
    fill = Paragraph("\n".join(["filled"] * lines))
    table = blocks.Table(columns=(blocks.Column("Entry"),), rows=(("first row",), ("second row",)))
    section = Section("1", "Step", (fill, blocks.Heading("Receipt"), Paragraph("Done at ten."), table))
    pages = text_of(written(replace(sample.record(), sections=(section,))), tmp_path).split("\f")[:-1]
    (page,) = [page for page in pages if "Done at ten." in page]
    assert "first row" in page


@pytest.mark.poppler
def test_a_rejected_batch_is_marked_across_every_page(tmp_path: Path) -> None:
    pages = text_of(written(replace(sample.record(), is_rejected=True)), tmp_path).split("\f")[:-1]
    assert all("Rejected" in page.replace("\n", "") for page in pages)
    assert "Rejected" not in text_of(written(sample.record()), tmp_path).replace("\n", "")


@pytest.mark.poppler
def test_the_file_is_sound(tmp_path: Path) -> None:
    path = tmp_path / "record.pdf"
    path.write_bytes(written(sample.record(extra=(sample.photo(tmp_path),))))
    check = subprocess.run(["qpdf", "--check", str(path)], capture_output=True, text=True, timeout=60, check=False)
    assert check.returncode == 0, check.stdout + check.stderr
    fonts = subprocess.run(["pdffonts", str(path)], capture_output=True, text=True, timeout=60, check=True).stdout
    assert "SourceSansPro" in fonts


def test_a_character_without_glyph_refuses_the_record() -> None:
    record = replace(sample.record(), sections=(Section("1", "Patient", (Paragraph("Diagnosis: 🧬"),)),))
    with pytest.raises(MissingGlyph) as refused:
        written(record)
    assert refused.value.character == "🧬"
    assert "Diagnosis" in refused.value.where


def test_a_photo_that_was_exchanged_refuses_the_record(tmp_path: Path) -> None:
    photo = sample.photo(tmp_path)
    exchanged = Photo(photo.path, "0" * 64, photo.caption)
    record = replace(sample.record(), sections=(Section("1", "Photo", (exchanged,)),))
    with pytest.raises(pdf.WrongPhoto):
        written(record)


def test_progress_is_told_after_each_section() -> None:
    told: list[tuple[int, int]] = []
    record = sample.record()
    pdf.write(record, BytesIO(), progress=lambda done, of: told.append((done, of)))
    assert told == [(number, len(record.sections)) for number in range(1, len(record.sections) + 1)]


def test_a_record_without_sections_still_has_a_page() -> None:
    assert pdf.write(replace(sample.record(), sections=()), BytesIO()) == 1


def test_regions_of_the_screen_have_names_of_their_own() -> None:
    names = re.findall(r'role="region" aria-label="([^"]+)"', html.render(sample.record()))
    assert len(names) > 5
    assert len(set(names)) == len(names)


def test_the_verdict_stands_at_the_same_place_in_every_table() -> None:
    places = set()
    for block in (blocks.Items(()), blocks.Results(())):
        shares = [column.share for column in block.columns]
        places.add(sum(shares[:-1]) / sum(shares))
    assert places == {0.9}


def test_a_record_fits_letter_paper_too() -> None:
    out = BytesIO()
    assert pdf.write(sample.record(), out, paper=styles.LETTER) > 1
    assert b"612 792" in out.getvalue()
