"""Materials and equipment that touched the cells."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from batches.models import Equipment, Lot
from batches.record import blocks, words
from batches.record.facts import Facts


def section(facts: Facts, number: str) -> blocks.Section:
    """Each lot once, and each piece of equipment once under each calibration, with where it was used."""
    lots: dict[int, tuple[Lot, list[str]]] = {}
    items: dict[tuple[int, date | None], tuple[Equipment, list[str]]] = {}
    for step, row, thing in _used(facts):
        if isinstance(thing, Lot):
            lots.setdefault(thing.pk, (thing, []))[1].append(step)
        else:
            items.setdefault((thing.pk, _due_on(facts, thing, row.done_at)), (thing, []))[1].append(step)
    body: tuple[blocks.Block, ...] = (
        blocks.Heading(_("Materials")),
        blocks.Table(
            (
                blocks.Column(_("Material"), 28),
                blocks.Column(_("Lot"), 17, strong=True),
                blocks.Column(_("Expires"), 13),
                blocks.Column(_("Supplier"), 18),
                blocks.Column(_("Used in"), 24),
            ),
            tuple(
                (
                    f"{lot.get_kind_display()}: {lot.name}",
                    lot.code,
                    words.on(lot.expires_on),
                    words.text(lot.supplier),
                    words.listed(list(dict.fromkeys(steps))),
                )
                for lot, steps in sorted(lots.values(), key=lambda pair: (pair[0].kind, pair[0].code))
            ),
            empty=_("No material is recorded."),
        ),
        blocks.Heading(_("Equipment")),
        blocks.Table(
            (
                blocks.Column(_("Equipment"), 36),
                blocks.Column(_("Code"), 17, strong=True),
                blocks.Column(_("Calibration due, as known when used"), 17),
                blocks.Column(_("Used in"), 30),
            ),
            tuple(
                (
                    f"{item.get_kind_display()}: {item.name}",
                    item.code,
                    words.on(due_on) if due_on else blocks.VerdictMark("alert", _("none recorded at that time")),
                    words.listed(list(dict.fromkeys(steps))),
                )
                for (_pk, due_on), (item, steps) in sorted(
                    items.items(), key=lambda found: (found[1][0].kind, found[1][0].code, found[0][1] or date.min)
                )
            ),
            empty=_("No equipment is recorded."),
        ),
    )
    return blocks.Section(number, _("Materials and equipment"), body, anchor="materials")


def _due_on(facts: Facts, item: Equipment, at: datetime) -> date | None:
    """When the calibration of a piece of equipment was due, as it was known when it was used."""
    known = [c.due_on for c in facts.calibrations.get(item.pk, ()) if c.since <= at]
    return known[-1] if known else None


def _used(facts: Facts) -> Iterator[tuple[str, Any, Lot | Equipment]]:
    for step, row, names in (
        (_("isolation"), facts.isolation, ("enzyme_lot", "medium_lot", "cabinet", "incubator")),
        *((f"P{p.generation}", p, ("reagent_lot", "medium_lot", "cabinet", "incubator")) for p in facts.passages),
        *((f"P{c.generation}", c, ("lot",)) for c in facts.medium_changes),
        *((f"P{v.generation}", v, ("lot",)) for v in facts.vessels),
        (_("fill"), facts.fill, ("vehicle_lot", "container_lot")),
        (_("infusion"), facts.infusion, ("pump",)),
    ):
        if row is None:
            continue
        for name in names:
            thing = getattr(row, name)
            if thing is not None:
                yield step, row, thing
        count = getattr(row, "count", None)
        counter = getattr(count, "counter", None)
        if counter is not None:
            yield step, row, counter
