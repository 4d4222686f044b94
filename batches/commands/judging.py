"""What an act's values do besides being kept: a limit broken raises a deviation in the same act."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from batches.models import Batch, Deviation
from batches.rules.judging import Finding, beyond
from batches.rules.limits import Verdict
from lims.acts import Act
from lims.numbering import next_number
from lims.recorded import Recorded


def raise_for(
    act: Act, *, batch: Batch, source: Recorded, at: datetime, findings: Sequence[Finding], step: str, comment: str = ""
) -> list[Deviation]:
    """Raise a major deviation for every value beyond an action limit, pointing at the row that holds it."""
    return [
        raise_deviation(
            act,
            batch=batch,
            source=source,
            at=at,
            title=f"{finding.limit.label}: action limit, {step}",
            description=finding.sentence + (f" — {comment.strip()}" if comment.strip() else ""),
            limit=finding.limit.key,
        )
        for finding in beyond(findings, Verdict.ACTION)
    ]


def raise_deviation(
    act: Act,
    *,
    batch: Batch,
    at: datetime,
    title: str,
    description: str,
    limit: str,
    source: Recorded | None = None,
    severity: str = Deviation.Severity.MAJOR,
) -> Deviation:
    """Raise one deviation inside the act under way. `limit` names what raised it."""
    deviation = Deviation(
        batch=batch,
        number=next_number(Deviation, "number", "DEV-", digits=4),
        severity=severity,
        title=title,
        description=description,
        limit=limit,
        source_model=source._meta.label if source else "",
        source_pk=str(source.pk) if source else "",
        done_at=at,
    )
    act.add(deviation)
    return deviation
