"""Printing labels: counted copies, QA for a second one, symbols that scanners read, statements kept as they were."""

from __future__ import annotations

import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from batches.commands.labels import print_labels
from batches.models import LabelPrint
from batches.record.labels import test_file as trial_file
from batches.rules.labels import SIZES_MM, LabelKind
from lims.files import path_of
from lims.ledger.verify import verify
from lims.refusals import Refused
from lims.signatures.meanings import Meaning
from tests.builders import Story
from tests.cast import signed

TORN = "Torn when it was taken off the roll; the old one is destroyed."


def printed(story: Story, *codes: str, **changes: Any) -> list[LabelPrint]:
    given: dict[str, Any] = {"chosen": codes, "is_screened": True, "has_risk_factor": False}
    with story.now():
        rows: list[LabelPrint] = print_labels(
            changes.pop("by", story.cast.technician), batch=story.batch, **(given | changes)
        )
    return rows


def by_qa(story: Story) -> dict[str, Any]:
    two = signed((Meaning.PERFORMED, story.cast.technician), (Meaning.CHECKED, story.cast.qa))
    return {"reprint_reason": TORN, "signatures": two}


def refused(story: Story, *codes: str, **changes: Any) -> tuple[str, ...]:
    with pytest.raises(Refused) as caught:
        printed(story, *codes, **changes)
    return caught.value.codes


def pages(content: bytes, folder: Path, dpi: int) -> list[Image.Image]:
    (folder / "labels.pdf").write_bytes(content)
    subprocess.run(
        ["pdftoppm", "-r", str(dpi), "-gray", str(folder / "labels.pdf"), str(folder / f"at{dpi}")], check=True
    )
    return [Image.open(path) for path in sorted(folder.glob(f"at{dpi}*.pgm"))]


def test_a_second_copy_keeps_the_serial_number_and_is_signed_by_qa(story: Story) -> None:
    story.isolate()
    (code,) = story.vessels()
    (first,) = printed(story, code)
    assert (first.serial, first.copy, first.reason) == ("L-000001", 1, "")
    assert refused(story, code) != ()
    (again,) = printed(story, code, **by_qa(story))
    assert (again.serial, again.copy, again.reason) == ("L-000001", 2, TORN)
    assert sorted(again.act.signatures.values_list("meaning", "signer__role")) == [
        ("checked", "qa"),
        ("performed", "technician"),
    ]
    assert LabelPrint.objects.count() == 2
    assert not verify().findings


def test_a_second_copy_is_refused_without_reason_and_with_another_technician_s_signature(story: Story) -> None:
    story.isolate()
    (code,) = story.vessels()
    printed(story, code)
    assert refused(story, code, **{**by_qa(story), "reprint_reason": ""}) == ("LAB-01",)
    two = signed((Meaning.PERFORMED, story.cast.technician), (Meaning.CHECKED, story.cast.second_technician))
    assert refused(story, code, reprint_reason=TORN, signatures=two) == ("LAB-02",)


def test_each_container_has_its_own_serial_number(story: Story) -> None:
    story.isolate()
    with story.now():
        story.sample("donor_blood")
    codes = [*story.vessels(), *story.batch.samples.values_list("code", flat=True)]
    rows = printed(story, *codes)
    assert [(r.container, r.serial, r.page) for r in rows] == [
        (codes[0], "L-000001", 1),
        (codes[1], "L-000002", 2),
    ]
    assert [r.kind for r in rows] == [LabelKind.VESSEL, LabelKind.TUBE]


def test_a_batch_has_labels_for_its_own_containers_only(story: Story) -> None:
    story.isolate()
    assert refused(story, "P7-01") == ("LAB-04",)
    assert refused(story) == ("LAB-03",)


def test_what_a_label_says_follows_the_donor_s_result_and_stays_as_it_was(story: Story) -> None:
    story.issue()
    story.sample("donor_blood")
    story.isolate()
    (code,) = story.vessels()
    (before,) = printed(story, code)
    assert before.statements == ["FOR AUTOLOGOUS USE ONLY", "NOT EVALUATED FOR INFECTIOUS SUBSTANCES"]
    story.wait(hours=1)
    story.result("infectious_status", choice="reactive", comment="HBsAg reactive, confirmed by the second assay.")
    assert refused(story, code, **by_qa(story)) == ("LAB-05",)
    (after,) = printed(story, code, **by_qa(story), agents="HBV")
    assert after.statements == [
        "FOR AUTOLOGOUS USE ONLY",
        "BIOHAZARD",
        "WARNING: Reactive test results for HBV",
    ]
    before.refresh_from_db()
    assert before.statements == ["FOR AUTOLOGOUS USE ONLY", "NOT EVALUATED FOR INFECTIOUS SUBSTANCES"]


@pytest.mark.poppler
def test_every_label_has_the_size_of_its_media_and_a_symbol_that_scanners_read(story: Story, tmp_path: Path) -> None:
    story.fill()
    with story.now():
        story.sample("final_product")
    story.fresh()
    vessel = story.batch.vessels.order_by("id").last()
    tube = story.batch.samples.get()
    assert vessel
    rows = printed(story, vessel.code, tube.code, story.batch.fill.container_code, has_risk_factor=True)
    content = path_of(rows[0].sha256).read_bytes()
    for dpi in (203, 300):
        shown = pages(content, tmp_path, dpi)
        for row, page in zip(rows, shown, strict=True):
            width, height = SIZES_MM[LabelKind(row.kind)]
            assert abs(page.width - width / 25.4 * dpi) <= 1
            assert abs(page.height - height / 25.4 * dpi) <= 1
            found = [code.text for code in zxingcpp.read_barcodes(page)]
            assert found == [f"{story.batch.coi}/{story.batch.number}/{row.container}/{row.serial}"], f"at {dpi} dpi"
    (tmp_path / "read.pdf").write_bytes(content)
    told = subprocess.run(["pdftotext", "-layout", str(tmp_path / "read.pdf"), "-"], capture_output=True, text=True)
    for row, page in zip(rows, told.stdout.split("\f"), strict=False):
        text = " ".join(page.split())
        assert story.batch.coi in text
        assert row.container in text
        for statement in row.statements:
            assert statement in text
    bag = " ".join(told.stdout.split("\f")[2].split())
    for expected in (story.patient.name, story.patient.birth_date.isoformat(), "Expires", "JST", "2 to 8 °C"):
        assert expected in bag


@pytest.mark.poppler
@pytest.mark.parametrize("kind", list(LabelKind))
def test_a_test_of_the_printer_names_nobody_and_is_not_counted(kind: LabelKind, tmp_path: Path, story: Story) -> None:
    (page,) = pages(trial_file(kind), tmp_path, 203)
    assert [code.text for code in zxingcpp.read_barcodes(page)] == ["TEST"]
    assert not LabelPrint.objects.exists()


def test_the_label_of_a_vessel_and_of_the_bag_are_scanned_where_a_code_is_asked(story: Story) -> None:
    story.isolate()
    story.culture(10)
    (code,) = story.vessels()
    (label,) = printed(story, code)
    symbol = f"{story.batch.coi}/{story.batch.number}/{code}/{label.serial}"
    passage = story.passage(205, 9, suspension="4.0", seed=("T175", 2, "3.4"), detached={"vessels": [symbol]})
    assert passage.suspension_ml == Decimal("4.0")
    assert [d.vessel.code for d in passage.detachments.all()] == [code]
