"""What changes on a form while it is typed: figures, hints below fields, sums of chambers, alerts, a hold time.

Everything here is computed by the server from the same rules as when the act is recorded. Not here: any rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from batches.commands.scanning import Scans
from batches.models import Batch, Equipment, Lot
from batches.rules.counting import CountResult
from batches.rules.counts import CHAMBERS, CountRead
from batches.rules.figures import Figure
from batches.rules.judging import Finding, beyond
from batches.rules.limits import Limit, Verdict
from batches.rules.process_parts import VesselKind
from batches.rules.wording import cells, number, quantity, rounded, volume
from lims import clock
from lims.web.templatetags.lims_tags import refusal_text, when_long


@dataclass(frozen=True)
class Hint:
    """Words below a field: `verdict` gives them a tone where they judge."""

    field: str
    text: str
    verdict: str = ""


@dataclass(frozen=True)
class Hold:
    """A hold time that runs: until when, how much of it is used, in words."""

    heading: str
    text: str
    share: str
    verdict: str


@dataclass
class Live:
    """The parts of one answer. `has_hold` and `has_vessels` say that the page has a place for them."""

    figures: Sequence[Figure]
    count: CountResult | None = None
    hints: list[Hint] = field(default_factory=list)
    findings: Sequence[Finding] = ()
    hold: Hold | None = None
    chosen: Sequence[str] = ()
    in_culture: int = 0
    has_hold: bool = False
    has_vessels: bool = False


def respond(request: HttpRequest, live: Live) -> HttpResponse:
    """The figures, with everything else swapped into its place on the page."""
    sums = {c.chamber: c for c in live.count.chambers} if live.count else {}
    context = {
        "figures": live.figures,
        "sums": [(name, sums.get(name)) for name in CHAMBERS],
        "hints": live.hints,
        "alerts": beyond(live.findings, Verdict.ALERT, Verdict.ACTION),
        "hold": live.hold,
        "chosen": live.chosen,
        "in_culture": live.in_culture,
        "has_hold": live.has_hold,
        "has_vessels": live.has_vessels,
    }
    return render(request, "batches/parts/live.html", context)


def scan_hints(
    batch: Batch,
    data: Mapping[str, Any],
    *,
    lots: Mapping[str, Lot.Kind],
    equipment: Mapping[str, Equipment.Kind],
) -> Iterable[Hint]:
    """What each scanned code is, or why it may not be used, below its field. A blank field keeps its own hint."""
    at = data.get("done_at") or clock.now()
    for name, kind in lots.items():
        if data.get(name):
            scans = Scans(batch, at)
            lot = scans.lot(data[name], kind, field=name)
            if lot is not None:
                yield Hint(name, _("Released, expires %(date)s") % {"date": when_long(lot.expires_on)}, "within")
            else:
                yield _refused(name, scans)
    for name, item_kind in equipment.items():
        if data.get(name):
            scans = Scans(batch, at)
            item = scans.equipment(data[name], item_kind, field=name)
            if item is not None:
                due = when_long(item.calibration_due_on)
                yield Hint(name, _("%(name)s, calibrated to %(date)s") % {"name": item.name, "date": due}, "within")
            else:
                yield _refused(name, scans)


def count_hints(read: CountRead, *, left: Decimal | None) -> Iterable[Hint]:
    """The dilution factor, and what is left of the suspension."""
    dilution = read.dilution
    if dilution is not None:
        yield Hint("dye_ml", _("Dilution factor %(factor)s") % {"factor": number(rounded(dilution, 2))})
    if left is not None:
        verdict = "action" if left < 0 else ""
        text = _("%(volume)s left") % {"volume": volume(left)} if left >= 0 else _("More than there is")
        yield Hint("drawn_ml", text, verdict)


def limit_hint(name: str, limit: Limit, value: Decimal | None) -> Hint | None:
    """A value typed or computed, with its limits: «4 min; alert above 5 min, action above 10 min»."""
    if value is None:
        return None
    if value < 0:
        return Hint(name, _("Ends before it starts"), Verdict.ACTION.value)
    shown = quantity(limit.compared(value), limit.unit)
    verdict = limit.verdict(value)
    return Hint(name, f"{shown}; {limit.text}", verdict.value if verdict is not Verdict.WITHIN else "")


def cells_hint(name: str, suspension_ml: Decimal | None, count: CountResult | None) -> Hint | None:
    """How many viable cells a volume holds."""
    if suspension_ml is None or count is None or count.viable_per_ml is None or suspension_ml < 0:
        return None
    return Hint(name, _("%(cells)s viable cells") % {"cells": cells(suspension_ml * count.viable_per_ml)})


def area_hint(name: str, kind: VesselKind | None, vessels: int) -> Hint | None:
    """The growth area of so many vessels: «2 × 175 cm²»."""
    if kind is None or vessels < 1:
        return None
    return Hint(name, f"{vessels}\u00a0×\u00a0{quantity(kind.area_cm2, 'cm²')}")


def hold_of(limit: Limit, made_at: datetime | None) -> Hold | None:
    """The hold time from a suspension made: seed by when, how long is left."""
    most = limit.action_above
    now = clock.now()
    if made_at is None or most is None or made_at > now:
        return None
    until = made_at + timedelta(minutes=float(most))
    used = (now - made_at) / (until - made_at)
    left = int((until - now) // timedelta(minutes=1))
    if left > 24 * 60 or left < -24 * 60:
        return None
    by = timezone.localtime(until).strftime("%H:%M")
    if left >= 0:
        heading = _("Seed by %(time)s, %(left)s left") % {"time": by, "left": quantity(Decimal(left), "min")}
    else:
        heading = _("Seeding was due by %(time)s") % {"time": by}
    text = _("Suspension made %(made)s, at most %(most)s") % {
        "made": timezone.localtime(made_at).strftime("%H:%M"),
        "most": quantity(most, limit.unit),
    }
    return Hold(heading, text, f"{min(used, 1) * 100:.1f}", "now" if left >= 0 else "action")


def _refused(name: str, scans: Scans) -> Hint:
    first = scans.refusals[0]
    return Hint(name, f"{refusal_text(first)} {first.code}", "action")
