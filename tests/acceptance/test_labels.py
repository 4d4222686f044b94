"""The acceptance scenarios that concern labels: a reprint without QA, a label nobody accounts for, late serology."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from batches.commands.batches import end_batch
from batches.commands.labels import print_labels
from batches.models import Batch, Deviation, LabelPrint
from batches.queries.labels import reconciliation
from batches.queries.release import release_facts
from batches.rules.release import blockers
from batches.rules.states import DispositionState, LabelState
from lims.files import path_of
from lims.ledger.models import Entry
from lims.ledger.verify import verify
from lims.refusals import Refused
from lims.signatures.meanings import Meaning
from tests.builders import Story
from tests.cast import signed

TORN = "Torn when it was applied; the old one lies here."


def labels_against_release(story: Story) -> dict[str, str]:
    """What of labels stops a conditional release by somebody who took no part, in words by code."""
    with story.now():
        facts = release_facts(story.fresh(), story.cast.second_qa)
        found = blockers(facts, DispositionState.RELEASED_CONDITIONALLY)
        return {r.code: r.text for r in found if r.code in {"REL-22", "REL-23"}}


def printed(story: Story, code: str, *, by_qa: bool = False, **changes: object) -> LabelPrint:
    """A label of the filled bag; a further copy with QA's signature."""
    two = signed((Meaning.PERFORMED, story.cast.technician), (Meaning.CHECKED, story.cast.qa))
    more = {"reprint_reason": TORN, "signatures": two} if by_qa else {}
    with story.now():
        (row,) = print_labels(
            story.cast.technician,
            batch=story.batch,
            chosen=[code],
            is_screened=True,
            has_risk_factor=False,
            **(more | changes),
        )
    return LabelPrint.objects.get(pk=row.pk)


def end(story: Story) -> Batch:
    with story.now():
        ended: Batch = end_batch(
            story.cast.second_qa,
            batch=story.batch,
            reason="Booked for another batch.",
            signatures=signed((Meaning.APPROVED, story.cast.second_qa)),
        )
    return ended


@pytest.mark.clause("R37")
def test_scenario_11_reprint_label_without_qa_is_refused_and_a_discrepancy_of_1_blocks_close(story: Story) -> None:
    bag = story.fill().container_code
    story.fresh()
    first = printed(story, bag)
    story.account(first)
    two = signed((Meaning.PERFORMED, story.cast.technician), (Meaning.CHECKED, story.cast.second_technician))
    with pytest.raises(Refused) as refused:
        printed(story, bag, reprint_reason=TORN, signatures=two)
    assert refused.value.codes == ("LAB-02",)
    assert Entry.objects.filter(name="label:print", is_refused=True).exists(), "the attempt is in the ledger"
    assert labels_against_release(story) == {}
    second = printed(story, bag, by_qa=True)
    first.refresh_from_db()
    assert (first.state, second.state) == (LabelState.VOIDED, LabelState.ISSUED)
    story.account(second)
    assert reconciliation(story.batch).difference == 1
    blocked = labels_against_release(story)
    assert set(blocked) == {"REL-22"} and first.code in blocked["REL-22"] and "difference 1" in blocked["REL-22"]
    with pytest.raises(Refused) as refused:
        end(story)
    assert refused.value.codes == ("BAT-11",)
    story.account(first, fate=LabelState.DESTROYED, note="Taken off the bag and cut up, seen by both.")
    count = reconciliation(story.batch)
    assert (count.issued, count.applied, count.destroyed, count.difference) == (3, 2, 1, 0)
    assert labels_against_release(story) == {}
    assert end(story)
    assert not verify().findings


@pytest.mark.poppler
def test_scenario_17_serology_reactive_after_label_printed_asks_for_relabel_and_raises_a_deviation(
    story: Story, tmp_path: Path
) -> None:
    story.issue()
    story.sample("donor_blood")
    bag = story.fill().container_code
    story.fresh()
    first = printed(story, bag)
    story.account(first)
    assert labels_against_release(story) == {}
    story.result("infectious_status", choice="reactive", comment="HBsAg reactive, confirmed by the second assay.")
    raised = Deviation.objects.get(batch=story.batch, limit="label")
    assert (raised.severity, raised.state) == ("major", "open")
    assert first.code in raised.description and bag in raised.description
    assert "BIOHAZARD" in labels_against_release(story)["REL-23"]
    second = printed(story, bag, by_qa=True, agents="HBV")
    assert set(labels_against_release(story)) == {"REL-22", "REL-23"}, "printed is not yet applied"
    story.account(second)
    for_fill = LabelPrint.objects.get(kind="fill")
    first.refresh_from_db()
    assert {first.state, for_fill.state} == {LabelState.VOIDED}, "neither label on the bag says so"
    assert set(labels_against_release(story)) == {"REL-22"}
    story.account(first, for_fill, fate=LabelState.DESTROYED, note="Made unreadable under the new label.")
    assert labels_against_release(story) == {}
    file = tmp_path / "label.pdf"
    file.write_bytes(path_of(second.sha256).read_bytes())
    told = subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, text=True).stdout
    assert "BIOHAZARD" in told and "Reactive test results for HBV" in told
    assert Deviation.objects.filter(batch=story.batch, limit="label").count() == 1
