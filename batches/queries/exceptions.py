"""What is wrong with a batch, gravest first: for the batch page, the worklist and QA's review by exception.

Not here: what stops release (queries/release.py), and how a concern is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from batches.models import Batch, Deviation
from batches.rules.states import DeviationState


@dataclass(frozen=True)
class Concern:
    """One thing that is not in order.

    `tone` is the tone it is drawn in (`action`, `alert`, `pending`, `now`), `word` what that tone means here;
    `state` is how far it is dealt with; `was` and `now` are a corrected value. The link is a url name with arguments.
    """

    tone: str
    word: str
    title: str
    text: str
    link_name: str
    link_args: tuple[object, ...]
    at: datetime | None
    state: str = ""
    button: str = ""
    was: str = ""
    now: str = ""


def concerns(batch: Batch) -> list[Concern]:
    """Everything that is not in order with a batch, gravest first."""
    return [_of_deviation(d) for d in batch.deviations.exclude(state=DeviationState.CLOSED)]


def _of_deviation(row: Deviation) -> Concern:
    return Concern(
        tone="alert" if row.severity == Deviation.Severity.MINOR else "action",
        word=_("Deviation"),
        title=f"{row.number}, {row.title}",
        text=row.description,
        link_name="deviation",
        link_args=(row.number,),
        at=row.done_at,
        state=str(row.get_state_display()),
        button=_("Decide"),
    )
