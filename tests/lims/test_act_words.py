"""Every act has words of its own, and its name never stands where people read."""

from __future__ import annotations

import re
from pathlib import Path

from django.test import Client

from lims.act_words import known_acts, words_of
from lims.ledger.forms import FilterForm
from lims.ledger.models import Entry
from tests.builders import Story

PROJECT = Path(__file__).resolve().parents[2]
# An act is named where its command is, or where it is made.
_NAMED = re.compile(r"(?:@command\(|\bAct\(\s*name=|\bname=)\s*\"([a-z_]+:[a-z_-]+)\"")


def named_in_source() -> set[str]:
    return {
        name
        for folder in ("lims", "batches")
        for path in (PROJECT / folder).rglob("*.py")
        for name in _NAMED.findall(path.read_text(encoding="utf-8"))
    }


def test_every_act_has_words_of_its_own() -> None:
    names = named_in_source()
    assert len(names) > 80
    assert not names - dict(known_acts()).keys()
    words = [words for _name, words in known_acts()]
    assert len(words) == len(set(words)), "two acts are called alike"


def test_an_act_of_another_version_is_spelled_out() -> None:
    assert words_of("flask:set_aside") == "Flask, set aside"


def test_the_audit_trail_says_words_and_is_filtered_by_them_or_by_the_name(story: Story) -> None:
    story.harvest()
    client = Client()
    client.force_login(story.cast.auditor)
    page = client.get("/ledger/").content.decode()
    table = page[page.index("<tbody>") : page.index("</tbody>")]
    assert ">Record harvest</a>" in table
    assert "harvest:log" not in table
    assert '<option value="harvest:log">Record harvest</option>' in page
    for typed in ("record harvest", "harvest:log", "harvest:"):
        assert FilterForm({"act": typed}).wanted().act in ("harvest:log", "harvest:")
    entry = Entry.objects.get(name="harvest:log")
    one = client.get(f"/ledger/{entry.pk}/").content.decode()
    assert "<h1>Record harvest</h1>" in one
    assert "harvest:log" in one
