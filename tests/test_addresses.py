"""Every address for every role: one literal table. An address that is not in it fails the test.

The batch of the table is infused, and a print of it waits. So an act that is over answers 409 to those who may do it,
and 403 to those who may not; 405 is an address that only takes what is sent; 404 is a row this story does not have.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from batches.commands.documents import request_print
from batches.models import Consent, Equipment, Lot
from lims.ledger.models import Entry
from tests.builders import Story
from tests.cast import Cast

ROLES = ("technician", "supervisor", "analyst", "qa", "clinician", "administrator")

# What GET answers to each role, in the order above.
EXPECTED: dict[str, tuple[int, ...]] = {
    "healthz": (200, 200, 200, 200, 200, 200),
    "sign_in": (302, 302, 302, 302, 302, 302),
    "sign_out": (405, 405, 405, 405, 405, 405),
    "unlock": (302, 302, 302, 302, 302, 302),
    "lock": (405, 405, 405, 405, 405, 405),
    "here": (405, 405, 405, 405, 405, 405),
    "password": (200, 200, 200, 200, 200, 200),
    "statement": (200, 200, 200, 200, 200, 200),
    "people": (403, 403, 403, 403, 403, 200),
    "invite": (403, 403, 403, 403, 403, 200),
    "person": (403, 403, 403, 403, 403, 200),
    "rename": (403, 403, 403, 403, 403, 200),
    "identity": (403, 200, 403, 200, 403, 403),
    "confirm-identity": (403, 200, 403, 200, 403, 403),
    "notices": (200, 200, 200, 200, 200, 200),
    "acknowledge-notice": (404, 404, 404, 404, 404, 404),
    "change-role": (403, 403, 403, 403, 403, 200),
    "disable-account": (403, 403, 403, 403, 403, 200),
    "enable-account": (403, 403, 403, 403, 403, 200),
    "reset-password": (403, 403, 403, 403, 403, 200),
    "unlock-account": (403, 403, 403, 403, 403, 200),
    "ledger": (200, 200, 200, 200, 200, 403),
    "ledger-entry": (200, 200, 200, 200, 200, 403),
    "worklist": (200, 200, 200, 200, 200, 200),
    "batches": (200, 200, 200, 200, 200, 403),
    "batch": (200, 200, 200, 200, 200, 403),
    "patients": (200, 200, 200, 200, 200, 403),
    "enrol-patient": (403, 403, 403, 403, 200, 403),
    "patient": (200, 200, 200, 200, 200, 403),
    "record-consent": (403, 403, 403, 403, 200, 403),
    "withdraw-consent": (403, 403, 403, 403, 200, 403),
    "assess-eligibility": (403, 403, 403, 403, 200, 403),
    "weigh-patient": (403, 403, 403, 403, 200, 403),
    "issue-batch": (403, 200, 403, 200, 403, 403),
    "book": (403, 403, 403, 403, 409, 403),
    "end-batch": (403, 403, 403, 409, 403, 403),
    "harvest": (409, 409, 403, 403, 409, 403),
    "receipt": (409, 409, 403, 403, 403, 403),
    "isolation": (409, 409, 403, 403, 403, 403),
    "isolation-figures": (405, 405, 403, 403, 403, 403),
    "lots": (200, 200, 200, 200, 200, 403),
    "register-lot": (403, 200, 403, 200, 403, 403),
    "lot": (200, 200, 200, 200, 200, 403),
    "decide-lot": (403, 200, 403, 200, 403, 403),
    "equipment": (200, 200, 200, 200, 200, 403),
    "register-equipment": (403, 200, 403, 200, 403, 403),
    "equipment-item": (200, 200, 200, 200, 200, 403),
    "calibrate-equipment": (403, 200, 403, 200, 403, 403),
    "equipment-service": (403, 200, 403, 200, 403, 403),
    "records": (200, 200, 200, 200, 200, 403),
    "record": (200, 200, 200, 200, 200, 403),
    "record-json": (200, 200, 200, 200, 200, 403),
    "prints": (200, 200, 200, 200, 200, 403),
    "ask-print": (405, 405, 405, 405, 405, 403),
    "retry-print": (405, 405, 405, 405, 405, 403),
    "download-print": (404, 404, 404, 404, 404, 403),
    "attachment": (404, 404, 404, 404, 404, 403),
    "observation": (409, 409, 403, 403, 403, 403),
    "medium-change": (409, 409, 403, 403, 403, 403),
    "vessel-loss": (409, 409, 403, 403, 403, 403),
    "passage": (409, 409, 403, 403, 403, 403),
    "passage-figures": (405, 405, 403, 403, 403, 403),
    "cell-harvest": (409, 409, 403, 403, 403, 403),
    "cell-harvest-figures": (405, 405, 403, 403, 403, 403),
    "imports": (200, 200, 200, 200, 200, 403),
    "look-at-passages": (200, 200, 403, 403, 403, 403),
    "import-passages": (404, 404, 403, 403, 403, 403),
    "paper-import": (404, 404, 404, 404, 404, 403),
    "fill": (409, 409, 403, 403, 403, 403),
    "fill-figures": (405, 405, 403, 403, 403, 403),
    "sample": (409, 409, 409, 403, 403, 403),
    "results": (200, 200, 200, 200, 200, 403),
    "result": (200, 200, 200, 200, 200, 403),
    "result-invalidate": (403, 403, 200, 403, 403, 403),
    "result-retest": (403, 403, 200, 403, 403, 403),
    "deviations": (200, 200, 200, 200, 200, 403),
    "deviation": (200, 200, 200, 200, 200, 403),
    "deviation-assess": (403, 403, 403, 200, 403, 403),
    "deviation-close": (403, 403, 403, 409, 403, 403),
    "batch-deviations": (200, 200, 200, 200, 200, 403),
    "raise-deviation": (200, 200, 200, 200, 200, 403),
    "disposition": (403, 403, 403, 200, 403, 403),
    "corrections": (200, 200, 200, 200, 200, 403),
    "correction": (200, 200, 404, 200, 200, 403),
    "infusion-check": (403, 403, 403, 403, 409, 403),
    "bedside": (403, 403, 403, 403, 200, 403),
    "vitals": (403, 403, 403, 403, 200, 403),
    "adverse-event": (403, 403, 403, 403, 200, 403),
    "adverse-event-check": (403, 403, 403, 403, 200, 403),
    "baseline": (403, 403, 403, 403, 409, 403),
    "follow-up": (403, 403, 403, 403, 200, 403),
    "pain-figures": (403, 403, 403, 403, 405, 403),
    "outcomes": (200, 200, 200, 200, 200, 403),
}

# Reached without signing in.
OPEN = {"healthz", "sign_in"}


def every_pattern(patterns: Iterable[Any]) -> list[URLPattern]:
    """Every address of the site."""
    found: list[URLPattern] = []
    for pattern in patterns:
        found += every_pattern(pattern.url_patterns) if isinstance(pattern, URLResolver) else [pattern]
    return found


def placed(story: Story, pattern: URLPattern) -> str:
    """The address of a pattern, with the numbers of the story in it."""
    batch = story.batch
    primary_keys: dict[str, Any] = {
        "withdraw-consent": Consent.objects.first,
        "lot": Lot.objects.first,
        "decide-lot": Lot.objects.first,
        "equipment-item": Equipment.objects.first,
        "calibrate-equipment": Equipment.objects.first,
        "equipment-service": Equipment.objects.first,
        "result": lambda: batch.results.get(test="endotoxin"),
        "result-invalidate": lambda: batch.results.get(test="endotoxin"),
        "result-retest": lambda: batch.results.get(test="endotoxin"),
        "download-print": batch.print_requests.first,
        "retry-print": batch.print_requests.first,
        "ledger-entry": Entry.objects.first,
        "correction": lambda: batch.harvest,
    }
    name = str(pattern.name)
    row = primary_keys[name]() if name in primary_keys else None
    values: dict[str, Any] = {
        "number": batch.deviations.all()[0].number if name.startswith("deviation") else batch.number,
        "code": batch.patient.code,
        "pk": row.pk if row else 999_999,
        "username": story.cast.technician.username,
        "model": "Harvest",
        "field": "volume_ml",
        "occasion": "baseline",
    }
    asked = pattern.pattern.converters
    return reverse(name, kwargs={key: values[key] for key in asked})


def test_every_address_answers_every_role_as_the_table_says(story: Story) -> None:
    story.infuse()
    story.raise_deviation()
    story.fresh()
    request_print(story.cast.qa, batch=story.batch)
    patterns = every_pattern(get_resolver().url_patterns)
    assert all(p.name for p in patterns)
    assert {str(p.name) for p in patterns} == set(EXPECTED), "an address is missing from the table, or is gone"
    found = {str(p.name): _answers(story.cast, placed(story, p)) for p in patterns}
    assert found == EXPECTED


def _answers(cast: Cast, address: str) -> tuple[int, ...]:
    statuses = []
    for role in ROLES:
        client = Client()
        client.force_login(getattr(cast, role))
        statuses.append(client.get(address).status_code)
    return tuple(statuses)


def test_nobody_gets_in_without_signing_in(story: Story) -> None:
    story.infuse()
    story.raise_deviation()
    story.fresh()
    request_print(story.cast.qa, batch=story.batch)
    for pattern in every_pattern(get_resolver().url_patterns):
        if pattern.name in OPEN:
            continue
        address = placed(story, pattern)
        for answer in (Client().get(address), Client().post(address)):
            assert answer.status_code in (302, 401, 405), f"{address} answered {answer.status_code}"
            assert answer.status_code != 302 or answer["Location"].startswith("/sign-in/"), address
