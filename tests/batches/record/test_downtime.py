"""Downtime forms on paper: they ask what the screen asks, with the limits of the version they are printed from."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import zxingcpp
from django import forms
from PIL import Image

from batches.commands.process import installed_content
from batches.forms.culture import MediumChangeForm, ObservationForm
from batches.forms.fills import FillForm
from batches.forms.harvests import HarvestForm, ReceiptForm
from batches.forms.isolations import IsolationForm
from batches.forms.passages import CellHarvestForm, PassageForm
from batches.models import DowntimeForm
from batches.record.contents import compose
from batches.record.downtime import together
from batches.record.facts import gather
from batches.record.texts import block_texts
from batches.rules.downtime import FormStep
from batches.rules.downtime_sheets import Part, parts
from batches.rules.process import Process
from lims.files import path_of
from tests.builders import Story
from tests.builders_downtime import entered, issued, transcribed, voided

# Drawn as tables, or not written by hand.
TABLED = (
    "count_method",
    "counter_file",
    "photo",
    "late_reason",
    "a1_",
    "a2_",
    "a3_",
    "a4_",
    "b1_",
    "b2_",
    "b3_",
    "b4_",
)


pytestmark = pytest.mark.poppler


@pytest.fixture(scope="module")
def process() -> Process:
    """The installed process."""
    return Process.parse(installed_content())


def screens(process: Process) -> dict[FormStep, list[forms.Form]]:
    """The pages that each form is entered on afterwards."""
    passage = {"vessels": [], "in_words": ""}
    return {
        FormStep.HARVEST: [HarvestForm()],
        FormStep.RECEIPT: [ReceiptForm()],
        FormStep.ISOLATION: [IsolationForm(process=process)],
        FormStep.CULTURE_DAY: [ObservationForm(generations=[0, 1]), MediumChangeForm()],
        FormStep.PASSAGE: [PassageForm(process=process, generation=1, **passage)],
        FormStep.CELL_HARVEST: [CellHarvestForm(**passage)],
        FormStep.FILL: [FillForm()],
    }


def asked(sheet: tuple[Part, ...]) -> dict[str, str]:
    return {blank.field: blank.label for part in sheet for blank in part.blanks if blank.field}


@pytest.mark.parametrize("step", [s for s in FormStep if s is not FormStep.INFUSION])
def test_a_form_asks_everything_that_its_page_asks(step: FormStep, process: Process) -> None:
    on_paper = asked(parts(step, process))
    for screen in screens(process)[step]:
        for name, field in screen.fields.items():
            if (
                name == "scanned"
                or name.startswith((*TABLED, "seed"))
                or (isinstance(screen, ObservationForm) and name == "done_at")
            ):
                continue
            assert name in on_paper, f"{step}: {name} can't be written on the form"
            if name not in ("comment", "vessels"):
                assert on_paper[name] == str(field.label), f"{step}: {name} is called otherwise on screen"


def test_a_form_tells_the_limits_of_its_version(process: Process) -> None:
    limits = {b.field: b.limit for part in parts(FormStep.PASSAGE, process) for b in part.blanks}
    assert limits["confluence_pct"] == "target 70–90 %; alert < 70 or > 90 %; action > 95 %".replace(" %", "\u00a0%")


def test_infusion_readings_have_a_row_for_each_time_and_a_column_for_each_symptom(process: Process) -> None:
    vitals, symptoms, _comment = parts(FormStep.INFUSION, process)
    assert vitals.grid and symptoms.grid
    for time in process.vitals_schedule:
        assert time.name in [row[0] for row in vitals.grid.rows]
    assert symptoms.grid.heads[1:-1] == tuple(s.name for s in process.symptoms)


def text(form: DowntimeForm, tmp_path: Path) -> str:
    (tmp_path / "form.pdf").write_bytes(path_of(form.sha256).read_bytes())
    return subprocess.run(
        ["pdftotext", "-layout", str(tmp_path / "form.pdf"), "-"], capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize("step", list(FormStep))
def test_every_page_of_a_form_tells_its_number_its_batch_and_its_page(
    step: FormStep, story: Story, tmp_path: Path
) -> None:
    story.issue()
    (form,) = issued(story, step)
    pages = text(form, tmp_path).split("\f")[:-1]
    assert len(pages) == form.pages
    for number, page in enumerate(pages, 1):
        for told in (story.batch.number, story.batch.coi, story.patient.code, "MBR-01 version 1", "Test laboratory"):
            assert told in page
        assert f"Form F-000001, page {number} of {form.pages}" in page
    assert "Performed" in pages[-1]
    assert ("Witnessed" in pages[-1]) == (
        step in (FormStep.RECEIPT, FormStep.ISOLATION, FormStep.PASSAGE, FormStep.CELL_HARVEST, FormStep.FILL)
    )


def test_the_code_of_a_form_is_its_number_with_whose_it_is(story: Story, tmp_path: Path) -> None:
    story.issue()
    (form,) = issued(story, FormStep.PASSAGE)
    (tmp_path / "form.pdf").write_bytes(path_of(form.sha256).read_bytes())
    subprocess.run(
        ["pdftoppm", "-r", "200", "-png", "-f", "1", "-l", "1", str(tmp_path / "form.pdf"), str(tmp_path / "page")],
        check=True,
    )
    (image,) = tmp_path.glob("page*.png")
    with Image.open(image) as page:
        found = [code.text for code in zxingcpp.read_barcodes(page)]
    assert found == [f"F-000001 {story.batch.number} {story.batch.coi}"]


def test_a_pad_holds_every_form_in_order(story: Story, tmp_path: Path) -> None:
    story.issue()
    made = issued(story, FormStep.PASSAGE, number=3, batch=None)
    (tmp_path / "pad.pdf").write_bytes(together(path_of(f.sha256).read_bytes() for f in made))
    shown = subprocess.run(
        ["pdftotext", "-layout", str(tmp_path / "pad.pdf"), "-"], capture_output=True, text=True, check=True
    ).stdout
    pages = shown.split("\f")[:-1]
    assert len(pages) == sum(f.pages for f in made)
    firsts = [page for page in pages if "page 1 of" in page]
    assert [f"{f.number}, page 1" in page for f, page in zip(made, firsts, strict=True)] == [True] * 3
    assert all(page.count("____") >= 3 for page in pages), "who it is for is written in by hand"


def test_the_record_of_a_batch_tells_its_forms_and_who_transcribed_them(story: Story) -> None:
    story.isolate()
    assert "downtime-forms" not in [s.key for s in compose(gather(story.batch)).sections]
    first, second = issued(story, number=2)
    (blank,) = issued(story, batch=None)
    entered(story)
    made = transcribed(story, first)
    voided(story, second)
    story.wait(hours=1)
    story.observe("60")
    transcribed(story, blank)
    (section,) = [s for s in compose(gather(story.batch)).sections if s.key == "downtime-forms"]
    told = [text for block in section.blocks for text in block_texts(block)]
    assert [t for t in told if t.startswith("F-")] == [first.number, second.number, blank.number]
    assert any(made.attachments.get().sha256 in text and "Record observation" in text for text in told)
    assert "Not needed, torn up before the supervisor." in told
    assert told.count("Transcribed") == 4, "two states and two signatures"
    assert f"{story.cast.second_technician.printed_name}, Technician" in told
