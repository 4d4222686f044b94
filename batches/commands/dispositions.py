"""The decision about the product: release conditionally, release, reject. One body, each with its own meaning."""

from __future__ import annotations

from typing import Final

from batches.commands.streams import batch_stream, locked, require
from batches.models import Batch, Disposition
from batches.queries.dispositions import digest_of, subjects_of
from batches.queries.release import release_facts
from batches.rules.release import RELEASES, blockers, entry_refusals
from batches.rules.states import DISPOSITIONS, DispositionState, move
from lims.accounts.permissions import Permission
from lims.acts import Act
from lims.commands import command
from lims.refusals import refuse_if_any
from lims.signatures.meanings import Meaning


def _decide(
    act: Act, batch: Batch, decision: DispositionState, *, grounds: str, physician_informed: str = ""
) -> Disposition:
    """Take one decision, if nothing stops it; it stands on the signed rows of the batch as they are now.

    Raises:
        Refused: DIS-* the batch can't be decided on, REL-* every blocker of the gate and of what was typed.
    """
    live = locked(batch)
    require("disposition:decide", live)
    facts = release_facts(live, act.actor)
    refuse_if_any(
        [
            *blockers(facts, decision),
            *entry_refusals(facts, decision, grounds=grounds, physician_informed=physician_informed),
        ]
    )
    subjects = subjects_of(live)
    disposition = Disposition(
        batch=live,
        decision=decision,
        decided_at=act.at,
        grounds=grounds.strip(),
        pending_tests=[test.key for test in facts.pending],
        physician_informed=physician_informed.strip(),
        subjects=subjects,
        record_digest=digest_of(subjects),
    )
    live.disposition = move(DISPOSITIONS, facts.disposition, decision)
    if live.due_act in {"disposition:decide", "infusion:check_identity"}:
        # What was due was the decision; a product released is due at the bedside, before it expires.
        is_waiting = decision in RELEASES and not facts.is_infused
        live.due_act = "infusion:check_identity" if is_waiting else ""
        live.due_at = live.due_at if is_waiting else None
    act.add(disposition, live)
    act.sign(disposition)
    return disposition


@command(
    "disposition:release_conditionally",
    needs=Permission.DECIDE_DISPOSITION,
    stream=batch_stream,
    signed=(Meaning.RELEASED_CONDITIONALLY,),
)
def release_conditionally(act: Act, *, batch: Batch, grounds: str, physician_informed: str = "") -> Disposition:
    """Release a product while results that may wait are pending, and the physician knows which.

    Raises:
        Refused: see `_decide`.
    """
    return _decide(
        act, batch, DispositionState.RELEASED_CONDITIONALLY, grounds=grounds, physician_informed=physician_informed
    )


@command("disposition:release", needs=Permission.DECIDE_DISPOSITION, stream=batch_stream, signed=(Meaning.RELEASED,))
def release(act: Act, *, batch: Batch, grounds: str, physician_informed: str = "") -> Disposition:
    """Release a product whose every result is final; it may be infused already.

    Raises:
        Refused: see `_decide`.
    """
    return _decide(act, batch, DispositionState.RELEASED, grounds=grounds, physician_informed=physician_informed)


@command("disposition:reject", needs=Permission.DECIDE_DISPOSITION, stream=batch_stream, signed=(Meaning.REJECTED,))
def reject(act: Act, *, batch: Batch, grounds: str, physician_informed: str = "") -> Disposition:
    """Reject a product for ever.

    Raises:
        Refused: see `_decide`.
    """
    return _decide(act, batch, DispositionState.REJECTED, grounds=grounds, physician_informed=physician_informed)


COMMANDS: Final = {
    DispositionState.RELEASED_CONDITIONALLY: (release_conditionally, Meaning.RELEASED_CONDITIONALLY),
    DispositionState.RELEASED: (release, Meaning.RELEASED),
    DispositionState.REJECTED: (reject, Meaning.REJECTED),
}
