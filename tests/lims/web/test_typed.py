"""Whole numbers in addresses: what is none, or one that no row has, is left unread."""

from __future__ import annotations

import pytest
from django.test import Client

from lims.ledger.models import Entry
from lims.web.typed import whole
from tests.cast import Cast


def test_what_is_no_whole_number_is_none() -> None:
    assert [whole(text) for text in ("12", "²", "", "-1", "1e3", "9" * 19, "9" * 5000)] == [12, *[None] * 6]


@pytest.mark.parametrize(
    "page", ["patients", "downtime-forms", "imports", "lots", "deviations", "records", "equipment"]
)
def test_no_page_breaks_on_a_number_that_is_none(cast: Cast, page: str) -> None:
    client = Client()
    client.force_login(cast.qa)
    for typed in ("²", "9" * 30, "-1"):
        assert client.get(f"/{page}/", {"before": typed}).status_code == 200, typed


def test_asking_what_an_address_allows_is_no_attempt_to_write(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.auditor)
    client.options("/lots/register/")
    assert not Entry.objects.filter(name="page:refused").exists()
    client.post("/lots/register/")
    assert Entry.objects.filter(name="page:refused").count() == 1
