"""Verifying a batch that went the whole way: every table that holds evidence, with rows picked at random.

One column of every table is changed at a time, in one row of each, so that each round verifies once.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, models, transaction
from django.test import override_settings
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from batches.models import Correction
from lims.ledger import checkpoints
from lims.ledger.models import Checkpoint, CheckpointHead, Entry, Head
from lims.ledger.verify import Finding, verify
from lims.recorded import recorded_models, version_model
from lims.signatures.models import Signature
from tests.builders import Story
from tests.held import again
from tests.lims.ledger.test_verify import attack, change, copy, kept, names, other, remove
from tests.superuser.lifting import take_guards_down

LEDGER: list[type[models.Model]] = [Entry, Head, Signature, Checkpoint, CheckpointHead]

Tried = list[tuple[models.Model, str, list[Any]]]


def tell_whole(story: Story) -> None:
    """A batch issued, grown, corrected, released, infused and followed up; with a deviation and checkpoints."""
    harvest = story.harvest()
    story.correct(harvest, "anaesthesia", "Lidocaine 2 %, local")
    story.isolate()
    checkpoints.write()
    deviation = story.raise_deviation()
    story.assess(deviation)
    story.released()
    story.infuse()
    checkpoints.write()
    story.adverse_event()
    story.follow_up()
    checkpoints.write()


@pytest.fixture(scope="module")
def whole_once(told_once: Story, tmp_path_factory: pytest.TempPathFactory) -> tuple[Story, Path]:
    """Told once, with the folder of its checkpoints."""
    folder = tmp_path_factory.mktemp("checkpoints")
    with override_settings(CHECKPOINT_DIR=folder):
        tell_whole(told_once)
    return told_once, folder


@pytest.fixture
def guarded_whole(whole_once: tuple[Story, Path], db: None, checkpoint_dir: Path) -> Story:
    """The whole story, its checkpoints where this test's are."""
    story, folder = whole_once
    shutil.copytree(folder, checkpoint_dir)
    return again(story)


@pytest.fixture
def whole(guarded_whole: Story) -> Story:
    """The same in the hands of somebody who owns the database, until the test ends."""
    take_guards_down()
    return guarded_whole


def picked(model: type[models.Model], dice: random.Random) -> models.Model:
    """Any row of a model that has some."""
    keys = list(model._base_manager.order_by("pk").values_list("pk", flat=True))
    row: models.Model = model._base_manager.get(pk=dice.choice(keys))
    return row


def all_at_once(attempts: list[tuple[models.Model, str, Callable[[], list[Any]]]]) -> tuple[Tried, list[Finding]]:
    """Do everything the database allows, verify once, and undo it; gives what was done and what was found.

    Each attempt gives the keys its row may be named by.
    """
    done: Tried = []

    def do() -> None:
        for row, what, attempt in attempts:
            try:
                with transaction.atomic():
                    keys = attempt()
            except DatabaseError:
                continue
            done.append((row, what, keys))

    found = attack(do)
    assert found is not None
    return done, found


def changing(row: models.Model, field: models.Field[Any, Any]) -> Callable[[], list[Any]]:
    """Changes one value; the row is then named by its key, old or new."""

    def run() -> list[Any]:
        value = other(field, getattr(row, field.attname))
        change(row, field, value)
        return [row.pk, value] if field.primary_key else [row.pk]

    return run


def test_the_whole_way_fills_the_tables_and_verifies(guarded_whole: Story) -> None:
    report = verify()
    assert report.findings == []
    assert report.entries == Entry.objects.count() > 100
    assert Correction.objects.exists()
    assert len(kept("rows")) >= 30
    assert {m._meta.object_name for m in kept("versions")} == {f"Historical{m._meta.object_name}" for m in kept("rows")}


@pytest.mark.parametrize("kind", ["rows", "versions"])
@pytest.mark.clause("11.10(a)", "11.10(c)", "A11-7")
def test_every_column_of_every_table_is_watched(whole: Story, kind: str) -> None:
    tables = kept(kind)
    dice = random.Random(kind)
    watched: set[tuple[str, str]] = set()
    for place in range(max(len(m._meta.concrete_fields) for m in tables)):
        attempts: list[tuple[models.Model, str, Callable[[], list[Any]]]] = []
        for model in tables:
            if place < len(model._meta.concrete_fields):
                row, field = picked(model, dice), model._meta.concrete_fields[place]
                attempts.append((row, field.name, changing(row, field)))
        done, found = all_at_once(attempts)
        for row, name, keys in done:
            assert names(found, type(row), *keys), f"{row._meta.label} {row.pk}: {name} was changed and not found"
            watched.add((row._meta.label, name))
    every = {(m._meta.label, f.name) for m in tables for f in m._meta.concrete_fields}
    # What the database itself refuses needs no finding, but that is the exception: keys, and values under a constraint.
    assert len(watched) > len(every) * 0.9, sorted(every - watched)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", ["rows", "versions"])
