"""What the rules judge of a step stands in its section: value, limit, verdict, and the deviation the verdict raised."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from batches.models import Deviation, Lot
from batches.queries.findings import judged
from batches.record.contents import compose
from batches.record.facts import Facts, gather
from batches.rules.limits import Verdict
from batches.rules.seeding import SeedingLine
from tests.builders import LOTS, Story
from tests.counts import hemocytometer

SHOWN_AS = {  # limits of a step whose values stand among its results, under the figure's own name
    "pd_per_passage": "Population doublings (PD)",
    "doubling_time_h": "Doubling time",
    "cumulative_pdl": "Cumulative PDL",
    "viability_pct": "Viability",
    "replicate_difference_pct": "Chambers",
    "counted_cells": "Viable cells per mL",
    "seeding_density_per_cm2": "Seeding density",
    "confluence_at_detachment_pct": "Confluence",
    "detach_minutes": "Exposure",
}


def row(facts: Facts, key: str, name: str) -> tuple[str, ...]:
    """One row of the tables of values and figures in a section, its cells as texts."""
    (section,) = [s for s in compose(facts).sections if s.anchor == key]
    (found,) = [
        tuple(getattr(cell, "text", getattr(cell, "new", cell)) for cell in cells)
        for block in section.blocks
        if block.kind in ("items", "results")
        for cells in block.cells
        if str(cells[0]).startswith(name)
    ]
    return found


def test_every_value_judged_of_a_passage_has_a_row_and_a_verdict_names_the_deviation_it_raised(story: Story) -> None:
    story.isolate()
    story.wait(days=46)
    late = {
        "exposure_started_at": story.at - timedelta(minutes=66),
        "exposure_ended_at": story.at - timedelta(minutes=62),
    }
    seed = ("T175", 2, "3.4")
    story.passage(205, 9, suspension="4.0", seed=seed, detached=late, comment="The centrifuge stopped.")
    story.wait(days=5)
    story.passage(323, 20, suspension="15.0", seed=("CS5", 1, "14.8"), comment="Cells of a long culture.")
    story.wait(days=6)
    story.cell_harvest(comment="Cells of a long culture.")
    facts = gather(story.batch)
    raised = {(d.source_pk, d.limit): d.number for d in Deviation.objects.filter(batch=story.batch)}
    places = {str(p.passage.pk): f"passage-{n}" for n, p in enumerate(facts.lineage.passages, 1)}
    of_passages = [j for j in judged(story.batch) if j.row._meta.label == "batches.Passage"]
    assert {j.finding.limit.key for j in of_passages} >= {"culture_days", "suspension_to_seeding_min", "passage_number"}
    for each in of_passages:
        key, pk = each.finding.limit.key, str(each.row.pk)
        shown = row(facts, places[pk], SHOWN_AS.get(key, str(each.finding.limit.label)))
        if each.verdict is Verdict.ACTION:
            assert shown[-1] == f"Action,\n{raised[pk, key]}"
    first = next(place for place in places.values())
    days = row(facts, first, "Days in culture")
    assert days[1:] == ("46.0\u00a0d", "alert > 35\u00a0d; action > 45\u00a0d", days[-1])
    assert days[-1].startswith("Action,\nDEV-")
    assert row(facts, first, "Suspension made to seeding")[1] == "62\u00a0min"


def test_a_verdict_of_an_isolation_names_its_deviation(story: Story) -> None:
    story.isolate(count=hemocytometer(110, 90, predilution="1"), comment="Fat of poor quality.")
    (raised,) = Deviation.objects.filter(batch=story.batch, limit="svf_viability_pct")
    assert row(gather(story.batch), "isolation", "Viability")[-1] == f"Action,\n{raised.number}"
    assert row(gather(story.batch), "isolation", "Harvest to start of processing")[-1] == "within"


def test_vessels_whose_density_is_judged_unlike_that_of_all_are_each_told_with_their_verdict(story: Story) -> None:
    story.isolate()
    story.wait(days=10)
    lots = LOTS[Lot.Kind.VESSEL]
    story.passage(
        205,
        9,
        suspension="4.0",
        seed=("T175", 2, "3.4"),
        seeding=[
            SeedingLine("T175", 2, lots, Decimal("3.0"), 1),
            SeedingLine("T25", 1, lots, Decimal("0.6"), 2),
        ],
        comment="The last drops went into a small flask.",
    )
    facts = gather(story.batch)
    (raised,) = Deviation.objects.filter(batch=story.batch, limit="seeding_density_per_cm2")
    (small,) = [v.code for v in facts.vessels if v.kind == "T25" and v.generation == 1]
    assert row(facts, "passage-1", "Seeding density, P1")[-1] == "within"
    assert small in row(facts, "passage-1", "Density, T25")[1]
    assert row(facts, "passage-1", "Density, T25")[-1] == f"Action,\n{raised.number}"
    assert row(facts, "passage-1", "Density, T175")[-1] == "within"
