"""Printing labels: counted copies, QA for a second one, symbols that scanners read, statements kept as they were."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from batches.commands.fills import log_fill
from batches.commands.labels import account_for_labels, print_labels
from batches.models import Deviation, LabelPrint, Lot
from batches.queries.labels import unaccounted
from batches.queries.specification import matrix
from batches.record.labels import Copy, label_file
from batches.record.labels import test_file as trial_file
from batches.rules.labels import SIZES_MM, LabelKind, statements
from batches.rules.states import LabelState
from lims.files import path_of
from lims.ledger.verify import verify
from lims.refusals import Refused
from lims.signatures.meanings import Meaning
from tests.builders import LOTS, Story
from tests.cast import signed
from tests.counts import hemocytometer

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


@pytest.mark.clause("R37")
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
            assert found == [f"{story.batch.coi}/{story.batch.number}/{row.container}/{row.code}"], f"at {dpi} dpi"
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


def test_a_container_is_labelled_then_filled_under_its_label_and_under_no_other(story: Story) -> None:
    story.cell_harvest()
    with pytest.raises(Refused) as caught:
        fill(story)
    assert caught.value.codes == ("FIL-08",)
    row = story.label_for_fill("BAG-7")
    assert (row.kind, row.serial, row.copy, row.state) == (LabelKind.FILL, "L-000001", 1, LabelState.ISSUED)
    with pytest.raises(Refused) as caught:
        story.label_for_fill("bag-7")
    assert caught.value.codes == ("LAB-09",)
    other = story.label_for_fill("BAG-8")
    with pytest.raises(Refused) as caught:
        story.fill(container_code="BAG-7", scanned_coi=symbol(story, other))
    assert caught.value.codes == ("FIL-09",)
    done = story.fill(container_code="bag-7", scanned_coi=symbol(story, row))
    assert done.container_code == "BAG-7"
    row.refresh_from_db()
    (fate,) = row.fates.all()
    assert (row.state, fate.fate, fate.fill) == (LabelState.APPLIED, LabelState.APPLIED, done)
    assert unaccounted(story.batch) == [other.code]
    story.account(other, fate=LabelState.DESTROYED, note="The bag was not used; cut up.")
    assert unaccounted(story.batch) == []
    assert not verify().findings


def test_a_label_of_another_batch_is_a_hard_stop_where_labels_are_accounted_for(story: Story) -> None:
    story.isolate()
    (label,) = printed(story, *story.vessels())
    other = Story(story.cast, at=story.at)
    other.isolate()
    (foreign,) = printed(other, *other.vessels())
    with pytest.raises(Refused) as caught:
        story.account(symbol(other, foreign))
    assert caught.value.codes == ("LAB-10",)
    raised = Deviation.objects.get(batch=story.batch)
    assert (raised.severity, raised.limit) == ("critical", "identity")
    with pytest.raises(Refused) as caught:
        story.account("L-009999")
    assert caught.value.codes == ("LAB-11",)
    story.account(symbol(story, label))
    assert unaccounted(story.batch) == []


def test_a_destroyed_label_has_a_witness(story: Story) -> None:
    story.isolate()
    (label,) = printed(story, *story.vessels())
    alone = signed((Meaning.PERFORMED, story.cast.technician))
    with story.now(), pytest.raises(Refused) as caught:
        account_for_labels(
            story.cast.technician,
            batch=story.batch,
            scanned=[label.code],
            fate=LabelState.DESTROYED,
            note="Torn, cut up.",
            signatures=alone,
        )
    assert all(code.startswith("SIG-") for code in caught.value.codes)
    label.refresh_from_db()
    assert label.state == LabelState.ISSUED


@pytest.mark.poppler
def test_a_label_for_the_fill_promises_no_cells_and_that_of_the_product_tells_them(
    story: Story, tmp_path: Path
) -> None:
    story.cell_harvest()
    before = text(story.label_for_fill(), tmp_path)
    assert story.batch.coi in before and story.patient.name in before and "on the label of the product" in before
    assert "Expires" not in before and "viable cells in" not in before
    story.fill()
    (bag,) = printed(story, story.fresh().fill.container_code)
    after = text(bag, tmp_path)
    assert "viable cells in" in after and "Expires" in after and "Results pending" not in after


@pytest.mark.poppler
def test_a_product_released_conditionally_says_what_is_pending_and_one_in_a_study_says_so(
    story: Story, tmp_path: Path
) -> None:
    story.released()
    line = "Caution: New Drug--Limited by Federal law to investigational use"
    process = story.batch.mbr.process
    copy = Copy(LabelKind.BAG, story.batch.fill.container_code, "bag", "L-000001", 1)
    batch = story.fresh()
    batch.mbr.__dict__["process"] = replace(process, product=replace(process.product, investigational=line))
    said = statements(is_screening_complete=False, is_any_reactive=True, has_risk_factor=True, agents="HBV, HCV, HTLV")
    (tmp_path / "bag.pdf").write_bytes(label_file(batch, [copy], said))
    told = read(tmp_path / "bag.pdf")
    assert line in told
    pending = {x.row.name for x in matrix(batch) if x.is_pending}
    assert pending
    for name in pending:
        assert name in told
    assert all(statement in told for statement in said)


@pytest.mark.poppler
def test_the_biohazard_sign_stands_on_every_kind_of_label_that_must_bear_it(tmp_path: Path, story: Story) -> None:
    story.fill()
    with_sign, without = (
        statements(is_screening_complete=True, is_any_reactive=False, has_risk_factor=risk) for risk in (True, False)
    )
    for kind in LabelKind:
        copy = Copy(kind, "B-0001-S01", "Donor blood", "L-000001", 1)
        for said, is_there in ((with_sign, True), (without, False)):
            (page,) = pages(label_file(story.batch, [copy], said), tmp_path, 300)
            (found,) = zxingcpp.read_barcodes(page)
            # The sign lies below the symbol, with its quiet zone between.
            below = page.crop((0, found.position.bottom_left.y + 8, found.position.bottom_right.x, page.height))
            darkest, _lightest = below.getextrema()
            assert (darkest < 128) is is_there, kind


def fill(story: Story) -> None:
    """A fill without a label before it."""
    given: dict[str, Any] = {
        "used_ml": Decimal(50),
        "vehicle_lot": LOTS[Lot.Kind.VEHICLE],
        "container_lot": LOTS[Lot.Kind.CONTAINER],
        "container_code": "BAG-7",
        "volume_ml": Decimal(100),
        "drawn_ml": Decimal(3),
        "storage_temp_c": Decimal(5),
        "is_appearance_good": True,
        "scanned_coi": story.batch.coi,
        "count": hemocytometer(432, 31),
        "done_at": story.at,
    }
    with story.now():
        two = signed((Meaning.PERFORMED, story.cast.technician), (Meaning.WITNESSED, story.cast.second_technician))
        log_fill(story.cast.technician, batch=story.batch, signatures=two, **given)


def symbol(story: Story, label: LabelPrint) -> str:
    """What a scanner reads from a label."""
    return f"{story.batch.coi}/{story.batch.number}/{label.container}/{label.code}"


def text(label: LabelPrint, folder: Path) -> str:
    """What a label says."""
    (folder / "label.pdf").write_bytes(path_of(label.sha256).read_bytes())
    return read(folder / "label.pdf")


def read(path: Path) -> str:
    told = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True)
    return " ".join(told.stdout.split())
