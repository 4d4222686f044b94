"""Every row below a batch or a patient is under a signature, and a change of any of it supersedes that signature.

The models are computed from the installed ones: a new one fails here until it is signed, or until its name and the
reason why nobody signs it stand in `UNSIGNED`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DatabaseError, models, transaction
from django.db.models import Q

from batches.models import Batch, Patient
from batches.queries.corrections import root_of
from batches.queries.involved import relied_on, signed_steps, superseded, took_part
from batches.queries.release import release_facts
from batches.rules.release import blockers
from batches.rules.states import DispositionState
from lims.commands import COMMANDS
from lims.recorded import Recorded, recorded_models, tracked_fields
from lims.signatures.models import Signature
from lims.signatures.standing import standings
from lims.signatures.subjects import children
from tests.batches.whole import live_through
from tests.builders import Story
from tests.lims.ledger.test_verify import change, copy, other
from tests.superuser.lifting import take_guards_down

# Below a batch or a patient, and under no signature that a release rests on.
UNSIGNED = {
    "batches.DowntimeForm": "issuing a sheet records nothing yet; what was written on it is signed once transcribed",
    "batches.LabelPrint": "a first label repeats what the record says; a further copy is signed by QA",
    "batches.Lot": "a material of the laboratory, reserved for a patient; it is released for every batch at once",
    "batches.IssuedCopy": "a copy is signed by who issues it, and changes nothing of what it shows",
    "batches.PrintRequest": "asking for a print changes nothing of what is printed",
    "batches.PrintedRecord": "the file is kept under its digest, and the worker that made it has no signature",
}
# Acts that make nobody part of making or testing, whoever does them.
ELSEWHERE = ("disposition:", "document:", "consent:", "eligibility:", "training:", "patient:", "lot:", "equipment:")
# What QA signs as its own work: it makes nobody part of making or testing.
WORK_OF_QA = {
    ("batch:issue", "checked"),
    ("batch:issue", "issued"),
    ("deviation:raise", "performed"),
    ("deviation:assess", "reviewed"),
    ("deviation:close", "approved"),
    ("audit_trail:review", "reviewed"),
    ("document:issue", "issued"),
    ("training:record", "approved"),
    ("lot:decide", "approved"),
}


def below(model: type[models.Model], seen: frozenset[type[models.Model]] = frozenset()) -> bool:
    """Whether foreign keys lead from a model to a batch or a patient."""
    if model in (Batch, Patient):
        return True
    keys = [f.related_model for f in model._meta.concrete_fields if f.is_relation and f.name != "act"]
    return any(
        isinstance(to, type) and to not in seen and issubclass(to, Recorded) and below(to, seen | {model})
        for to in keys
    )


BELOW = [m for m in recorded_models() if below(m)]
SIGNED = [m for m in BELOW if m._meta.label not in UNSIGNED]


def lost(batch: Batch) -> set[tuple[str, str]]:
    """The steps a batch rests on whose signatures hold no more."""
    return {(s.model, s.pk) for s in superseded({**signed_steps(batch), **relied_on(batch)})}


def above(row: models.Model) -> list[Signature]:
    """The signatures that must know of a change of a row: the valid ones under the step it belongs to."""
    root = root_of(row)
    subjects = [root]
    if isinstance(root, Patient):  # enrolled without a signature; consent and eligibility are signed for that person
        subjects = [*root.consents.all(), *root.assessments_of_eligibility.all()]
    under = Q()
    for subject in subjects:
        under |= Q(subject_model=subject._meta.label, subject_pk=str(subject.pk))
    found = [s.signature for s in standings(Signature.objects.filter(under)) if s.is_valid]
    assert found, f"{row._meta.label} {row.pk} is under no signature"
    return found


def hold(given: list[Signature]) -> bool:
    """Whether any of them still holds."""
    return any(s.is_valid for s in standings(given))


def row_of(model: type[models.Model]) -> models.Model:
    """A row of a model; of results, one that was given."""
    rows: models.QuerySet[Any] = model._base_manager.order_by("pk")
    return next(r for r in rows if model._meta.label != "batches.TestResult" or (r.done_at and r.state == "final"))


def attempts(row: models.Model, field: models.Field[Any, Any]) -> Iterator[Any]:
    """Values to put in place of one."""
    yield other(field, getattr(row, field.attname))
    if field.null and getattr(row, field.attname) is not None:
        yield None


def values(model: type[Recorded]) -> list[models.Field[Any, Any]]:
    """The fields a signature covers."""
    without = {"act", *model.unsigned_fields}
    return [f for f in tracked_fields(model) if not f.primary_key and f.name not in without]


@pytest.mark.clause("11.70", "A11-14")
def test_every_row_below_a_batch_or_a_patient_is_bound_to_a_signature(story: Story) -> None:
    """One test, because a batch that lived through everything takes long to make."""
    whole = live_through(story)
    assert set(UNSIGNED) <= {m._meta.label for m in BELOW}, "a name that is no model below a batch any more"
    without_rows = [m._meta.label for m in BELOW if not m._base_manager.exists()]
    assert without_rows == [], "the story has to make rows of every model, or nothing is shown of it"
    assert lost(whole.batch) == set(), "before anything is changed, every signature holds"
    take_guards_down()
    _change_every_value()
    _add_a_row_below_every_row()
    _ask_again_at_release(whole)
    _nobody_who_took_part_releases(whole)


def _change_every_value() -> None:
    missed, changed = [], 0
    for model in SIGNED:
        row = row_of(model)
        given = above(row)
        for field in values(model):
            for value in attempts(row, field):
                try:
                    with transaction.atomic():
                        change(row, field, value)
                        changed += 1
                        if hold(given):
                            missed.append(f"{model._meta.label}: {field.name} became {value!r}")
                        transaction.set_rollback(True)
                except DatabaseError:
                    continue  # what the database refuses can't be
    assert missed == []
    assert changed > 200, "most values can be changed around the program"


def _add_a_row_below_every_row() -> None:
    missed, added = [], set()
    for parent in BELOW:
        for child, key in children(parent):
            row = child._base_manager.exclude(**{key: None}).order_by("pk").first()
            if row is None:
                continue
            given = above(row)
            try:
                with transaction.atomic():
                    one_more(row, key)
                    added.add(child._meta.label)
                    if hold(given):
                        missed.append(f"one more {child._meta.label}")
                    transaction.set_rollback(True)
            except DatabaseError:
                continue
    assert missed == []
    assert {"batches.SquareCount", "batches.SymptomAnswer", "batches.PdasAnswer", "batches.Attachment"} <= added


def one_more(row: models.Model, key: str) -> None:
    """A copy of a row under the same row above, around the program; what must be unique becomes another."""
    unique = {f.name for f in row._meta.concrete_fields if f.unique and not f.primary_key and f.attname != key}
    unique |= {c.fields[-1] for c in row._meta.constraints if isinstance(c, models.UniqueConstraint)}
    for name in unique:
        field: Any = row._meta.get_field(name)
        new = other(field, getattr(row, field.attname))
        setattr(row, field.attname, new + 1_000 if isinstance(new, int) else new)
    copy(row)


def _ask_again_at_release(whole: Story) -> None:
    silent = []
    for model in SIGNED:
        row = row_of(model)
        has_only_references = all(f.is_relation for f in values(model))
        for field in values(model):
            try:
                with transaction.atomic():
                    change(row, field, other(field, getattr(row, field.attname)))
                    if not field.is_relation or has_only_references:
                        if not lost(whole.batch):
                            silent.append(f"{model._meta.label}.{field.name}")
                        transaction.set_rollback(True)
                        break
                    transaction.set_rollback(True)
            except DatabaseError:
                continue
        else:
            silent.append(f"{model._meta.label}: nothing could be changed")
    assert silent == []


def _nobody_who_took_part_releases(whole: Story) -> None:
    """Acceptance scenario 19, for every act and every meaning the batch was signed with."""
    given = list(Signature.objects.exclude(entry__stream=whole.patient.stream).select_related("entry", "signer"))
    seen = {(s.entry.name, s.meaning) for s in given if not s.entry.name.startswith("disposition:")}
    signers = {(s.entry.name, s.meaning): s.signer for s in given}
    free = {way for way in seen - WORK_OF_QA if not took_part(signers[way], whole.batch)}
    assert free == set(), "took part and could release"
    assert not took_part(whole.cast.second_qa, whole.batch)
    expected = {way for way in ways() if not way[0].startswith(ELSEWHERE)}
    assert expected - seen == {("batch:end", "approved")}, "a way of taking part that the story does not go"


def ways() -> set[tuple[str, str]]:
    """Every signed act on a batch and what it is signed with, besides what a process may add."""
    found: set[tuple[str, str]] = set()
    for name, run in COMMANDS.items():
        asked = run.signed  # type: ignore[attr-defined]
        if run.__module__.startswith("batches.") and not callable(asked):
            found |= {(name, str(m)) for m in asked}
    return found


def test_a_change_of_eligibility_or_of_a_step_is_a_reason_against_release(story: Story) -> None:
    receipt = story.receive()
    for row in (story.patient.assessments_of_eligibility.get(), receipt):
        with transaction.atomic():
            take_guards_down()
            change(row, row._meta.get_field("comment"), "Put here around the program")  # type: ignore[arg-type]
            facts = release_facts(story.fresh(), story.cast.second_qa)
            assert facts.superseded == (str(row),)
            codes = {r.code for r in blockers(facts, DispositionState.RELEASED)}
            assert codes >= {"REL-07", "REL-12"}, "asked for again, and the ledger does not verify"
            transaction.set_rollback(True)


def test_a_correction_supersedes_what_was_signed_and_the_pair_that_signs_it_again_holds(story: Story) -> None:
    """Acceptance scenario 3: the older signatures stay, superseded; those of the correction stand for what it says."""
    receipt = story.receive()
    story.correct(receipt, "comment", "The label was wet.")
    step = signed_steps(story.fresh())["batches.Receipt", str(receipt.pk)]
    assert [(s.signature.meaning, s.is_valid) for s in step.signatures] == [
        ("performed", False),
        ("witnessed", False),
        ("corrected", True),
        ("witnessed", True),
    ]
    assert lost(story.batch) == set()


def test_a_reviewer_who_corrected_a_step_is_refused(story: Story) -> None:
    """Acceptance scenario 19."""
    receipt = story.receive()
    story.correct(receipt, "comment", "The label was wet.", by=story.cast.qa)
    facts = release_facts(story.fresh(), story.cast.qa)
    assert "REL-11" in [r.code for r in blockers(facts, DispositionState.REJECTED)]
