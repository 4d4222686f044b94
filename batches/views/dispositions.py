"""QA's review by exception, and the decision at its end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from batches.commands.dispositions import COMMANDS
from batches.forms.dispositions import FORM_ID, DispositionForm
from batches.models import Batch
from batches.queries.dispositions import is_valid
from batches.queries.exceptions import Concern, exceptions
from batches.queries.release import release_facts
from batches.queries.specification import SpecificationLine, matrix, pending_lines
from batches.record.blocks import Section
from batches.record.contents import compose
from batches.record.facts import gather
from batches.record.review import brief, is_in_order
from batches.rules.release import DECISIONS, RELEASES, ReleaseFacts, blockers
from batches.rules.states import DISPOSITIONS, DispositionState
from batches.views.acting import find_batch
from lims.accounts.authentication import Credential
from lims.accounts.models import User
from lims.accounts.permissions import Permission
from lims.commands import Stale
from lims.refusals import Refusal, Refused
from lims.signatures.models import Signature
from lims.web import continuous
from lims.web.access import actor_of, needs
from lims.web.act_pages import ActPage, act_page

# Sections that are reviewed elsewhere on the page, or hold nothing to review.
_NOT_FOLDED = frozenset({"overview", "deviations", "disposition", "corrections", "signatures", "audit-trail"})


@dataclass(frozen=True)
class Blocker:
    """One reason that stops release, and where it is dealt with."""

    refusal: Refusal
    url: str
    link: str


@dataclass(frozen=True)
class Choice:
    """One decision as its button shows it."""

    value: str
    words: str
    blocked: int
    is_main: bool


@needs(Permission.DECIDE_DISPOSITION)
def disposition(request: HttpRequest, number: str) -> HttpResponse:
    """Review a batch by exception and decide about its product."""
    batch = find_batch(number)
    home = reverse("batch", args=[batch.number])
    return act_page(
        request,
        ActPage(
            title=_("Review for release"),
            button=_("Decide"),
            form_class=DispositionForm,
            run=lambda actor, **given: _decide(request, actor, batch, **given),
            done_url=home,
            already_url=home,
            stream=batch.stream,
            crumbs=[(batch.number, home), (_("Review"), "")],
            template="batches/dispositions/review.html",
            context=_context(request, batch),
        ),
    )


def _decide(
    request: HttpRequest,
    actor: User,
    batch: Batch,
    *,
    decision: str,
    username: str,
    password: str,
    signatures: object,
    **given: Any,
) -> Any:
    """Run the decision of the button that was pressed, signed in the bar."""
    command, meaning = COMMANDS[DispositionState(decision)]
    signature = Credential(continuous.name_given(request, actor, "username"), password)
    try:
        result = command(actor, batch=batch, signatures={meaning: signature}, **given)
    except Stale:
        raise
    except Refused as refused:
        fields = {f"{meaning.value}-{part}": part for part in ("username", "password")}
        raise Refused(r.at(fields[r.field]) if r.field in fields else r for r in refused.refusals) from refused
    continuous.begin(request)
    return result


def _context(request: HttpRequest, batch: Batch) -> dict[str, Any]:
    actor = actor_of(request)
    lines = matrix(batch)
    facts = release_facts(batch, actor, lines=lines)
    decisions = [{"row": d, "is_valid": is_valid(d)} for d in batch.dispositions.select_related("act")]
    leading = _leading(facts, stands=bool(decisions and decisions[-1]["is_valid"]))
    against = {decision: blockers(facts, decision) for decision in DECISIONS}
    found = exceptions(batch, lines=lines)
    record = compose(gather(batch))
    sections = [s for s in record.sections if s.blocks and s.anchor not in _NOT_FOLDED and _is_reached(s, facts)]
    in_order = [s for s in sections if is_in_order(s)]
    stopping = against[leading]
    return {
        "batch": batch,
        "form_id": FORM_ID,
        "exceptions": [c for c in found if c.tone != "now"],
        "refused_acts": [c for c in found if c.tone == "now"],
        "lines": lines,
        "pending": pending_lines(lines),
        "final": sum(1 for line in lines if line.outcome),
        "blockers": [Blocker(r, *_where(batch, r, lines)) for r in stopping],
        "blocked_tests": {str(r.params["test"]) for r in stopping if "test" in r.params},
        "leading": leading.value,
        "choices": _choices(facts, leading, against),
        "tally": _tally(found),
        "in_order": [{"section": s, "brief": brief(s)} for s in in_order],
        "not_in_order": [s for s in sections if s not in in_order],
        "sections": len(sections),
        "asks_name": not continuous.is_continuous(request),
        "is_involved": facts.is_involved,
        "decisions": decisions,
        "entries": record.footer.code.split()[-2] if record.footer.code else "",
        "signed": Signature.objects.filter(entry__stream=batch.stream).count(),
    }


def _leading(facts: ReleaseFacts, *, stands: bool) -> DispositionState:
    """The decision the page is about: conditional while results may wait and none stands, else the release."""
    is_conditional = DispositionState.RELEASED_CONDITIONALLY in DISPOSITIONS[facts.disposition]
    if is_conditional and facts.pending and not stands and not facts.is_infused:
        return DispositionState.RELEASED_CONDITIONALLY
    return DispositionState.RELEASED


def _choices(
    facts: ReleaseFacts, leading: DispositionState, against: dict[DispositionState, list[Refusal]]
) -> list[Choice]:
    words = {
        DispositionState.REJECTED: _("Reject batch"),
        DispositionState.RELEASED_CONDITIONALLY: _("Release conditionally"),
        DispositionState.RELEASED: _("Release"),
    }
    return [
        Choice(decision.value, words[decision], len(against[decision]), decision is leading and not against[decision])
        for decision in (DispositionState.REJECTED, *(d for d in DECISIONS if d in RELEASES))
    ]


def _where(batch: Batch, refusal: Refusal, lines: Sequence[SpecificationLine]) -> tuple[str, str]:
    """Where a blocker is dealt with, and the words of the link."""
    if "number" in refusal.params and str(refusal.params["number"]).startswith("DEV-"):
        number = str(refusal.params["number"])
        return reverse("deviation", args=[number]), _("Open {number}").format(number=number)
    if "test" in refusal.params:
        line = next((x for x in lines if x.row.name == refusal.params["test"]), None)
        if line is not None and line.result is not None:
            return reverse("result", args=[batch.number, line.result.pk]), _("Open result")
        return reverse("results", args=[batch.number]), _("Open results")
    if refusal.code == "REL-20":
        return reverse("audit-trail-review", args=[batch.number]), _("Review audit trail")
    if refusal.code in {"REL-07", "REL-08"}:
        return reverse("record", args=[batch.number]), _("Open record")
    return "", ""


def _tally(found: Iterable[Concern]) -> dict[str, int]:
    open_ones = [c for c in found if c.is_open]
    return {
        "action": sum(1 for c in open_ones if c.tone == "action"),
        "alert": sum(1 for c in open_ones if c.tone == "alert"),
        "corrections": sum(1 for c in found if c.was or c.now),
    }


def _is_reached(section: Section, facts: ReleaseFacts) -> bool:
    return facts.is_infused or section.anchor not in {"infusion", "follow-up", "outcomes"}
