"""What happens later on the platform. Every task may run twice without harm."""

from __future__ import annotations

from celery import shared_task

from lims.accounts import rate_limit


@shared_task(name="lims.tasks.prune_failure_windows")
def prune_failure_windows() -> int:
    """Forget failed prompts that no longer count; return how many windows were over."""
    return rate_limit.prune()
