"""The facts that the sequence of acts depends on."""

from __future__ import annotations

from batches.models import Batch, Infusion, Vessel
from batches.queries.dispositions import release_stands
from batches.queries.labels import open_labels, waits_for_fill
from batches.queries.lineage import lineage
from batches.queries.outcomes import waits_for_primary
from batches.queries.reviewing import unreviewed
from batches.rules.deviations import IDENTITY
from batches.rules.sequence import BatchFacts
from batches.rules.states import DeviationState, DispositionState, InfusionState, ResultState, Stage, VesselState
from lims import clock


def batch_facts(batch: Batch) -> BatchFacts:
    """Facts of one batch, as its sequence rules need them. Thirteen small queries, and six more from P2 on."""
    in_culture = list(Vessel.objects.filter(batch=batch, state=VesselState.IN_CULTURE).values_list("pk", "generation"))
    generations = [generation for _, generation in in_culture]
    # Nobody has doubled past a limit before the second passage: the lineage is looked up only then.
    seeded = lineage(batch).vessels if max(generations, default=0) > 1 else {}
    raised = list(batch.deviations.values_list("state", "limit"))
    deviations = [state for state, _ in raised]
    infusion = Infusion.objects.filter(batch=batch).first()
    fill = getattr(batch, "fill", None)
    disposition = DispositionState(batch.disposition)
    return BatchFacts(
        stage=Stage(batch.stage),
        disposition=disposition,
        vessels_in_culture=len(generations),
        generation=min(generations, default=None),
        passage_limit=batch.mbr.process.passage_limit,
        cumulative_doublings=min((seeded[pk].before.highest for pk, _ in in_culture if pk in seeded), default=None),
        doublings_limit=batch.mbr.process.cpdl_limit,
        pending_results=batch.results.filter(state=ResultState.PENDING).count(),
        open_deviations=deviations.count(DeviationState.OPEN),
        assessed_deviations=deviations.count(DeviationState.ASSESSED),
        infusion=InfusionState(infusion.state) if infusion else None,
        has_baseline_vitals=bool(infusion and infusion.vitals.filter(scheduled="baseline").exists()),
        is_release_valid=release_stands(batch),
        is_expired=fill is not None and clock.now() >= fill.expires_at,
        has_baseline_pain=batch.pain_assessments.filter(occasion="baseline").exists(),
        has_open_mismatch=(DeviationState.OPEN, IDENTITY) in raised,
        unreviewed_entries=unreviewed(batch),
        has_fill_label=batch.stage != Stage.CELL_HARVEST or waits_for_fill(batch),
        labels_open=open_labels(batch),
        waits_for_follow_up=batch.stage == Stage.INFUSED and waits_for_primary(batch),
    )