@pytest.mark.parametrize("act", ["remove", "copy"])
@pytest.mark.clause("11.10(a)", "11.10(e)")
def test_a_row_taken_away_or_added_anywhere_is_named(whole: Story, act: str, kind: str, seed: int) -> None:
    dice = random.Random(seed)

    def attempt(row: models.Model) -> Callable[[], list[Any]]:
        def run() -> list[Any]:
            if act == "copy":
                return [copy(row)]
            remove(row)
            return [row.pk]

        return run

    tables = kept(kind)
    rows = [picked(m, dice) for m in tables]
    done, found = all_at_once([(row, act, attempt(row)) for row in rows])
    for row, what, keys in done:
        assert names(found, type(row), *keys), f"{what} of {row._meta.label} {row.pk} was not found"
    # A copy of a live row clashes with many a constraint; nothing else stands in the way before a transaction ends.
    assert len(done) > len(tables) * (0.25 if (act, kind) == ("copy", "rows") else 0.9)


@pytest.mark.parametrize("model", LEDGER, ids=lambda m: m.__name__)
def test_every_column_of_the_ledger_is_watched_wherever_it_is(whole: Story, model: type[models.Model]) -> None:
    dice = random.Random(model.__name__)
    for field in model._meta.concrete_fields:
        for _ in range(3):
            row = picked(model, dice)
            done, found = all_at_once([(row, field.name, changing(row, field))])
            for _row, name, keys in done:
                assert names(found, model, *keys), f"{model._meta.label} {row.pk}: {name} was changed and not found"


@hypothesis_settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_one_row_changed_taken_away_or_added_is_found(whole: Story, data: st.DataObject) -> None:
    """Any table, any row, any column: what the chances above may have missed."""
    model = data.draw(st.sampled_from([*kept("rows"), *kept("versions"), *LEDGER]))
    keys = [str(pk) for pk in model._base_manager.order_by("pk").values_list("pk", flat=True)]
    row = model._base_manager.get(pk=data.draw(st.sampled_from(keys)))
    field = data.draw(st.sampled_from(model._meta.concrete_fields))
    what = {
        "change": changing(row, field),
        "remove": lambda: [remove(row), row.pk],
        "add": lambda: [copy(row)],
    }
    done, found = all_at_once([(row, field.name, what[data.draw(st.sampled_from(sorted(what)))])])
    assert found or not done, f"{model._meta.label} {row.pk}: {done}"


@pytest.mark.parametrize("model", [Entry, Signature], ids=lambda m: m.__name__)
def test_two_rows_that_changed_places_are_found(whole: Story, model: type[models.Model]) -> None:
    dice = random.Random(7)
    for field in model._meta.concrete_fields:
        one, two = picked(model, dice), picked(model, dice)
        first, second = getattr(one, field.attname), getattr(two, field.attname)
        if first == second or field.unique:
            continue

        def swap(
            one: models.Model = one,
            two: models.Model = two,
            field: models.Field[Any, Any] = field,
            values: tuple[Any, Any] = (first, second),
        ) -> list[Any]:
            change(one, field, values[1])
            change(two, field, values[0])
            return [one.pk, two.pk]

        done, found = all_at_once([(one, field.name, swap)])
        for _row, name, keys in done:
            assert any(names(found, model, key) for key in keys), f"{model._meta.label}.{name} was exchanged unseen"


def test_a_value_put_back_to_an_earlier_version_is_found(whole: Story) -> None:
    """The old value was sealed once, so nothing about it looks wrong but that it is not the newest."""
    tried = 0
    for model in recorded_models():
        kept_versions = version_model(model)
        key = model._meta.pk.attname
        for row in model._base_manager.all():
            versions: list[Any] = list(kept_versions._base_manager.filter(**{key: row.pk}).order_by("pk"))
            for field in model._meta.concrete_fields:
                if len(versions) < 2 or field.name in getattr(model, "without_history", ()):
                    continue
                old = getattr(versions[0], field.attname)
                if old == getattr(row, field.attname):
                    continue
                done, found = all_at_once([(row, field.name, _setting(row, field, old))])
                tried += len(done)
                for _row, name, keys in done:
                    assert names(found, model, *keys), f"{model._meta.label} {row.pk}: {name} went back unseen"
                break
    assert tried > 5


def _setting(row: models.Model, field: models.Field[Any, Any], value: Any) -> Callable[[], list[Any]]:
    def run() -> list[Any]:
        change(row, field, value)
        return [row.pk]

    return run
