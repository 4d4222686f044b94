"""The rows that the page of one batch draws, gathered in a number of queries that does not grow with the batch.

Not here: the whole record (record/facts.py), and what is made of these rows (rail, recent, charts).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from batches import models as m


@dataclass(frozen=True)
class BatchRows:
    """One batch with what its page shows. Counts come with their squares."""

    batch: m.Batch
    harvest: m.Harvest | None
    isolation: m.Isolation | None
    vessels: Sequence[m.Vessel]
    passages: Sequence[m.Passage]
    fill: m.Fill | None
    last_observation: m.Observation | None
    last_medium_change: m.MediumChange | None
    deviations: Sequence[m.Deviation]
    results: Sequence[m.TestResult]
    dispositions: Sequence[m.Disposition]
    infusion: m.Infusion | None
    follow_ups: Sequence[m.PainAssessment]


def batch_rows(batch: m.Batch) -> BatchRows:
    """Gather the rows of a batch whose patient and process are at hand."""
    return BatchRows(
        batch=batch,
        harvest=m.Harvest.objects.filter(batch=batch).first(),
        isolation=m.Isolation.objects.filter(batch=batch).first(),
        vessels=list(batch.vessels.all()),
        passages=list(batch.passages.select_related("count").prefetch_related("count__squares")),
        fill=m.Fill.objects.filter(batch=batch).select_related("count").prefetch_related("count__squares").first(),
        last_observation=batch.observations.last(),
        last_medium_change=batch.medium_changes.last(),
        deviations=list(batch.deviations.all()),
        results=list(batch.results.all()),
        dispositions=list(batch.dispositions.all()),
        infusion=m.Infusion.objects.filter(batch=batch).prefetch_related("events").first(),
        follow_ups=list(batch.pain_assessments.filter(occasion=m.PainAssessment.Occasion.FOLLOW_UP)),
    )
