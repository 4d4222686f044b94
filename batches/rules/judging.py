"""Values held against limits as an act records them: alerts ask for a comment, action limits raise a deviation."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from decimal import Decimal

from batches.rules.limits import Limit, Verdict
from batches.rules.wording import quantity
from lims.refusals import Refusal


@dataclasses.dataclass(frozen=True)
class Finding:
    """One value of an act against one limit."""

    limit: Limit
    value: Decimal | int | None

    @property
    def verdict(self) -> Verdict:
        """Within, alert, action or not judged."""
        return self.limit.verdict(self.value)

    @property
    def sentence(self) -> str:
        """`Viability 78.2 %: alert below 90 %, action below 80 %`."""
        # Told as it was judged: at the precision of the limit.
        shown = quantity(self.limit.compared(self.value), self.limit.unit) if self.value is not None else "–"
        return f"{self.limit.label} {shown}: {self.limit.text}"


def beyond(findings: Iterable[Finding], *verdicts: Verdict) -> list[Finding]:
    """The findings with one of the verdicts."""
    return [f for f in findings if f.verdict in verdicts]


def comment_refusals(findings: Iterable[Finding], comment: str, *, field: str = "comment") -> Iterator[Refusal]:
    """ALR-01: a value beyond a limit may be recorded, with a comment."""
    out = beyond(findings, Verdict.ALERT, Verdict.ACTION)
    if out and not comment.strip():
        yield Refusal(
            "ALR-01",
            "{what}. You may record it; add a comment, QA will see it.",
            field,
            {"what": "; ".join(f.sentence for f in out)},
        )
