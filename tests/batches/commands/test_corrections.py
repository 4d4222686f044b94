"""Corrections through their command."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from batches.models import Correction, Deviation, Harvest, Passage
from batches.queries.dispositions import is_valid
from batches.queries.findings import judged
from batches.queries.lineage import lineage
from batches.rules.limits import Verdict
from lims.refusals import Refused
from lims.signatures.meanings import Meaning
from lims.signatures.models import Signature
from lims.signatures.standing import standings
from tests.builders import LOTS, Story
from tests.cast import signed


@pytest.fixture
def harvested(story: Story) -> Harvest:
    """A harvest of 1.0 mL."""
    return story.harvest()


@pytest.mark.clause("11.10(e)", "A11-8.2", "R08")
def test_the_old_value_stays_readable_beside_the_new_one(story: Story, harvested: Harvest) -> None:
    story.receive()
    receipt = story.batch.receipt
    made = story.correct(receipt, "temperature_max_c", Decimal("6.5"))
    receipt.refresh_from_db()
    assert receipt.temperature_max_c == Decimal("6.5")
    assert (made.old_text, made.new_text) == ("6\u00a0°C", "6.5\u00a0°C")
    versions = receipt.history.order_by("history_id").values_list("temperature_max_c", flat=True)
    assert list(versions) == [Decimal("6.0"), Decimal("6.5")]


def test_a_correction_supersedes_the_earlier_signatures_and_signs_the_step_again(story: Story) -> None:
    receipt = story.receive()
    story.correct(receipt, "temperature_max_c", Decimal("6.5"))
    given = Signature.objects.filter(subject_model="batches.Receipt", subject_pk=str(receipt.pk)).order_by("at", "id")
    by_meaning = {s.signature.meaning: s.is_valid for s in standings(given)}
    assert by_meaning[Meaning.PERFORMED] is False
    assert by_meaning[Meaning.CORRECTED] is True
    assert Meaning.WITNESSED in by_meaning


def test_a_correction_of_a_square_changes_the_figures_and_supersedes_the_passage(story: Story) -> None:
    story.expand()
    passage = Passage.objects.get(batch=story.batch, generation=0)
    square = passage.count.squares.order_by("chamber", "square").first()
    before = lineage(story.fresh()).of(passage).count.total_viable
    story.correct(square, "live", square.live + 8)
    after = lineage(story.fresh()).of(passage).count.total_viable
    # eight more cells over eight squares of 10⁻⁴ mL, diluted twofold, in 4.0 mL
    assert after - before == 8 * 10_000 // 8 * 2 * 4
    given = Signature.objects.filter(subject_model="batches.Passage", subject_pk=str(passage.pk))
    assert [s.is_valid for s in standings(given.filter(meaning=Meaning.PERFORMED))] == [False]


def test_a_correction_beyond_an_action_limit_raises_a_deviation_once(story: Story, harvested: Harvest) -> None:
    clinician = story.cast.clinician
    story.correct(harvested, "volume_ml", Decimal("0.4"), by=clinician)
    story.correct(harvested, "volume_ml", Decimal("0.3"), by=clinician)
    assert list(Deviation.objects.filter(batch=story.batch).values_list("limit", flat=True)) == ["harvest_volume_ml"]


@pytest.mark.clause("A11-9", "R05")
def test_a_correction_needs_a_reason_and_another_value(story: Story) -> None:
    receipt = story.receive()
    with pytest.raises(Refused) as refused:
        story.correct(receipt, "temperature_max_c", Decimal("6.0"), reason="typo")
    assert set(refused.value.codes) == {"COR-01", "COR-03"}


def test_a_role_that_does_not_record_a_value_does_not_correct_it(story: Story, harvested: Harvest) -> None:
    with pytest.raises(Refused) as refused:
        story.correct(harvested, "volume_ml", Decimal("2.0"), by=story.cast.analyst)
    assert refused.value.codes == ("COR-08",)


def test_nor_does_somebody_of_such_a_role_witness_its_correction(story: Story, harvested: Harvest) -> None:
    corrector, witness = story.cast.clinician, story.cast.analyst
    with pytest.raises(Refused) as refused:
        story.correct(
            harvested,
            "volume_ml",
            Decimal("2.0"),
            by=corrector,
            signatures=signed((Meaning.CORRECTED, corrector), (Meaning.WITNESSED, witness)),
        )
    assert [(r.code, r.field) for r in refused.value.refusals] == [("COR-08", "witnessed-username")]


@pytest.mark.parametrize(("model", "field"), [("Receipt", "scanned_coi"), ("Harvest", "batch"), ("User", "role")])
def test_keys_and_scanned_identities_are_not_corrected(story: Story, model: str, field: str) -> None:
    receipt = story.receive()
    stand_in = type(model, (), {"pk": receipt.pk})()
    with pytest.raises(Refused) as refused:
        story.correct(stand_in, field, "P-999")
    assert refused.value.codes == ("COR-07",)


def test_a_row_of_another_batch_is_not_corrected(story: Story) -> None:
    receipt = story.receive()
    other = Story(story.cast, at=story.at)
    other.issue()
    with pytest.raises(Refused) as refused:
        other.correct(receipt, "temperature_max_c", Decimal("6.5"))
    assert refused.value.codes == ("COR-07",)


def test_a_time_stays_between_those_beside_it(story: Story, harvested: Harvest) -> None:
    for value in (harvested.started_at - timedelta(minutes=1), harvested.dispatched_at + timedelta(minutes=1)):
        with pytest.raises(Refused) as refused:
            story.correct(harvested, "done_at", value, by=story.cast.clinician)
        assert "TIM-02" in refused.value.codes


def test_a_step_does_not_come_before_the_one_it_follows(story: Story) -> None:
    receipt = story.receive()
    with pytest.raises(Refused) as refused:
        story.correct(receipt, "done_at", story.batch.harvest.dispatched_at - timedelta(minutes=5))
    assert refused.value.codes == ("COR-06",)
    receipt.refresh_from_db()
    assert receipt.done_at == story.at


def test_no_more_is_taken_out_of_a_suspension_than_there_was(story: Story) -> None:
    story.expand()
    passage = Passage.objects.get(batch=story.batch, generation=0)
    with pytest.raises(Refused) as refused:
        story.correct(passage, "suspension_ml", Decimal("3.0"))
    assert refused.value.codes == ("COR-05",)
    assert not Correction.objects.filter(batch=story.batch).exists()


def test_a_lot_is_corrected_by_scanning_one_that_may_be_used(story: Story) -> None:
    story.isolate()
    isolation = story.batch.isolation
    with pytest.raises(Refused) as refused:
        story.correct(isolation, "enzyme_lot", LOTS["dye"])  # type: ignore[index]
    assert refused.value.codes == ("LOT-05",)
    with pytest.raises(Refused) as refused:
        story.correct(isolation, "enzyme_lot", LOTS["enzyme"])  # type: ignore[index]
    assert refused.value.codes == ("COR-03",)


def test_a_correction_after_release_takes_its_force_from_the_release(story: Story) -> None:
    story.tested()
    decision = story.release_conditionally()
    assert is_valid(decision)
    story.correct(story.batch.receipt, "comment", "Cool pack warm to the touch.")
    assert not is_valid(decision)


def test_the_expiry_moves_with_the_end_of_formulation(story: Story) -> None:
    story.tested()
    fill = story.fresh().fill
    earlier = fill.done_at - timedelta(minutes=10)
    story.correct(fill, "done_at", earlier)
    fill.refresh_from_db()
    assert fill.expires_at == earlier + timedelta(hours=24)
    assert set(Correction.objects.filter(batch=story.batch).values_list("field", flat=True)) == {
        "done_at",
        "expires_at",
    }


def test_a_batch_in_order_is_judged_the_same_after_the_act_as_in_it(story: Story) -> None:
    story.tested()
    beyond = [each for each in judged(story.fresh()) if each.verdict is Verdict.ACTION]
    assert beyond == []
    assert not Deviation.objects.filter(batch=story.batch).exists()
