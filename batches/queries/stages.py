"""Where a batch stands, in words: its stage, and in culture the passage with its day.

Here: the time the cells in culture were seeded, asked for many batches at once. Not here: the stations of one batch
(`rail`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Max
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from batches.models import Batch, Vessel
from batches.rules.states import Stage, VesselState
from batches.rules.wording import number, quantity


def seeded_at(batches: Iterable[Batch]) -> dict[int, datetime]:
    """When the passage in culture of each batch was seeded; one query. Batches with nothing in culture are left out."""
    in_culture = {b.pk: b.generation for b in batches if b.stage == Stage.CULTURE}
    if not in_culture:
        return {}
    rows = (
        Vessel.objects.filter(batch__in=list(in_culture), state=VesselState.IN_CULTURE)
        .order_by()
        .values("batch_id", "generation")
        .annotate(seeded=Max(Coalesce("passage__done_at", "isolation__done_at")))
    )
    found: dict[int, datetime] = {}
    for row in rows:
        wanted = in_culture[row["batch_id"]]
        if wanted is None or row["generation"] == wanted:
            found[row["batch_id"]] = row["seeded"]
    return found


def day_words(seeded: datetime, now: datetime) -> str:
    """`day 2.9`."""
    days = Decimal(max(now - seeded, timedelta(0)) / timedelta(days=1))
    return _("day {days}").format(days=number(days, 1))


def stage_words(batch: Batch, seeded: Mapping[int, datetime], now: datetime) -> str:
    """`P2 · day 2.9` in culture, the stage otherwise."""
    if batch.stage != Stage.CULTURE or batch.generation is None:
        return str(batch.get_stage_display())
    if batch.pk not in seeded:
        return f"P{batch.generation}"
    return f"P{batch.generation} · {day_words(seeded[batch.pk], now)}"


def span_words(span: timedelta, *, in_hours: bool = False) -> str:
    """`15 min`, `1 h 53 min`, `3 d`: as people say how long; `in_hours` where limits are in hours."""
    minutes = int(abs(span).total_seconds() // 60)
    if minutes >= 48 * 60 and not in_hours:
        return quantity(minutes // (24 * 60), "d")
    hours, rest = divmod(minutes, 60)
    if hours >= 12 or (hours and not rest):
        return quantity(hours, "h")
    return f"{quantity(hours, 'h')} {quantity(rest, 'min')}" if hours else quantity(rest, "min")


def due_in_words(due: datetime, now: datetime) -> str:
    """`in 1 h 53 min`, or `15 min overdue`."""
    if due < now:
        return _("{span} overdue").format(span=span_words(now - due))
    return _("in {span}").format(span=span_words(due - now))
