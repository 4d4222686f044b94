"""Wherever a signature is shown, its printed name, meaning and time with zone are (21 CFR 11.50)."""

from __future__ import annotations

import json
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from batches.record.contents import compose
from batches.record.facts import gather
from batches.record.writers.json import dumps
from lims.signatures.models import Signature
from tests.builders import Story

TOKYO = ZoneInfo("Asia/Tokyo")


def on_page(client: Client, address: str) -> str:
    """What a page says, blanks alike."""
    answer = client.get(address)
    assert answer.status_code == 200, address
    return " ".join(answer.content.decode().replace("\xa0", " ").split())


def on_screen(at: datetime) -> str:
    return at.astimezone(TOKYO).strftime("%-d %b %Y %H:%M JST")


@pytest.mark.clause("11.50(a)", "R10")
def test_every_page_that_shows_a_signature_shows_name_meaning_and_time_with_zone(story: Story) -> None:
    receipt = story.receive()
    client = Client()
    client.force_login(story.cast.qa)
    shown = {
        f"/batches/{story.batch.number}/": Signature.objects.filter(subject_pk=str(receipt.pk), entry=receipt.act_id),
        f"/patients/{story.patient.code}/": Signature.objects.filter(entry__stream=story.patient.stream),
        f"/ledger/{receipt.act_id}/": Signature.objects.filter(entry=receipt.act_id),
    }
    for address, given in shown.items():
        page = on_page(client, address)
        assert given
        for signature in given:
            for part in (signature.printed_name, str(signature.get_meaning_display()), on_screen(signature.at)):
                assert part in page, f"{address}: {part}"


@pytest.mark.clause("11.50(b)", "R10")
def test_the_record_shows_every_signature_with_name_meaning_and_time_with_zone(story: Story) -> None:
    """Screen and paper hold every text of the file; their own tests say so."""
    story.receive()
    sections = json.loads(dumps(compose(gather(story.batch))))["sections"]
    table = next(s for s in sections if s["anchor"] == "signatures")["blocks"][0]
    rows = [" | ".join(str(cell) for cell in row).replace("\xa0", " ") for row in table["rows"]]
    given = Signature.objects.filter(entry__stream__in=[story.batch.stream, story.patient.stream])
    assert len(rows) == given.count() == 8
    for signature in given:
        at = signature.at.astimezone(TOKYO).strftime("%Y-%m-%d %H:%M:%S JST")
        assert any(
            signature.printed_name in row and str(signature.get_meaning_display()) in row and at in row for row in rows
        )
