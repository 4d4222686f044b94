"""What happens later on the platform. Every task may run twice without harm."""

from __future__ import annotations

from celery import shared_task

from lims.ledger import checkpoints


@shared_task(name="lims.tasks.write_checkpoint")
def write_checkpoint() -> int | None:
    """Write a checkpoint when anything changed; return its number."""
    made = checkpoints.write()
    return made.number if made else None
