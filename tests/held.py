"""A story that the tests of one file share as far as it goes: what a test does to it is taken back with the test.

The file's own transaction holds what is told once, and each test is a savepoint inside it. So no test of such a file
may ask for `django_db(transaction=True)`, and the file runs in one process (`--dist loadfile`).
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import fields
from typing import Any

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from tests.builders import Story
from tests.cast import Cast, gather_cast


@pytest.fixture(scope="module")
def told_once(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Story]:
    """A story that has not begun, for a file to tell as far as all its tests begin."""
    with django_db_blocker.unblock():
        held: Any = transaction.atomic()
        # As TestCase marks its own, so that a durable block inside is let be.
        held._from_testcase = True
        with held:
            yield Story(gather_cast())
            transaction.set_rollback(True)


@pytest.fixture(scope="module")
def tested_once(told_once: Story) -> Story:
    """Told once: a filled product, sampled, with every result in that must be."""
    told_once.tested()
    return told_once


@pytest.fixture(scope="module")
def released_once(told_once: Story) -> Story:
    """Told once: a released bag."""
    told_once.released()
    return told_once


@pytest.fixture
def tested(tested_once: Story, db: None) -> Story:
    """A filled product, sampled, with every result in that must be."""
    return again(tested_once)


@pytest.fixture
def released(released_once: Story, db: None) -> Story:
    """A released bag."""
    return again(released_once)


def again(story: Story) -> Story:
    """A story for one test to go on with, its people, patient and batch as the database has them."""
    mine = copy(story)
    mine.cast = Cast(**{f.name: _read(getattr(story.cast, f.name)) for f in fields(Cast)})
    mine.patient = _read(story.patient)
    mine.fresh()
    return mine


def _read(row: Any) -> Any:
    return type(row)._base_manager.get(pk=row.pk)
