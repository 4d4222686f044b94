"""What the platform does later, by the timetable. Every task may run twice without harm."""

from __future__ import annotations

from celery import shared_task

from lims import configuration, time_source
from lims.accounts import rate_limit
from lims.ledger import checkpoints


@shared_task(name="lims.tasks.write_checkpoint")
def write_checkpoint() -> int | None:
    """Write a checkpoint when anything changed; return its number. First, what this worker is set to, once."""
    configuration.note_once("worker")
    made = checkpoints.write()
    return made.number if made else None


@shared_task(name="lims.tasks.watch_clock")
def watch_clock() -> str:
    """Hold the server's clock against a time server, where one is named."""
    return time_source.watch()


@shared_task(name="lims.tasks.prune_failure_windows")
def prune_failure_windows() -> int:
    """Forget failed prompts that no longer count; return how many windows were over."""
    return rate_limit.prune()
