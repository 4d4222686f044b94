"""Every address for every role: one literal table. An address that is not in it fails the test.

The batch of the table is infused, and a print of it waits. So an act that is over answers 409 to those who may do it,
and 403 to those who may not; 405 is an address that only takes what is sent; 404 is a row this story does not have.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from batches.commands.documents import request_print
from batches.models import Consent, DowntimeForm, Equipment, Lot, TrainingRecord
from lims.ledger.models import Entry
from tests.builders import Story
from tests.builders_downtime import issued
from tests.cast import Cast

ROLES = ("technician", "supervisor", "analyst", "qa", "clinician", "administrator", "auditor")

# What GET answers to each role, in the order above.
EXPECTED: dict[str, tuple[int, ...]] = {
    "healthz": (200, 200, 200, 200, 200, 200, 200),
    "sign_in": (302, 302, 302, 302, 302, 302, 302),
    "sign-in-code": (302, 302, 302, 302, 302, 302, 302),
    "sign_out": (405, 405, 405, 405, 405, 405, 405),
    "unlock": (302, 302, 302, 302, 302, 302, 302),
    "lock": (405, 405, 405, 405, 405, 405, 405),
    "here": (405, 405, 405, 405, 405, 405, 405),
    "password": (200, 200, 200, 200, 200, 200, 200),
    "second-factor": (200, 200, 200, 200, 200, 200, 200),
    "statement": (200, 200, 200, 200, 200, 200, 200),
    "people": (403, 403, 403, 403, 403, 200, 403),
    "invite": (403, 403, 403, 403, 403, 200, 403),
    "person": (403, 403, 403, 403, 403, 200, 403),
    "change-role": (403, 403, 403, 403, 403, 200, 403),
    "disable-account": (403, 403, 403, 403, 403, 200, 403),
    "enable-account": (403, 403, 403, 403, 403, 200, 403),
    "reset-password": (403, 403, 403, 403, 403, 200, 403),
    "reset-second-factor": (403, 403, 403, 403, 403, 200, 403),
    "unlock-account": (403, 403, 403, 403, 403, 200, 403),
    "access-reviews": (403, 403, 403, 200, 403, 200, 403),
    "review-access": (403, 403, 403, 200, 403, 403, 403),
    "access-review": (403, 403, 403, 404, 403, 404, 403),
    "ledger": (200, 200, 200, 200, 200, 403, 200),
    "ledger-entry": (200, 200, 200, 200, 200, 403, 200),
    "worklist": (200, 200, 200, 200, 200, 200, 200),
    "batches": (200, 200, 200, 200, 200, 403, 200),
    "batch": (200, 200, 200, 200, 200, 403, 200),
    "patients": (200, 200, 200, 200, 200, 403, 200),
    "enrol-patient": (403, 403, 403, 403, 200, 403, 403),
    "patient": (200, 200, 200, 200, 200, 403, 200),
    "record-consent": (403, 403, 403, 403, 200, 403, 403),
    "withdraw-consent": (403, 403, 403, 403, 200, 403, 403),
    "assess-eligibility": (403, 403, 403, 403, 200, 403, 403),
    "weigh-patient": (403, 403, 403, 403, 200, 403, 403),
    "issue-batch": (403, 200, 403, 200, 403, 403, 403),
    "book": (403, 403, 403, 403, 409, 403, 403),
    "end-batch": (403, 403, 403, 409, 403, 403, 403),
    "harvest": (409, 409, 403, 403, 409, 403, 403),
    "receipt": (409, 409, 403, 403, 403, 403, 403),
    "isolation": (409, 409, 403, 403, 403, 403, 403),
    "isolation-figures": (405, 405, 403, 403, 403, 403, 403),
    "lots": (200, 200, 200, 200, 200, 403, 200),
    "register-lot": (403, 200, 403, 200, 403, 403, 403),
    "lot": (200, 200, 200, 200, 200, 403, 200),
    "decide-lot": (403, 200, 403, 200, 403, 403, 403),
    "equipment": (200, 200, 200, 200, 200, 403, 200),
    "register-equipment": (403, 200, 403, 200, 403, 403, 403),
    "equipment-item": (200, 200, 200, 200, 200, 403, 200),
    "calibrate-equipment": (403, 200, 403, 200, 403, 403, 403),
    "equipment-service": (403, 200, 403, 200, 403, 403, 403),
    "records": (200, 200, 200, 200, 200, 403, 200),
    "download-export": (403, 403, 403, 404, 403, 403, 404),
    "retry-export": (403, 403, 403, 405, 403, 403, 405),
    "export-year": (403, 403, 403, 405, 403, 403, 405),
    "trail-exports": (403, 403, 403, 200, 403, 403, 200),
    "trail-panel": (403, 403, 403, 200, 403, 403, 200),
    "downtime-forms": (200, 200, 200, 200, 200, 403, 200),
    "issue-forms": (403, 200, 403, 200, 403, 403, 403),
    "downtime-form": (200, 200, 200, 200, 200, 403, 200),
    "download-form": (200, 200, 200, 200, 200, 403, 200),
    "download-pad": (200, 200, 200, 200, 200, 403, 200),
    "transcribe-form": (200, 200, 403, 200, 200, 403, 403),
    "void-form": (403, 200, 403, 200, 403, 403, 403),
    "labels": (200, 200, 200, 200, 200, 403, 200),
    "print-labels": (200, 200, 200, 200, 403, 403, 403),
    "reprint-labels": (200, 200, 200, 200, 403, 403, 403),
    "master": (200, 200, 200, 200, 200, 403, 200),
    "master-copies": (200, 200, 200, 200, 200, 403, 200),
    "issue-master-copy": (403, 200, 403, 200, 403, 403, 403),
    "retry-master-copy": (405, 405, 405, 405, 405, 403, 403),
    "download-master-copy": (404, 404, 404, 404, 404, 403, 404),
    "print-fill-label": (409, 409, 409, 409, 403, 403, 403),
    "account-labels": (200, 200, 200, 200, 403, 403, 403),
    "download-labels": (404, 404, 404, 404, 404, 403, 404),
    "test-label": (200, 200, 200, 200, 403, 403, 403),
    "record": (200, 200, 200, 200, 200, 403, 200),
    "record-json": (200, 200, 200, 200, 200, 403, 200),
    "prints": (200, 200, 200, 200, 200, 403, 200),
    "ask-print": (405, 405, 405, 405, 405, 403, 403),
    "ask-export": (403, 403, 403, 405, 403, 403, 405),
    "retry-print": (405, 405, 405, 405, 405, 403, 403),
    "download-print": (404, 404, 404, 404, 404, 403, 403),
    "check-sheet": (200, 200, 200, 200, 200, 403, 200),
    "copies": (200, 200, 200, 200, 200, 403, 200),
    "issue-copy": (403, 200, 403, 200, 200, 403, 403),
    "retry-copy": (405, 405, 405, 405, 405, 403, 403),
    "download-copy": (404, 404, 404, 404, 404, 403, 404),
    "attachment": (404, 404, 404, 404, 404, 403, 404),
    "observation": (409, 409, 403, 403, 403, 403, 403),
    "medium-change": (409, 409, 403, 403, 403, 403, 403),
    "vessel-loss": (409, 409, 403, 403, 403, 403, 403),
    "passage": (409, 409, 403, 403, 403, 403, 403),
    "passage-figures": (405, 405, 403, 403, 403, 403, 403),
    "cell-harvest": (409, 409, 403, 403, 403, 403, 403),
    "cell-harvest-figures": (405, 405, 403, 403, 403, 403, 403),
    "imports": (200, 200, 200, 200, 200, 403, 200),
    "look-at-passages": (200, 200, 403, 403, 403, 403, 403),
    "import-passages": (404, 404, 403, 403, 403, 403, 403),
    "paper-import": (404, 404, 404, 404, 404, 403, 404),
    "fill": (409, 409, 403, 403, 403, 403, 403),
    "fill-figures": (405, 405, 403, 403, 403, 403, 403),
    "sample": (409, 409, 409, 403, 403, 403, 403),
    "results": (200, 200, 200, 200, 200, 403, 200),
    "result": (200, 200, 200, 200, 200, 403, 200),
    "result-invalidate": (403, 403, 200, 403, 403, 403, 403),
    "result-retest": (403, 403, 200, 403, 403, 403, 403),
    "deviations": (200, 200, 200, 200, 200, 403, 200),
    "deviation": (200, 200, 200, 200, 200, 403, 200),
    "deviation-assess": (403, 403, 403, 200, 403, 403, 403),
    "deviation-close": (403, 403, 403, 409, 403, 403, 403),
    "batch-deviations": (200, 200, 200, 200, 200, 403, 200),
    "raise-deviation": (200, 200, 200, 200, 200, 403, 403),
    "disposition": (403, 403, 403, 200, 403, 403, 403),
    "corrections": (200, 200, 200, 200, 200, 403, 403),
    "correction": (200, 200, 404, 200, 200, 403, 403),
    "infusion-check": (403, 403, 403, 403, 409, 403, 403),
    "bedside": (403, 403, 403, 403, 200, 403, 403),
    "vitals": (403, 403, 403, 403, 200, 403, 403),
    "adverse-event": (403, 403, 403, 403, 200, 403, 403),
    "adverse-event-check": (403, 403, 403, 403, 200, 403, 403),
    "baseline": (403, 403, 403, 403, 409, 403, 403),
    "follow-up": (403, 403, 403, 403, 200, 403, 403),
    "pain-figures": (403, 403, 403, 403, 405, 403, 403),
    "outcomes": (200, 200, 200, 200, 200, 403, 200),
    "ledger-row": (200, 200, 200, 200, 200, 403, 200),
    "audit-trail-review": (403, 200, 403, 200, 403, 403, 403),
    "training": (200, 200, 200, 200, 200, 403, 200),
    "record-training": (403, 200, 403, 200, 403, 403, 403),
    "training-person": (200, 200, 200, 200, 200, 403, 200),
    "withdraw-training": (403, 200, 403, 200, 403, 403, 403),
    "rename": (403, 403, 403, 403, 403, 200, 403),
    "identity": (403, 200, 403, 200, 403, 403, 403),
    "confirm-identity": (403, 200, 403, 200, 403, 403, 403),
    "notices": (200, 200, 200, 200, 200, 200, 200),
    "acknowledge-notice": (404, 404, 404, 404, 404, 404, 404),
}

# Reached without signing in.
OPEN = {"healthz", "sign_in", "sign-in-code"}


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
        "ledger-row": lambda: batch,
        "withdraw-training": TrainingRecord.objects.first,
    }
    name = str(pattern.name)
    row = primary_keys[name]() if name in primary_keys else None
    values: dict[str, Any] = {
        "number": batch.deviations.all()[0].number if name.startswith("deviation") else batch.number,
        "code": batch.mbr.code if "master" in name else batch.patient.code,
        "version": batch.mbr.version,
        "pk": row.pk if row else 999_999,
        "form": DowntimeForm.objects.get().number,
        "username": story.cast.technician.username,
        "model": "batches.Batch" if name == "ledger-row" else "Harvest",
        "field": "volume_ml",
        "occasion": "baseline",
        "kind": "tube",
    }
    asked = pattern.pattern.converters
    return reverse(name, kwargs={key: values[key] for key in asked})


def missing(pattern: URLPattern) -> str:
    """The address of a pattern with numbers that nothing has."""
    values: dict[str, Any] = {
        "number": "B-9999",
        "code": "P-9999",
        "version": 9999,
        "form": "F-999999",
        "pk": 888_888,
        "username": "nobody.n",
        "model": "Harvest",
        "field": "volume_ml",
        "occasion": "baseline",
        "kind": "tube",
    }
    uuid_asked = pattern.name == "ledger-entry"
    asked = pattern.pattern.converters
    return reverse(str(pattern.name), kwargs={key: uuid.UUID(int=1) if uuid_asked else values[key] for key in asked})


@pytest.mark.clause("R23", "R28")
def test_every_address_answers_every_role_as_the_table_says(story: Story) -> None:
    story.infuse()
    story.raise_deviation()
    story.fresh()
    issued(story)
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


def test_who_may_not_look_can_not_tell_what_there_is_from_what_there_is_not(story: Story) -> None:
    story.infuse()
    story.raise_deviation()
    story.fresh()
    issued(story)
    request_print(story.cast.qa, batch=story.batch)
    guessed = 0
    for pattern in every_pattern(get_resolver().url_patterns):
        expected = EXPECTED[str(pattern.name)]
        if 403 not in expected or not pattern.pattern.converters:
            continue
        client = Client()
        client.force_login(getattr(story.cast, ROLES[expected.index(403)]))
        there, not_there = placed(story, pattern), missing(pattern)
        assert told(client.get(there)) == told(client.get(not_there)), pattern.name
        guessed += 1
    assert guessed > 60


def told(answer: Any) -> tuple[int, str]:
    """A status and the page with what differs at every request taken out: tokens, error number, time."""
    page = re.sub(r'(csrfmiddlewaretoken" value|csrf-token" content|data-now)="[^"]*"', "", answer.content.decode())
    return answer.status_code, re.sub(r'class="code">[0-9A-F]{6}<|\d\d:\d\d', "", page)


def test_nobody_gets_in_without_signing_in(story: Story) -> None:
    story.infuse()
    story.raise_deviation()
    story.fresh()
    issued(story)
    request_print(story.cast.qa, batch=story.batch)
    for pattern in every_pattern(get_resolver().url_patterns):
        if pattern.name in OPEN:
            continue
        address = placed(story, pattern)
        for answer in (Client().get(address), Client().post(address)):
            assert answer.status_code in (302, 401, 405), f"{address} answered {answer.status_code}"
            assert answer.status_code != 302 or answer["Location"].startswith("/sign-in/"), address
