"""The pages of the culture: what is typed reaches the command, and a refusal loses nothing of it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from PIL import Image

from batches.models import Attachment, Deviation, Fill, Observation, Passage
from batches.rules.states import Stage
from lims.files import path_of
from lims.ledger.models import Entry
from tests.builders import EQUIPMENT, LOTS, Story
from tests.cast import PASSWORD
from tests.counts import squares

PERFORMED = {"performed-username": "aoki.r", "performed-password": PASSWORD}
WITNESSED = {**PERFORMED, "witnessed-username": "tanabe.m", "witnessed-password": PASSWORD}


@pytest.fixture
def grown(story: Story, client: Client) -> Story:
    """P0 in culture for ten days, and the technician signed in."""
    story.isolate()
    story.culture(10)
    client.force_login(story.cast.technician)
    return story


def typed(at: datetime) -> str:
    """A time as a browser of the laboratory sends it."""
    return at.astimezone(ZoneInfo("Asia/Tokyo")).strftime("%Y-%m-%dT%H:%M")


def a_count(live: int, dead: int, **changes: str) -> dict[str, str]:
    """The counting part of a form."""
    given = {"count_method": "hemocytometer", "sample_ml": "0.1", "dye_ml": "0.1", "predilution": "1"}
    for square in squares(live, dead):
        given[f"{square.chamber.lower()}{square.square}_live"] = str(square.live)
        given[f"{square.chamber.lower()}{square.square}_dead"] = str(square.dead)
    return given | {"drawn_ml": "0.2"} | changes


def a_passage(story: Story, **changes: Any) -> dict[str, Any]:
    """The form of P0, detached and seeded into two T175."""
    return {
        **a_count(205, 9),
        "scanned": f"{story.batch.number}-P0-01",
        "confluence_pct": "85",
        "reagent_lot": LOTS["detachment"],
        "cabinet": EQUIPMENT["bsc"],
        "exposure_started_at": typed(story.at - timedelta(minutes=30)),
        "exposure_ended_at": typed(story.at - timedelta(minutes=26)),
        "suspension_ml": "4.0",
        "sampled_ml": "0",
        "seed1_kind": "T175",
        "seed1_number": "2",
        "seed1_lot": LOTS["vessel"],
        "seed1_ml": "3.4",
        "medium_lot": LOTS["medium"],
        "medium_ml": "70",
        "done_at": typed(story.at),
        "incubator": EQUIPMENT["incubator"],
        "shelf": "S-1",
        "once": str(uuid.uuid4()),
        **WITNESSED,
        **changes,
    }


def post(client: Client, story: Story, page: str, data: Mapping[str, Any]) -> HttpResponse:
    """The form sent at the time of the story."""
    with story.now():
        answer: HttpResponse = client.post(f"/batches/{story.batch.number}/{page}/", data)  # type: ignore[assignment]
    return answer


def a_photo() -> SimpleUploadedFile:
    """A small picture."""
    out = BytesIO()
    Image.new("RGB", (64, 48), (120, 90, 60)).save(out, "JPEG")
    return SimpleUploadedFile("p0.jpg", out.getvalue(), "image/jpeg")


def test_a_passage_typed_by_one_and_witnessed_by_another_is_recorded(client: Client, grown: Story) -> None:
    answer = post(client, grown, "passage", a_passage(grown))
    assert answer.status_code == 302
    passage = Passage.objects.get()
    assert (passage.generation, passage.shelf) == (0, "S-1")
    assert [v.code for v in passage.vessels.all()] == ["P1-01", "P1-02"]


def test_a_double_click_is_one_passage(client: Client, grown: Story) -> None:
    data = a_passage(grown)
    assert [post(client, grown, "passage", data).status_code for _ in range(2)] == [302, 302]
    assert Passage.objects.count() == 1
    assert Entry.objects.filter(stream=grown.batch.number, name="passage:log").count() == 1


def test_a_refused_passage_keeps_everything_typed_and_says_why_beside_the_field(client: Client, grown: Story) -> None:
    page = post(client, grown, "passage", a_passage(grown, medium_lot="MX-5518", seed1_ml="3.9")).content.decode()
    assert 'value="MX-5518"' in page
    assert "No lot MX-5518 is known here" in page
    assert "LOT-01" in page
    assert "SEE-05" in page
    assert 'value="205"' not in page
    assert f'value="{grown.batch.number}-P0-01"' in page
    assert 'value="26"' in page  # the first square of 205 live cells
    assert PASSWORD not in page
    assert not Passage.objects.exists()


def test_a_blank_square_is_asked_for(client: Client, grown: Story) -> None:
    answer = post(client, grown, "passage", a_passage(grown, b4_dead=""))
    assert answer.status_code == 422
    assert "B4 dead" in answer.content.decode()
    assert "CNT-04" in answer.content.decode()


@pytest.mark.clause("R39")
def test_a_stale_form_is_told_what_changed_and_keeps_what_was_typed(client: Client, grown: Story) -> None:
    with grown.now():
        page = client.get(f"/batches/{grown.batch.number}/passage/").content.decode()
    seen = page.split('name="seen" value="')[1].split('"')[0]
    grown.feed()
    answer = post(client, grown, "passage", a_passage(grown, seen=seen))
    assert answer.status_code == 409
    assert "This record changed while you were typing" in answer.content.decode()
    assert grown.cast.technician.printed_name in answer.content.decode()
    assert f'value="{grown.batch.number}-P0-01"' in answer.content.decode()
    assert not Passage.objects.exists()


def test_a_vessel_of_another_batch_stops_the_page_and_leaves_a_critical_deviation(client: Client, grown: Story) -> None:
    answer = post(client, grown, "passage", a_passage(grown, scanned="B-9999-P0-01"))
    assert "PAS-05" in answer.content.decode()
    assert Deviation.objects.get(batch=grown.batch).severity == "critical"


def test_figures_follow_what_is_typed_and_are_those_the_server_records(client: Client, grown: Story) -> None:
    nothing = post(client, grown, "passage/figures", {"scanned": ""}).content.decode()
    assert "95.8" not in nothing
    figures = post(client, grown, "passage/figures", a_passage(grown)).content.decode()
    for said in ("95.8\u00a0%", "2.05×10⁶", "not measurable", "4,979", "Dilution factor 2", "3.8\u00a0mL left"):
        assert said in figures, said
    assert "1 of 1 vessel" in figures
    assert not Passage.objects.exists()


def test_half_typed_and_impossible_values_never_break_the_figures(client: Client, grown: Story) -> None:
    for changes in (
        {"a1_live": ""},
        {"a1_live": "-3"},
        {"a1_live": "many"},
        {"sample_ml": "0"},
        {"suspension_ml": "-1"},
        {"seed1_number": "0"},
        {"seed1_kind": "BUCKET"},
        {"exposure_started_at": "yesterday"},
        {"scanned": "B-9999-P0-01"},
        {"count_method": "counter"},
    ):
        assert post(client, grown, "passage/figures", a_passage(grown, **changes)).status_code == 200, changes


def test_a_count_by_a_counter_is_kept_with_its_file(client: Client, grown: Story) -> None:
    export = SimpleUploadedFile("run 7.csv", b"Sample ID,Viability (%)\nB-0001,95.8\n", "text/csv")
    data = a_passage(
        grown,
        count_method="counter",
        counter=EQUIPMENT["counter"],
        live_per_ml="512500",
        dead_per_ml="22500",
        live_counted="512",
        dead_counted="22",
        counter_file=export,
    )
    assert post(client, grown, "passage", data).status_code == 302
    kept = Attachment.objects.get()
    assert (kept.count, kept.content_type) == (Passage.objects.get().count, "text/csv")
    answer = client.get(f"/attachments/{kept.pk}/")
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert b"".join(answer.streaming_content).startswith(b"Sample ID")  # type: ignore[attr-defined]
    answer.close()


def test_an_observation_with_its_photo_is_recorded_and_the_photo_opens(client: Client, grown: Story) -> None:
    data = {
        "confluence_pct": "60",
        "morphology": "spindle",
        "medium": "clear",
        "done_at": typed(grown.at),
        "photo": a_photo(),
        **PERFORMED,
    }
    before = Observation.objects.count()
    assert post(client, grown, "observation", data).status_code == 302
    assert Observation.objects.count() == before + 1
    kept = Attachment.objects.get()
    answer = client.get(f"/attachments/{kept.pk}/")
    assert (answer["Content-Type"], answer["Content-Disposition"].split(";")[0]) == ("image/jpeg", "inline")
    answer.close()


def test_a_photo_that_comes_with_a_refused_form_is_asked_for_again(client: Client, grown: Story) -> None:
    data = {
        "confluence_pct": "140",
        "morphology": "spindle",
        "medium": "clear",
        "done_at": typed(grown.at),
        "photo": a_photo(),
        **PERFORMED,
    }
    page = post(client, grown, "observation", data).content.decode()
    assert "CUL-02" in page
    assert "FILE-01" in page
    assert 'href="#id_photo"' in page


def test_a_photo_of_fifty_megabytes_is_refused_beside_its_field(client: Client, grown: Story) -> None:
    data = {
        "confluence_pct": "61.5",
        "morphology": "spindle",
        "medium": "clear",
        "done_at": typed(grown.at),
        "photo": SimpleUploadedFile("big.jpg", b"\xff\xd8\xff" + b"x" * 50_000_000, "image/jpeg"),
        **PERFORMED,
    }
    answer = post(client, grown, "observation", data)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "ATT-01" in page
    assert 'href="#id_photo"' in page
    assert 'value="61.5"' in page
    assert not Attachment.objects.exists()


@pytest.mark.clause("R38")
def test_a_damaged_file_is_not_given_out_as_if_it_were_whole(client: Client, grown: Story) -> None:
    row = grown.observe(photo=a_photo())
    kept = Attachment.objects.get(observation=row)
    path_of(kept.sha256).write_bytes(b"something else")
    assert client.get(f"/attachments/{kept.pk}/").status_code == 404


def test_medium_is_changed_and_vessels_are_discarded_on_pages_of_their_own(client: Client, grown: Story) -> None:
    grown.wait(hours=20)
    medium = {"medium_lot": LOTS["medium"], "medium_ml": "30", "done_at": typed(grown.at), **PERFORMED}
    assert post(client, grown, "medium-change", medium).status_code == 302
    lost = {
        "vessels": ["P0-01"],
        "is_contaminated": "yes",
        "reason_for_loss": "<b>threads</b>",
        "done_at": typed(grown.at),
        **WITNESSED,
    }
    assert post(client, grown, "vessel-loss", lost).status_code == 302
    assert Deviation.objects.get(batch=grown.batch).limit == "contamination"


def test_the_last_cells_are_harvested_and_filled_on_their_pages(client: Client, grown: Story) -> None:
    grown.passage(205, 9, suspension="4.0", seed=("CS5", 1, "3.4"), comment="Thin.")
    grown.culture(8)
    harvest = a_passage(
        grown, **a_count(444, 25, predilution="2"), suspension_ml="60", scanned="P1-01", comment="Fast."
    )
    figures = post(client, grown, "cell-harvest/figures", harvest).content.decode()
    assert "Dose reached" in figures
    assert post(client, grown, "cell-harvest", harvest).status_code == 302
    assert grown.fresh().stage == Stage.CELL_HARVEST
    grown.wait(hours=1)
    fill = {
        **a_count(432, 20),
        "used_ml": "50",
        "vehicle_lot": LOTS["vehicle"],
        "container_lot": LOTS["container"],
        "container_code": "BAG-1",
        "volume_ml": "100",
        "done_at": typed(grown.at),
        "scanned_coi": grown.batch.coi,
        "is_appearance_good": "yes",
        "storage_temp_c": "5",
        **WITNESSED,
    }
    assert "not the label printed for container BAG-1" in post(client, grown, "fill/figures", fill).content.decode()
    grown.label_for_fill("BAG-1")
    figures = post(client, grown, "fill/figures", fill).content.decode()
    assert "1.08×10⁸" in figures
    assert "L-000001, the label of this container" in figures
    assert post(client, grown, "fill", fill).status_code == 302
    assert Fill.objects.get().container_code == "BAG-1"


@pytest.mark.parametrize(
    "page",
    ["passage", "cell-harvest", "observation", "medium-change", "vessel-loss", "passage/figures", "fill/figures"],
)
def test_only_those_who_record_production_open_these_pages(client: Client, grown: Story, page: str) -> None:
    client.force_login(grown.cast.analyst)
    assert post(client, grown, page, {}).status_code == 403
