"""What lists show of a batch at the bedside and after it: which act is due next, and when."""

from __future__ import annotations

from datetime import datetime

from batches.models import Batch, Infusion
from batches.queries.infusions import course_of, planned_of
from batches.queries.outcomes import next_visit, visit_at
from batches.rules.vitals import schedule
from lims.site import zone


def project_infusion(batch: Batch, infusion: Infusion, now: datetime) -> None:
    """The next reading while there is one, then the next visit; the caller adds the batch."""
    process = batch.mbr.process
    planned = planned_of(process)
    taken = dict(infusion.vitals.values_list("scheduled", "done_at"))
    dues = schedule(process, course_of(infusion, now), planned, taken, now)
    open_times = [d.due_at for d in dues if d.state in ("later", "overdue") and d.due_at is not None]
    if open_times:
        batch.due_act, batch.due_at = "infusion:observe", min(open_times)
        return
    project_follow_up(batch, now)


def project_follow_up(batch: Batch, now: datetime) -> None:
    """The next visit that asks for scores; nothing when all are over. The caller adds the batch."""
    visit = next_visit(batch, now.astimezone(zone()).date())
    batch.due_act, batch.due_at = ("follow_up:record", visit_at(visit[1])) if visit else ("", None)
