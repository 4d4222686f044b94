"""What an act's values do besides being kept: a limit broken raises a deviation in the same act."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from batches.models import Batch, Deviation
from batches.models.done import Done
from batches.queries.downtime import is_from_form
from batches.rules.judging import Finding, beyond
from batches.rules.limits import Verdict
from batches.rules.times import late_by_hours
from lims.act_words import words_of
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


def raise_if_late(act: Act, *, batch: Batch, row: Done) -> None:
    """Raise a minor deviation for something recorded later than the version allows (24 h where it does not say).

    An entry from a downtime form is expected to be late: none is raised while the form it names is out. That form
    can't be voided any more, only transcribed, with the sheet and a second person (commands/downtime.py).
    """
    finding = Finding(batch.mbr.process.late_entry, late_by_hours(row.done_at, act.at))
    if finding.verdict is not Verdict.ACTION or is_from_form(act.name, batch, row):
        return
    raise_deviation(
        act,
        batch=batch,
        source=row,
        at=row.done_at,
        severity=Deviation.Severity.MINOR,
        title=f"{finding.limit.label}: action limit, {words_of(act.name).lower()}",
        description=f"{finding.sentence} — {row.late_reason.strip()}",
        limit=finding.limit.key,
    )


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
