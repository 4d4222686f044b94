"""Issued documents: what each rests on, and the facts it is made from.

Not here: which sections it has (contents.py), when it may be issued (rules/documents.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from django.db import models

from batches.record.contents import compose
from batches.record.facts import Facts
from batches.record.sections.signing import in_order
from batches.rules.documents import Document, DocumentFacts
from batches.rules.release import RELEASES, CriterionFacts
from batches.rules.states import DispositionState, InfusionState
from lims.signatures.meanings import Meaning


def document_facts(facts: Facts) -> DocumentFacts:
    """What issuing a document of a batch rests on."""
    newest = facts.dispositions[-1] if facts.dispositions else None
    return DocumentFacts(
        disposition=DispositionState(facts.batch.disposition),
        tests=tuple(
            CriterionFacts(
                key=line.row.key,
                name=str(line.row.name),
                standing=line.standing,
                outcome=line.outcome,
                is_pending_allowed=line.row.pending_allowed,
                is_required=line.is_required,
            )
            for line in facts.specification
        ),
        is_release_valid=(
            newest is not None and newest.decision in RELEASES and facts.disposition_holds.get(newest.pk, False)
        ),
        unsigned=tuple(_unsigned(facts)),
        is_infusion_ended=facts.infusion is not None and facts.infusion.state == InfusionState.STOPPED,
        deviations=tuple(d.number for d in facts.deviations),
        sections=tuple(key for key, _title in choices(facts)),
    )


def choices(facts: Facts) -> list[tuple[str, str]]:
    """The sections of the batch record that can be chosen, by key and title; the first is always there."""
    return [(s.key, f"{s.number} {s.title}") for s in compose(facts).sections[1:] if not s.level]


def facts_for(facts: Facts, document: Document, about: str) -> Facts:
    """The facts a document is made from: a report on one deviation knows no other."""
    if document is not Document.DEVIATION:
        return facts
    return replace(facts, deviations=[d for d in facts.deviations if d.number == about])


def _unsigned(facts: Facts) -> Iterator[str]:
    """Steps up to the release whose signatures do not hold, and critical ones that no second person signed."""
    critical: list[models.Model | None] = [facts.receipt, facts.isolation, *facts.passages, facts.fill]
    steps = [row for row in critical if row is not None]
    for row in [*steps, *facts.dispositions[-1:]]:
        given = in_order(facts.signed(row))
        is_witnessed = row not in steps or any(s.signature.meaning == Meaning.WITNESSED for s in given)
        if not given or not given[-1].is_valid or not is_witnessed:
            yield str(row)
