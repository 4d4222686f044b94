"""The page of one batch. Not here: the list of batches, and the pages of its acts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import date as shown_date
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _noop
from django.views.decorators.http import require_GET

from batches.models import Batch
from batches.queries.batch_rows import BatchRows, batch_rows
from batches.queries.counts import count_result
from batches.queries.exceptions import concerns
from batches.queries.facts import batch_facts
from batches.queries.involved import shown_signature
from batches.queries.offers import NotYet, Offer, Offers, offers_for
from batches.queries.rail import rail
from batches.queries.recent import latest_signatures, recent_acts
from batches.queries.training import person_facts
from batches.record.charts import ChartSpec
from batches.record.drawings import svg
from batches.record.progress import Progress, dose_chart, growth_chart, progress_of
from batches.rules.dose import dose_fraction, doublings_to_target
from batches.rules.limits import Verdict
from batches.rules.states import Stage
from batches.rules.wording import cells, number, percent, quantity
from batches.views.acting import find_batch
from batches.views.issued import copies_context
from batches.views.panels import batch_panel
from lims import clock
from lims.accounts.permissions import Permission
from lims.refusals import Refusal
from lims.site import zone
from lims.web.access import actor_of, needs

SHOWN_FIRST = 4
WRONG_FIRST = 5

# What an act asks for, under its title; a line from the record of the batch stands there where there is one.
_WHY = {
    "harvest:log": _noop("Site, side, volume, times, container."),
    "harvest:receive": _noop("Two people check three codes, temperature and container."),
    "isolation:log": _noop("Digestion, count, seeding of P0. With a witness."),
    "culture:observe": _noop("Confluence, morphology, photo."),
    "culture:change_medium": _noop("Lot by scan, volume."),
    "passage:log": _noop("Detach, count, reseed. With a witness."),
    "cell_harvest:log": _noop("Detach and count everything for the fill. With a witness."),
    "vessel:lose": _noop("A vessel discarded or contaminated, with the reason."),
    "label:print_for_fill": _noop("For the container in your hand, before it is filled."),
    "fill:log": _noop("Formulate, count, fill, label. With a witness."),
    "sample:take": _noop("By the sampling plan. Results wait as pending from then on."),
    "result:record": _noop("Held against the specification as it is typed."),
    "deviation:assess": _noop("How grave, what it means for the product, what is to be done."),
    "deviation:close": _noop("By a person of QA who neither raised nor assessed it."),
    "audit_trail:review": _noop("What is out of the ordinary, entry by entry, before release."),
    "disposition:decide": _noop("Release, release conditionally or reject, with every blocker listed."),
    "baseline:record": _noop("Face scale and PDAS, before the infusion."),
    "infusion:check_identity": _noop("Two people scan wristband and bag."),
    "infusion:observe": _noop("Vital signs and symptoms, on schedule."),
    "infusion:start": _noop("After the identity check and baseline vital signs."),
    "infusion:pause": _noop("With the reason."),
    "infusion:resume": _noop("Once it is safe."),
    "infusion:stop": _noop("With the volume infused."),
    "adverse_event:record": _noop("What happened, grade, relation, outcome."),
    "adverse_event:assess": _noop("«Assessed, none» is said, never assumed."),
    "follow_up:record": _noop("Face scale and PDAS by item."),
    "deviation:raise": _noop("Anything seen that should not be. Allowed at every stage."),
    "record:correct": _noop("The old value stays, struck through, with the reason."),
    "batch:book": _noop("Day and hour. The worklists count toward it."),
    "batch:end": _noop("Early, or after the last follow-up. With the reason."),
}


@dataclass(frozen=True)
class ShownOffer:
    """An act to do, as its card shows it: title, a line of why or when, and where."""

    title: str
    button: str
    why: str
    url: str
    due_at: datetime | None
    is_overdue: bool
    leads: bool


@dataclass(frozen=True)
class ShownNotYet:
    """An act not to be done yet: its title and each reason with its code."""

    title: str
    refusals: tuple[Refusal, ...]


@needs(Permission.VIEW_RECORDS)
@require_GET
def batch(request: HttpRequest, number: str) -> HttpResponse:
    """The batch page: whose cells, which stage, how far, what may be done next and what not, what is wrong."""
    actor = actor_of(request)
    found = find_batch(number)
    now = clock.now()
    rows = batch_rows(found)
    facts = batch_facts(found)
    process = found.mbr.process
    progress = progress_of(
        process,
        zone(),
        isolation=rows.isolation,
        passages=rows.passages,
        vessels=rows.vessels,
        fill=rows.fill,
        counted=lambda count: count_result(count, process=process),
    )
    offers = offers_for(actor, found, facts, person_facts(actor, found))
    shown = [_shown_offer(offer, rows, now) for offer in offers.now]
    step, signatures = latest_signatures(found)
    wrong = concerns(found)
    context = {
        "batch": found,
        "rail": rail(rows, now=now, alerts=_alerts(progress)),
        "headline": _headline(progress),
        "gauge": _drawn(dose_chart(progress)),
        "growth": _drawn(growth_chart(progress, now=now if found.stage == Stage.CULTURE else None)),
        "offers": shown[:SHOWN_FIRST],
        "more_offers": shown[SHOWN_FIRST:],
        "not_yet": _not_yet(offers),
        "open_count": len(wrong),
        "wrong": wrong[:WRONG_FIRST],
        "more_wrong": wrong[WRONG_FIRST:],
        "recent": recent_acts(found),
        "signed_step": step,
        "signatures": [shown_signature(s) for s in signatures],
        "panel": batch_panel(found, actor),
        **copies_context(found, actor),
    }
    return render(request, "batches/batch.html", context)


def _drawn(chart: ChartSpec | None) -> SafeString | None:
    # The drawing escapes every label it is given.
    return mark_safe(svg(chart)) if chart is not None else None  # noqa: S308


def _alerts(progress: Progress) -> frozenset[int]:
    limit = progress.process.limits["viability_pct"]
    return frozenset(
        s.generation
        for s in progress.stations
        if s.generation is not None and limit.verdict(s.count.viability_pct) in (Verdict.ALERT, Verdict.ACTION)
    )


def _headline(progress: Progress) -> dict[str, object] | None:
    """The one figure of the page: the last count, how much of the dose it is, how many doublings are missing."""
    last = progress.last
    if last is None:
        return None
    target = progress.process.dose_target_cells
    share = dose_fraction(last.cells, target)
    missing = doublings_to_target(last.cells, target)
    return {
        "cells": cells(last.cells),
        "target": cells(target, 2),
        "share": percent(share * 100, 0 if share >= 1 / 100 else 1) if share is not None else "",
        "doublings": number(missing, 2) if missing else "",
        "is_reached": bool(last.count.total_viable_low and last.count.total_viable_low >= target),
        "source": _("from the count of the filled bag")
        if last.generation is None
        else _("from the last count, %(name)s harvest") % {"name": last.name},
    }


def _shown_offer(offer: Offer, rows: BatchRows, now: datetime) -> ShownOffer:
    title = _(offer.title)
    return ShownOffer(
        title=title,
        button=title,
        why=_why(offer, rows),
        url=address(offer.act.url_name, rows.batch),
        due_at=offer.due_at,
        is_overdue=offer.due_at is not None and offer.due_at < now,
        leads=offer.leads,
    )


def address(url_name: str, batch: Batch) -> str:
    """Where an act is done; the batch's own page while it has no page of its own."""
    try:
        return reverse(url_name, args=[batch.number])
    except NoReverseMatch:
        return reverse("batch", args=[batch.number])


