"""Vessels seeded in an isolation or a passage: named, with area, suspension and cells, medium and place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from django.utils.translation import gettext as _

from batches.models import Isolation, Passage, Vessel
from batches.record import blocks, words
from batches.record.facts import Facts
from batches.record.sections.results import limited
from batches.rules.growth import seeding_density_per_cm2
from batches.rules.wording import cells, quantity, rounded


def seeded_vessels(facts: Facts, row: Isolation | Passage, vessels: Sequence[Vessel]) -> Iterator[blocks.Block]:
    """The vessels with what became of them, the medium, the incubator and shelf."""
    if not vessels:
        return
    kinds = {k.code: k.name for k in facts.process.vessel_kinds}
    yield blocks.Heading(_("Seeded as P{generation}").format(generation=vessels[0].generation))
    yield blocks.Table(
        (
            blocks.Column(_("Vessel"), 12, strong=True),
            blocks.Column(_("Kind"), 22),
            blocks.Column(_("Area"), 13),
            blocks.Column(_("Lot"), 17),
            blocks.Column(_("Suspension"), 13),
            blocks.Column(_("Viable cells"), 12),
            blocks.Column(_("Became"), 11),
        ),
        tuple(
            (
                v.code,
                kinds.get(v.kind, v.kind),
                quantity(rounded(v.area_cm2, 1).normalize(), "cm²"),
                facts.corrected(v, "lot", v.lot.code),
                facts.corrected(v, "suspension_ml", words.ml(v.suspension_ml)),
                cells(facts.lineage.vessels[v.pk].cells) if v.pk in facts.lineage.vessels else blocks.NOTHING,
                str(v.get_state_display()).lower(),
            )
            for v in vessels
        ),
    )
    assert row.medium_lot is not None
    assert row.incubator is not None
    yield blocks.Items(
        (
            blocks.Item(
                _("Medium"),
                facts.corrected(
                    row, ("medium_lot", "medium_ml"), f"{words.lot(row.medium_lot)}, {words.ml(row.medium_ml)}"
                ),
                _("released, in date"),
                words.lot_used(row.medium_lot, row.done_at.astimezone(facts.zone).date()),
            ),
            blocks.Item(
                _("Incubator and shelf"),
                facts.corrected(row, ("incubator", "shelf"), f"{row.incubator.code}, {_('shelf')} {row.shelf}"),
            ),
            *_densities(facts, row, vessels, kinds),
        )
    )


def _densities(
    facts: Facts, row: Isolation | Passage, vessels: Sequence[Vessel], kinds: Mapping[str, str]
) -> Iterator[blocks.Item]:
    """Vessels are judged by kind and density: each tells its own where its verdict is not that of all together.

    The results show the density of all.
    """
    limit = facts.process.limits["seeding_density_per_cm2" if vessels[0].generation else "p0_density_per_cm2"]
    alike: dict[tuple[str, Decimal], list[str]] = defaultdict(list)
    seeds = [facts.lineage.vessels[v.pk] for v in vessels if v.pk in facts.lineage.vessels]
    for seed in seeds:
        density = seeding_density_per_cm2(seed.cells, seed.area_cm2)
        if density is not None:
            alike[seed.kind, limit.compared(density)].append(seed.code)
    area = sum((s.area_cm2 for s in seeds), Decimal(0))
    whole = seeding_density_per_cm2(sum(s.cells for s in seeds), area)
    if all(limit.verdict(density) is limit.verdict(whole) for _kind, density in alike):
        return
    for (kind, density), codes in alike.items():
        shown = f"{quantity(density, limit.unit, 0)}, {words.listed(codes)}"
        yield limited(facts, row, _("Density, {kind}").format(kind=kinds.get(kind, kind)), shown, limit, density)
