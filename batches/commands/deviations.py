"""Acts about deviations: raise one by hand, assess it, close it. Limits raise theirs in the act that broke them."""

from __future__ import annotations

from datetime import datetime

from batches.commands.streams import batch_stream, locked, require
from batches.models import Batch, Deviation, DeviationAssessment, DeviationClosure
from batches.queries.deviations import hands
from batches.rules import deviations as rules
from batches.rules.states import DEVIATIONS, DeviationState, move
from batches.rules.times import done_refusals
from lims.accounts.permissions import Permission
from lims.acts import Act
from lims.commands import command
from lims.numbering import next_number
from lims.refusals import refuse_if_any
from lims.signatures.meanings import Meaning


@command("deviation:raise", needs=Permission.RAISE_DEVIATIONS, stream=batch_stream, signed=(Meaning.PERFORMED,))
def raise_by_hand(
    act: Act,
    *,
    batch: Batch,
    title: str,
    description: str,
    severity: str,
    done_at: datetime,
    immediate_action: str = "",
    late_reason: str = "",
) -> Deviation:
    """Raise a deviation somebody saw. `done_at` is when it happened or was seen.

    Raises:
        Refused: DEV-02 an account that tells nothing, TIM-*.
    """
    live = locked(batch)
    require("deviation:raise", live)
    refuse_if_any([*rules.account_refusals(description=description), *done_refusals(done_at, act.at, late_reason)])
    deviation = Deviation(
        batch=live,
        number=next_number(Deviation, "number", "DEV-", digits=4),
        severity=severity,
        title=title,
        description=description,
        immediate_action=immediate_action,
        done_at=done_at,
        late_reason=late_reason,
    )
    act.add(deviation)
    act.sign(deviation)
    return deviation


def _live(batch: Batch, deviation: Deviation) -> Deviation:
    """The deviation as it stands under the lock, of this batch and no other."""
    return Deviation.objects.get(pk=deviation.pk, batch=batch)


@command("deviation:assess", needs=Permission.DECIDE_DEVIATIONS, stream=batch_stream, signed=(Meaning.REVIEWED,))
def assess_deviation(
    act: Act,
    *,
    batch: Batch,
    deviation: Deviation,
    severity: str,
    root_cause: str,
    product_impact: str,
    action: str,
) -> DeviationAssessment:
    """Say how grave a deviation is, why it happened, what it means for the product and what is to be done.

    Raises:
        Refused: DEV-01 none waits, DEV-02 an account that tells nothing, DEV-03 assessed before.
    """
    live = locked(batch)
    row = _live(live, deviation)
    refuse_if_any(rules.assess_refusals(DeviationState(row.state)))
    require("deviation:assess", live)
    refuse_if_any(rules.account_refusals(root_cause=root_cause, product_impact=product_impact, action=action))
    assessment = DeviationAssessment(
        deviation=row, severity=severity, root_cause=root_cause, product_impact=product_impact, action=action
    )
    row.state = move(DEVIATIONS, DeviationState(row.state), DeviationState.ASSESSED)
    row.severity = severity
    act.add(assessment, row)
    if live.due_act == "deviation:assess":
        live.due_act, live.due_at = "", None
        act.add(live)
    act.sign(assessment)
    return assessment


@command("deviation:close", needs=Permission.DECIDE_DEVIATIONS, stream=batch_stream, signed=(Meaning.APPROVED,))
def close_deviation(
    act: Act, *, batch: Batch, deviation: Deviation, conclusion: str, is_product_acceptable: bool
) -> DeviationClosure:
    """Conclude a deviation: whether the product is acceptable in spite of it.

    Raises:
        Refused: DEV-02 an account that tells nothing, DEV-04 not assessed or closed before, DEV-05 by the person who
            raised or assessed it.
    """
    assert act.actor is not None
    live = locked(batch)
    row = _live(live, deviation)
    through = hands(row)
    refuse_if_any(
        rules.close_refusals(
            DeviationState(row.state), closer=str(act.actor.pk), raiser=through.raiser, assessor=through.assessor
        )
    )
    refuse_if_any(rules.account_refusals(conclusion=conclusion))
    closure = DeviationClosure(deviation=row, conclusion=conclusion, is_product_acceptable=is_product_acceptable)
    row.state = move(DEVIATIONS, DeviationState(row.state), DeviationState.CLOSED)
    act.add(closure, row)
    act.sign(closure)
    return closure