def _why(offer: Offer, rows: BatchRows) -> str:
    """One line under the title: what the act asks for, and what is known from last time."""
    seen, changed = rows.last_observation, rows.last_medium_change
    match offer.act.name:
        case "culture:observe" if seen is not None:
            return _("Confluence, morphology, photo. Last: %(confluence)s, %(when)s.") % {
                "confluence": percent(seen.confluence_pct, None),
                "when": _short(seen.done_at),
            }
        case "culture:change_medium" if changed is not None:
            return _("Last change %(when)s, %(volume)s. Lot by scan.") % {
                "when": _short(changed.done_at),
                "volume": quantity(changed.volume_ml, "mL"),
            }
        case name:
            return _(_WHY[name]) if name in _WHY else ""


def _short(moment: datetime) -> str:
    return shown_date(timezone.localtime(moment), "j M H:i").replace(" ", "\u00a0", 1)


def _not_yet(offers: Offers) -> list[ShownNotYet]:
    """One line for each set of reasons: acts refused for the same one share it."""
    by_reasons: dict[tuple[str, ...], list[NotYet]] = {}
    for act in offers.not_yet:
        by_reasons.setdefault(tuple(r.text for r in act.refusals), []).append(act)
    lines = []
    for same in by_reasons.values():
        titles = [_(act.title) for act in same]
        rest = [title[:1].lower() + title[1:] for title in titles[1:]]
        lines.append(ShownNotYet(", ".join([titles[0], *rest]), same[0].refusals))
    return lines
