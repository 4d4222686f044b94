"""The audit trail as data: every act, every value old to new, in pieces."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from lims.ledger import trail
from lims.ledger.forms import FilterForm
from lims.ledger.models import Entry
from lims.ledger.reading import Wanted
from lims.refusals import Refused
from tests.builders import Story

TOKYO = ZoneInfo("Asia/Tokyo")


def lines(wanted: Wanted | None = None) -> list[dict[str, str]]:
    """The CSV read back."""
    text = b"".join(trail.as_csv(wanted or Wanted(), TOKYO)).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def told(wanted: Wanted | None = None) -> dict[str, Any]:
    """The JSON read back."""
    read: dict[str, Any] = json.loads(b"".join(trail.as_json(wanted or Wanted(), TOKYO)))
    return read


def test_every_act_of_every_stream_is_there_in_order(story: Story) -> None:
    story.harvest()
    every = [(e.stream, e.seq) for e in Entry.objects.order_by("stream", "seq")]
    assert [(e["stream"], e["seq"]) for e in told()["entries"]] == every
    seen = list(dict.fromkeys((line["Stream"], int(line["Entry"])) for line in lines()))
    assert seen == every


@pytest.mark.clause("R01")
def test_a_changed_value_is_told_old_to_new_with_who_and_why(story: Story) -> None:
    story.isolate()
    story.wait(days=1)
    row = story.observe("80")
    story.correct(row, "confluence_pct", "75", reason="Misread on the sheet.")
    changed = [line for line in lines(Wanted(act="record:correct")) if line["Field"] == "confluence_pct"]
    assert [(c["Was"], c["Now"], c["Person"], c["Reason"]) for c in changed] == [
        ("80.00", "75.00", story.cast.technician.printed_name, "Misread on the sheet.")
    ]
    assert "Corrected, Aoki Ren; Witnessed, Tanabe Mio" in changed[0]["Signatures"]


def test_a_refused_act_is_there_with_its_reason(story: Story) -> None:
    story.issue()
    with pytest.raises(Refused):
        story.harvest(volume_ml=-1)
    refused = [line for line in lines() if line["Outcome"] == "refused"]
    assert [line["Act"] for line in refused] == ["harvest:log"]
    assert "reason 1" in refused[0]["Notes"]


def test_minutes_are_those_of_the_laboratory_and_both_included(story: Story) -> None:
    story.harvest()
    entry = Entry.objects.get(name="harvest:log")
    minute = entry.at.astimezone(TOKYO).replace(second=0, microsecond=0, tzinfo=None)
    for since, until, is_there in (
        (minute, minute, True),
        (minute + timedelta(minutes=1), None, False),
        (None, minute - timedelta(minutes=1), False),
    ):
        with timezone.override(TOKYO):
            wanted = FilterForm({"since": since, "until": until}).wanted()
        assert (entry.seq in [e["seq"] for e in told(wanted)["entries"] if e["stream"] == "B-0001"]) == is_there


def test_pieces_make_no_difference_and_progress_reaches_the_end(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    story.isolate()
    at_once = b"".join(trail.as_csv(Wanted(), TOKYO))
    seen: list[tuple[int, int]] = []
    monkeypatch.setattr(trail, "PIECE", 3)
    assert b"".join(trail.as_csv(Wanted(), TOKYO, progress=lambda *at: seen.append(at))) == at_once
    assert seen == sorted(seen)
    assert seen[-1] == (Entry.objects.count(), Entry.objects.count())


def test_a_text_that_a_spreadsheet_would_run_is_disarmed_in_the_csv_alone(story: Story) -> None:
    story.isolate()
    story.wait(days=1)
    row = story.observe("80")
    story.correct(row, "confluence_pct", "75", reason="=1+1 is not 3")
    (act,) = (e for e in told(Wanted(act="record:correct"))["entries"] if not e["refused"])
    assert act["reason"] == "=1+1 is not 3"
    assert {line["Reason"] for line in lines(Wanted(act="record:correct"))} == {"'=1+1 is not 3"}
