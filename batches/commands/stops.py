"""Hard stops: material of another patient at hand. The act is refused, and a critical deviation stays of it.

The deviation is an act of its own, of the system, because the refused act wrote nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from batches.commands.judging import raise_deviation
from batches.commands.streams import batch_stream, locked
from batches.models import Batch, Deviation
from batches.rules.deviations import IDENTITY
from batches.rules.states import DeviationState, Stage
from lims.accounts.permissions import Permission
from lims.act_words import words_of
from lims.acts import Act
from lims.commands import COMMANDS, command
from lims.refusals import Refused

F = TypeVar("F", bound=Callable[..., Any])


@command("deviation:identity", needs=Permission.RAISE_DEVIATIONS, stream=batch_stream)
def raise_identity_deviation(act: Act, *, batch: Batch, tried: str, by: str, what: str) -> Deviation:
    """Raise a critical deviation: `by` tried the act `tried` with what belongs elsewhere, `what` in words.

    The same stop tried again while its deviation is open raises no second one.
    """
    live = locked(batch)
    same = Deviation.objects.filter(batch=live, limit=IDENTITY, state=DeviationState.OPEN, description__startswith=what)
    earlier = same.first()
    if earlier is not None:
        return earlier
    return raise_deviation(
        act,
        batch=live,
        at=act.at,
        severity=Deviation.Severity.CRITICAL,
        title=f"Identity mismatch: {words_of(tried).lower()}",
        description=f"{what} Tried by {by}; the act was refused.",
        limit=IDENTITY,
    )


def stops_on(*codes: str) -> Callable[[F], F]:
    """Put above a command: a refusal with one of the codes leaves a critical deviation in the batch."""

    def wrap(run: F) -> F:
        @functools.wraps(run)
        def stopping(actor: Any, /, **inputs: Any) -> Any:
            try:
                return run(actor, **inputs)
            except Refused as refused:
                stops = [r for r in refused.refusals if r.code in codes]
                batch: Batch = inputs["batch"]
                # A refusal that comes because the batch has ended leaves it alone.
                if stops and Batch.objects.get(pk=batch.pk).stage != Stage.ENDED:
                    raise_identity_deviation(
                        None,
                        batch=batch,
                        tried=run.command_name,  # type: ignore[attr-defined]
                        by=actor.printed_name if actor else "System",
                        what=" ".join(r.text for r in stops),
                    )
                raise

        COMMANDS[run.command_name] = stopping  # type: ignore[attr-defined]
        return cast(F, stopping)

    return wrap
