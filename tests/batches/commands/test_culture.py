"""Culture days through their commands: observations, medium, vessels lost."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from batches.models import Attachment, Deviation, MediumChange, Observation, Vessel
from batches.rules.states import Stage, VesselState
from lims.files import is_whole
from lims.ledger.verify import verify
from lims.refusals import Refused
from tests.builders import Story


def photo(kind: str = "JPEG", name: str = "p0.jpg") -> SimpleUploadedFile:
    """A small picture."""
    out = BytesIO()
    Image.new("RGB", (64, 48), (120, 90, 60)).save(out, kind)
    return SimpleUploadedFile(name, out.getvalue())


@pytest.fixture
def cultured(story: Story) -> Story:
    """P0 seeded two days ago."""
    story.isolate()
    story.wait(days=2)
    return story


def test_an_observation_is_kept_with_its_photo(cultured: Story) -> None:
    row = cultured.observe("35", photo=photo())
    kept = Attachment.objects.get(observation=row)
    assert (kept.content_type, kept.name, kept.batch_id) == ("image/jpeg", "p0.jpg", cultured.batch.pk)
    assert is_whole(kept.sha256)
    assert row.generation == 0
    assert verify().findings == []


def test_a_confluent_culture_is_due_for_its_passage(cultured: Story) -> None:
    cultured.observe("69")
    assert cultured.fresh().due_act == "culture:change_medium"
    cultured.observe("70")
    assert cultured.fresh().due_act == "passage:log"


@pytest.mark.parametrize("confluence", ["-1", "100.5"])
def test_a_share_outside_the_area_is_refused(cultured: Story, confluence: str) -> None:
    with pytest.raises(Refused) as refused:
        cultured.observe(confluence)
    assert refused.value.codes == ("CUL-02",)


def test_turbid_medium_needs_a_comment_and_raises_a_deviation(cultured: Story) -> None:
    with pytest.raises(Refused) as refused:
        cultured.observe(medium="turbid")
    assert [(r.code, r.field) for r in refused.value.refusals] == [("OBS-01", "comment")]
    cultured.observe(medium="turbid", comment="Sample sent, vessel in quarantine.")
    raised = Deviation.objects.get(batch=cultured.batch)
    assert (raised.limit, raised.title) == ("medium_look", "Medium turbid, P0")


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (SimpleUploadedFile("p0.jpg", b"%PDF-1.7 not a photo"), "ATT-02"),
        (SimpleUploadedFile("p0.png", b"\x89PNG\r\n\x1a\ncut short"), "ATT-02"),
        (SimpleUploadedFile("p0.jpg", b""), "ATT-03"),
        (SimpleUploadedFile("p0.svg", b"<svg onload='alert(1)'/>"), "ATT-02"),
    ],
)
@pytest.mark.clause("11.10(h)", "A11-5")
def test_what_is_no_photo_is_refused_beside_its_field_and_nothing_is_written(
    cultured: Story, file: SimpleUploadedFile, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        cultured.observe(photo=file)
    assert [(r.code, r.field) for r in refused.value.refusals] == [(code, "photo")]
    assert not Observation.objects.exists()
    assert not Attachment.objects.exists()


def test_a_picture_that_unfolds_to_more_than_a_server_holds_is_refused(cultured: Story) -> None:
    out = BytesIO()
    Image.new("1", (12_000, 9_000)).save(out, "PNG")
    with pytest.raises(Refused) as refused:
        cultured.observe(photo=SimpleUploadedFile("bomb.png", out.getvalue()))
    assert refused.value.codes == ("ATT-02",)


def test_a_passage_that_is_not_in_culture_is_not_observed(cultured: Story) -> None:
    with pytest.raises(Refused) as refused:
        cultured.observe(generation=3)
    assert refused.value.codes == ("OBS-02",)


def test_medium_changed_in_time_moves_the_next_change_on(cultured: Story) -> None:
    row = cultured.feed()
    assert isinstance(row, MediumChange)
    assert cultured.fresh().due_at == row.done_at + timedelta(hours=72)
    assert not Deviation.objects.exists()


def test_medium_changed_late_needs_a_comment_and_very_late_raises_a_deviation(cultured: Story) -> None:
    cultured.wait(hours=26)
    with pytest.raises(Refused) as refused:
        cultured.feed()
    assert refused.value.codes == ("ALR-01",)
    cultured.feed(comment="Holiday.")
    assert not Deviation.objects.exists()
    cultured.wait(hours=97)
    cultured.feed(comment="Holiday again.")
    assert Deviation.objects.get().limit == "medium_interval_h"


def test_medium_is_not_changed_before_the_cells_were_seeded(cultured: Story) -> None:
    with pytest.raises(Refused) as refused:
        cultured.feed(done_at=cultured.at - timedelta(days=3), late_reason="Forgotten.", medium_ml=Decimal(0))
    assert set(refused.value.codes) == {"TIM-02", "CUL-03"}


def test_a_contaminated_vessel_raises_a_critical_deviation_and_the_batch_waits_for_qa(cultured: Story) -> None:
    (loss,) = cultured.lose("P0-01", is_contaminated=True, reason_for_loss="Fungal threads.")
    assert loss.is_contaminated
    assert Vessel.objects.get().state == VesselState.CONTAMINATED
    raised = Deviation.objects.get(batch=cultured.batch)
    assert (raised.severity, raised.limit) == ("critical", "contamination")
    batch = cultured.fresh()
    assert (batch.stage, batch.due_act, batch.due_at) == (Stage.CULTURE, "", None)
    with pytest.raises(Refused) as refused:
        cultured.observe()
    assert refused.value.codes == ("CUL-01",)


def test_a_vessel_is_lost_once_with_a_reason(cultured: Story) -> None:
    with pytest.raises(Refused) as refused:
        cultured.lose(reason_for_loss=" ")
    assert set(refused.value.codes) == {"VES-01", "VES-02"}
    cultured.lose("P0-01")
    with pytest.raises(Refused):
        cultured.lose("P0-01")
